package planner_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mitoplan/mitoplan/planner"
)

// A thing that another block has now is no orphan. If the advice were to write its
// old block again, two blocks would claim one thing.
func TestWhatHasAnotherBlockIsNoOrphan(t *testing.T) {
	const here = "context \"local\" \"here\" {}\n"
	file := func(name, path, more string) string {
		return "resource \"file\" \"" + name + "\" {\n on = context.local.here\n path = \"" + path + "\"\n" + more + "\n}\n"
	}
	line := func(name, line string) string {
		return "resource \"line\" \"" + name + "\" {\n on = context.local.here\n path = \"/g\"\n line = \"" + line + "\"\n}\n"
	}
	g := planner.Recorded{Kind: "file", Machine: "local", Thing: "path:/g", Identity: map[string]string{"path": "/g"}, Applied: time.Unix(1, 0)}
	old := g
	old.Thing = ""
	elsewhere := g
	elsewhere.Machine = "context.ssh.web"
	removed := g
	removed.Absent, removed.Applied = true, time.Unix(2, 0)
	later := g
	later.Applied = time.Unix(2, 0)
	plan, p := makePlan(t, here+line("l", "a"), &world{}, func(o *planner.Options) { o.RecordKey = []byte("salt") })
	l := *applyPlan(t, p, plan, &world{}).end("line.l").Recorded
	l.Thing = "path:/g"
	for name, c := range map[string]struct {
		src   string
		prior fakePrior
		want  []string
	}{
		"renamed":                     {file("gg", "/g", ""), fakePrior{"file.g": g}, nil},
		"renamed, of an old record":   {file("gg", "/g", ""), fakePrior{"file.g": old}, nil},
		"another name for the path":   {file("gg", "//g", ""), fakePrior{"file.g": g}, nil},
		"to be removed by another":    {file("gg", "/g", `state = "absent"`), fakePrior{"file.g": g}, nil},
		"edited now":                  {line("l", "a"), fakePrior{"file.g": g}, nil},
		"gone":                        {"", fakePrior{"file.g": g}, []string{"file.g"}},
		"another path":                {file("gg", "/gg", ""), fakePrior{"file.g": g}, []string{"file.g"}},
		"another machine":             {file("gg", "/g", ""), fakePrior{"file.g": elsewhere}, []string{"file.g"}},
		"renamed, and gone then":      {"", fakePrior{"file.g": g, "file.gg": later}, []string{"file.gg"}},
		"renamed, and removed then":   {"", fakePrior{"file.g": g, "file.gg": removed}, nil},
		"a line, renamed":             {line("m", "a"), fakePrior{"line.l": l}, nil},
		"a line beside another":       {line("m", "b"), fakePrior{"line.l": l}, []string{"line.l"}},
		"a line of a whole file":      {file("gg", "/g", `content = "a"`), fakePrior{"line.l": l}, nil},
		"two lines, of which one was": {"", fakePrior{"line.l": l, "line.m": l}, []string{"line.l", "line.m"}},
	} {
		t.Run(name, func(t *testing.T) {
			plan, p := makePlan(t, here+c.src, &world{}, func(o *planner.Options) { o.Prior, o.RecordKey = c.prior, []byte("salt") })
			noErrors(t, p)
			if diff := cmp.Diff(c.want, plan.Orphans); diff != "" {
				t.Error(diff)
			}
		})
	}
}
