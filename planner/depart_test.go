package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// on makes what is recorded of a file that an apply created in a context.
func made(context, path string, more ...func(*planner.Recorded)) planner.Recorded {
	r := planner.Recorded{
		Kind: "file", Context: context, Machine: context, Thing: kind.PathThing(path), Identity: map[string]string{"path": path}, Created: true,
		End: &planner.RecordedEnd{Args: map[string]any{"path": kind.Text(path)}}, Args: map[string]string{}, Applied: time.Unix(1, 0),
	}
	if context == asRoot {
		r.Machine = onA
	}
	if context == onA {
		r.LeadsTo = "host a"
	}
	if context == onB {
		r.LeadsTo = "host b"
	}
	for _, f := range more {
		f(&r)
	}
	return r
}

func adopted(r *planner.Recorded) { r.Created = false }
func backedUp(r *planner.Recorded) {
	r.Created, r.End.Kept = false, &resource.Kept{Backup: "/backup"}
}
func wasAbsent(r *planner.Recorded) { r.Absent = true }
func old(r *planner.Recorded)       { r.End = nil }
func later(r *planner.Recorded)     { r.Applied = time.Unix(2, 0) }
func secretPath(r *planner.Recorded) {
	r.End = &planner.RecordedEnd{Args: map[string]any{}, Secret: []string{"path"}}
}
func userNamed(name string) func(*planner.Recorded) {
	return func(r *planner.Recorded) {
		r.Kind, r.Thing, r.Identity = "user", kind.ThingOf(kind.UserOf, name), map[string]string{"name": name}
		r.End.Args = map[string]any{"name": name}
	}
}
func ofKind(name string) func(*planner.Recorded) { return func(r *planner.Recorded) { r.Kind = name } }
func cameAfter(addresses ...string) func(*planner.Recorded) {
	return func(r *planner.Recorded) { r.DependsOn = addresses }
}
func with(along ...kind.Thing) func(*planner.Recorded) {
	return func(r *planner.Recorded) { r.End.Kept = &resource.Kept{Along: along} }
}
func ledTo(where string) func(*planner.Recorded) {
	return func(r *planner.Recorded) { r.LeadsTo = where }
}

// leaving says what leaves the record, with the reasons, and what stays in it.
func leaving(plan *planner.Plan) string {
	var out []string
	for _, a := range plan.Actions {
		if a.Reason != "" {
			out = append(out, a.Op.Symbol()+" "+a.Address+" ("+a.Reason+")")
			for _, w := range a.Warnings {
				out = append(out, "  "+w)
			}
		}
	}
	for _, o := range plan.Orphans {
		out = append(out, "stays "+o.Address+" ("+o.Reason+")")
	}
	for _, address := range plan.Disabled {
		out = append(out, "off "+address)
	}
	return strings.Join(out, "\n")
}

// withRecord plans with what is recorded.
func withRecord(prior planner.Prior, more ...func(*planner.Options)) func(*planner.Options) {
	return func(o *planner.Options) {
		o.Prior, o.RecordKey = prior, []byte("salt")
		for _, f := range more {
			f(o)
		}
	}
}

// What an apply made and the configuration lacks is taken away. What was there before is
// forgotten, and so is what is on a host that the configuration lacks. Nothing leaves
// because a host cannot be reached, or because something has not expanded.
func TestWhatLeavesTheRecord(t *testing.T) {
	const each = "context \"ssh\" \"a\" {\n host = \"a\"\n for_each = toset([\"x\"])\n}\n"
	lost := fails(planner.Failure{Kind: planner.FailureLost, Summary: "Unreachable"})
	unreachable := map[string]planner.Result{onA: lost, "file.x": lost}
	for name, c := range map[string]struct {
		src   string
		prior fakePrior
		found map[string]planner.Result
		want  string
	}{
		"its block is gone":   {twoHosts, fakePrior{"file.x": made(onA, "/x")}, nil, "- file.x (no longer in the configuration)"},
		"its key is gone":     {twoHosts + block("file.x", onA, `for_each = toset(["/y"])`), fakePrior{`file.x["/z"]`: made(onA, "/z")}, nil, `- file.x["/z"] (the key is no longer in for_each)`},
		"its index is gone":   {twoHosts + block("file.x", onA, "count = 1"), fakePrior{`file.x[1]`: made(onA, "/z")}, nil, "- file.x[1] (count is lower now)"},
		"it has no keys now":  {twoHosts + block("file.x", onA, ""), fakePrior{`file.x["a"]`: made(onA, "/z")}, nil, `- file.x["a"] (its block has no key now)`},
		"it is switched off":  {twoHosts + block("file.x", onA, "enabled = false"), fakePrior{"file.x": made(onA, "/x")}, nil, "- file.x (enabled is false)"},
		"its path is another": {twoHosts + block("file.x", onA, ""), fakePrior{"file.x": made(onA, "/old")}, nil, `- file.x["formerly /old"] (its path is /x now)`},
		"its host is another": {twoHosts + block("file.x", onA, ""), fakePrior{"file.x": made(onB, "/x")}, nil, `- file.x["formerly /x on ssh.b"] (it is on ssh.a now)`},
		"the part of a default path is another": {twoHosts + "resource \"hosts_entry\" \"h\" {\n on = context.ssh.a\n address = \"192.0.2.2\"\n names = [\"b\"]\n}\n", fakePrior{"hosts_entry.h": made(onA, "/etc/hosts", func(r *planner.Recorded) {
			r.Kind, r.Identity = "hosts_entry", map[string]string{}
			r.End.Args = map[string]any{"address": kind.Text("192.0.2.1")}
		})}, nil, `- hosts_entry.h["formerly 192.0.2.1"] (its block is about another part of it now)`},
		"its path was another, and that is recorded": {twoHosts + block("file.x", onA, ""), fakePrior{"file.x": made(onA, "/old"), `file.x["formerly /old"]`: made(onA, "/old")}, nil, `- file.x["formerly /old"] (file.x is another thing now)`},
		"its path is written otherwise":              {twoHosts + block("file.x", onA, ""), fakePrior{"file.x": made(onA, "//x")}, nil, ""},
		"the same as ever":                           {twoHosts + block("file.x", onA, ""), fakePrior{"file.x": made(onA, "/x")}, nil, ""},
		"it is to be absent now":                     {twoHosts + block("file.x", onA, `state = "absent"`), fakePrior{"file.x": made(onA, "/x")}, nil, ""},

		"adopted":                {twoHosts, fakePrior{"file.x": made(onA, "/x", adopted)}, nil, ". file.x (no longer in the configuration; it was there before it was managed, and stays as it is)"},
		"adopted, with a backup": {twoHosts, fakePrior{"file.x": made(onA, "/x", backedUp)}, nil, "- file.x (no longer in the configuration)"},
		"adopted by an old version": {twoHosts, fakePrior{"file.x": made(onA, "/x", adopted, old)}, nil,
			". file.x (no longer in the configuration; it was there before it was managed, and stays as it is)"},
		"asked to be absent":     {twoHosts, fakePrior{"file.x": made(onA, "/x", wasAbsent)}, nil, ". file.x (no longer in the configuration; it was asked to be absent)"},
		"a call":                 {twoHosts, fakePrior{"call.command.x": {Kind: "command", Context: onA, Machine: onA}}, nil, ". call.command.x (no longer in the configuration)"},
		"renamed":                {twoHosts + block("file.x", onA, ""), fakePrior{"file.old": made(onA, "/x")}, nil, ". file.old (file.x manages it now)"},
		"recorded twice":         {twoHosts, fakePrior{"file.x": made(onA, "/x"), "file.y": made(onA, "/x", later)}, nil, ". file.x (no longer in the configuration; it was applied as file.y later)\n- file.y (no longer in the configuration)"},
		"gone already":           {twoHosts, fakePrior{"file.x": made(onA, "/x")}, map[string]planner.Result{"file.x": same("/x")}, ". file.x (no longer in the configuration; it is gone already)"},
		"what its host leaves":   {twoHosts, fakePrior{"file.x": made(onA, "/x")}, map[string]planner.Result{"file.x": stays("Not empty", "Remove it.")}, ". file.x (no longer in the configuration; it stays)\n  Not empty: Remove it."},
		"its context is another": {twoHosts, fakePrior{"file.x": made(onA, "/x", ledTo("host c"))}, nil, ". file.x (no longer in the configuration; ssh.a led to host c then, and leads elsewhere now)"},
		"its host is gone":       {twoHosts, fakePrior{"file.x": made("context.ssh.c", "/x")}, nil, ". file.x (no longer in the configuration; ssh.c is no longer in the configuration, either)"},
		"the key of its host":    {each, fakePrior{"file.x": made(`context.ssh.a["y"]`, "/x")}, nil, `. file.x (no longer in the configuration; ssh.a["y"] is no longer in the configuration, either)`},

		"by an old version":   {twoHosts, fakePrior{"file.x": made(onA, "/x", old)}, nil, `stays file.x (It was recorded by a version that could not take things away. Write its block again, with state = "absent", and apply that. Then take the block out.)`},
		"its path was secret": {twoHosts, fakePrior{"file.x": made(onA, "/x", secretPath)}, nil, `stays file.x (The record holds no secrets, and so not its path. Write its block again, with state = "absent", and apply that. Then take the block out.)`},
		"a kind of later":     {twoHosts, fakePrior{"thing.x": made(onA, "/x", ofKind("thing"))}, nil, `stays thing.x (This mitoplan has no kind "thing".)`},
		"in use": {twoHosts, fakePrior{"user.app": made(onA, "", userNamed("app"))}, map[string]planner.Result{"user.app": fails(planner.Failure{Code: kind.CodeUserBusy, Summary: "The account is in use", Detail: "By it."})},
			"? user.app (The account is in use: By it.)"},
		"switched off with its context": {"context \"ssh\" \"a\" {\n host = \"a\"\n enabled = false\n}\n" + block("file.y", onA, ""),
			fakePrior{"file.x": made(onA, "/x"), "file.y": made(onA, "/y")}, nil, "off file.x\noff file.y"},

		"its host is away":           {twoHosts, fakePrior{"file.x": made(onA, "/x"), "file.y": made(onB, "/y")}, unreachable, "- file.y (no longer in the configuration)"},
		"adopted, its host is away":  {twoHosts + block("file.z", onA, ""), fakePrior{"file.x": made(onA, "/x", adopted)}, unreachable, ""},
		"which hosts is not known":   {strings.Replace(each, `toset(["x"])`, "toset([call.command.c.stdout])", 1) + block("command.c", "context.ssh.b", "") + twoHosts[strings.Index(twoHosts, "context \"ssh\" \"b\""):strings.Index(twoHosts, "context \"sudo\"")], fakePrior{"file.x": made(`context.ssh.a["y"]`, "/x")}, nil, ""},
		"its context is deferred":    {twoHosts + block("user.u", onA, "") + "context \"sudo\" \"u\" {\n via = context.ssh.a\n user = user.u.name\n}\n", fakePrior{"file.x": made("context.sudo.u", "/x", func(r *planner.Recorded) { r.Machine = onA })}, nil, "? file.x (context.sudo.u waits for user.u)"},
		"its block has not expanded": {twoHosts + block("command.c", onA, "") + block("file.x", onA, "for_each = toset([call.command.c.stdout])"), fakePrior{`file.x["z"]`: made(onA, "/z")}, nil, "? file.x (for_each waits for call.command.c)"},

		"another context leads to its host": {twoHosts + "context \"ssh\" \"a2\" {\n host = \"a\"\n}\n" + block("file.x", "context.ssh.a2", ""), fakePrior{"file.x": made(onA, "/x", ledTo("host a"))}, nil, ""},
		"its context was renamed":           {twoHosts + block("file.x", onA, ""), fakePrior{"file.x": made("context.ssh.c", "/x", ledTo("host a"))}, nil, ""},
		"the key of its host was renamed":   {twoHosts + block("file.y", onA, ""), fakePrior{"file.x": made("context.ssh.c", "/y", ledTo("host a"))}, nil, ". file.x (file.y manages it now)"},
		"a block that fails may be about it": {twoHosts + block("file.y", onA, ""), fakePrior{"file.x": made(onA, "/y")}, map[string]planner.Result{"file.y": fails(planner.Failure{Summary: "No"})},
			"stays file.x (This plan does not look at file.y (it failed), which may be about the same thing. Nothing is done to it before a plan does.)"},
		"a block that fails is about another": {twoHosts + block("file.y", onA, ""), fakePrior{"file.x": made(onA, "/x")}, map[string]planner.Result{"file.y": fails(planner.Failure{Summary: "No"})}, "- file.x (no longer in the configuration)"},
	} {
		t.Run(name, func(t *testing.T) {
			plan, _ := makePlan(t, c.src, &world{answers: c.found}, withRecord(c.prior))
			if diff := cmp.Diff(c.want, leaving(plan)); diff != "" {
				t.Error(diff)
			}
			if empty := !strings.ContainsAny(c.want, "-.") && len(ops(plan)) == 0; plan.Empty() != (len(ops(plan)) == 0) || empty && !plan.Empty() {
				t.Errorf("that the plan is empty is %v", plan.Empty())
			}
		})
	}
}

func stays(summary, detail string) planner.Result {
	r := same("/x")
	r.Change.Stays = []kind.Problem{{Summary: summary, Detail: detail}}
	return r
}

// What is taken away goes after everything that changes on its machine, and in the
// reverse of the order in which it was made. Nothing of it waits for another machine.
func TestOrderOfWhatIsTakenAway(t *testing.T) {
	src := twoHosts + block("file.new", onA, "") + block("file.newer", onA, after("file.new")) + block("command.c", onA, "") + block("file.other", onB, "") +
		"context \"sudo\" \"app\" {\n via = context.ssh.a\n user = \"app\"\n}\n"
	sudo := func(r *planner.Recorded) { r.Machine = onA }
	prior := fakePrior{
		"directory.d": made(onA, "/d", ofKind("directory")),
		"file.in_d":   made(onA, "/d/e/f"),
		"line.l":      made(onA, "/d/e/f", ofKind("line")),
		"file.first":  made(onA, "/1"),
		"file.second": made(onA, "/2", cameAfter("file.first", "file.stays")),
		"user.app":    made(onA, "", userNamed("app")),
		"file.as_app": made("context.sudo.app", "/home", sudo),
		"file.on_b":   made(onB, "/b"),
		"directory.1": made(onA, "/e/1", ofKind("directory"), with("path:/e")),
		"directory.2": made(onA, "/e/2", ofKind("directory")),
	}
	plan, p := makePlan(t, src, &world{}, withRecord(prior))
	noErrors(t, p)
	changes := "file.newer call.command.c"
	for address, want := range map[string]string{
		"line.l":      changes,
		"file.in_d":   "line.l " + changes,
		"directory.d": "file.in_d line.l " + changes,
		"file.second": changes,
		"file.first":  "file.second " + changes,
		"file.as_app": changes,
		"user.app":    "file.as_app " + changes,
		"file.on_b":   "file.other",
		"directory.1": "directory.2 " + changes,
		"directory.2": changes,
	} {
		got, want := slices.Sorted(slices.Values(plan.Action(address).DependsOn)), strings.Fields(want)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s comes after (-want +got):\n%s", address, diff)
		}
	}
}

// Which of them departs makes no difference to how many turns a plan takes: the things
// that are taken away are asked about in one turn, after the one that all else takes.
func TestTakingAwayTakesOneTurn(t *testing.T) {
	prior := fakePrior{}
	for n := range 50 {
		prior[fmt.Sprintf("file.x%d", n)] = made(onA, fmt.Sprintf("/x/%d", n), cameAfter(fmt.Sprintf("file.x%d", n-1)))
	}
	w := &world{}
	makePlan(t, twoHosts+block("file.new", onA, ""), w, withRecord(prior))
	if w.rounds != 2 {
		t.Errorf("planning takes %d turns, want 2", w.rounds)
	}
	w = &world{}
	makePlan(t, twoHosts+block("file.new", onA, ""), w)
	if w.rounds != 1 {
		t.Errorf("without anything that departs it takes %d turns, want 1", w.rounds)
	}
}

// A host is asked with what the record kept, where the path led then, and is told how the
// thing came there.
func TestWhatAHostIsAskedToTakeAway(t *testing.T) {
	kept := &resource.Kept{Backup: "/backup", Along: []kind.Thing{"path:/d"}}
	r := made(onA, "/x", backedUp)
	r.End.Kept, r.Thing = kept, "path:/real/x"
	var step *planner.Step
	o := options()
	withRecord(fakePrior{"file.x": r})(&o)
	p := planner.New(load(t, twoHosts), o)
	w := &world{}
	for !p.Finished() {
		for _, s := range p.Next() {
			if s.Type == planner.StepCheck {
				step = s
			}
			p.Done(s, w.answer(s))
		}
	}
	plan := p.Plan()
	a := applyPlan(t, p, plan, w)
	for what, s := range map[string]*planner.Step{"the plan": step, "the apply": a.steps["file.x"]} {
		want := &resource.End{Adopted: true, Kept: *kept, Thing: "path:/real/x"}
		if diff := cmp.Diff(want, s.End); diff != "" || !cmp.Equal(s.Args, map[string]any{"path": kind.Text("/real/x")}) || s.Context != onA {
			t.Errorf("%s asks with %v in %s: %s", what, s.Args, s.Context, diff)
		}
	}
}

// What was taken away is forgotten, and what could not be stays in the record. What is
// only forgotten is so before anything is done.
func TestApplyForgetsWhatWasTakenAway(t *testing.T) {
	prior := fakePrior{"file.x": made(onA, "/x"), "file.y": made(onA, "/y"), "file.z": made(onA, "/z", adopted), "call.command.c": {Kind: "command", Context: onA}}
	w := &world{applied: map[string]planner.Result{"file.y": fails(planner.Failure{Code: kind.CodeMoved, Summary: "Moved"})}}
	plan, p := makePlan(t, twoHosts, w, withRecord(prior))
	a := applyPlan(t, p, plan, w)
	if got, want := a.said(), "succeeded call.command.c\nsucceeded file.z\nbegun file.x\nbegun file.y\nsucceeded file.x\nrefused file.y (Moved)"; got != want {
		t.Errorf("it went\n%s\nwant\n%s", got, want)
	}
	for address, want := range map[string]bool{"file.x": true, "file.y": false, "file.z": true, "call.command.c": true} {
		if e := a.end(address); e.Forgotten != want || e.Recorded != nil {
			t.Errorf("that %s is forgotten is %v, and recorded is %v", address, e.Forgotten, e.Recorded)
		}
	}
	if in := a.steps["file.x"].Intent; in == nil || in.Machine != onA || in.Identity["path"] != "/x" || in.AbsentBefore {
		t.Errorf("the intent is %+v", in)
	}
}

// An address that takes over a thing takes over that an apply made it. So does the
// address that a thing has from now on whose own address has another one. It does so
// before anything is done, so that it is not lost if the apply does not come to its end.
func TestWhatAnAddressTakesOver(t *testing.T) {
	for name, c := range map[string]struct {
		prior fakePrior
		want  string
	}{
		"a renamed block":                    {fakePrior{"file.old": made(onA, "/x")}, "file.x takes over file.old"},
		"one that has a record":              {fakePrior{"file.old": made(onA, "/x"), "file.x": made(onA, "/x", adopted)}, "file.x takes over file.old"},
		"of what was adopted":                {fakePrior{"file.old": made(onA, "/x", adopted)}, ""},
		"of what was adopted, with a backup": {fakePrior{"file.old": made(onA, "/x", backedUp)}, "file.x takes over file.old"},
		"another path":                       {fakePrior{"file.x": made(onA, "/old")}, `file.x["formerly /old"] takes over file.x`},
	} {
		t.Run(name, func(t *testing.T) {
			plan, p := makePlan(t, twoHosts+block("file.x", onA, ""), &world{}, withRecord(c.prior))
			noErrors(t, p)
			got := ""
			for k, e := range applyPlan(t, p, plan, &world{}).progress {
				if e.Inherits != "" {
					got = e.Action.Address + " takes over " + e.Inherits
					if k != 0 || e.End != planner.EndApplied {
						t.Errorf("it does so as number %d of what happens, with the end %q", k, e.End)
					}
				}
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// -target and -exclude choose among what departs by its address and by its context, also
// if the configuration has neither. What is left out stays in the record.
func TestTargetsOfWhatLeaves(t *testing.T) {
	prior := fakePrior{`file.x["k"]`: made(onA, "/x"), "file.y": made(asRoot, "/y"), "file.z": made(onB, "/z"), "file.w": made("context.ssh.c", "/w")}
	for name, c := range map[string]struct {
		targets, excludes []string
		want              []string
	}{
		"a block":                  {[]string{"file.x"}, nil, []string{`- file.x["k"]`}},
		"an instance":              {[]string{`file.x["k"]`}, nil, []string{`- file.x["k"]`}},
		"a context":                {[]string{onB}, nil, []string{"- file.z"}},
		"a context and what is in": {[]string{onA}, nil, []string{`- file.x["k"]`, "- file.y"}},
		"a context that is gone":   {[]string{"file.w"}, nil, []string{". file.w"}},
		"left out":                 {nil, []string{"file.x", onB}, []string{". file.w", "- file.y"}},
		"both":                     {[]string{onA}, []string{"file.y"}, []string{`- file.x["k"]`}},
		"something else":           {[]string{"file.new"}, nil, []string{"+ file.new"}},
	} {
		t.Run(name, func(t *testing.T) {
			src := twoHosts
			if slices.Contains(c.targets, "file.new") {
				src += block("file.new", onA, "")
			}
			plan, p := makePlan(t, src, &world{}, withRecord(prior, func(o *planner.Options) { o.Targets, o.Excludes = c.targets, c.excludes }))
			noErrors(t, p)
			wantOps(t, plan, c.want...)
		})
	}
	_, p := makeFails(t, twoHosts, withRecord(prior, func(o *planner.Options) { o.Targets = []string{`file.x["q"]`} }))
	if d := p.Misnamed(); !d.HasErrors() {
		t.Error("an address that is in neither was accepted")
	}
}

// makeFails makes a planner that stops without a plan.
func makeFails(t *testing.T, src string, opts func(*planner.Options)) (*world, *planner.Planner) {
	t.Helper()
	o, w := options(), &world{}
	opts(&o)
	p := planner.New(load(t, src), o)
	for !p.Finished() {
		for _, s := range p.Next() {
			p.Done(s, w.answer(s))
		}
	}
	return w, p
}

// The host of what departs is told of the paths of the same name that stay managed there: those of
// blocks, also of such that are left out, and what of the record -target leaves out.
func TestNamesakesOfWhatLeaves(t *testing.T) {
	more := func(*planner.Options) {}
	for name, c := range map[string]struct {
		src   string
		prior fakePrior
		opts  func(*planner.Options)
		want  []kind.Text
	}{
		"no block":              {twoHosts, fakePrior{}, more, nil},
		"a block":               {twoHosts + block("file.y", onA, ""), fakePrior{}, more, []kind.Text{"/d/X"}},
		"a block of root there": {twoHosts + block("file.y", asRoot, ""), fakePrior{}, more, []kind.Text{"/d/X"}},
		"one on another host":   {twoHosts + block("file.y", onB, ""), fakePrior{}, more, nil},
		"another name":          {twoHosts + block("file.z", onA, ""), fakePrior{}, more, nil},
		"a block left out":      {twoHosts + block("file.y", onA, ""), fakePrior{}, func(o *planner.Options) { o.Excludes = []string{"file.y"} }, []kind.Text{"/d/X"}},
		"destroyed, too":        {twoHosts, fakePrior{"file.y": made(onA, "/d/X")}, func(o *planner.Options) { o.Destroy = true }, nil},
		"destroyed alone": {twoHosts, fakePrior{"file.y": made(onA, "/d/X"), "file.w": made(onB, "/e/x"), "file.gone": made(onA, "/f/x", wasAbsent)},
			func(o *planner.Options) { o.Destroy, o.Targets = true, []string{"file.x"} }, []kind.Text{"/d/X"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.prior["file.x"] = made(onA, "/x")
			o := options()
			withRecord(c.prior, c.opts)(&o)
			p := planner.New(load(t, strings.ReplaceAll(c.src, `"/y"`, `"/d/X"`)), o)
			w, asked := &world{}, false
			for !p.Finished() {
				for _, s := range p.Next() {
					if s.Address == "file.x" {
						asked = true
						if diff := cmp.Diff(c.want, s.End.Others); diff != "" {
							t.Error(diff)
						}
					}
					p.Done(s, w.answer(s))
				}
			}
			if !asked {
				t.Error("the host was not asked")
			}
		})
	}
}

// With Destroy, everything that is recorded departs, and nothing of the configuration is
// planned but the contexts that this needs.
func TestDestroy(t *testing.T) {
	src := twoHosts + block("file.x", onA, "") + block("file.y", onA, after("file.x")) + block("command.c", onB, "")
	prior := fakePrior{
		"file.x": made(onA, "/x"), "file.y": made(onA, "/y", cameAfter("file.x")), "file.old": made(onA, "/y", func(r *planner.Recorded) { r.Applied = time.Unix(0, 0) }),
		"file.adopted": made(onB, "/z", adopted), "call.command.c": {Kind: "command", Context: onB, Machine: onB},
	}
	w := &world{}
	plan, p := makePlan(t, src, w, withRecord(prior, func(o *planner.Options) { o.Destroy = true }))
	noErrors(t, p)
	wantOps(t, plan, ". call.command.c", ". file.adopted", ". file.old", "- file.x", "- file.y")
	if diff := cmp.Diff([]string{"check file.x", "check file.y", "context context.ssh.a"}, slices.Sorted(slices.Values(w.asked))); diff != "" {
		t.Errorf("hosts are asked (-want +got):\n%s", diff)
	}
	if got := plan.Action("file.x").DependsOn; !slices.Equal(got, []string{"file.y"}) || !plan.Complete {
		t.Errorf("file.x comes after %q, and the plan is complete: %v", got, plan.Complete)
	}
}

// What departs counts as not yet applied. Of what is only forgotten nothing differs.
func TestDriftOfWhatLeaves(t *testing.T) {
	prior := fakePrior{"file.x": made(onA, "/x"), "file.y": made(onA, "/y", adopted)}
	plan, p := makePlan(t, twoHosts, &world{}, withRecord(prior, func(o *planner.Options) { o.Drift = true }))
	noErrors(t, p)
	if len(plan.Drifts) != 1 || plan.Drifts[0].Origin() != planner.OriginConfig || !slices.Equal(plan.Drifts[0].Addresses, []string{"file.x"}) {
		t.Errorf("the drifts are %+v", plan.Drifts)
	}
}

// What failed on a machine while planning keeps its things from being taken away, and so
// does a thing that cannot be looked at.
func TestNothingIsTakenAwayWhereSomethingFailed(t *testing.T) {
	prior := fakePrior{"file.x": made(onA, "/x"), "file.y": made(onA, "/y", cameAfter("file.x")), "file.z": made(onB, "/z")}
	w := &world{answers: map[string]planner.Result{"file.y": fails(planner.Failure{Summary: "Refused", Attr: "path"})}}
	plan, p := makePlan(t, twoHosts, w, withRecord(prior))
	if !p.Diagnostics().HasErrors() || plan.Complete || plan.Unplanned != 2 {
		t.Errorf("%v, complete is %v, and %d are not planned", p.Diagnostics(), plan.Complete, plan.Unplanned)
	}
	wantOps(t, plan, "- file.z")
	if d := p.Diagnostics()[0]; d.Subject != nil {
		t.Errorf("the problem of what is in no file is at %v", d.Subject)
	}
}
