package executor_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
)

// TestLongStdinIsPulled: a command reads a file of the controller of any size, and one
// that reads a part of it is no error. Neither end has it in memory.
func TestLongStdinIsPulled(t *testing.T) {
	size := *memoryBytes
	l := newLab(t)
	l.sparse("big.bin", size)
	s := l.open(l.fromDisk(`
context "local" "h" {}
call "command" "all" {
  on         = context.local.h
  argv       = ["sha256sum"]
  stdin_file = "big.bin"
}
call "command" "part" {
  on         = context.local.h
  argv       = ["head", "-c", "10"]
  stdin_file = "big.bin"
}
output "all" { value = call.command.all.stdout }`, nil))
	p := l.plan(s)
	took := heapTaken(func() {
		if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
			t.Fatal(diags)
		}
	})
	sum := sha256.New()
	for left := size; left > 0; left -= 1 << 20 {
		sum.Write(make([]byte, min(left, 1<<20)))
	}
	if got := outputs(t, s)["all"].AsString(); got != fmt.Sprintf("%x  -\n", sum.Sum(nil)) {
		t.Errorf("the command read something with the sum %s", got)
	}
	if took > 64_000_000 {
		t.Errorf("it took %d MB of memory", took/1_000_000)
	} else {
		t.Logf("it took %d MB more", took/1_000_000)
	}
}
