package planner_test

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/planner"
)

// If only the apply tells the path of an edit, the edit comes after those that were
// planned, whichever is declared first. If it would undo one of them, it is not
// sent.
func TestEditOfAPathKnownAtApply(t *testing.T) {
	const where = "path = call.command.where.stdout\n"
	edits := block("line.a", onA, "path = \"/x\"\nregexp = \"^a\"") + block("line.b", onA, `path = "/x"`)
	for name, tt := range map[string]struct {
		late     string
		want     string
		problems string // what the problems begin with
	}{
		"an edit": {
			"resource \"line\" \"late\" {\n  on = " + onA + "\n  line = \"late\"\n  " + where + "}\n",
			"call.command.where line.a line.b | line.late", "",
		},
		"one in another context of the machine": {
			"resource \"line\" \"late\" {\n  on = " + asRoot + "\n  line = \"late\"\n  " + where + "}\n",
			"call.command.where line.a line.b | line.late", "",
		},
		"one of the same name on another machine": {
			"resource \"line\" \"late\" {\n  on = " + onB + "\n  line = \"late\"\n  " + where + "}\n",
			"call.command.where line.a line.b | line.late", "",
		},
		"one that undoes another": {
			"resource \"line\" \"late\" {\n  on = " + onA + "\n  line = \"another\"\n  regexp = \"^a\"\n  " + where + "}\n",
			"call.command.where line.a line.b", "Two edits undo each other: ",
		},
		"the whole": {
			"resource \"file\" \"late\" {\n  on = " + onA + "\n  content = \"all\"\n  " + where + "}\n",
			"call.command.where line.a line.b", "Two claims on one thing: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{
				applied: map[string]planner.Result{"call.command.where": reply(map[string]any{"stdout": kind.Text("/x")})},
				slow:    map[string]bool{"line.b": true},
			}
			plan, p := makePlan(t, twoHosts+block("call.where", onA, "")+tt.late+edits, w)
			noErrors(t, p)
			a := applyPlan(t, p, plan, w)
			if got := a.sentBatches(); got != tt.want {
				t.Errorf("sent %q, want %q\n%s", got, tt.want, a.said())
			}
			behind := strings.Index(a.said(), "begun line.late") > strings.Index(a.said(), "succeeded line.b")
			if sameMachine := !strings.Contains(tt.late, onB); tt.problems == "" && behind != sameMachine {
				t.Errorf("that the edit comes after what was planned is %v, want the opposite\n%s", behind, a.said())
			}
			if got := problems(p); tt.problems == "" && got != "" || !strings.HasPrefix(got, tt.problems) {
				t.Errorf("problems %q, want %q", got, tt.problems)
			}
		})
	}
}
