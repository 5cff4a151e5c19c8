package planner_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// records is a record that knows things.
type records struct {
	fakePrior
	things map[string]map[string]string
	begun  []map[string]string
}

func (r records) Thing(machine string, thing kind.Thing) map[string]string {
	return r.things[machine+" "+string(thing)]
}
func (r records) Begun(machine string, thing kind.Thing) []map[string]string { return r.begun }
func (r records) Old() bool                                                  { return false }

func traits(values map[string]string) []resource.Trait {
	var out []resource.Trait
	for _, attr := range slices.Sorted(maps.Keys(values)) {
		sum := sha256.Sum256([]byte(values[attr]))
		out = append(out, resource.Trait{Attr: attr, Sum: sum[:]})
	}
	return out
}

// account is the change that a check reports for an account with the shell now.
func account(now, wanted string) *resource.Change {
	c := &resource.Change{Op: resource.NoOp, Writes: []kind.Thing{"user:app"}, Traits: traits(map[string]string{"type": "user", "shell": now})}
	c.Before, c.After = map[string]any{"name": "app", "shell": now}, map[string]any{"name": "app", "shell": wanted}
	if now != wanted {
		c.Op = resource.Update
	}
	return c
}

func accountPlan(t *testing.T, shell, now string, prior planner.Prior) (*planner.Plan, *planner.Planner) {
	t.Helper()
	w := &world{answers: map[string]planner.Result{"user.app": {Change: account(now, shell)}}}
	return makePlan(t, oneAccount(shell), w,
		func(o *planner.Options) { o.Prior, o.RecordKey = prior, []byte("salt") })
}

func oneAccount(shell string) string {
	return fmt.Sprintf("context \"local\" \"h\" {}\nresource \"user\" \"app\" {\n on = context.local.h\n name = \"app\"\n shell = %q\n}", shell)
}

// recorded returns what an apply records that finds an account as it should be.
func recorded(t *testing.T) records {
	t.Helper()
	plan, p := accountPlan(t, "/bin/sh", "/bin/sh", nil)
	e := applyPlan(t, p, plan, &world{}).end("user.app")
	if e.Stage != planner.StageAdopted || e.Recorded.Thing != "user:app" {
		t.Fatalf("user.app was not adopted: %+v", e)
	}
	return records{
		fakePrior: fakePrior{"user.app": {Args: e.Recorded.Args, End: e.Recorded.End}},
		things:    map[string]map[string]string{"local " + string(e.Recorded.Thing): e.State},
	}
}

// The plan says where the drift of an account comes from. TestWhereDriftComesFrom
// of package executor holds the same for files and directories.
func TestWhereTheDriftOfAnAccountComesFrom(t *testing.T) {
	has := recorded(t)
	unsettled := has
	unsettled.begun = []map[string]string{{"shell": "k1:of another shell"}}
	noState := has
	noState.things = nil
	for name, tt := range map[string]struct {
		prior       planner.Prior
		shell, now  string
		want        string
		changed     []string
		args, never []string
	}{
		"nothing":                       {prior: has, shell: "/bin/sh", now: "/bin/sh"},
		"hand edit":                     {prior: has, shell: "/bin/sh", now: "/bin/false", want: "outside", changed: []string{"shell"}},
		"newer":                         {prior: has, shell: "/bin/zsh", now: "/bin/sh", want: "config", args: []string{"shell"}},
		"both":                          {prior: has, shell: "/bin/zsh", now: "/bin/false", want: "both", changed: []string{"shell"}, args: []string{"shell"}},
		"no record, hand edit":          {shell: "/bin/sh", now: "/bin/false", want: "unknown"},
		"no record, both":               {shell: "/bin/zsh", now: "/bin/false", want: "unknown"},
		"never applied":                 {prior: records{fakePrior: fakePrior{}}, shell: "/bin/sh", now: "/bin/false", want: "config", never: []string{"user.app"}},
		"an apply was cut short":        {prior: unsettled, shell: "/bin/sh", now: "/bin/false", want: "unknown"},
		"cut short, and newer":          {prior: unsettled, shell: "/bin/zsh", now: "/bin/false", want: "config", args: []string{"shell"}},
		"only arguments are recorded":   {prior: noState, shell: "/bin/sh", now: "/bin/false", want: "outside"},
		"a record that says nothing":    {prior: records{fakePrior: fakePrior{"user.app": {}}}, shell: "/bin/sh", now: "/bin/false", want: "unknown"},
		"the rest of an apply":          {prior: has.withShell(t, "/bin/false"), shell: "/bin/sh", now: "/bin/false", want: "config"},
		"an argument that is a default": {prior: has.without("system"), shell: "/bin/sh", now: "/bin/false", want: "outside", changed: []string{"shell"}},
	} {
		t.Run(name, func(t *testing.T) {
			plan, p := accountPlan(t, tt.shell, tt.now, tt.prior)
			noErrors(t, p)
			if tt.want == "" {
				if len(plan.Drifts) > 0 {
					t.Errorf("got a drift, want none: %+v", plan.Drifts[0])
				}
				return
			}
			if len(plan.Drifts) != 1 {
				t.Fatalf("%d things have drifted, want 1", len(plan.Drifts))
			}
			d := plan.Drifts[0]
			if d.Origin() != tt.want || plan.Action("user.app").Drift != tt.want || d.Thing != "user:app" {
				t.Errorf("the drift comes from %q, want %q: %+v", d.Origin(), tt.want, d)
			}
			if !slices.Equal(d.Changed, tt.changed) || !slices.Equal(d.Arguments, tt.args) || !slices.Equal(d.NeverApplied, tt.never) {
				t.Errorf("changed %q, newer %q, never applied %q; want %q, %q and %q", d.Changed, d.Arguments, d.NeverApplied, tt.changed, tt.args, tt.never)
			}
		})
	}
}

// withShell returns the record after an apply that left another shell.
func (r records) withShell(t *testing.T, shell string) records {
	t.Helper()
	plan, p := accountPlan(t, shell, shell, nil)
	e := applyPlan(t, p, plan, &world{}).end("user.app")
	r.things = map[string]map[string]string{"local " + string(e.Recorded.Thing): e.State}
	return r
}

// without returns the record of a version that did not know the argument yet.
func (r records) without(arg string) records {
	old := r.fakePrior["user.app"]
	old.Args = maps.Clone(old.Args)
	delete(old.Args, arg)
	r.fakePrior = fakePrior{"user.app": old}
	return r
}

// What an apply finds right is recorded once. It is recorded again if nobody saw
// how a later apply ended.
func TestWhatIsRecordedIsNotRecordedAgain(t *testing.T) {
	has := recorded(t)
	noThing, unanswered := has, has
	noThing.things = nil
	open := has.fakePrior["user.app"]
	open.Unanswered = true
	unanswered.fakePrior = fakePrior{"user.app": open}
	for name, tt := range map[string]struct {
		prior planner.Prior
		want  bool
	}{
		"no record":                     {nil, true},
		"an empty record":               {records{fakePrior: fakePrior{}}, true},
		"what was recorded":             {has, false},
		"a record of another shell":     {has.withShell(t, "/bin/zsh"), true},
		"a record without the thing":    {noThing, true},
		"a record that nobody answered": {unanswered, true},
	} {
		plan, p := accountPlan(t, "/bin/sh", "/bin/sh", tt.prior)
		if got := p.Unrecorded(plan); got != tt.want {
			t.Errorf("%s: Unrecorded is %v, want %v", name, got, tt.want)
		}
		if got := applyPlan(t, p, plan, &world{}).end("user.app").Stage == planner.StageAdopted; got != tt.want {
			t.Errorf("%s: that the apply recorded it is %v, want %v", name, got, tt.want)
		}
	}
}

// An answer with traits that no honest agent sends is refused.
func TestTraitsThatNoAgentSends(t *testing.T) {
	many := make([]resource.Trait, 1000)
	for name, list := range map[string][]resource.Trait{
		"another attribute": {{Attr: "no such argument", Sum: make([]byte, 32)}},
		"a short sum":       {{Attr: "shell", Sum: []byte("short")}},
		"a long part":       {{Attr: "shell", Sum: make([]byte, 32), Part: make([]byte, 1<<20)}},
		"many":              many,
	} {
		c := account("/bin/sh", "/bin/sh")
		c.Traits = list
		w := &world{answers: map[string]planner.Result{"user.app": {Change: c}}}
		if _, p := makePlan(t, oneAccount("/bin/sh"), w); !strings.Contains(problems(p), "Answer not understood") {
			t.Errorf("%s: the answer was accepted", name)
		}
	}
	_, p := accountPlan(t, "/bin/zsh", "/bin/sh", nil)
	noErrors(t, p)
}
