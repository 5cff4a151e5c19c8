package planner_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
)

// tenOnEach are n instances, ten on each of n/10 hosts.
func tenOnEach(n int) string {
	return fmt.Sprintf(`
context "ssh" "h" {
  for_each = { for p in setproduct(range(10), range(%d)) : "h${p[0]}-${p[1]}" => "10.0.0.1" }
  host     = each.value
}
resource "file" "x" {
  on       = context.ssh.h
  for_each = toset(["a", "b", "c", "d", "e"])
  path     = "/etc/${each.key}"
  content  = "for ${on.key} on ${on.cpus}"
}
resource "file" "y" {
  on       = context.ssh.h
  for_each = toset(["f", "g", "h", "i", "j"])
  path     = "/etc/${each.key}"
  content  = "for ${on.key} on ${on.cpus}"
}`, n/100)
}

// onOneHost are n files on one host, each with a content of its own.
func onOneHost(n int) string {
	return fmt.Sprintf(`
context "ssh" "h" { host = "h" }
resource "file" "x" {
  on      = context.ssh.h
  count   = %d
  path    = "/x${count.index}"
  content = "the file ${count.index}"
}`, n)
}

// planned plans n instances, all of which change.
func planned(tb testing.TB, cfg *config.Config, n int) (*planner.Planner, *planner.Plan) {
	p := planner.New(cfg, options())
	plan := drive(tb, p, &world{})
	if len(plan.Actions) != n {
		tb.Fatalf("%d actions", len(plan.Actions))
	}
	return p, plan
}

// heldBy are the bytes that a planner and its plan hold for each instance.
func heldBy(tb testing.TB, cfg *config.Config, n int) float64 {
	before := inUse()
	p, plan := planned(tb, cfg, n)
	held := float64(inUse()-before) / float64(n)
	runtime.KeepAlive(p)
	runtime.KeepAlive(plan)
	return held
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one freed of pools is gone
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A planner holds less than 4 KB for an instance. An apply of 100,000 holds that until
// its end.
func TestInstancesAreSmall(t *testing.T) {
	const n = 5000
	for name, tt := range map[string]struct {
		src  string
		most float64
	}{
		"ten on each host": {tenOnEach(n), 4000},
		"all on one host":  {onOneHost(n), 3350},
	} {
		if held := heldBy(t, load(t, tt.src), n); held > tt.most {
			t.Errorf("%s: %.0f bytes for each, want at most %.0f", name, held, tt.most)
		}
	}
}

// BenchmarkPlan plans instances on many hosts.
func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchmarkPlan(b, tenOnEach(n), n) })
	}
}

// BenchmarkPlanOneHost plans 20,000 files on one host.
func BenchmarkPlanOneHost(b *testing.B) { benchmarkPlan(b, onOneHost(20_000), 20_000) }

// benchmarkPlan reports, beside what each plan allocates, what it holds in the end.
func benchmarkPlan(b *testing.B, src string, n int) {
	cfg := load(b, src)
	b.ReportAllocs()
	for b.Loop() {
		planned(b, cfg, n)
	}
	b.ReportMetric(heldBy(b, cfg, n), "held-B/instance")
}
