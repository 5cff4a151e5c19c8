package planner_test

import (
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/planner"
)

// Of a hidden attribute a plan tells whether it changes, and nothing else.
func TestUnchangedSecretIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		before, after string
		same          []string
	}{
		"unchanged": {"DB_PASSWORD=" + planted + "\n", "DB_PASSWORD=" + planted + "\n", []string{"content"}},
		"changed":   {"DB_PASSWORD=" + rotated + "\n", "DB_PASSWORD=" + planted + "\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			src := secretVars + `resource "line" "secret" {
				on   = context.local.here
				path = "/etc/x"
				line = "DB_PASSWORD=${var.s}"
			}`
			plan, p := makePlan(t, src, &world{answers: map[string]planner.Result{"line.secret": lineChange(c.before, c.after)}}, withSecretVars)
			noErrors(t, p)
			a := plan.Action("line.secret")
			got := slices.DeleteFunc(slices.Clone(a.SensitiveSame), func(name string) bool { return name != "content" })
			if !slices.Equal(got, c.same) {
				t.Errorf("unchanged are %q, want %q", a.SensitiveSame, c.same)
			}
			if found := holds(everything(t, plan, p), planted, rotated); len(found) > 0 {
				t.Errorf("these secrets are shown or stored: %q", found)
			}
		})
	}
}
