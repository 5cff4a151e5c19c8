package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/planner"
)

// A plan does not depend on which host answers first. Everything that waits for an
// answer is evaluated again when it comes, even if a call stands between the two.
func TestPlanIsTheSameWhoeverIsFaster(t *testing.T) {
	const places = `
context "local" "a" {}
context "local" "b" {}
`
	const a, b = "context.local.a", "context.local.b"
	first := places + block("file.first", b, "")
	between := first + block("call.between", a, after("file.first"))
	for name, tt := range map[string]struct{ src, want string }{
		"after another":             {first + block("file.last", a, after("file.first")), "+ file.first, + file.last"},
		"a call is between them":    {between + block("file.last", a, "content = call.command.between.stdout"), "+ file.first, ! call.command.between, + file.last"},
		"a call, by depends_on":     {between + block("file.last", a, after("call.command.between")), "+ file.first, ! call.command.between, + file.last"},
		"two calls":                 {between + block("call.second", b, after("call.command.between")) + block("file.last", a, after("call.command.second")), "+ file.first, ! call.command.between, ! call.command.second, + file.last"},
		"and more come after these": {between + block("file.last", a, after("call.command.between")) + block("file.more", b, after("file.last")), "+ file.first, ! call.command.between, + file.last, + file.more"},
	} {
		t.Run(name, func(t *testing.T) {
			inEveryOrder(func(choose func(int) int) {
				p, w, order := planner.New(load(t, tt.src), options()), &world{}, []string(nil)
				for pending := p.Next(); len(pending) > 0; pending = append(pending, p.Next()...) {
					k := choose(len(pending))
					step := pending[k]
					pending = slices.Delete(pending, k, k+1)
					order = append(order, step.Address)
					p.Done(step, w.answer(step))
				}
				if got := strings.Join(ops(p.Plan()), ", "); got != tt.want {
					t.Errorf("if the answers come as %s, the plan is %q, want %q", order, got, tt.want)
				}
			})
		})
	}
}

// inEveryOrder calls f once for each series of choices that f can make. In f,
// choose(n) returns a number from 0 to n-1.
func inEveryOrder(f func(choose func(int) int)) {
	var chosen, of []int
	for done := false; !done; {
		k := 0
		f(func(n int) int {
			if k == len(chosen) {
				chosen, of = append(chosen, 0), append(of, n)
			}
			k++
			return chosen[k-1]
		})
		for done = true; done && len(chosen) > 0; {
			last := len(chosen) - 1
			if chosen[last]++; chosen[last] < of[last] {
				done = false
			} else {
				chosen, of = chosen[:last], of[:last]
			}
		}
	}
}
