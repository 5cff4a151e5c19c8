package executor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/planner"
)

// brokenPromise is a file and a call. While the file "broken" exists, the call runs
// and fails its postcondition. $WHY stands for what makes the call run.
const brokenPromise = `
context "local" "h" {}
resource "file" "conf" {
  on      = context.local.h
  path    = "$DIR/conf"
  content = "$V"
}
call "command" "reload" {
  on            = context.local.h
  shell         = "echo $V >> $DIR/reloaded; test ! -e $DIR/broken"
  ok_exit_codes = [0, 1]
  $WHY
  lifecycle {
    postcondition {
      condition     = self.exit_code == 0
      error_message = "It did not come up."
    }
  }
}
call "command" "after" {
  on           = context.local.h
  shell        = "echo after$V >> $DIR/reloaded"
  triggered_by = [call.command.reload]
}`

// TestACallWhosePostconditionFailedIsOwed: such a call did not succeed. So every
// later plan has it until it succeeds, and what it triggers after it.
func TestACallWhosePostconditionFailedIsOwed(t *testing.T) {
	for name, why := range map[string]string{
		"triggered_by":          `triggered_by = [file.conf]`,
		"triggers and a change": `triggers = { v = "$V" }` + "\n" + `triggered_by = [file.conf]`,
	} {
		for state, first := range map[string]bool{"the first apply": true, "a later apply": false} {
			t.Run(name+", "+state, func(t *testing.T) {
				l := newLab(t)
				src := func(v string) string {
					return strings.ReplaceAll(strings.Replace(brokenPromise, "$WHY", why, 1), "$V", v)
				}
				if !first {
					l.attempt(t.Context(), l.options(src("1"), nil), nil)
				}
				before := l.read("reloaded")
				l.write("broken", "")
				l.attempt(t.Context(), l.options(src("2"), nil), nil)
				if got := l.ran(before); got != "2\n" {
					t.Fatalf("the apply ran %q, want 2", got)
				}
				for range 2 {
					p := l.plan(l.session(src("2"), nil))
					if a := p.Action("call.command.reload"); a == nil || !a.Changes() {
						t.Fatalf("the next plan does not run it: %+v", a)
					}
					l.attempt(t.Context(), l.options(src("2"), nil), nil)
				}
				os.Remove(filepath.Join(l.Dir, "broken"))
				before = l.read("reloaded")
				l.attempt(t.Context(), l.options(src("2"), nil), nil)
				if got := l.ran(before); got != "2\nafter2\n" {
					t.Errorf("the next apply ran %q, want 2 and after2", got)
				}
				if p := l.plan(l.session(src("2"), nil)); why != "" && !p.Empty() {
					t.Errorf("the plan after that is not empty: %+v", p.Summary())
				}
			})
		}
	}
}

// TestAResourceWhosePostconditionFailedIsRecorded: the resource was written, and
// the next plan checks its postcondition again. What it triggers is owed.
func TestAResourceWhosePostconditionFailedIsRecorded(t *testing.T) {
	const src = `
context "local" "h" {}
resource "file" "seed" {
  on      = context.local.h
  path    = "$DIR/seed"
  content = "x"
}
call "command" "seed" {
  on         = context.local.h
  argv       = ["cat", "$DIR/seed"]
  read_only  = true
  depends_on = [file.seed]
}
resource "file" "conf" {
  on      = context.local.h
  path    = "$DIR/conf"
  content = trimspace(call.command.seed.stdout)
  lifecycle {
    postcondition {
      condition     = self.content == "$WANT"
      error_message = "It holds something else."
    }
  }
}
call "command" "reload" {
  on           = context.local.h
  shell        = "echo ran >> $DIR/reloaded"
  triggered_by = [file.conf]
}`
	l := newLab(t)
	failing, kept := strings.Replace(src, "$WANT", "y", 1), strings.Replace(src, "$WANT", "x", 1)
	l.attempt(t.Context(), l.options(failing, nil), nil)
	if st := l.loaded(); l.read("conf") != "x" || st.Instance("file.conf") == nil || len(st.Unanswered) > 0 {
		t.Errorf("what was written is not recorded: %+v", st)
	}
	s := l.session(failing, nil)
	if p, diags := s.Plan(t.Context()); !diags.HasErrors() || p.Complete {
		t.Errorf("the next plan does not check the postcondition: %v", diags)
	}
	p := l.plan(l.session(kept, nil))
	if a := p.Action("call.command.reload"); a == nil || a.Op != planner.Run {
		t.Fatalf("what it triggers is not owed: %+v", a)
	}
	l.attempt(t.Context(), l.options(kept, nil), nil)
	if got := l.read("reloaded"); got != "ran\n" {
		t.Errorf("the apply ran %q, want one run", got)
	}
}
