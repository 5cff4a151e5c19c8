package executor_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/state"
)

// TestEditsLeaveTogether holds that a file and its edits are validated and written once, that each
// of them ends by itself, that the file stays as it is if one of them fails, as the others would
// be undone else, and that the next plan has what is left to do, and nothing else.
func TestEditsLeaveTogether(t *testing.T) {
	const src = `
context "local" "h" {}
resource "file" "f" {
  on       = context.local.h
  path     = "$DIR/f"
  content  = "a\n"
  validate = "cat %s >>$DIR/said"
}
resource "line" "b" {
  on       = context.local.h
  path     = file.f.path
  line     = "b"
  validate = "cat %s >>$DIR/said"
}
resource "line" "c" {
  on       = context.local.h
  path     = line.b.path
  line     = "c"
  validate = "if test -e $DIR/no; then ! grep -q c %s; fi"
}
resource "line" "d" {
  on   = context.local.h
  path = line.c.path
  line = "d"
}
call "command" "after" {
  on           = context.local.h
  argv         = ["cp", "$DIR/f", "$DIR/copy"]
  triggered_by = [line.b]
}
`
	l := newLab(t)
	sum := l.applies(src)
	if l.read("f") != "a\nb\nc\nd\n" || l.read("said") != "a\nb\nc\nd\n" || l.read("copy") != l.read("f") {
		t.Errorf("the file holds %q; %q was validated, and %q copied", l.read("f"), l.read("said"), l.read("copy"))
	}
	if sum.Added != 1 || sum.Changed != 3 || sum.Ran != 1 {
		t.Errorf("the summary is %+v", sum)
	}
	for _, e := range l.events {
		if e.Type == executor.ApplyStart && e.Address == "file.f" && !strings.Contains(e.Limit, "4h in all") {
			t.Errorf("four that are made in one write are %s, want the time of four", e.Limit)
		}
	}
	if p := l.plan(l.session(src, nil)); !p.Empty() {
		t.Errorf("the next plan is not empty: %+v", p.Summary())
	}

	l.remove("said")
	l.write("f", "z\n")
	l.write("no", "")
	s := l.session(src, nil)
	sum, diags := l.apply(t.Context(), s, l.plan(s))
	if len(diags) != 1 || !strings.Contains(diags[0].Summary, "not valid") || diags[0].Subject == nil || diags[0].Subject.Start.Line != 19 {
		t.Errorf("got %v, want one about line.c", diags)
	}
	if sum.Changed != 0 || sum.Failed != 1 || sum.Skipped != 4 || sum.Ran != 0 || l.read("f") != "z\n" {
		t.Errorf("the summary is %+v, and the file holds %q", sum, l.read("f"))
	}
	why := map[string]string{}
	for _, e := range l.events {
		if e.Type == executor.ApplySkipped {
			why[e.Address] = e.Reason
		}
	}
	for _, address := range []string{"file.f", "line.b", "line.d"} {
		if !strings.Contains(why[address], "line.c failed, which is written with it") {
			t.Errorf("%s was skipped because %s", address, why[address])
		}
	}
	l.remove("no")
	if sum := l.applies(src); sum.Changed != 4 || sum.Failed != 0 || sum.Ran != 1 {
		t.Errorf("the last summary is %+v", sum)
	}
	if p := l.plan(l.session(src, nil)); !p.Empty() {
		t.Errorf("the next plan is not empty: %+v", p.Summary())
	}
}

// TestABatchThatHangs holds what becomes of edits that leave together when their host is given up:
// the first failed, the others were skipped, and none is recorded as not run.
func TestABatchThatHangs(t *testing.T) {
	l := newLab(t)
	s := l.session(`
mitoplan {
  apply_timeout    = "1s"
  progress_timeout = "1s"
}
context "local" "h" {}
resource "line" "a" {
  on       = context.local.h
  path     = "$DIR/f"
  line     = "a"
  create   = true
  validate = "sleep 60 # %s"
}
resource "line" "b" {
  on   = context.local.h
  path = line.a.path
  line = "b"
}
`, nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p := l.plan(s)
	run := l.begin()
	j := outcomes{run, map[string]state.Result{}}
	sum, diags := s.Apply(ctx, p, executor.ApplyOptions{Journal: j})
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	if j.ended["line.a"] != state.Failed || j.ended["line.b"] != state.Failed {
		t.Errorf("recorded is %v; both may have changed something", j.ended)
	}
	if len(diags) != 1 || !strings.Contains(diags[0].Summary, "Timed out") && !strings.Contains(diags[0].Summary, "no progress") {
		t.Errorf("got %v", diags)
	}
	if sum.Failed != 1 || sum.Skipped != 1 {
		t.Errorf("the summary is %+v", sum)
	}
	if l.isThere("f") {
		t.Error("the file is there")
	}
}

// outcomes is a journal that notes how actions ended.
type outcomes struct {
	state.Journal
	ended map[string]state.Result
}

func (o outcomes) Done(address string, how state.Outcome) error {
	o.ended[address] = how.Result
	return o.Journal.Done(address, how)
}

// TestABatchBehindAFailure holds that edits which waited in the agent for something that timed out are
// recorded as not run, each of them.
func TestABatchBehindAFailure(t *testing.T) {
	l := newLab(t)
	s := l.session(`
context "local" "h" {}
resource "file" "no" {
  on       = context.local.h
  path     = "$DIR/no"
  content  = "x"
  validate = "sleep 60 # %s"
  timeout  = "1s"
}
resource "line" "a" {
  on         = context.local.h
  path       = "$DIR/f"
  line       = "a"
  create     = true
  depends_on = [file.no]
}
resource "line" "b" {
  on         = context.local.h
  path       = "$DIR/f"
  line       = "b"
  depends_on = [file.no]
}
`, nil)
	p := l.plan(s)
	w := l.begin()
	j := outcomes{w, map[string]state.Result{}}
	if sum, _ := s.Apply(t.Context(), p, executor.ApplyOptions{Journal: j}); sum.Failed != 1 || sum.Skipped != 2 {
		t.Errorf("the summary is %+v", sum)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"line.a", "line.b"} {
		if j.ended[address] != state.NotRun {
			t.Errorf("%s is recorded as %q", address, j.ended[address])
		}
	}
}

// applies plans and applies a configuration.
func (l *lab) applies(src string) executor.Summary {
	l.t.Helper()
	s := l.session(src, nil)
	return l.mustApply(s, l.plan(s))
}
