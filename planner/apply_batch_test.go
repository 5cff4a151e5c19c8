package planner_test

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// sentTogether are the ordered batches that were sent, by their actions.
func (a *applied) sentTogether() string {
	var out []string
	for _, b := range a.batches {
		for _, address := range b {
			if s := a.steps[address]; len(s.Then) > 0 {
				all := []string{address}
				for _, behind := range s.Then {
					if !behind.Led {
						a.t.Errorf("%s is sent by itself, too", behind.Address)
					}
					all = append(all, behind.Address)
				}
				out = append(out, strings.Join(all, "+"))
			}
		}
	}
	return strings.Join(out, " | ")
}

// Edits of one path that follow each other in one context leave in one step. What comes after one of them is sent when they have been answered.
func TestOrderedBatches(t *testing.T) {
	line := func(name, on, more string) string { return block("line."+name, on, `path = "/x"`+"\n"+more) }
	three := line("p", onA, "") + line("q", onA, "") + line("r", onA, "")
	skipped := fails(planner.Failure{Kind: planner.FailureSkipped})
	unsure := fails(planner.Failure{Kind: planner.FailureSkipped, MayHaveRun: true})
	for name, tt := range map[string]struct {
		src     string
		large   bool
		applied map[string]planner.Result
		want    string // the batches
		sent    string // what leaves when; not compared if it is empty
		ends    string // of p, q and r; not compared if it is empty
		backup  string // the action that makes one
	}{
		"three edits":                        {src: three, want: "line.p+line.q+line.r"},
		"one edit":                           {src: line("p", onA, "")},
		"in two contexts":                    {src: line("p", onA, "") + line("q", onA, "") + line("r", asRoot, ""), want: "line.p+line.q", sent: "line.p line.q | line.r"},
		"of two files":                       {src: line("p", onA, "") + line("q", onA, "") + block("line.other", onA, `path = "/y"`), want: "line.p+line.q", sent: "line.p line.q line.other"},
		"one waits for something else":       {src: line("p", onA, "") + block("file.y", onB, "") + line("q", onA, after("file.y")), sent: "line.p file.y | line.q"},
		"all wait for it":                    {src: block("file.y", onB, "") + line("p", onA, after("file.y")) + line("q", onA, after("file.y")), want: "line.p+line.q", sent: "file.y | line.p line.q"},
		"something comes after one of them":  {src: three + block("call.c", onA, after("line.p")), want: "line.p+line.q+line.r", sent: "line.p line.q line.r | call.command.c"},
		"a call between them":                {src: line("p", onA, "") + block("call.c", onA, after("line.p")) + line("q", onA, after("call.command.c")), sent: "line.p call.command.c line.q"},
		"one keeps a backup":                 {src: line("p", onA, "") + line("q", onA, "backup = true") + line("r", onA, ""), want: "line.p+line.q+line.r", backup: "line.p"},
		"one is written in place":            {src: line("p", onA, "") + line("q", onA, "in_place = true") + line("r", onA, ""), sent: "line.p line.q line.r"},
		"one has a timeout":                  {src: line("p", onA, "") + line("q", onA, `timeout = "5s"`) + line("r", onA, ""), sent: "line.p line.q line.r"},
		"one has a postcondition":            {src: line("p", onA, "lifecycle {\n postcondition {\n condition = true\n error_message = \"No.\"\n }\n }") + line("q", onA, ""), sent: "line.p | line.q"},
		"too large":                          {src: three, large: true, sent: "line.p line.q line.r"},
		"the second fails":                   {src: three, applied: map[string]planner.Result{"line.q": fails(planner.Failure{Summary: "No"}), "line.r": skipped}, want: "line.p+line.q+line.r", ends: "succeeded failed skipped"},
		"the first fails":                    {src: three, applied: map[string]planner.Result{"line.p": fails(planner.Failure{Summary: "No"}), "line.q": skipped, "line.r": skipped}, want: "line.p+line.q+line.r", ends: "failed skipped skipped"},
		"the first fails, the rest may have": {src: three, applied: map[string]planner.Result{"line.p": fails(planner.Failure{Summary: "No"}), "line.q": unsure, "line.r": unsure}, want: "line.p+line.q+line.r", ends: "failed skipped? skipped?"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{applied: tt.applied, answers: map[string]planner.Result{}}
			size := int64(3)
			if tt.large {
				size = 20 << 20
			}
			for _, address := range []string{"file.x", "line.p", "line.q", "line.r", "line.other"} {
				path, after := kind.Thing("path:/x"), resource.Digest{Size: size}
				if address == "line.other" {
					path = "path:/y"
				}
				w.answers[address] = planner.Result{Change: &resource.Change{Op: resource.Update, Writes: []kind.Thing{path}, Before: map[string]any{"content": "old"}, After: map[string]any{"content": after}}}
			}
			plan, p := makePlan(t, twoHosts+tt.src, w)
			noErrors(t, p)
			a := applyPlan(t, p, plan, w)
			if got := a.sentTogether(); got != tt.want {
				t.Errorf("together leave %q, want %q", got, tt.want)
			}
			if got := a.sentBatches(); tt.sent != "" && got != tt.sent {
				t.Errorf("sent %q, want %q", got, tt.sent)
			}
			var ends []string
			for _, address := range []string{"line.p", "line.q", "line.r"} {
				end := a.end(address)
				mark := ""
				if end.Stage == planner.StageSkipped && end.End == planner.EndFailed {
					mark = "?"
				}
				ends = append(ends, string(end.Stage)+mark)
			}
			if got := strings.Join(ends, " "); tt.ends != "" && got != tt.ends {
				t.Errorf("they are %q, want %q", got, tt.ends)
			}
			for address, s := range a.steps {
				if s.Intent == nil {
					t.Errorf("%s has no intent", address)
				}
				if got := s.Args["backup"] == true; got != (address == tt.backup) {
					t.Errorf("that %s makes a backup is %v", address, got)
				}
				if s.Whole {
					t.Errorf("%s writes only a part of the file", address)
				}
			}
		})
	}
}
