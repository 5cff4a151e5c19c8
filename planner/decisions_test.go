package planner_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// The tables of this file are the manual of what a plan decides. Each row names
// a promise.

// inShort returns in short what a plan says of an address: the operation with its
// reason, or why it is not in the plan.
func inShort(plan *planner.Plan, p *planner.Planner, address string) string {
	if a := plan.Action(address); a != nil {
		return strings.TrimSpace(string(a.Op) + " " + a.Reason)
	}
	if slices.Contains(plan.Targeting.Names, address) {
		return "left out"
	}
	block := config.Address{Block: address}.Block
	for _, d := range p.Diagnostics() {
		if l, ok := d.Extra.(planner.Location); ok && l.Address == address {
			return "failed: " + d.Summary
		}
	}
	for _, d := range p.Diagnostics() {
		if d.Severity == hcl.DiagError && d.Subject != nil && strings.HasPrefix(address, block) && strings.Contains(d.Detail, address) {
			return "failed: " + d.Summary
		}
	}
	if plan.Unplanned > 0 {
		return "skipped"
	}
	return "does not exist"
}

func answered(stdout string) planner.Result {
	return planner.Result{Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"stdout": kind.Text(stdout), "exit_code": int64(0)}}}
}

func found(op resource.Op) planner.Result {
	return planner.Result{Change: &resource.Change{Op: op}}
}

func broken(summary string) planner.Result {
	return planner.Result{Failure: &planner.Failure{Summary: summary}}
}

// recordedWith is a record of earlier applies in which these calls are owed.
type recordedWith struct {
	fakePrior
	debts map[string][]string
}

func (r recordedWith) Debts() map[string][]string { return r.debts }

// The answer of a host and the arguments of a block decide what its action is.
func TestWhatAnActionDoes(t *testing.T) {
	const here = "context \"ssh\" \"h\" { host = \"h\" }\n"
	file := func(args string) string {
		return here + "resource \"file\" \"x\" {\n on = context.ssh.h\n path = \"/x\"\n" + args + "\n}\n"
	}
	call := func(args string) string {
		return here + "resource \"file\" \"y\" {\n on = context.ssh.h\n path = \"/y\"\n}\n" +
			"call \"command\" \"x\" {\n on = context.ssh.h\n argv = [\"x\"]\n" + args + "\n}\n"
	}
	wouldNot := planner.Result{Reply: &function.CallReply{}}
	const theFile, theCall = "file.x", "call.command.x"
	for _, c := range []struct {
		promise, src, address string
		answers               map[string]planner.Result
		options               func(*planner.Options)
		want                  string
	}{
		{"what is missing is created", file(""), theFile, map[string]planner.Result{theFile: found(resource.Create)}, nil, "create"},
		{"what differs is updated", file(""), theFile, map[string]planner.Result{theFile: found(resource.Update)}, nil, "update"},
		{"what stands in the way is replaced", file(""), theFile, map[string]planner.Result{theFile: found(resource.Replace)}, nil, "replace"},
		{"what should be gone is deleted", file(""), theFile, map[string]planner.Result{theFile: found(resource.Delete)}, nil, "delete"},
		{"what is as it should be is left alone", file(""), theFile, map[string]planner.Result{theFile: found(resource.NoOp)}, nil, "no-op"},
		{"what looks right and has an argument that is known after apply may change", file("content = file.y.path == \"\" ? \"\" : tostring(user.u.uid)") + "resource \"user\" \"u\" {\n on = context.ssh.h\n name = \"u\"\n}\nresource \"file\" \"y\" {\n on = context.ssh.h\n path = \"/y\"\n}\n", theFile, map[string]planner.Result{theFile: found(resource.NoOp)}, nil, "update"},
		{"what does not exist is not asked for", file("enabled = false"), theFile, nil, nil, "does not exist"},
		{"what its host refuses has failed", file(""), theFile, map[string]planner.Result{theFile: broken("It broke")}, nil, "failed: It broke"},

		{"a call runs at every apply", call(""), theCall, nil, nil, "always"},
		{"a call with a guard that lets it run has a reason", call(`creates = "/z"`), theCall, nil, nil, "run"},
		{"a call that its guard stops does not run", call(`creates = "/z"`), theCall, map[string]planner.Result{theCall: wouldNot}, nil, "no-op"},
		{"a call that only reads runs while planning", call(`read_only = true`), theCall, nil, nil, "no-op"},
		{"a call that only reads and comes after a change waits for the apply", call("read_only = true\n depends_on = [file.y]"), theCall, nil, nil, "read waits for what comes before it"},
		{"a call that only reads and comes after nothing that changes runs while planning", call("read_only = true\n depends_on = [file.y]"), theCall, map[string]planner.Result{"file.y": found(resource.NoOp)}, nil, "no-op"},
		{"a call runs when what triggers it changes", call(`triggered_by = [file.y]`), theCall, nil, nil, "run triggered by file.y"},
		{"a call that nothing triggers does not run", call(`triggered_by = [file.y]`), theCall, map[string]planner.Result{"file.y": found(resource.NoOp)}, nil, "no-op"},
		{"a trigger does not pass a guard that stops the call", call("triggered_by = [file.y]\n creates = \"/z\""), theCall, map[string]planner.Result{theCall: wouldNot}, nil, "no-op"},
		{"a guard does not replace a trigger", call("triggered_by = [file.y]\n creates = \"/z\""), theCall, map[string]planner.Result{"file.y": found(resource.NoOp)}, nil, "no-op"},
		{"a call that an earlier apply owes runs", call(`triggered_by = [file.y]`), theCall, map[string]planner.Result{"file.y": found(resource.NoOp)}, func(o *planner.Options) {
			o.Prior = recordedWith{fakePrior{}, map[string][]string{theCall: {"file.y"}}}
		}, "run owed since an earlier apply to file.y"},
		{"a call with triggers that were never recorded runs", call(`triggers = ["1"]`), theCall, nil, nil, "run its triggers changed"},
		{"a call with triggers that are others than recorded runs", call(`triggers = ["1"]`), theCall, nil, func(o *planner.Options) { o.Prior = fakePrior{theCall: {Triggers: "other"}} }, "run its triggers changed"},
		{"a call with triggers that are new at every apply says so", call(`triggers = [timestamp()]`), theCall, nil, nil, "run its triggers are new at every apply"},
		{"a drift runs no call", call(""), theCall, nil, func(o *planner.Options) { o.Drift = true }, "no-op"},
		{"a drift runs no call that its guard would let run", call(`creates = "/z"`), theCall, nil, func(o *planner.Options) { o.Drift = true }, "no-op"},
		{"a drift runs what only reads", call(`read_only = true`), theCall, nil, func(o *planner.Options) { o.Drift = true }, "no-op"},
	} {
		t.Run(c.promise, func(t *testing.T) {
			opts := []func(*planner.Options){}
			if c.options != nil {
				opts = append(opts, c.options)
			}
			plan, p := makePlan(t, c.src, &world{answers: c.answers}, opts...)
			if got := inShort(plan, p, c.address); got != c.want {
				t.Errorf("%s: %q, want %q\n%v", c.address, got, c.want, p.Diagnostics())
			}
		})
	}
}

// A block can end because of another one. It is skipped if that has a problem,
// deferred if only an apply can make what it needs, and left out if targeting
// leaves out what it needs. Everything else goes on.
func TestWhatABlockEndsAsBecauseOfAnother(t *testing.T) {
	const src = `
context "ssh" "h" { host = "h" }
context "ssh" "other" { host = "o" }
context "sudo" "root" {
  via        = context.ssh.h
  depends_on = [%[1]s]
}
context "sudo" "below" {
  via  = context.sudo.root
  user = "x"
}
resource "file" "cause" {
  on   = context.ssh.h
  path = "/cause"
}
call "command" "cause" {
  on        = context.ssh.h
  argv      = ["cause"]
  read_only = true
}
resource "file" "after" {
  on         = context.ssh.h
  path       = "/after"
  depends_on = [%[1]s]
}
resource "file" "elsewhere" {
  on         = context.ssh.other
  path       = "/elsewhere"
  depends_on = [%[1]s]
}
call "command" "after" {
  on         = context.ssh.other
  argv       = ["after"]
  depends_on = [%[1]s]
}
call "command" "reads" {
  on         = context.ssh.other
  argv       = ["reads"]
  read_only  = true
  depends_on = [%[1]s]
}
resource "file" "in" {
  on   = context.sudo.root
  path = "/in"
}
resource "file" "below" {
  on   = context.sudo.below
  path = "/below"
}
resource "file" "free" {
  on   = context.ssh.other
  path = "/free"
}
`
	const after, elsewhere, call, reads, in, below, free = "file.after", "file.elsewhere", "call.command.after", "call.command.reads", "file.in", "file.below", "file.free"
	for _, c := range []struct {
		promise, cause string
		answers        map[string]planner.Result
		options        func(*planner.Options)
		want           map[string]string
	}{
		{"behind a change, contexts are deferred with all in them, what reads waits for the apply, all else is planned", "file.cause", nil, nil, map[string]string{
			after: "create", elsewhere: "create", call: "always", reads: "read waits for what comes before it",
			in: "defer context.sudo.root waits for file.cause", below: "defer context.sudo.below waits for file.cause", free: "create"}},
		{"behind what changes nothing, nothing waits", "file.cause", map[string]planner.Result{"file.cause": found(resource.NoOp)}, nil, map[string]string{
			after: "create", elsewhere: "create", call: "always", reads: "no-op", in: "create", below: "create", free: "create"}},
		{"behind a failure, all is skipped", "file.cause", map[string]planner.Result{"file.cause": broken("It broke")}, nil, map[string]string{
			after: "skipped", elsewhere: "skipped", call: "skipped", reads: "skipped", in: "skipped", below: "skipped", free: "create"}},
		{"behind a read that failed, all is skipped", "call.command.cause", map[string]planner.Result{"call.command.cause": broken("It broke")}, nil, map[string]string{
			after: "skipped", elsewhere: "skipped", call: "skipped", reads: "skipped", in: "skipped", below: "skipped", free: "create"}},
		{"behind what is excluded, all is left out", "file.cause", nil, func(o *planner.Options) { o.Excludes = []string{"file.cause"} }, map[string]string{
			after: "left out", elsewhere: "left out", call: "left out", reads: "left out", in: "left out", below: "left out", free: "create"}},
		{"in and below a context that cannot be reached, all is skipped", "file.cause", map[string]planner.Result{"file.cause": found(resource.NoOp), "context.sudo.root": broken("No root")}, nil, map[string]string{
			after: "create", elsewhere: "create", call: "always", in: "skipped", below: "skipped", free: "create"}},
		{"behind a host that is away, all is skipped", "file.cause", map[string]planner.Result{
			"context.ssh.h": broken("Away"), "context.sudo.root": {Failure: &planner.Failure{Kind: planner.FailureBehind}}, "file.cause": {Failure: &planner.Failure{Kind: planner.FailureLost}},
			"file.after": {Failure: &planner.Failure{Kind: planner.FailureLost}}}, nil, map[string]string{
			after: "skipped", elsewhere: "skipped", call: "skipped", reads: "skipped", in: "skipped", below: "skipped", free: "create"}},
		{"on what is excluded, all is left out", "file.cause", map[string]planner.Result{"file.cause": found(resource.NoOp)}, func(o *planner.Options) { o.Excludes = []string{"context.sudo.root"} }, map[string]string{
			after: "create", in: "left out", below: "left out", free: "create"}},
		{"a target brings what it comes after, and nothing else", "file.cause", nil, func(o *planner.Options) { o.Targets = []string{"file.after"} }, map[string]string{
			"file.cause": "create", after: "create", elsewhere: "left out", call: "left out", free: "left out"}},
	} {
		t.Run(c.promise, func(t *testing.T) {
			opts := []func(*planner.Options){}
			if c.options != nil {
				opts = append(opts, c.options)
			}
			plan, p := makePlan(t, fmt.Sprintf(src, c.cause), &world{answers: c.answers}, opts...)
			for address, want := range c.want {
				if got := inShort(plan, p, address); got != want {
					t.Errorf("%s: %q, want %q", address, got, want)
				}
			}
		})
	}
}

// An unknown value does something different to each meta-argument. It also depends
// on why the value is unknown: a host tells it while planning, only an apply makes
// it, what it is made of failed, or what it is made of was left out.
func TestWhatAnUnknownDoesToEachMetaArgument(t *testing.T) {
	const blocks = `
context "ssh" "h" { host = "h" }
context "ssh" "a" { host = "a" }
context "ssh" "b" { host = "b" }
call "command" "told" {
  on        = context.ssh.h
  argv      = ["told"]
  read_only = true
}
resource "user" "made" {
  on   = context.ssh.h
  name = "made"
}
`
	onFile := func(args string) string {
		return "resource \"file\" \"x\" {\n path = \"/x\"\n" + args + "\n}\n"
	}
	inCall := func(args string) string {
		return "call \"command\" \"x\" {\n on = context.ssh.a\n argv = [\"x\"]\n" + args + "\n}\n"
	}
	const told, made = "tonumber(call.command.told.stdout)", "user.made.uid"
	for _, c := range []struct {
		field   string // of config.Block or config.Lifecycle
		promise string
		// src has one place for the value, which is a number. The test looks at
		// address.
		src, address string
		// told, made, failed and out are what becomes of the block, by the reason
		// why the value is unknown.
		told, made, failed, out string
	}{
		{"On", "where it is says on", onFile("on = %s > 1 ? context.ssh.a : context.ssh.b"), "file.x",
			"create", "defer on waits for user.made", "skipped", "left out"},
		{"ForEach", "which instances there are says for_each", onFile("on = context.ssh.a\n for_each = toset([tostring(%s)])"), "file.x",
			`create file.x["2"]`, "defer for_each waits for user.made", "skipped", "left out"},
		{"ForEach", "a value of for_each may be known late", onFile("on = context.ssh.a\n for_each = { k = %s }\n content = tostring(each.value)"), `file.x["k"]`,
			"create", "create", "skipped", "left out"},
		{"Count", "how many there are says count", onFile("on = context.ssh.a\n count = %s"), "file.x",
			"create file.x[0], file.x[1]", "defer count waits for user.made", "skipped", "left out"},
		{"Via", "what is in a context waits for its via", "context \"sudo\" \"c\" {\n via = %s > 1 ? context.ssh.a : context.ssh.b\n}\n" + onFile("on = context.sudo.c"), "file.x",
			"create", "defer context.sudo.c waits for user.made", "skipped", "left out"},
		{"Enabled", "whether it exists says enabled", onFile("on = context.ssh.a\n enabled = %s > 1"), "file.x",
			"create", "defer waits for user.made", "skipped", "left out"},
		{"Enabled", "a context is not started before it is known to exist", "context \"ssh\" \"c\" {\n host = \"c\"\n enabled = %s > 1\n}\n" + onFile("on = context.ssh.c"), "file.x",
			"create", "defer context.ssh.c waits for user.made", "skipped", "left out"},
		{"Timeout", "a timeout that is not known is set at apply", onFile("on = context.ssh.a\n timeout = \"${%s}m\""), "file.x",
			"create", "create", "skipped", "left out"},
		{"Triggers", "triggers that are not known differ from what is recorded", inCall("triggers = [%s]"), "call.command.x",
			"run its triggers changed", "run its triggers changed", "skipped", "left out"},
		{"DependsOn", "depends_on orders, and needs no value", onFile("on = context.ssh.a\n depends_on = [%s]"), "file.x",
			"create", "create", "skipped", "left out"},
		{"TriggeredBy", "triggered_by asks for a change, and needs no value", inCall("triggered_by = [%s]"), "call.command.x",
			"no-op", "run triggered by user.made", "skipped", "left out"},
		{"Preconditions", "a precondition that is not known is checked at apply", onFile("on = context.ssh.a\n lifecycle {\n precondition {\n condition = %s > 1\n error_message = \"no\"\n}\n}"), "file.x",
			"create", "create", "skipped", "left out"},
		{"Preconditions", "what only reads is not run before its preconditions are known", inCall("read_only = true\n lifecycle {\n precondition {\n condition = %s > 1\n error_message = \"no\"\n}\n}"), "call.command.x",
			"no-op", "read waits for what comes before it", "skipped", "left out"},
		{"Postconditions", "a postcondition of what changes is checked at apply", onFile("on = context.ssh.a\n lifecycle {\n postcondition {\n condition = self.path != \"\" && %s > 1\n error_message = \"no\"\n}\n}"), "file.x",
			"create", "create", "skipped", "left out"},
	} {
		t.Run(c.promise, func(t *testing.T) {
			value := func(v string) string {
				if c.field == "DependsOn" || c.field == "TriggeredBy" {
					v = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(v, "tonumber("), ".stdout)"), ".uid")
				}
				return blocks + fmt.Sprintf(c.src, v)
			}
			for _, when := range []struct {
				name, src, want string
				answers         map[string]planner.Result
				excludes        []string
			}{
				{"told while planning", value(told), c.told, map[string]planner.Result{"call.command.told": answered("2")}, nil},
				{"made by the apply", value(made), c.made, nil, nil},
				{"of what failed", value(told), c.failed, map[string]planner.Result{"call.command.told": broken("It broke")}, nil},
				{"of what is left out", value(told), c.out, nil, []string{"call.command.told"}},
			} {
				plan, p := makePlan(t, when.src, &world{answers: when.answers}, func(o *planner.Options) { o.Excludes = when.excludes })
				if got := instancesInShort(plan, p, c.address); got != when.want {
					t.Errorf("%s: %q, want %q\n%v", when.name, got, when.want, p.Diagnostics())
				}
			}
		})
	}
}

// A guard is a program that runs on the host. It is asked while planning only if
// all preconditions are known to hold. If one of them is known after apply, the
// host asks the guard when it runs the call.
func TestAGuardIsNotAskedBeforeItsPreconditions(t *testing.T) {
	const seed = "call \"command\" \"seed\" {\n  on = context.ssh.a\n  argv = [\"seed\"]\n  read_only = %s\n}\n"
	const more = "unless = [\"x\"]\n  lifecycle {\n    precondition {\n      condition = call.command.seed.stdout == \"2\"\n      error_message = \"No.\"\n    }\n  }"
	for name, tt := range map[string]struct {
		reads, more, want string
		asked             bool
	}{
		"known while planning":         {"true", more, "no-op", true},
		"known after apply":            {"false", more, "run", false},
		"a timeout is no precondition": {"false", "unless = [\"x\"]\n  timeout = \"${call.command.seed.stdout}s\"", "no-op", true},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{answers: map[string]planner.Result{"call.command.seed": answered("2"), "call.command.x": {Reply: &function.CallReply{}}}}
			plan, p := makePlan(t, twoHosts+fmt.Sprintf(seed, tt.reads)+block("call.x", onA, tt.more), w)
			if got := inShort(plan, p, "call.command.x"); !strings.HasPrefix(got, strings.Fields(tt.want)[0]) {
				t.Errorf("it plans %q, want %q: %v", got, tt.want, p.Diagnostics())
			}
			if asked := slices.Contains(w.asked, "probe call.command.x"); asked != tt.asked {
				t.Errorf("that the guard was asked is %v, want %v", asked, tt.asked)
			}
		})
	}
}

// instancesInShort returns in short what a plan says of an address, or of all
// instances of a block.
func instancesInShort(plan *planner.Plan, p *planner.Planner, address string) string {
	var ops, names []string
	for _, a := range plan.Actions {
		if a.Block == address && a.Address != address {
			ops, names = append(ops, string(a.Op)), append(names, a.Address)
		}
	}
	if len(names) == 0 {
		return inShort(plan, p, address)
	}
	return strings.Join(slices.Compact(ops), ", ") + " " + strings.Join(names, ", ")
}

// The table of TestWhatAnUnknownDoesToEachMetaArgument has a row for each
// meta-argument that a block can have.
func TestEveryMetaArgumentIsDecidedOn(t *testing.T) {
	rows := []string{"On", "ForEach", "Count", "Via", "Enabled", "Timeout", "Triggers", "DependsOn", "TriggeredBy", "Preconditions", "Postconditions"}
	expression, references, conditions := reflect.TypeFor[hcl.Expression](), reflect.TypeFor[[]config.Reference](), reflect.TypeFor[[]config.Condition]()
	for _, in := range []reflect.Type{reflect.TypeFor[config.Block](), reflect.TypeFor[config.Lifecycle]()} {
		for f := range in.NumField() {
			switch field := in.Field(f); field.Type {
			case expression, references, conditions:
				if field.IsExported() && !slices.Contains(rows, field.Name) {
					t.Errorf("%s.%s has no row that says what an unknown value does to it", in.Name(), field.Name)
				}
			}
		}
	}
}

// A timeout counts however late it becomes known. If a host tells it while
// planning, the check waits for it. If only the apply makes it, the action has it.
func TestTimeoutThatIsKnownLate(t *testing.T) {
	const blocks = `
context "ssh" "h" { host = "h" }
call "command" "told" {
  on        = context.ssh.h
  argv      = ["told"]
  read_only = %v
}
resource "file" "x" {
  on      = context.ssh.h
  path    = "/x"
  timeout = "${trimspace(call.command.told.stdout)}m"
}
`
	w := &world{answers: map[string]planner.Result{"call.command.told": answered("2")}}
	p := planner.New(load(t, fmt.Sprintf(blocks, true)), options())
	var asked string
	for steps := p.Next(); len(steps) > 0; steps = p.Next() {
		for _, s := range steps {
			if s.Address == "file.x" {
				asked = s.Timeout.String()
			}
			p.Done(s, w.answer(s))
		}
	}
	if asked != "2m0s" {
		t.Errorf("the check has the timeout %q, want 2m0s", asked)
	}

	w = &world{applied: map[string]planner.Result{"call.command.told": reply(map[string]any{"stdout": kind.Text("3")})}}
	plan, p := makePlan(t, fmt.Sprintf(blocks, false), w)
	noErrors(t, p)
	if got := applyPlan(t, p, plan, w).steps["file.x"].Timeout.String(); got != "3m0s" {
		t.Errorf("the action has the timeout %q, want 3m0s", got)
	}
}
