package executor_test

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

var memoryBytes = flag.Int64("memory.bytes", 128<<20, "how long a content is that must not be in memory")

// TestLargeResultsTakeNoMemory: a long content goes from a host into a file of the
// controller. The agent and the controller, which are one process here, need less than
// 64 MB for it.
func TestLargeResultsTakeNoMemory(t *testing.T) {
	size := *memoryBytes
	l := newLab(t)
	l.sparse("large", size)
	s := l.session(`
context "local" "h" {}
call "read_file" "x" {
  on      = context.local.h
  path    = "$DIR/large"
  save_as = "fetched"
}
call "command" "x" {
  on          = context.local.h
  argv        = ["cat", "$DIR/large"]
  stdout_file = "printed"
}`, nil)
	p := l.plan(s)
	took := heapTaken(func() {
		if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
			t.Fatal(diags)
		}
	})
	for _, name := range []string{"fetched", "printed"} {
		if info, err := os.Stat(filepath.Join(l.Dir, name)); err != nil || info.Size() != size {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	t.Logf("it took %d MB more", took/1_000_000)
	if took > 64_000_000 {
		t.Errorf("it took %d MB of memory", took/1_000_000)
	}
}

// sparse makes a file of zero bytes in the directory.
func (l *lab) sparse(name string, size int64) {
	l.t.Helper()
	l.write(name, "")
	if err := os.Truncate(filepath.Join(l.Dir, name), size); err != nil {
		l.t.Fatal(err)
	}
}

// heapTaken is how many bytes the system gave to the heap while f ran. Stacks may have
// taken some of it, so it may be less than nothing.
func heapTaken(f func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.HeapSys) - int64(before.HeapSys)
}
