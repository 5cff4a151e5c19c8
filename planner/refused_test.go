package planner_test

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

const twoFiles = hosts + `
resource "file" "x" {
  on   = context.sudo.web
  path = "/etc/x"
}

resource "file" "y" {
  on   = context.ssh.web
  path = "/etc/y"
}
`

// If what a host says makes the plan impossible, that machine is left out with all
// of its contexts, and no other machine.
func TestWhatOneHostSaysLeavesOutItsMachine(t *testing.T) {
	write := func(thing kind.Thing) planner.Result {
		return planner.Result{Change: &resource.Change{Op: resource.Create, Writes: []kind.Thing{thing}}}
	}
	for name, answers := range map[string]map[string]planner.Result{
		"a check that fails":       {`file.x["b"]`: {Failure: &planner.Failure{Summary: "A directory is at the path"}}},
		"two claims that it makes": {`file.x["b"]`: write("path:/etc/z"), `file.y["b"]`: write("path:/etc/z")},
	} {
		t.Run(name, func(t *testing.T) {
			plan, p := makePlan(t, twoFiles, &world{answers: answers})
			diags := p.Diagnostics()
			if len(diags) != 1 || !diags[0].Extra.(planner.Location).Host {
				t.Errorf("want one problem of a host: %v", diags)
			}
			for _, a := range plan.Actions {
				if left := a.LeftOut != ""; left != (a.Keys[0] == "b") {
					t.Errorf("%s is left out because of %q; only what is on b must be", a.Address, a.LeftOut)
				}
			}
			if some, rest := plan.LeavesOut(); !some || !rest {
				t.Errorf("some are left out is %v and there is a rest is %v, want true and true", some, rest)
			}
		})
	}
}

// A mistake in the configuration concerns all of it. No host is blamed for it.
func TestAMistakeInTheConfigurationIsNoHosts(t *testing.T) {
	_, p := makePlan(t, twoFiles+`
resource "file" "again" {
  on   = context.sudo.web
  path = "/etc/x"
}
`, &world{})
	for _, d := range p.Diagnostics() {
		if d.Extra.(planner.Location).Host {
			t.Errorf("a host is blamed for %v", d)
		}
	}
}
