package planner_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// How each action of an apply ends, and why, does not depend on which of them ends first.
func TestEndsAreTheSameWhoeverIsFaster(t *testing.T) {
	const many = `
call "command" "many" {
  on       = context.ssh.a
  for_each = toset(["h10", "h2", "h1"])
  argv     = ["x"]
  lifecycle {
    postcondition {
      condition     = self.exit_code == 1
      error_message = "It went well."
    }
  }
}
`
	whole := func(name, on, more string) string {
		return fmt.Sprintf("resource \"file\" %q {\n  on = %s\n  path = \"/whole\"\n  content = \"x\"\n%s}\n", name, on, more)
	}
	part := func(name, on, more string) string {
		return fmt.Sprintf("resource \"line\" %q {\n  on = %s\n  path = \"/whole\"\n  line = %q\n%s}\n", name, on, name, more)
	}
	sudo := "context \"sudo\" \"one\" {\n  via = context.ssh.a\n  user = \"one\"\n}\ncontext \"sudo\" \"two\" {\n  via = context.ssh.a\n  user = \"two\"\n}\n"
	for name, tt := range map[string]struct {
		src  string
		fail string // addresses that fail
	}{
		"two before it fail":           {block("file.one", onA, "") + block("file.two", onB, "") + block("file.last", onB, behind("file.one", "file.two")), "file.one file.two"},
		"the second in the block":      {block("file.one", onA, "") + block("file.two", onB, "") + block("file.last", onA, behind("file.two", "file.one")), "file.one file.two"},
		"one fails behind another":     {block("file.one", onA, "") + block("file.two", onB, after("file.one")) + block("file.three", onA, "") + block("file.last", onA, behind("file.two", "file.three")), "file.one file.three"},
		"in one context":               {block("file.one", onA, "") + block("file.two", onA, "") + block("file.last", onA, behind("file.one", "file.two")) + block("file.more", onB, after("file.last")), "file.one file.two"},
		"one is sent only if it works": {block("file.one", onB, "") + block("file.two", onA, "") + block("file.last", onA, behind("file.one", "file.two")) + block("file.more", onA, after("file.last")), "file.two"},
		"accounts take turns": {
			block("file.one", onB, "") + block("file.two", onB, "") + block("user.x", onA, behind("file.one", "file.two")) + block("user.y", onA, "") + block("file.last", onA, behind("user.x", "user.y")),
			"file.one file.two",
		},
		"instances that fail alike": {many, ""},
		"contexts of edits": {
			sudo + whole("w", onA, "") + part("one", "context.sudo.one", "") + part("two", "context.sudo.two", "") + block("file.last", onB, behind("line.two", "file.w")), "context.sudo.one context.sudo.two",
		},
	} {
		t.Run(name, func(t *testing.T) {
			first, firstOrder := "", ""
			for seed := range uint64(100) {
				choose := rand.New(rand.NewPCG(seed, 1)).IntN
				w := &world{applied: map[string]planner.Result{}}
				for _, address := range strings.Fields(tt.fail) {
					w.applied[address] = fails(planner.Failure{Summary: "No space", Detail: "The disk is full."})
				}
				for _, key := range []string{"h10", "h2", "h1"} {
					w.applied[fmt.Sprintf("call.command.many[%q]", key)] = planner.Result{Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"exit_code": int64(0), "stdout": kind.Text("")}}}
				}
				plan, p := makePlan(t, twoHosts+tt.src, w)
				a := beginApply(t, p, plan, w)
				order := a.runInOrder(choose)
				got := a.reasons() + "\n" + sortedLines(diagnosed(p))
				if first == "" {
					first, firstOrder = got, order
				}
				if diff := cmp.Diff(first, got); diff != "" && !t.Failed() {
					t.Errorf("in the order %s it differs from the order %s: %s", order, firstOrder, diff)
				}
			}
			if !strings.Contains(first, "skipped") && !strings.Contains(first, "failed") {
				t.Errorf("nothing was skipped: %s", first)
			}
		})
	}
}

func behind(addresses ...string) string {
	return "depends_on = [" + strings.Join(addresses, ", ") + "]\n"
}

func sortedLines(s string) string {
	lines := strings.Split(s, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// runInOrder answers whatever an agent could answer next, as chosen. It returns what was
// answered.
func (a *applied) runInOrder(choose func(int) int) string {
	var order []string
	for a.next(); !a.Finished(); a.next() {
		var can []*planner.Step
		for _, s := range a.pending {
			if a.canAnswer(s) {
				can = append(can, s)
			}
		}
		if len(can) == 0 {
			a.t.Fatalf("nothing is under way, but the apply is not finished: %s", a.said())
		}
		s := can[choose(len(can))]
		if s.Type != planner.StepLock {
			order = append(order, s.Address)
		}
		a.answer(s)
	}
	return strings.Join(order, " ")
}

// canAnswer reports whether an agent may answer a step now: all that it comes after has
// ended, or one of it ended badly. Locks are answered at once.
func (a *applied) canAnswer(s *planner.Step) bool {
	if s.Type == planner.StepLock {
		return true
	}
	for _, q := range a.pending {
		if q.Type == planner.StepLock && q.Context == s.Context {
			return false
		}
	}
	return !a.waits(s) || slices.ContainsFunc(s.After, func(address string) bool { ok, ended := a.ended[address]; return ended && !ok })
}

// reasons says how each action ended, by its address.
func (a *applied) reasons() string {
	var out []string
	for _, e := range a.progress {
		if e.Stage != planner.StageBegun {
			out = append(out, fmt.Sprintf("%s %s (%s)", e.Action.Address, e.Stage, e.Reason))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// planInOrder plans, and answers whatever was asked as chosen. It returns what was answered
// as well.
func planInOrder(t *testing.T, src string, choose func(int) int, answer func(*planner.Step) planner.Result) (plan *planner.Plan, order []string) {
	t.Helper()
	p := planner.New(load(t, src), options())
	for pending := p.Next(); len(pending) > 0; pending = append(pending, p.Next()...) {
		k := choose(len(pending))
		step := pending[k]
		pending = slices.Delete(pending, k, k+1)
		order = append(order, step.Address)
		p.Done(step, answer(step))
	}
	return p.Plan(), order
}

// What an edit waits for does not depend on which of the edits became known first, nor
// on the order in which hosts answered. It is told in the order of the configuration.
func TestEditsDependOnTheSameWhoeverIsFaster(t *testing.T) {
	read := func(name, on string) string {
		return "call \"command\" \"" + name + "\" {\n  on = " + on + "\n  argv = [\"x\"]\n  read_only = true\n}\n"
	}
	edit := func(name, path string) string {
		return "resource \"line\" \"" + name + "\" {\n  on = " + onA + "\n  path = " + path + "\n  line = \"" + name + "\"\n}\n"
	}
	src := twoHosts + read("p", onA) + read("q", onB) + edit("first", `"/x"`) + edit("second", "call.command.p.stdout") + edit("third", "call.command.q.stdout") + edit("fourth", `"/x"`) + block("file.last", onB, behind("call.command.q", "line.first", "call.command.p"))
	want := map[string]string{"line.second": "call.command.p line.first", "line.third": "call.command.q line.second", "line.fourth": "line.third", "file.last": "call.command.p call.command.q line.first"}
	for seed := range uint64(200) {
		choose := rand.New(rand.NewPCG(seed, 1)).IntN
		w := &world{answers: map[string]planner.Result{}}
		for _, address := range []string{"call.command.p", "call.command.q"} {
			w.answers[address] = planner.Result{Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"stdout": kind.Text("/x"), "exit_code": int64(0)}}}
		}
		plan, order := planInOrder(t, src, choose, w.answer)
		for address, depends := range want {
			if got := strings.Join(plan.Action(address).DependsOn, " "); got != depends && !t.Failed() {
				t.Errorf("if the answers come as %s, %s comes after %q, want %q", order, address, got, depends)
			}
		}
	}
}

// What is made of the values of an edit is evaluated anew if another edit turns out to
// come before it.
func TestUsersOfAnEditThatIsCheckedAgain(t *testing.T) {
	src := twoHosts + `
call "command" "path" {
  on        = ` + onB + `
  argv      = ["x"]
  read_only = true
}
resource "line" "early" {
  on   = ` + onA + `
  path = call.command.path.stdout
  line = "early"
}
resource "line" "late" {
  on   = ` + onA + `
  path = "/x"
  line = "late"
}
resource "file" "user" {
  on      = ` + onA + `
  path    = "/user"
  content = line.late.content
}
output "content" { value = line.late.content }
`
	for seed := range uint64(200) {
		choose := rand.New(rand.NewPCG(seed, 1)).IntN
		w := &world{}
		answer := func(s *planner.Step) planner.Result {
			switch s.Address {
			case "call.command.path":
				return planner.Result{Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"stdout": kind.Text("/x")}}}
			case "line.early", "line.late":
				content := kind.Text(strings.Join(append(slices.Clone(s.After), s.Address), " "))
				return planner.Result{Change: &resource.Change{Op: resource.Update, Before: map[string]any{"content": kind.Text("")}, After: map[string]any{"content": content}, Results: map[string]any{"content": content}, Writes: []kind.Thing{"path:/x"}}}
			}
			return w.answer(s)
		}
		plan, order := planInOrder(t, src, choose, answer)
		const want = "line.early line.late"
		if got := fmt.Sprint(plan.Action("file.user").After["content"]); got != want && !t.Failed() {
			t.Errorf("if the answers come as %s, the user gets %q, want %q", order, got, want)
		}
		if v := plan.Outputs[0].Value; (v.Type() != cty.String || v.AsString() != want) && !t.Failed() {
			t.Errorf("if the answers come as %s, the output is %#v, want %q", order, v, want)
		}
	}
}
