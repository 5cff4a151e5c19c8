package planner_test

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// Writing the content of a file undoes the edits of it. So it is not written before
// it is certain that the edits can follow: what they wait for has succeeded, and
// their contexts are up.
func TestOwnerWaitsForWhatItsEditsNeed(t *testing.T) {
	src := twoHosts + block("call.first", onB, "") +
		block("file.x", onA, `content = "new"`) +
		block("line.port", asRoot, `path = "/x"`+"\n"+after("call.command.first")) +
		block("file.free", onA, "")
	up := []string{onA, onB, asRoot}
	no := fails(planner.Failure{Summary: "No"})
	down := fails(planner.Failure{Kind: planner.FailureLost, Summary: "No password", NotBegun: true})
	for name, tt := range map[string]struct {
		up       []string
		applied  map[string]planner.Result
		asked    bool // that the context of the edit is started because of it
		want     string
		problems string
	}{
		"all is up":                      {up, nil, false, "call.command.first file.free | file.x | line.port", ""},
		"the context of the edit is not": {up[:2], nil, true, "call.command.first file.free | file.x | line.port", ""},
		"it cannot be reached":           {up[:2], map[string]planner.Result{asRoot: down}, true, "call.command.first file.free", "No password: "},
		"what the edit waits for fails":  {up, map[string]planner.Result{"call.command.first": no}, false, "call.command.first file.free", "No: "},
		"the edit fails by itself":       {up, map[string]planner.Result{"line.port": no}, false, "call.command.first file.free | file.x | line.port", "No: "},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{applied: tt.applied, answers: map[string]planner.Result{
				"file.x":    {Change: &resource.Change{Op: resource.Update, Writes: []kind.Thing{"path:/x"}, Before: map[string]any{"content": "old"}, After: map[string]any{"content": "new"}}},
				"line.port": {Change: &resource.Change{Op: resource.Update, Writes: []kind.Thing{"path:/x"}}},
			}}
			plan, p := makePlan(t, src, w)
			a := beginApply(t, p, plan, w, tt.up...)
			w.asked = nil
			a.run()
			if got := a.sentBatches(); got != tt.want {
				t.Errorf("sent %q, want %q\n%s", got, tt.want, a.said())
			}
			if got := problems(p); got != tt.problems {
				t.Errorf("problems %q, want %q", got, tt.problems)
			}
			if asked := a.started[asRoot]; asked != tt.asked {
				t.Errorf("that the context was asked for is %v, want %v", asked, tt.asked)
			}
			if reason := a.end("file.x").Reason; tt.applied[asRoot].Failure != nil && reason != "it would undo line.port, and context.sudo.a failed" {
				t.Errorf("the owner was skipped because of %q", reason)
			}
		})
	}
}

// The owner of a file does not wait for an edit that is found to be one only during
// the apply. That edit may itself wait for the owner, and once it did: then the
// apply never ended.
func TestOwnerDoesNotWaitForAnEditThatTurnsUpLate(t *testing.T) {
	late := twoHosts + block("call.where", onA, "") + block("line.late", onA, "path = call.command.where.stdout") + block("file.x", onA, `content = "new"`)
	for name, tt := range map[string]struct{ more, want string }{
		"an edit comes after it": {
			block("line.port", onA, `path = "/x"`+"\n"+after("line.late")),
			"call.command.where | file.x | line.late line.port"},
		"an edit comes after what comes after it": {
			block("file.between", onB, after("line.late")) + block("line.port", onA, `path = "/x"`+"\n"+after("file.between")),
			"call.command.where | file.x | line.late | file.between | line.port"},
		"an edit that is declared before them": {
			block("line.first", onA, `path = "/x"`) + block("line.port", onA, `path = "/x"`+"\n"+after("line.late")),
			"call.command.where | file.x line.first | line.late line.port"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{
				answers: map[string]planner.Result{"file.x": {Change: &resource.Change{
					Op: resource.Update, Writes: []kind.Thing{"path:/x"}, Before: map[string]any{"content": "old"}, After: map[string]any{"content": "new"}}}},
				applied: map[string]planner.Result{"call.command.where": reply(map[string]any{"stdout": kind.Text("/x")})},
			}
			for _, line := range []string{"line.port", "line.first"} {
				w.answers[line] = planner.Result{Change: &resource.Change{Op: resource.Update, Writes: []kind.Thing{"path:/x"}}}
			}
			plan, p := makePlan(t, late+tt.more, w)
			a := beginApply(t, p, plan, w, onA, onB)
			a.run()
			if got := a.sentBatches(); got != tt.want {
				t.Errorf("sent %q, want %q\n%s", got, tt.want, a.said())
			}
		})
	}
}
