package planner_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mitoplan/mitoplan/planner"
)

// A thing that another block has now is not taken away: its old address is forgotten.
func TestWhatHasAnotherBlockIsNotTakenAway(t *testing.T) {
	const here = "context \"local\" \"here\" {}\n"
	file := func(name, path, more string) string {
		return "resource \"file\" \"" + name + "\" {\n on = context.local.here\n path = \"" + path + "\"\n" + more + "\n}\n"
	}
	line := func(name, line string) string {
		return "resource \"line\" \"" + name + "\" {\n on = context.local.here\n path = \"/g\"\n line = \"" + line + "\"\n}\n"
	}
	g := made("context.local.here", "/g", func(r *planner.Recorded) { r.Machine = "local" })
	old := g
	old.Thing = ""
	elsewhere := g
	elsewhere.Machine, elsewhere.Context = "context.ssh.web", "context.ssh.web"
	removed := g
	removed.Absent, removed.Applied = true, time.Unix(2, 0)
	wasThere := g
	wasThere.Created = false
	later := g
	later.Applied = time.Unix(2, 0)
	plan, p := makePlan(t, here+line("l", "a"), &world{}, func(o *planner.Options) { o.RecordKey = []byte("salt") })
	l := *applyPlan(t, p, plan, &world{}).end("line.l").Recorded
	l.Thing, l.Context, l.Created = "path:/g", "context.local.here", true
	for name, c := range map[string]struct {
		src   string
		prior fakePrior
		want  []string
	}{
		"renamed":                     {file("gg", "/g", ""), fakePrior{"file.g": g}, []string{". file.g"}},
		"renamed, of an old record":   {file("gg", "/g", ""), fakePrior{"file.g": old}, []string{". file.g"}},
		"another name for the path":   {file("gg", "//g", ""), fakePrior{"file.g": g}, []string{". file.g"}},
		"to be removed by another":    {file("gg", "/g", `state = "absent"`), fakePrior{"file.g": g}, []string{". file.g"}},
		"edited now":                  {line("l", "a"), fakePrior{"file.g": g}, nil},
		"edited now, and adopted":     {line("l", "a"), fakePrior{"file.g": wasThere}, []string{". file.g"}},
		"gone":                        {"", fakePrior{"file.g": g}, []string{"- file.g"}},
		"another path":                {file("gg", "/gg", ""), fakePrior{"file.g": g}, []string{"- file.g"}},
		"another machine":             {file("gg", "/g", ""), fakePrior{"file.g": elsewhere}, []string{". file.g"}},
		"renamed, and gone then":      {"", fakePrior{"file.g": g, "file.gg": later}, []string{". file.g", "- file.gg"}},
		"renamed, and removed then":   {"", fakePrior{"file.g": g, "file.gg": removed}, []string{". file.g", ". file.gg"}},
		"a line, renamed":             {line("m", "a"), fakePrior{"line.l": l}, []string{". line.l"}},
		"a line beside another":       {line("m", "b"), fakePrior{"line.l": l}, []string{"- line.l"}},
		"a line of a whole file":      {file("gg", "/g", `content = "a"`), fakePrior{"line.l": l}, []string{". line.l"}},
		"two lines, of which one was": {"", fakePrior{"line.l": l, "line.m": l}, []string{"- line.l", "- line.m"}},
	} {
		t.Run(name, func(t *testing.T) {
			plan, p := makePlan(t, here+c.src, &world{}, func(o *planner.Options) { o.Prior, o.RecordKey = c.prior, []byte("salt") })
			noErrors(t, p)
			var got []string
			for _, a := range plan.Actions {
				if c.prior[a.Address].Kind != "" && (a.Op == planner.Forget || a.Op == planner.Delete) {
					got = append(got, a.Op.Symbol()+" "+a.Address)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
