package executor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/planner"
)

// warningsIn are the warnings among diagnostics: who gives them, on which line.
func warningsIn(diags hcl.Diagnostics) (out []string) {
	for _, d := range diags {
		if d.Severity == hcl.DiagWarning {
			out = append(out, d.Extra.(planner.Location).Address+": "+d.Detail)
		}
	}
	return out
}

// What the start of a context warns of is told once for all contexts that say
// the same, with what they say differently in the same warning, also where the
// start fails, and once for a plan and its apply; a saved plan starts its
// contexts anew, and says it anew.
func TestWarningsOfContextsAreToldOnce(t *testing.T) {
	l := newLab(t)
	src := `
context "local" "h" {
  for_each = { a = "", b = "", c = "no route" }
  fail     = each.value
  warns    = each.key == "b" ? "known_hosts:3" : "known_hosts:7"
}
resource "file" "x" {
  on      = context.local.h
  path    = "$DIR/${on.key}"
  content = "x"
}`
	want := []string{"context.local.h[\"a\"]: known_hosts:7\nknown_hosts:3\n3 contexts have this warning."}
	o := l.options(src, nil)
	o.AllowUnreachable = true
	s, err := executor.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p, diags := s.Plan(t.Context())
	if got := warningsIn(diags); !slices.Equal(got, want) {
		t.Errorf("warnings of the plan: %q", got)
	}
	if at := diags[0].Subject.Start.Line; at != 5 {
		t.Errorf("the warning stands on line %d", at)
	}
	if _, diags := l.apply(t.Context(), s, p); len(warningsIn(diags)) != 0 {
		t.Errorf("warnings of the apply: %q", warningsIn(diags))
	}
	l.write("a", "other")
	l.write("b", "other")
	o = l.options(src, nil)
	o.AllowUnreachable = true
	again := l.open(o)
	p, _ = again.Plan(t.Context())
	f := l.savedOf(again, p)
	saved, p, diags := executor.Open(t.Context(), f, o)
	if saved == nil {
		t.Fatal(diags)
	}
	defer saved.Close()
	_, diags = l.apply(t.Context(), saved, p)
	want[0] = strings.Replace(want[0], "3 contexts", "2 contexts", 1) // one is left out
	if got := warningsIn(diags); !slices.Equal(got, want) {
		t.Errorf("warnings of the apply of a saved plan: %q", got)
	}
}
