package planner_test

import (
	"fmt"
	"time"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// A plan is made, and then applied, by answering steps until there are no more.
// Here a function stands for the host.
func Example() {
	cfg, diags := config.LoadSources("/project", map[string][]byte{"main.mito.hcl": []byte(`
		context "ssh" "web" { host = "192.0.2.1" }
		resource "file" "motd" {
		  on      = context.ssh.web
		  path    = "/etc/motd"
		  content = "Hello.\n"
		}`)}, controller.Catalogue())
	if diags.HasErrors() {
		fmt.Println(diags)
		return
	}
	host := func(s *planner.Step) planner.Result {
		fmt.Println(s.Type, s.Address)
		switch s.Type {
		case planner.StepContext:
			return planner.Result{Facts: map[string]any{"hostname": "web"}}
		case planner.StepCheck, planner.StepApply:
			return planner.Result{Change: &resource.Change{
				Op: resource.Create, After: s.Args, Writes: []kind.Thing{kind.PathThing("/etc/motd")},
			}}
		}
		return planner.Result{} // the lock of the machine
	}

	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	p := planner.New(cfg, planner.Options{Facts: kind.SchemaOf(transport.Greeting{}), Time: now, Key: []byte("key of this plan")})
	for !p.Finished() {
		for _, step := range p.Next() {
			p.Done(step, host(step))
		}
	}
	plan := p.Plan()
	for _, action := range plan.Actions {
		fmt.Println("plan:", action.Op, action.Address)
	}

	apply := p.Apply(plan, planner.ApplyOptions{Now: now})
	for !apply.Finished() {
		for _, step := range apply.Next() {
			apply.Done(step, host(step))
		}
	}
	for _, progress := range apply.Progress() {
		fmt.Println("apply:", progress.Stage, progress.Action.Address)
	}
	// Output:
	// context context.ssh.web
	// check file.motd
	// plan: create file.motd
	// lock context.ssh.web
	// apply file.motd
	// apply: begun file.motd
	// apply: succeeded file.motd
}
