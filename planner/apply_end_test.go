package planner_test

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// How the end of an action is written down decides what is owed later. If a
// postcondition fails, a call that ran has not succeeded. That changes nothing
// else: what a resource wrote is there, and a call that did not run has changed
// nothing.
func TestEndOfAnAction(t *testing.T) {
	call := func(ran bool, stdout string) planner.Result {
		return planner.Result{Reply: &function.CallReply{WouldRun: ran, Results: map[string]any{"stdout": kind.Text(stdout)}}}
	}
	file := func(op resource.Op, content string) planner.Result {
		return planner.Result{Change: &resource.Change{Op: op, Results: map[string]any{"content": kind.Text(content)}}}
	}
	promise := func(what string) string {
		return "lifecycle {\n    postcondition {\n      condition     = self." + what + " == \"good\"\n      error_message = \"Not good.\"\n    }\n  }"
	}
	seed := block("call.seed", onA, "")
	for name, tt := range map[string]struct {
		src     string
		answer  planner.Result
		stage   planner.Stage
		op      planner.Op
		end     planner.End
		changed bool
		record  bool
	}{
		"a resource that changed":               {block("file.x", onA, ""), file(resource.Create, ""), planner.StageSucceeded, planner.Create, planner.EndApplied, true, true},
		"a resource that was there":             {block("file.x", onA, ""), file(resource.NoOp, ""), planner.StageSucceeded, planner.Create, planner.EndApplied, false, true},
		"a resource that failed":                {block("file.x", onA, ""), fails(planner.Failure{Summary: "No"}), planner.StageFailed, planner.Create, planner.EndFailed, false, false},
		"a call that ran":                       {block("call.x", onA, ""), call(true, ""), planner.StageSucceeded, planner.Always, planner.EndApplied, true, true},
		"a call that did not run":               {block("call.x", onA, ""), call(false, ""), planner.StageSucceeded, planner.NoOp, planner.EndApplied, false, false},
		"a call that failed":                    {block("call.x", onA, ""), fails(planner.Failure{Summary: "No"}), planner.StageFailed, planner.Always, planner.EndFailed, false, false},
		"a read":                                {seed + block("call.x", onA, "read_only = true\n"+after("call.command.seed")), call(true, ""), planner.StageSucceeded, planner.Read, "", true, false},
		"a kept resource":                       {seed + block("file.x", onA, "content = call.command.seed.stdout\n"+promise("content")), file(resource.Create, "good"), planner.StageSucceeded, planner.Create, planner.EndApplied, true, true},
		"a resource whose postcondition failed": {seed + block("file.x", onA, "content = call.command.seed.stdout\n"+promise("content")), file(resource.Create, "bad"), planner.StageFailed, planner.Create, planner.EndApplied, true, true},
		"a kept call":                           {block("call.x", onA, promise("stdout")), call(true, "good"), planner.StageSucceeded, planner.Always, planner.EndApplied, true, true},
		"a call whose postcondition failed":     {block("call.x", onA, promise("stdout")), call(true, "bad"), planner.StageFailed, planner.Always, planner.EndFailed, false, false},
		"a call that did not run, whose postcondition failed": {block("call.x", onA, promise("stdout")), call(false, "bad"), planner.StageFailed, planner.Always, planner.EndNotRun, false, false},
		"a read whose postcondition failed":                   {seed + block("call.x", onA, "read_only = true\n"+after("call.command.seed")+"\n"+promise("stdout")), call(true, "bad"), planner.StageFailed, planner.Read, "", true, false},
		"a resource that is refused":                          {block("file.x", onA, ""), fails(planner.Failure{Code: "moved", Summary: "Changed"}), planner.StageRefused, planner.Create, planner.EndNotRun, false, false},
		"an answer that is none of ours":                      {block("file.x", onA, ""), file("explode", ""), planner.StageFailed, planner.Create, planner.EndFailed, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			seeded := "good"
			if strings.Contains(name, "whose postcondition failed") {
				seeded = "bad"
			}
			w := &world{applied: map[string]planner.Result{"file.x": tt.answer, "call.command.x": tt.answer, "call.command.seed": call(true, seeded)}}
			plan, p := makePlan(t, twoHosts+tt.src+block("call.behind", onB, "triggered_by = ["+lastOf(tt.src)+"]"), w)
			noErrors(t, p)
			a := applyPlan(t, p, plan, w)
			e := a.end(lastOf(tt.src))
			if e.Stage != tt.stage || e.Op != tt.op || e.End != tt.end || e.Changed != tt.changed || (e.Recorded != nil) != tt.record {
				t.Errorf("%s %s, written down as %q, changed %v, record %+v; want %s %s, %q, changed %v, with a record: %v", e.Stage, e.Op, e.End, e.Changed, e.Recorded, tt.stage, tt.op, tt.end, tt.changed, tt.record)
			}
			if postconditionFailed := e.Reason == "its postcondition failed"; postconditionFailed != strings.Contains(name, "whose postcondition failed") || postconditionFailed && problems(p) != "Postcondition failed: Not good." {
				t.Errorf("reason %q, problems %q", e.Reason, problems(p))
			}
			if behind := a.end("call.command.behind").Stage == planner.StageSucceeded; behind != (tt.stage == planner.StageSucceeded) {
				t.Errorf("that the call behind it succeeded is %v", behind)
			}
			if in := a.steps[lastOf(tt.src)].Intent; in != nil && !slices.Equal(in.Owes, []string{"call.command.behind"}) {
				t.Errorf("it owes %q, want call.command.behind", in.Owes)
			}
		})
	}
}

// lastOf returns the address of the last block in src.
func lastOf(src string) string {
	if strings.Contains(src, "\"file\"") {
		return "file.x"
	}
	return "call.command.x"
}

// The intent that is written down before an action is sent, and the record after
// it, name the thing as its host does.
func TestIntentAndRecord(t *testing.T) {
	there := resource.Change{Op: resource.Update, Writes: []kind.Thing{"path:/real/x"}, Traits: traits(map[string]string{"content": "old"}), Results: map[string]any{}}
	left := there
	left.Traits = traits(map[string]string{"content": "new"})
	w := &world{
		answers: map[string]planner.Result{"file.x": {Change: &there}},
		applied: map[string]planner.Result{"file.x": {Change: &left}},
	}
	plan, p := makePlan(t, twoHosts+block("file.x", asRoot, `content = "new"`)+block("file.new", asRoot, ""), w, func(o *planner.Options) { o.RecordKey = []byte("salt") })
	a := applyPlan(t, p, plan, w)
	in, e := a.steps["file.x"].Intent, a.end("file.x")
	if in.Thing != "path:/real/x" || in.Machine != onA || in.AbsentBefore || !maps.Equal(in.Identity, map[string]string{"path": "/x"}) {
		t.Errorf("the intent is %+v, want the thing path:/real/x of ssh.a", in)
	}
	if e.Recorded.Thing != in.Thing || e.Recorded.Machine != onA || e.Recorded.Kind != "file" || !maps.Equal(e.Recorded.Identity, in.Identity) || e.Recorded.Args["content"] == "" {
		t.Errorf("the record is %+v, want the thing of the intent and its arguments", e.Recorded)
	}
	if in.Found["content"] == "" || e.State["content"] == "" || in.Found["content"] == e.State["content"] {
		t.Errorf("the content that was found is %v and that was left is %v, want two different digests", in.Found, e.State)
	}
	if !a.steps["file.new"].Intent.AbsentBefore {
		t.Error("the intent of a file that is created does not say that it was absent before")
	}
}

// Old versions recorded triggers as a digest that is easy to guess from. If a call
// has no reason to run, its record gets a digest in the form of this version.
func TestOldDigestsOfTriggersAreRenewed(t *testing.T) {
	src := twoHosts + block("call.c", onA, `triggers = { v = "1" }`)
	plan, p := makePlan(t, src, &world{})
	fresh := *applyPlan(t, p, plan, &world{}).end("call.command.c").Recorded
	sum := sha256.Sum256([]byte(cty.ObjectVal(map[string]cty.Value{"v": cty.StringVal("1")}).GoString()))
	legacy := planner.Recorded{Triggers: hex.EncodeToString(sum[:]), Applied: time.Unix(5, 0)}
	for name, tt := range map[string]struct {
		old  planner.Recorded
		want bool
	}{"of an old version": {legacy, true}, "of this version": {fresh, false}, "of other triggers": {planner.Recorded{Triggers: "0123"}, false}} {
		plan, p := makePlan(t, src, &world{}, func(o *planner.Options) { o.Prior = fakePrior{"call.command.c": tt.old} })
		e := applyPlan(t, p, plan, &world{}).end("call.command.c")
		if got := e.Stage == planner.StageAdopted; got != tt.want {
			t.Errorf("%s: the stage is %s, want adopted: %v", name, e.Stage, tt.want)
		}
		if tt.want && (e.Recorded.Triggers != fresh.Triggers || !e.Recorded.Applied.Equal(legacy.Applied)) {
			t.Errorf("%s: the record is %+v, want the new digest and the old time", name, e.Recorded)
		}
	}
}

// If a context is lost, every action that was sent there ends with it. Those that
// waited in the agent are skipped. Only the host knows whether they began, so what
// they may have changed is owed.
func TestContextLostWithAllThatWaitsThere(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, twoHosts+block("file.x", onA, "")+block("file.y", onA, after("file.x")), w)
	a := beginApply(t, p, plan, w)
	a.next()
	for _, s := range a.pending {
		if s.Action != nil {
			a.Done(s, fails(planner.Failure{Code: kind.CodeLost, Kind: planner.FailureLost, Summary: "Connection lost"}))
		}
	}
	a.next()
	want := `
begun file.x
failed file.x (context.ssh.a is unreachable) failed
skipped file.y (context.ssh.a is unreachable) failed`
	if got := a.ends(); got != want || !a.Finished() || problems(p) != "Connection lost: " {
		t.Errorf("got %s\nwant %s\nproblems %q", got, want, problems(p))
	}
}

// Several actions do not succeed, and another comes after them. The reason of its
// skip names the one that stands first in the plan, whichever ended first.
func TestReasonOfASkipIsTheSameWhoeverIsFaster(t *testing.T) {
	for name, order := range map[string][]string{"in order": {"file.x", "file.y"}, "the other way round": {"file.y", "file.x"}} {
		w := &world{}
		plan, p := makePlan(t, twoHosts+block("file.x", onA, "")+block("file.y", onB, "")+block("file.z", onA, "depends_on = [file.x, file.y]"), w)
		a := beginApply(t, p, plan, w)
		a.next()
		for _, address := range order {
			for _, s := range a.pending {
				if s.Action != nil && s.Action.Address == address {
					a.Done(s, fails(planner.Failure{Summary: "No"}))
				}
			}
		}
		a.next()
		if e := a.end("file.z"); e.Stage != planner.StageSkipped || e.Reason != "file.x did not succeed" {
			t.Errorf("%s: %s because of %q, want skipped because of file.x", name, e.Stage, e.Reason)
		}
	}
}

// A block comes after those of a file that decides about its kind. No reference of the
// configuration says so, so the reason of its skip does.
func TestReasonOfASkipNamesTheFileThatDecides(t *testing.T) {
	const src = twoHosts + `
resource "file" "x" {
  on   = context.ssh.a
  path = "/etc/login.defs"
}
resource "user" "y" {
  on   = context.ssh.a
  name = "y"
}
`
	w := &world{}
	plan, p := makePlan(t, src, w)
	a := beginApply(t, p, plan, w)
	a.next()
	for _, s := range a.pending {
		if s.Action != nil && s.Action.Address == "file.x" {
			a.Done(s, fails(planner.Failure{Summary: "No"}))
		} else if s.Action != nil {
			a.Done(s, fails(planner.Failure{Kind: planner.FailureSkipped}))
		}
	}
	a.next()
	if e := a.end("user.y"); e.Reason != "file.x did not succeed, and /etc/login.defs decides what user makes" {
		t.Errorf("it is %s because of %q", e.Stage, e.Reason)
	}
}

// A block whose thing is right already, but that another block changes, is recorded
// with the state that the record has of the thing.
func TestAdoptedBesideAChange(t *testing.T) {
	w := &world{answers: map[string]planner.Result{
		"file.x": same("/x"),
		"line.l": {Change: &resource.Change{Op: resource.Update, Writes: same("/x").Change.Writes}},
	}}
	src := twoHosts + block("file.x", onA, "") + block("line.l", onA, `path = "/x"`)
	plan, p := makePlan(t, src, w, func(o *planner.Options) {
		o.Prior, o.RecordKey = fakePrior{"file.x": {Thing: "path:/x", Machine: onA}}, []byte("salt")
	})
	e := applyPlan(t, p, plan, w).end("file.x")
	if e.Stage != planner.StageAdopted || !e.StateKept || e.State != nil || e.Recorded.Thing != "path:/x" {
		t.Errorf("got %s %+v, state %v, kept %v; want it adopted with the state of the record", e.Stage, e.Recorded, e.State, e.StateKept)
	}
}
