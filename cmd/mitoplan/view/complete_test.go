package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/planner"
)

var made = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// parts are plans that find nothing to change but do not cover everything.
func parts() map[string]*planner.Plan {
	var many []string
	for n := range 30 {
		many = append(many, fmt.Sprintf("file.x[%d]", n))
	}
	return map[string]*planner.Plan{
		"an error":                {Time: made, Unplanned: 2},
		"an output's error":       {Time: made},
		"an unreachable context":  {Time: made, Unplanned: 3, Contexts: contexts()},
		"contexts that failed":    {Time: made, Unplanned: 3, Contexts: refusing()},
		"something deferred":      {Time: made, Actions: []*planner.Action{{Address: "file.x", Block: "file.x", Op: planner.Defer, Reason: "waits for user.app"}}},
		"a target":                {Time: made, Targeting: planner.Targeting{Targets: []string{`file.x["a"]`}, LeftOut: 2, Names: []string{`file.x["b"]`, "call.command.c"}, Owed: []string{"call.command.c"}}},
		"a target of all":         {Time: made, Complete: true, Targeting: planner.Targeting{Targets: []string{"file.x"}}},
		"a target but outputs":    {Time: made, Targeting: planner.Targeting{Targets: []string{"file.x"}, Outputs: 1}},
		"an exclude of many":      {Time: made, Targeting: planner.Targeting{Excludes: []string{"file.x"}, LeftOut: 30, Names: many}},
		"both, and an error":      {Time: made, Unplanned: 1, Targeting: planner.Targeting{Targets: []string{"file.x"}, Excludes: []string{"file.y"}, LeftOut: 1, Names: []string{"file.y"}}},
		"none, it was not made":   {},
		"nothing is missing here": {Time: made, Complete: true},
	}
}

// Every claim that hosts match, or that everything is done, depends on
// Plan.Complete.
func TestAPartNeverPassesForTheWhole(t *testing.T) {
	all := parts()
	var text bytes.Buffer
	for _, name := range sortedNames(all) {
		p := NewPlan(all[name], testCatalogue(), "0.1.0", nil)
		var lines bytes.Buffer
		j := NewJSON(&lines, &Masker{}, func() time.Time { return made })
		j.Plan(p, "plan")
		j.Drift(p, nil)
		j.Applied(p, executor.Summary{}, false)
		h := &Human{}
		said := h.Plan(p) + "----\n" + h.Drift(p, nil) + "----\n" + h.Applied(p, executor.Summary{}, false)
		fmt.Fprintf(&text, "======== %s\n%s", name, said)
		for _, claim := range []string{"match the configuration", "No changes", "No drift", "Apply complete"} {
			if strings.Contains(said, claim) != p.Complete {
				t.Errorf("%s: that it says %q is %v", name, claim, !p.Complete)
			}
		}
		if got := strings.Count(lines.String(), `"complete":true`); (got == 3) != p.Complete || !p.Complete && got > 0 {
			t.Errorf("%s: %d lines of JSON say that the plan is complete", name, got)
		}
	}
	golden(t, "parts.txt", text.String())
}
