package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/planner"
)

// owing is a record in which calls are owed.
type owing struct {
	fakePrior
	debts map[string][]string
}

func (o owing) Debts() map[string][]string { return o.debts }

var _ planner.Prior = owing{}

// What a change owes follows from the configuration alone. It owes every declared
// instance, whatever became of that instance in this plan. If nobody can say which
// instances there are, it owes the block.
func TestWhatAChangeOwes(t *testing.T) {
	const conf = `
resource "file" "conf" {
  on   = context.ssh.web
  path = "/conf"
}`
	reload := func(more string) string {
		return hosts + conf + `
variable "yes" { type = bool }
call "command" "reload" {
  on           = context.ssh.web
  argv         = ["reload"]
  triggered_by = [file.conf]
  ` + more + `
}`
	}
	a := []string{`call.command.reload["a"]`}
	both := []string{`call.command.reload["a"]`, `call.command.reload["b"]`}
	block := []string{"call.command.reload"}
	down := planner.Result{Failure: &planner.Failure{Summary: "Down", Kind: planner.FailureLost}}
	for name, c := range map[string]struct {
		src     string
		answers map[string]planner.Result
		set     func(*planner.Options)
		want    []string // what the change of file.conf["a"] owes
	}{
		"it runs":          {src: reload(""), want: a},
		"all of them":      {src: strings.Replace(reload(""), "[file.conf]", "[all(file.conf)]", 1), want: both},
		"named twice":      {src: strings.Replace(reload(""), "[file.conf]", `[file.conf, file.conf["a"]]`, 1), want: []string{`call.command.reload["a"]`, `call.command.reload["b"]`}},
		"disabled":         {src: reload("enabled = false"), want: a},
		"not targeted":     {src: reload(""), set: func(o *planner.Options) { o.Targets = []string{"file.conf"} }, want: a},
		"excluded":         {src: reload(""), set: func(o *planner.Options) { o.Excludes = []string{"call.command.reload"} }, want: a},
		"one excluded":     {src: reload(""), set: func(o *planner.Options) { o.Excludes = []string{`call.command.reload["a"]`} }, want: a},
		"with its context": {src: strings.Replace(reload(""), "context.ssh.web\n  argv", "context.sudo.web\n  argv", 1), set: func(o *planner.Options) { o.Excludes = []string{"context.sudo.web"} }, want: a},
		"context is away":  {src: strings.Replace(reload(""), "context.ssh.web\n  argv", "context.sudo.web\n  argv", 1), answers: map[string]planner.Result{`context.sudo.web["a"]`: down}, want: a},
		"one context":      {src: strings.Replace(reload(""), "context.ssh.web\n  argv", "context.ssh.one\n  argv", 1) + "\ncontext \"ssh\" \"one\" { host = \"h\" }\n", want: block},
		"reads only":       {src: reload("read_only = true")},
		"reads only, elsewhere": {src: reload("read_only = var.yes"), set: func(o *planner.Options) {
			o.Targets = []string{"file.conf"}
			o.Vars = map[string]cty.Value{"yes": cty.True}
		}},
		"reads only here":    {src: strings.Replace(reload(`read_only = on.key == "a"`), "[file.conf]", "[all(file.conf)]", 1), want: both[1:]},
		"count":              {src: reload("count = 2"), want: []string{`call.command.reload["a"][0]`, `call.command.reload["a"][1]`}},
		"no instances":       {src: reload("for_each = {}")},
		"known after apply":  {src: reload(`for_each = toset([call.command.list.stdout])`) + list(""), want: block},
		"not known, as away": {src: reload(`for_each = toset([call.command.list.stdout])`) + list("read_only = true"), answers: map[string]planner.Result{`context.ssh.far`: down, "call.command.list": down}, want: block},
		"wrong for_each":     {src: reload(`for_each = toset([tostring(call.command.list[lower("x")])])`) + list("read_only = true"), want: block},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{answers: c.answers}
			set := c.set
			if set == nil {
				set = func(*planner.Options) {}
			}
			plan, p := makePlan(t, c.src, w, set)
			step := applyPlan(t, p, plan, w).steps[`file.conf["a"]`]
			if step == nil {
				t.Fatal("file.conf[\"a\"] is not applied")
			}
			if d := cmp.Diff(c.want, slices.Sorted(slices.Values(step.Intent.Owes)), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("owes (-want +got):\n%s", d)
			}
		})
	}
}

func list(more string) string {
	return `
context "ssh" "far" { host = "far" }
call "command" "list" {
  on   = context.ssh.far
  argv = ["list"]
  ` + more + `
}`
}

// Whether a call runs is decided before it is known that its host can be reached
// and that what comes before it can be done. If that turns out not to be so, the
// call is taken back.
func TestCallsAreTakenBack(t *testing.T) {
	const src = `
context "ssh" "one" { host = "one" }
context "ssh" "two" { host = "two" }
resource "file" "before" {
  on   = context.ssh.one
  path = "/before"
}
call "command" "x" {
  on         = context.ssh.two
  argv       = ["true"]
  depends_on = [file.before]
}
call "command" "y" {
  on         = context.ssh.one
  argv       = ["true"]
  depends_on = [call.command.x]
}
resource "file" "after" {
  on         = context.ssh.one
  path       = "/after"
  depends_on = [call.command.y]
}
call "command" "read" {
  on         = context.ssh.one
  argv       = ["true"]
  read_only  = true
  depends_on = [file.after]
}`
	down := planner.Result{Failure: &planner.Failure{Summary: "Down", Kind: planner.FailureLost}}
	wrong := planner.Result{Failure: &planner.Failure{Summary: "No such directory"}}
	lost := planner.Result{Failure: &planner.Failure{Summary: "Unreachable", Kind: planner.FailureBehind}}
	for name, c := range map[string]struct {
		answers   map[string]planner.Result
		want      []string
		unplanned int
	}{
		"nothing is wrong":        {want: []string{"+ file.before", "! call.command.x", "! call.command.y", "+ file.after", "<= call.command.read"}},
		"its context is away":     {answers: map[string]planner.Result{"context.ssh.two": down}, want: []string{"+ file.before"}, unplanned: 4},
		"what is before it fails": {answers: map[string]planner.Result{"file.before": wrong}, unplanned: 5},
		"what is before it is away": {
			answers:   map[string]planner.Result{"context.ssh.one": down, "file.before": lost, "file.after": lost},
			unplanned: 5,
		},
	} {
		t.Run(name, func(t *testing.T) {
			plan, p := makePlan(t, src, &world{answers: c.answers})
			wantOps(t, plan, c.want...)
			if plan.Unplanned != c.unplanned || plan.Complete != (c.unplanned == 0) {
				t.Errorf("unplanned is %d, want %d; complete is %v: %v", plan.Unplanned, c.unplanned, plan.Complete, p.Diagnostics())
			}
		})
	}
}
