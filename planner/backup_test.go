package planner_test

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// If any block that writes a path asks for a backup, the first one to write keeps
// what was there. The others keep nothing, since they would keep a state in
// between.
func TestWhoKeepsABackup(t *testing.T) {
	const keep = "backup = true"
	file := func(more string) string {
		return "resource \"file\" \"x\" {\n  on      = context.sudo.root\n  path    = \"/etc/x\"\n  content = \"x\"\n" + more + "\n}\n"
	}
	for name, tt := range map[string]struct {
		src     string
		actions map[string]resource.Op // Update for those that are not here
		same    string                 // the block whose content stays as it is
		want    string                 // those that keep a backup
	}{
		"nobody asks":            {src: file("") + lineBlock("a", "")},
		"alone":                  {src: lineBlock("a", keep), want: "line.a"},
		"the first asks":         {src: lineBlock("a", keep) + lineBlock("b", ""), want: "line.a"},
		"the last asks":          {src: file("") + lineBlock("a", "") + lineBlock("b", keep), want: "file.x"},
		"all ask":                {src: file(keep) + lineBlock("a", keep) + lineBlock("b", keep), want: "file.x"},
		"the first does nothing": {src: file(keep) + lineBlock("a", keep) + lineBlock("b", ""), actions: map[string]resource.Op{"file.x": resource.NoOp}, want: "line.a"},
		"the first gives a mode": {src: file(keep) + lineBlock("a", keep), same: "file.x", want: "line.a"},
		"who asks does nothing":  {src: file("") + lineBlock("a", keep), actions: map[string]resource.Op{"line.a": resource.NoOp}, want: "file.x"},
		"it was not there":       {src: file(keep) + lineBlock("a", keep), actions: map[string]resource.Op{"file.x": resource.Create}, want: "file.x"},
		"it goes":                {src: strings.Replace(file(keep), "content = \"x\"", "state = \"absent\"", 1), actions: map[string]resource.Op{"file.x": resource.Delete}, want: "file.x"},
		"not known yet":          {src: "call \"command\" \"c\" {\n  on = context.sudo.root\n  argv = [\"true\"]\n}\n" + lineBlock("a", "") + lineBlock("b", "backup = call.command.c.stdout == \"\""), want: "line.a"},
		"of other paths":         {src: lineBlock("a", keep) + strings.Replace(lineBlock("b", keep), "/etc/x", "/etc/y", 1), want: "line.a line.b"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{answers: map[string]planner.Result{}}
			for _, a := range []string{"file.x", "line.a", "line.b"} {
				action, ok := tt.actions[a]
				if !ok {
					action = resource.Update
				}
				path := "/etc/x"
				if a == "line.b" && strings.Contains(tt.src, "/etc/y") {
					path = "/etc/y"
				}
				c := &resource.Change{Op: action, Fingerprint: "f", Writes: []kind.Thing{kind.PathThing(path)}}
				if action != resource.NoOp {
					c.Before, c.After = map[string]any{"content": "as it is"}, map[string]any{"content": a, "mode": "0600"}
					if strings.HasPrefix(a, "file.") {
						c.After["content"] = "x" // as the block says
					}
				}
				if a == tt.same {
					c.Before["content"] = c.After["content"]
				}
				w.answers[a] = planner.Result{Change: c}
			}
			plan, p := makePlan(t, oneHost+tt.src, w)
			noErrors(t, p)
			var got []string
			a := applyPlan(t, p, plan, w)
			for _, action := range plan.Actions {
				if step := a.steps[action.Address]; step != nil && step.Args["backup"] == true {
					got = append(got, action.Address)
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%q keep a backup, want %q", got, tt.want)
			}
		})
	}
}
