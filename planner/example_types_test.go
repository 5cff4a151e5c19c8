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

// The examples below plan these two files and this command. The second file needs
// the first to have been written, and the command runs if that file changes.
const exampleSource = `
	context "ssh" "web" { host = "192.0.2.1" }
	resource "file" "motd" {
	  on      = context.ssh.web
	  path    = "/etc/motd"
	  content = "Hello.\n"
	}
	resource "file" "conf" {
	  on         = context.ssh.web
	  path       = "/etc/app.conf"
	  content    = "port = 80\n"
	  depends_on = [file.motd]
	}
	call "command" "reload" {
	  on           = context.ssh.web
	  argv         = ["app", "reload"]
	  triggered_by = [file.conf]
	}`

// examplePlanner returns a planner of the configuration above.
func examplePlanner() *planner.Planner {
	cfg, _ := config.LoadSources("/project", map[string][]byte{"main.mito.hcl": []byte(exampleSource)}, controller.Catalogue())
	return planner.New(cfg, planner.Options{Facts: kind.SchemaOf(transport.Greeting{}), Time: exampleTime, Key: []byte("key of this plan")})
}

var exampleTime = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// exampleHost answers a step as a host would that has no file yet.
func exampleHost(s *planner.Step) planner.Result {
	switch s.Type {
	case planner.StepContext:
		return planner.Result{Facts: map[string]any{"hostname": "web"}}
	case planner.StepCheck:
		path := kind.PathThing(fmt.Sprint(s.Args["path"]))
		return planner.Result{Change: &resource.Change{Op: resource.Create, After: s.Args, Writes: []kind.Thing{path}}}
	}
	return planner.Result{}
}

// A Planner says what has to be asked, and is told what came of it. It returns
// all steps that can be sent without waiting for an answer: here all of them, so
// that they cross the network together.
func ExamplePlanner() {
	p := examplePlanner()
	for round := 1; !p.Finished(); round++ {
		for _, step := range p.Next() {
			fmt.Println(round, step.Type, step.Address)
			p.Done(step, exampleHost(step))
		}
	}
	fmt.Println(len(p.Plan().Actions), "actions")
	// Output:
	// 1 context context.ssh.web
	// 1 check file.motd
	// 1 check file.conf
	// 3 actions
}

// A Step has all that is needed to carry it out. A check that comes after another
// one of its context names it, so that the host keeps the order by itself.
func ExampleStep() {
	for _, step := range examplePlanner().Next() {
		fmt.Println(step.Type, step.Address, "kind:", step.Kind)
		if step.Type == planner.StepCheck {
			fmt.Println("  in", step.Context, "path:", step.Args["path"], "after:", step.After)
		}
	}
	// Output:
	// context context.ssh.web kind: ssh
	// check file.motd kind: file
	//   in context.ssh.web path: /etc/motd after: []
	// check file.conf kind: file
	//   in context.ssh.web path: /etc/app.conf after: [file.motd]
}

// A Plan is passive data: what would be done, in which order, and why.
func ExamplePlan() {
	p := examplePlanner()
	for !p.Finished() {
		for _, step := range p.Next() {
			p.Done(step, exampleHost(step))
		}
	}
	plan := p.Plan()
	for _, action := range plan.Actions {
		fmt.Println(action.Op, action.Address, "waits for", action.DependsOn, "triggered by", action.TriggeredBy)
	}
	summary := plan.Summary()
	fmt.Println("add:", summary.Add, "run:", summary.Run, "empty:", plan.Empty())
	// Output:
	// create file.motd waits for [] triggered by []
	// create file.conf waits for [file.motd] triggered by []
	// run call.command.reload waits for [file.conf] triggered by [file.conf]
	// add: 2 run: 1 empty: false
}

// Steps that come after each other in one context are sent together, and the host
// skips those that come after one that failed. Apply says of each action what
// became of it, and why.
func ExampleApply() {
	p := examplePlanner()
	for !p.Finished() {
		for _, step := range p.Next() {
			p.Done(step, exampleHost(step))
		}
	}

	host := func(step *planner.Step) planner.Result {
		switch {
		case step.Address == "file.motd":
			return planner.Result{Failure: &planner.Failure{Summary: "Disk is full"}}
		case len(step.After) > 0: // comes after file.motd, directly or not
			return planner.Result{Failure: &planner.Failure{Kind: planner.FailureSkipped}}
		}
		return planner.Result{} // the lock of the machine
	}
	apply := p.Apply(p.Plan(), planner.ApplyOptions{Now: exampleTime})
	for !apply.Finished() {
		for _, step := range apply.Next() {
			apply.Done(step, host(step))
		}
	}
	for _, progress := range apply.Progress() {
		fmt.Printf("%s %s %q\n", progress.Stage, progress.Action.Address, progress.Reason)
	}
	// Output:
	// begun file.motd ""
	// failed file.motd "Disk is full"
	// skipped file.conf "file.motd did not succeed"
	// skipped call.command.reload "file.conf did not succeed"
}
