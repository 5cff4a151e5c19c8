package planner_test

import (
	"fmt"
	"testing"

	"github.com/mitoplan/mitoplan/planner"
)

// BenchmarkApply drives an apply in which everything succeeds. Its cost should grow
// with the number of actions and of the edges between them, in whatever order they
// stand.
func BenchmarkApply(b *testing.B) {
	host := "context \"ssh\" \"h\" { host = \"h\" }\ncontext \"ssh\" \"other\" { host = \"o\" }\n"
	many := func(n int) string {
		return fmt.Sprintf("resource \"file\" \"x\" {\n  on = context.ssh.h\n  count = %d\n  path = \"/x${count.index}\"\n}\n", n)
	}
	last := func(on string) string {
		return "call \"command\" \"last\" {\n  on = context.ssh." + on + "\n  argv = [\"x\"]\n  triggered_by = [all(file.x)]\n}\n"
	}
	shapes := map[string]func(n int) string{
		"side by side":             many,
		"then one":                 func(n int) string { return many(n) + last("h") },
		"then one on another host": func(n int) string { return many(n) + last("other") },
		"accounts": func(n int) string {
			return fmt.Sprintf("resource \"user\" \"x\" {\n  on = context.ssh.h\n  count = %d\n  name = \"u${count.index}\"\n}\n", n)
		},
	}
	for name, shape := range shapes {
		for _, n := range []int{1000, 10_000, 40_000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					w := &world{}
					plan, p := makePlan(b, host+shape(n), w)
					b.StartTimer()
					a := p.Apply(plan, planner.ApplyOptions{Now: applyTime})
					for !a.Finished() {
						for _, s := range a.Next() {
							a.Done(s, w.applies(s))
						}
						a.Progress()
					}
				}
			})
		}
	}
}
