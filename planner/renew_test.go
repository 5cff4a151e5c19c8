package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

const idleCall = `
context "local" "h" {}
resource "file" "src" {
  on      = context.local.h
  path    = "/src"
  content = "1"
}
call "command" "tb" {
  on           = context.local.h
  argv         = ["cat", "/src"]
  triggered_by = [file.src]
}
`

const idleGuard = `
context "local" "h" {}
call "command" "tb" {
  on      = context.local.h
  argv    = ["cat", "/src"]
  creates = "/made"
}
`

const idleTriggers = `
context "local" "h" {}
resource "file" "src" {
  on   = context.local.h
  path = "/src"
}
call "command" "tb" {
  on       = context.local.h
  argv     = ["cat", "/src"]
  triggers = file.src.path
  creates  = "/made"
}
`

// compared answers a check as a host does: if everything that is asked for is
// known, there is nothing to do.
type compared struct{ *world }

func (c compared) drive(t *testing.T, p *planner.Planner) *planner.Plan {
	t.Helper()
	for !p.Finished() {
		for _, s := range p.Next() {
			p.Done(s, c.answer(s))
		}
	}
	return p.Plan()
}

func (c compared) answer(s *planner.Step) planner.Result {
	switch {
	case s.Type == planner.StepCheck && len(s.Unknown) == 0:
		ch := change(resource.NoOp, s)
		ch.Results = map[string]any{"content": kind.Text("a")}
		c.asked = append(c.asked, "check "+s.Address)
		return planner.Result{Change: ch}
	case s.Type == planner.StepProbe:
		return planner.Result{Reply: &function.CallReply{}}
	}
	return c.world.answer(s)
}

// If a call does not run, its results are null while planning, too, wherever they
// are used. So the plan says what the apply does.
func TestResultsOfACallThatDoesNotRun(t *testing.T) {
	const file = "\nresource \"file\" \"o\" {\n  on = context.local.h\n  path = \"/o\"\n"
	const value = `coalesce(call.command.tb.stdout, "none")`
	for name, tt := range map[string]struct {
		src  string
		want string // problem, "" for an empty plan
	}{
		"argument":             {src: file + "content = " + value + "\n}"},
		"null":                 {src: file + "content = call.command.tb.stdout\n}"},
		"through a local":      {src: file + "content = local.x\n}\nlocals {\n  x = " + value + "\n}"},
		"path":                 {src: "\nresource \"file\" \"o\" {\n  on = context.local.h\n  path = \"/${" + value + "}\"\n}"},
		"template":             {src: file + "content = \"v ${call.command.tb.stdout}\"\n}", want: "call.command.tb does not run this time"},
		"function":             {src: file + "content = trimspace(call.command.tb.stdout)\n}", want: "call.command.tb does not run this time"},
		"precondition":         {src: file + "lifecycle {\n precondition {\n condition = " + value + " == \"none\"\n error_message = \"no\"\n}\n}\n}"},
		"failed precondition":  {src: file + "lifecycle {\n precondition {\n condition = " + value + " == \"x\"\n error_message = \"it is no x\"\n}\n}\n}", want: "it is no x"},
		"enabled":              {src: file + "enabled = call.command.tb.stdout == null\n}"},
		"for_each":             {src: "\nresource \"file\" \"o\" {\n  on = context.local.h\n  for_each = toset([" + value + "])\n  path = \"/${each.key}\"\n}\n" + strings.Replace(file, `"o"`, `"p"`, 1) + "content = join(\"\", keys(file.o))\n}"},
		"value of for_each":    {src: "\nresource \"file\" \"o\" {\n  on = context.local.h\n  for_each = { a = " + value + " }\n  path = \"/${each.key}\"\n content = each.value\n}"},
		"another resource":     {src: "\nresource \"line\" \"o\" {\n  on = context.local.h\n  path = \"/o\"\n  line = " + value + "\n}\nresource \"file\" \"p\" {\n  on = context.local.h\n  path = \"/p\"\n content = line.o.content\n}"},
		"context":              {src: "\ncontext \"sudo\" \"s\" {\n via = context.local.h\n user = " + value + "\n}\nresource \"file\" \"o\" {\n  on = context.sudo.s\n  path = \"/o\"\n}"},
		"call that only reads": {src: "\ncall \"command\" \"r\" {\n on = context.local.h\n read_only = true\n argv = [" + value + "]\n}\n" + file + "content = call.command.r.stdout\n}"},
		"call with a guard":    {src: "\ncall \"command\" \"r\" {\n on = context.local.h\n creates = \"/x\"\n argv = [" + value + "]\n}\n" + file + "content = coalesce(call.command.r.stdout, \"none\")\n}"},
	} {
		for why, call := range map[string]string{"triggered_by": idleCall, "guard": idleGuard, "triggers": idleTriggers} {
			t.Run(name+"/"+why, func(t *testing.T) {
				p := planner.New(load(t, call+tt.src), options())
				plan := compared{&world{}}.drive(t, p)
				if tt.want != "" {
					if got := p.Diagnostics().Error(); !strings.Contains(got, tt.want) {
						t.Fatalf("problems %q, want %q", got, tt.want)
					}
					return
				}
				noErrors(t, p)
				for _, a := range plan.Actions {
					if a.Op != planner.NoOp && a.Op != planner.Read || len(a.Unknown) > 0 {
						t.Errorf("%s is %s because of %s with %v unknown, want nothing to do", a.Address, a.Op, a.Reason, a.Unknown)
					}
				}
				replayed := planner.New(load(t, call+tt.src), options())
				r := planner.NewReplay(p.Answers(true))
				for !replayed.Finished() {
					for _, s := range replayed.Next() {
						answer, ok := r.Answer(s)
						if !ok {
							t.Fatalf("the record has no answer to %s %s", s.Type, s.Address)
						}
						replayed.Done(s, answer)
					}
				}
				if a, b := ops(plan), ops(replayed.Plan()); !slices.Equal(a, b) {
					t.Errorf("replayed %v, planned %v", b, a)
				}
			})
		}
	}
}

// The results of a call that runs stay unknown, and nothing is asked twice.
func TestResultsOfACallThatRunsStayUnknown(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, idleCall+`
resource "file" "o" {
  on      = context.local.h
  path    = "/o"
  content = call.command.tb.stdout
}`, w)
	noErrors(t, p)
	wantOps(t, plan, "+ file.src", "> call.command.tb", "+ file.o")
	if a := plan.Actions[2]; !slices.Equal(a.Unknown, []string{"content"}) {
		t.Errorf("unknown are %v, want content", a.Unknown)
	}
	if len(w.asked) != 3 {
		t.Errorf("asked %v, want 3 steps", w.asked)
	}
}
