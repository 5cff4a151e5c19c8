package planner_test

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// twoHosts are two machines, the first with two contexts.
const twoHosts = `
context "ssh" "a" { host = "a" }
context "ssh" "b" { host = "b" }
context "sudo" "a" { via = context.ssh.a }
`

// block writes a resource or a call with the given name and context, and with more
// arguments if it has them.
func block(what, on, more string) string {
	kind, name, _ := strings.Cut(what, ".")
	switch kind {
	case "file":
		return "resource \"file\" \"" + name + "\" {\n  on   = " + on + "\n  path = \"/" + name + "\"\n  " + more + "\n}\n"
	case "user":
		return "resource \"user\" \"" + name + "\" {\n  on   = " + on + "\n  name = \"" + name + "\"\n  " + more + "\n}\n"
	case "line":
		return "resource \"line\" \"" + name + "\" {\n  on   = " + on + "\n  line = \"" + name + "\"\n  " + more + "\n}\n"
	}
	return "call \"command\" \"" + name + "\" {\n  on   = " + on + "\n  argv = [\"" + name + "\"]\n  " + more + "\n}\n"
}

const (
	onA    = "context.ssh.a"
	onB    = "context.ssh.b"
	asRoot = "context.sudo.a"
)

func after(addresses string) string { return "depends_on = [" + addresses + "]" }

// same is the answer of a check that finds the file at path as it should be.
func same(path string) planner.Result {
	return planner.Result{Change: &resource.Change{Op: resource.NoOp, Fingerprint: "f", Writes: []kind.Thing{kind.PathThing(path)}}}
}

func fails(f planner.Failure) planner.Result { return planner.Result{Failure: &f} }

func (a *applied) sentBatches() string {
	var out []string
	for _, b := range a.batches {
		out = append(out, strings.Join(b, " "))
	}
	return strings.Join(out, " | ")
}

// What comes after an action in the same context is sent together with it, as the
// agent keeps the order. It waits if it is in another context, if it uses a result,
// or if it comes after a postcondition.
func TestWhatLeavesTogether(t *testing.T) {
	const kept = `
  lifecycle {
    postcondition {
      condition     = self.path != ""
      error_message = "No."
    }
  }`
	for name, tt := range map[string]struct {
		src   string
		found map[string]planner.Result
		slow  string
		want  string
	}{
		"nothing to do":                      {src: block("file.x", onA, ""), found: map[string]planner.Result{"file.x": same("/x")}},
		"no order":                           {src: block("file.x", onA, "") + block("file.y", onB, ""), want: "file.x file.y"},
		"a chain in one context":             {src: block("file.z", onA, after("file.y")) + block("file.y", onA, after("file.x")) + block("file.x", onA, ""), want: "file.x file.y file.z"},
		"a chain over two hosts":             {src: block("file.x", onA, "") + block("file.y", onB, after("file.x")) + block("file.z", onA, after("file.y")), want: "file.x | file.y | file.z"},
		"a chain over two contexts":          {src: block("file.x", onA, "") + block("file.y", asRoot, after("file.x")), want: "file.x | file.y"},
		"what stands between has nothing":    {src: block("file.x", onA, "") + block("file.y", onB, after("file.x")) + block("file.z", onA, after("file.y")), found: map[string]planner.Result{"file.y": same("/y")}, want: "file.x file.z"},
		"the same, seen from another host":   {src: block("file.x", onA, "") + block("file.y", onA, after("file.x")) + block("file.z", onB, after("file.y")), found: map[string]planner.Result{"file.y": same("/y")}, want: "file.x | file.z"},
		"a result":                           {src: block("user.u", onA, "") + block("file.x", onA, "content = user.u.uid"), want: "user.u | file.x"},
		"what comes after a result":          {src: block("user.u", onA, "") + block("file.x", onA, "content = user.u.uid") + block("file.y", onA, after("file.x")), want: "user.u | file.x file.y"},
		"a postcondition":                    {src: block("file.x", onA, kept) + block("file.y", onA, after("file.x")), want: "file.x | file.y"},
		"one of many that are waited for":    {src: block("file.x", onA, "") + block("file.y", onB, "") + block("file.z", onA, after("file.x, file.y")), slow: "file.y", want: "file.x file.y | file.z"},
		"a call and its trigger":             {src: block("file.x", onA, "") + block("call.c", onA, "triggered_by = [file.x]"), want: "file.x call.command.c"},
		"a read of what is changed":          {src: block("file.x", onA, "") + block("call.c", onA, "read_only = true\n"+after("file.x")), want: "file.x call.command.c"},
		"what is deferred is not sent":       {src: block("call.c", onA, "") + block("file.x", onA, "for_each = toset([call.command.c.stdout])"), want: "call.command.c"},
		"what comes after it is not, either": {src: block("call.c", onA, "") + block("file.x", onA, "for_each = toset([call.command.c.stdout])") + block("file.y", onA, after("file.x")), want: "call.command.c"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{answers: tt.found, slow: map[string]bool{tt.slow: true}}
			plan, p := makePlan(t, twoHosts+tt.src, w)
			a := applyPlan(t, p, plan, w)
			noErrors(t, p)
			if got := a.sentBatches(); got != tt.want {
				t.Errorf("sent %q, want %q", got, tt.want)
			}
			for address, s := range a.steps {
				if e := a.end(address); e.Stage != planner.StageSucceeded {
					t.Errorf("stage %s of %s, want succeeded", e.Stage, address)
				}
				if (s.Intent != nil) != (s.Action.Op != planner.Read) {
					t.Errorf("%s has the intent %+v; only reads have none", address, s.Intent)
				}
			}
		})
	}
}

// A step carries everything that is needed to send it: what it comes after in its
// context, its context, and every context that this is reached through. Before the
// first action on a machine comes the step that takes its lock.
func TestStepOfAnAction(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, twoHosts+block("file.x", asRoot, "")+block("file.y", asRoot, after("file.x")+"\ntimeout = \"5s\""), w)
	a := beginApply(t, p, plan, w)
	var types []string
	steps := a.Next()
	for _, s := range steps {
		types = append(types, string(s.Type)+" "+s.Address)
	}
	if got := strings.Join(types, ", "); got != "lock context.sudo.a, apply file.x, apply file.y" {
		t.Fatalf("got the steps %s", got)
	}
	y := steps[2]
	if strings.Join(y.After, " ") != "file.x" || y.Timeout.String() != "5s" || y.Action != plan.Action("file.y") || y.Context != asRoot {
		t.Errorf("got the step %+v, want it after file.x, with its action, its context and its timeout", y)
	}
	if got := strings.Join(y.Hop.Chain(), " -> "); got != "local -> ssh a -> sudo a" || y.Hop.Via.Args["host"] == nil {
		t.Errorf("got the hop %+v with the chain %s", y.Hop, got)
	}
	if again := a.Next(); len(again) > 0 {
		t.Errorf("%d steps are given a second time", len(again))
	}
}

// If an action does not succeed, what comes after it does not run, and everything
// else does. Each cause is reported once.
func TestWhatDoesNotSucceed(t *testing.T) {
	chain := block("file.x", onA, "") + block("file.y", onA, after("file.x")) + block("file.z", onB, after("file.y")) + block("file.other", onA, "")
	no := planner.Failure{Summary: "No space", Detail: "The disk is full."}
	for name, tt := range map[string]struct {
		src      string
		address  string // the action that comes back with the answer
		answer   planner.Result
		want     string
		problems string
	}{
		"it fails": {chain, "file.x", fails(no), `
begun file.x
begun file.other
failed file.x (No space) failed
skipped file.y (file.x did not succeed) not_run
skipped file.z (file.y did not succeed)
succeeded file.other applied`, "No space: The disk is full."},
		"it is refused": {chain, "file.x", fails(planner.Failure{Code: "moved", Summary: "Changed since it was planned"}), `
begun file.x
begun file.other
refused file.x (Changed since it was planned) not_run
skipped file.y (file.x did not succeed) not_run
skipped file.z (file.y did not succeed)
succeeded file.other applied`, "Changed since it was planned: "},
		"the last of a chain fails": {chain, "file.z", fails(no), `
begun file.x
begun file.other
succeeded file.x applied
begun file.y
succeeded file.y applied
begun file.z
succeeded file.other applied
failed file.z (No space) failed`, "No space: The disk is full."},
		"what is not sent yet is skipped with all that waits for it": {
			block("file.x", onA, "") + block("file.y", onB, after("file.x")) + block("file.z", onB, after("file.y")), "file.x", fails(no), `
begun file.x
failed file.x (No space) failed
skipped file.y (file.x did not succeed)
skipped file.z (file.y did not succeed)`, "No space: The disk is full."},
		"its context is lost": {chain, "file.x", fails(planner.Failure{Code: kind.CodeLost, Kind: planner.FailureLost, Summary: "Connection lost"}), `
begun file.x
begun file.other
failed file.x (context.ssh.a is unreachable) failed
skipped file.y (file.x did not succeed) not_run
skipped file.z (file.y did not succeed)
succeeded file.other applied`, "Connection lost: "},
		"its context never came up": {chain, "file.x", fails(planner.Failure{Kind: planner.FailureLost, Summary: "Refused", NotBegun: true}), `
begun file.x
begun file.other
failed file.x (context.ssh.a failed) not_run
skipped file.y (file.x did not succeed) not_run
skipped file.z (file.y did not succeed)
succeeded file.other applied`, "Refused: "},
		"its context is lost with another": {chain, "file.x", fails(planner.Failure{Kind: planner.FailureBehind, Summary: "Unreachable"}), `
begun file.x
begun file.other
failed file.x (context.ssh.a is unreachable) failed
skipped file.y (file.x did not succeed) not_run
skipped file.z (file.y did not succeed)
succeeded file.other applied`, ""},
		"the answer is none of ours": {chain, "file.x", planner.Result{Change: &resource.Change{Op: "explode"}}, `
begun file.x
begun file.other
failed file.x (Answer not understood) failed
succeeded file.y applied
begun file.z
succeeded file.other applied
succeeded file.z applied`, `Answer not understood: The answer about file.x did not come from the agent that was sent there, or that agent is broken: it would do "explode", which is not an operation. Nothing of the answer was used. Find out what runs on that host before you trust it again.`},
		"a call is cancelled": {block("call.c", onA, "") + block("file.y", onA, after("call.command.c")), "call.command.c", fails(planner.Failure{Kind: planner.FailureStopped, Summary: "Cancelled"}), `
begun call.command.c
interrupted call.command.c (cancelled) failed
skipped file.y (call.command.c did not succeed) not_run`, ""},
		"a call is cancelled before it began": {block("call.c", onA, ""), "call.command.c", fails(planner.Failure{Kind: planner.FailureStopped, Summary: "Cancelled", NotBegun: true}), `
begun call.command.c
skipped call.command.c (the apply was stopped) not_run`, ""},
		"a call whose guard says no": {block("call.c", onA, "") + block("file.y", onA, after("call.command.c")), "call.command.c", planner.Result{Reply: &function.CallReply{}}, `
begun call.command.c
succeeded call.command.c applied
begun file.y
succeeded file.y applied`, ""},
		"a read fails": {block("file.x", onA, "") + block("call.c", onA, "read_only = true\n"+after("file.x")), "call.command.c", fails(no), `
begun file.x
succeeded file.x applied
begun call.command.c
failed call.command.c (No space)`, "No space: The disk is full."},
		"the lock of its machine": {block("file.x", onA, "") + block("file.y", onB, ""), onA, fails(planner.Failure{Summary: "Machine is locked", Detail: "By another."}), `
begun file.x
begun file.y
skipped file.x (something before it did not succeed) not_run
succeeded file.y applied`, "Machine is locked: By another."},
		"its arguments are wrong": {
			block("call.c", onA, "") + block("file.x", onA, "content = tonumber(call.command.c.stdout)") + block("file.y", onA, after("file.x")), "call.command.c", reply(map[string]any{"stdout": kind.Text("one")}), `
begun call.command.c
succeeded call.command.c applied
failed file.x (its arguments could not be evaluated)
skipped file.y (file.x did not succeed)`, "Invalid function argument: Invalid value for \"v\" parameter: this is not a number."},
		"a precondition": {
			block("call.c", onA, "") + block("file.x", onB, `lifecycle {
    precondition {
      condition     = call.command.c.stdout == "yes"
      error_message = "It says no."
    }
  }`), "call.command.c", reply(map[string]any{"stdout": kind.Text("no")}), `
begun call.command.c
succeeded call.command.c applied
failed file.x (its arguments could not be evaluated)`, "Precondition failed: It says no."},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{applied: map[string]planner.Result{tt.address: tt.answer}}
			plan, p := makePlan(t, twoHosts+tt.src, w)
			noErrors(t, p)
			a := applyPlan(t, p, plan, w)
			if got := a.ends(); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
			if got := problems(p); got != tt.problems {
				t.Errorf("problems %q, want %q", got, tt.problems)
			}
		})
	}
}

// ends returns how the actions ended, and what is written down of that.
func (a *applied) ends() string {
	var b strings.Builder
	for k, line := range strings.Split(a.said(), "\n") {
		b.WriteString("\n" + line)
		if e := a.progress[k]; e.End != "" {
			b.WriteString(" " + string(e.End))
		}
	}
	return b.String()
}
