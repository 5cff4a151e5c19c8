package executor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/planner"
)

// warningsIn returns the warnings among diagnostics, with who gives them and on
// which line.
func warningsIn(diags hcl.Diagnostics) (out []string) {
	for _, d := range diags {
		if d.Severity == hcl.DiagWarning {
			out = append(out, d.Extra.(planner.Location).Address+": "+d.Detail)
		}
	}
	return out
}

// If several contexts warn of the same thing, there is one warning, which also has
// what they say differently. It is shown once for a plan and its apply, even if a
// start fails. A saved plan starts its contexts again and shows the warning again.
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
		t.Errorf("the warnings of the plan are %q, want %q", got, want)
	}
	if at := diags[0].Subject.Start.Line; at != 5 {
		t.Errorf("the warning is on line %d, want 5", at)
	}
	if _, diags := l.apply(t.Context(), s, p); len(warningsIn(diags)) != 0 {
		t.Errorf("the apply repeats the warnings %q", warningsIn(diags))
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
	want[0] = strings.Replace(want[0], "3 contexts", "2 contexts", 1) // one context is left out
	if got := warningsIn(diags); !slices.Equal(got, want) {
		t.Errorf("the warnings of the apply of a saved plan are %q, want %q", got, want)
	}
}
