package executor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// A plan that is interrupted ends at once, whatever the host does, and says that
// nothing was changed.
func TestInterruptedPlan(t *testing.T) {
	for _, name := range []string{check, call} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t)
				l.replace = lying(true, name)
				s := l.session("context \"local\" \"h\" {}\n"+map[string]string{check: fmt.Sprintf(oneFile, ""), call: fmt.Sprintf(reading, "")}[name], nil)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer time.AfterFunc(20*time.Second, func() { cancel(errors.New("terminated")) }).Stop()
				began := time.Now()
				p, diags := s.Plan(ctx)
				if took := time.Since(began); took != 20*time.Second {
					t.Errorf("the plan ended after %s, want 20s", took)
				}
				if len(diags) != 1 || diags[0].Summary != "Interrupted" || !strings.Contains(diags[0].Detail, "terminated. Nothing was changed.") || len(p.Actions) != 0 {
					t.Errorf("got %v, %+v; want \"Interrupted\" and no action", diags, p)
				}
			})
		})
	}
}

// A session can be asked before it has a plan, and starts no context for that.
// Later, its dump names the contexts that are up.
func TestASessionBeforeAndAfterItsPlan(t *testing.T) {
	l := newLab(t)
	s := l.session(fileAndLine, nil)
	var b bytes.Buffer
	if s.Dump(&b); b.Len() != 0 || s.Secrets() != nil || s.Close() != nil {
		t.Errorf("before the plan the dump is %q and the secrets are %q, want none", b.String(), s.Secrets())
	}
	l.plan(s)
	if s.Dump(&b); b.Len() == 0 {
		t.Error("the dump is empty although a context is up")
	}
	s.Idle()
	b.Reset()
	if s.Dump(&b); b.Len() != 0 {
		t.Errorf("while idle the dump is %q, want nothing", b.String())
	}
}

// A target that matches nothing is an error, and the plan is empty.
func TestATargetThatThereIsNot(t *testing.T) {
	l := newLab(t)
	o := l.options(fileAndLine, nil)
	o.Targets = []string{"file.none"}
	p, diags := l.open(o).Plan(t.Context())
	if !diags.HasErrors() || len(p.Actions) != 0 {
		t.Errorf("got %v, %+v; want an error and no action", diags, p)
	}
}

// If this version has no connector for a kind of context, that is a problem of this
// context alone. The contexts behind it are no further problems.
func TestAContextKindThatThereIsNot(t *testing.T) {
	l := newLab(t)
	src := `
context "far" "odd" {}
context "local" "behind" { via = context.far.odd }
context "local" "fine" {}
resource "file" "x" {
  on      = context.local.fine
  path    = "$DIR/x"
  content = "x"
}
resource "file" "y" {
  on      = context.local.behind
  path    = "$DIR/y"
  content = "y"
}`
	o := l.options(src, nil)
	o.Connectors = o.Connectors[:1]
	s := l.open(o)
	p, diags := s.Plan(t.Context())
	if len(diags) != 1 || diags[0].Summary != "Unknown context kind" || !strings.Contains(diags[0].Detail, `"far"`) {
		t.Fatalf("got %v, want \"Unknown context kind\"", diags)
	}
	if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
		t.Fatal(diags)
	}
	if l.read("x") != "x" || l.read("y") == "y" {
		t.Errorf("x holds %q and y holds %q, want only x to be written", l.read("x"), l.read("y"))
	}
}

// Parallelism bounds how many contexts are on their way up at once. All come up.
func TestParallelismBoundsStarts(t *testing.T) {
	l := newLab(t)
	const n, most = 60, 3
	var now, peak atomic.Int64
	o := l.options(fmt.Sprintf(`
context "far" "h" {
  for_each = toset([for n in range(%d) : tostring(n)])
}
resource "file" "x" {
  on      = context.far.h
  path    = "$DIR/${on.key}"
  content = "x"
}`, n), nil)
	o.Parallelism = most
	for i, of := range o.Connectors {
		o.Connectors[i].New = func() transport.Connector { return &counted{of.New(), &now, &peak} }
	}
	p := l.plan(l.open(o))
	if got := p.Summary().Add; got != n {
		t.Errorf("%d of %d hosts were read", got, n)
	}
	if got := peak.Load(); got < 1 || got > most {
		t.Errorf("%d contexts were on their way up at once, want at most %d", got, most)
	}
}

// counted is a connector that counts how many starts there are at once.
type counted struct {
	transport.Connector
	now, peak *atomic.Int64
}

func (c *counted) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for old := c.peak.Load(); n > old && !c.peak.CompareAndSwap(old, n); old = c.peak.Load() {
	}
	return c.Connector.Start(ctx, s)
}

// UnmarshalCBOR decodes the arguments into the connector that is counted.
func (c *counted) UnmarshalCBOR(b []byte) error { return transport.Unmarshal(b, c.Connector) }

// The plan compares an output with the one in the record. A plan file keeps that
// output, so that it shows the same changes, each once.
func TestOutputsOfTheRecord(t *testing.T) {
	l := newLab(t)
	src := fileAndLine + `
output "path" { value = file.x.path }`
	s := l.session(src, nil)
	if _, diags := l.apply(t.Context(), s, l.plan(s)); diags.HasErrors() {
		t.Fatal(diags)
	}
	outputs, diags := s.Outputs()
	if diags.HasErrors() || len(outputs) != 1 {
		t.Fatal(outputs, diags)
	}
	for name, c := range map[string]struct {
		recorded map[string]state.Output
		want     string
	}{
		"none is recorded":      {nil, "+ path"},
		"the same":              {map[string]state.Output{"path": {Type: []byte(`"string"`), Value: []byte(`"` + l.Dir + `/x"`)}}, ""},
		"another":               {map[string]state.Output{"path": {Type: []byte(`"string"`), Value: []byte(`"/y"`)}}, `~ path was cty.StringVal("/y")`},
		"one that is not shown": {map[string]state.Output{"path": {Sensitive: true}}, "~ path was hidden"},
		"one that is gone": {map[string]state.Output{"a": {Type: []byte(`"number"`), Value: []byte("1")}, "z": {Sensitive: true}},
			"- a was cty.NumberIntVal(1), + path, - z was hidden"},
	} {
		t.Run(name, func(t *testing.T) {
			o := l.options(src, nil)
			o.State.Outputs = c.recorded
			s := l.open(o)
			p := l.plan(s)
			shown := outputLines(p)
			if shown != c.want {
				t.Errorf("shown are %q, want %q", shown, c.want)
			}
			f := l.savedOf(s, p)
			o = l.options(src, nil)
			o.State.Outputs = c.recorded
			_, again := l.reopen(f, o)
			if got := outputLines(again); got != shown {
				t.Errorf("the saved plan shows %q, the plan %q", got, shown)
			}
		})
	}
}

// outputLines says what becomes of the outputs that change.
func outputLines(p *planner.Plan) string {
	var lines []string
	for _, o := range p.Outputs {
		if !slices.Contains(p.OutputsChanged, o.Name) {
			continue
		}
		line := "~ " + o.Name
		switch {
		case o.Removed:
			line = "- " + o.Name
		case o.New:
			line = "+ " + o.Name
		}
		switch {
		case o.SensitiveBefore:
			line += " was hidden"
		case o.Before != cty.NilVal:
			line += fmt.Sprintf(" was %#v", o.Before)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

// fillsUp is a journal whose disk is full after so many answers.
type fillsUp struct {
	state.Journal
	left *int
}

func (f fillsUp) Done(address string, o state.Outcome) error {
	if *f.left--; *f.left < 0 {
		return errors.New("no space left on device")
	}
	return f.Journal.Done(address, o)
}

// If the journal cannot write an answer, the apply ends. What was sent may end, and
// nothing new starts.
func TestDiskFullWhileAnswersAreRecorded(t *testing.T) {
	l := newLab(t)
	src := `
context "local" "h" {}
call "command" "one" {
  on   = context.local.h
  argv = ["echo", "-n", "$DIR/x"]
}
resource "file" "x" {
  on      = context.local.h
  path    = call.command.one.stdout
  content = "x"
}`
	s := l.session(src, nil)
	p := l.plan(s)
	run := l.begin()
	defer run.Close()
	left := 0
	sum, diags := s.Apply(t.Context(), p, executor.ApplyOptions{Journal: fillsUp{run, &left}, Holder: "test"})
	if len(diags) != 1 || diags[0].Summary != "Journal not written" || !strings.Contains(diags[0].Detail, "no space left") || sum.Ran != 1 || sum.Added != 0 {
		t.Errorf("want \"Journal not written\" and one run, got %+v %v", sum, diags)
	}
	if l.read("x") == "x" {
		t.Error("file.x was written after the journal had failed")
	}
}

// If two contexts are lost together, the problem names the one whose loss caused
// the other.
func TestAContextIsLostWithAnother(t *testing.T) {
	l := newLab(t)
	s := l.session(`
context "local" "top" { host = "top" }
context "local" "below" {
  via  = context.local.top
  host = "below"
}
resource "file" "x" {
  on      = context.local.below
  path    = "$DIR/x"
  content = "x"
}
resource "file" "y" {
  on      = context.local.top
  path    = "$DIR/y"
  content = "y"
}`, nil)
	p := l.plan(s)
	l.cut("top")
	_, diags := l.apply(t.Context(), s, p)
	if len(diags) != 1 || diags[0].Summary != "Connection lost" || diags[0].Extra.(planner.Location).Address != "context.local.top" {
		t.Errorf("want the lost connection of local.top alone: %v", diags)
	}
}

func (l *lab) cut(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, end := range l.ends[host] {
		end.Close()
	}
}

// If the value of a variable cannot be written to a plan file, the error names the
// variable.
func TestOnlyValuesThatAreKnownAreRecorded(t *testing.T) {
	l := newLab(t)
	l.write("data.txt", "x")
	vars := splitVars("correct horse")
	vars["port"] = cty.UnknownVal(cty.Number)
	s := l.session(splitInputs, vars)
	p, _ := s.Plan(t.Context())
	if _, err := planFile(s, p); err == nil || !strings.Contains(err.Error(), "port") {
		t.Errorf("got %v, want an error that names port", err)
	}
}
