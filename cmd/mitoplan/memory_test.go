package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var memoryBytes = flag.Int64("memory.bytes", 128<<20, "how many bytes TestAnySourceTakesTheSameMemory copies")

// TestAnySourceTakesTheSameMemory copies a large source to two contexts, with each command
// that reads it. The program takes little more memory for that than for one of 2 MiB, and
// less than 64 MiB.
func TestAnySourceTakesTheSameMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux says how much memory a process had")
	}
	dir := t.TempDir()
	var src strings.Builder
	for _, name := range []string{"a", "b"} {
		fmt.Fprintf(&src, "context \"local\" %q {}\nresource \"file\" %q {\n  on     = context.local.%s\n  path   = %q\n  source = \"big.bin\"\n}\n", name, name, name, filepath.Join(dir, name))
	}
	if err := os.WriteFile(filepath.Join(dir, "main.mito.hcl"), []byte(src.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	peaks := map[string][]int{}
	commands := [][]string{{"plan", "-out=named"}, {"apply", "named"}, {"plan"}, {"drift"}, {"plan", "-out=bundled", "-bundle"}, {"apply", "bundled"}}
	for _, size := range []int64{2 << 20, *memoryBytes} {
		sparse(t, filepath.Join(dir, "big.bin"), size)
		for _, args := range commands {
			if args[len(args)-1] == "-bundle" {
				for _, name := range []string{"a", "b"} {
					if err := os.Remove(filepath.Join(dir, name)); err != nil {
						t.Fatal(err)
					}
				}
			}
			peak := peakOf(t, dir, args...)
			peaks[strings.Join(args, " ")] = append(peaks[strings.Join(args, " ")], peak)
		}
		if st, err := os.Stat(filepath.Join(dir, "b")); err != nil || st.Size() != size {
			t.Fatalf("b is %v, %v", st, err)
		}
	}
	for command, peak := range peaks {
		t.Logf("%s: %d MiB for a source of 2 MiB, %d for one of %d MiB", command, peak[0], peak[1], *memoryBytes>>20)
		if grown := peak[1] - peak[0]; grown > 24 {
			t.Errorf("%s takes %d MiB more", command, grown)
		}
		if peak[0] < 40 && peak[1] >= 64 { // under the race detector, any program takes more
			t.Errorf("%s takes %d MiB", command, peak[1])
		}
	}
}

// sparse makes a file of that length that is a hole but for its beginning.
func sparse(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.WriteFile(path, []byte("it begins"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

// peakOf runs the program, and returns the most memory that it had, in MiB.
func peakOf(t *testing.T, dir string, args ...string) (peak int) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c := &exec.Cmd{Path: exe, Args: append([]string{"mitoplan"}, args...), Dir: dir, Stdout: &out, Stderr: &out, Env: append(os.Environ(), "HOME="+dir)}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("mitoplan %s: %v\n%s", strings.Join(args, " "), err, out.String())
			}
			return peak
		case <-tick.C:
			peak = max(peak, memoryOf(c.Process.Pid))
		}
	}
}

// memoryOf is the most memory that a process ever had, in MiB; 0 if it is gone.
func memoryOf(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	kib := 0
	_, _ = fmt.Sscan(rest, &kib)
	return kib >> 10
}
