//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A crash leaves no core file, which would contain every secret.
func TestNoCoreFile(t *testing.T) {
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil || strings.ContainsAny(string(pattern), "/|") {
		t.Skipf("core files go elsewhere: %s (%v)", pattern, err)
	}
	w := newWorkspace(t, map[string]string{"main.mito.hcl": `
context "local" "here" {}
call "command" "wait" {
  on    = context.local.here
  shell = "until [ -e go-on ]; do sleep 0.05; done"
  dir   = "` + t.TempDir() + `"
}
`})
	cmd := exec.Command("sh", "-c", `ulimit -c unlimited && exec "$@"`, "sh", program, "-chdir="+w.dir, "apply", "-auto-approve")
	cmd.Dir, cmd.Env = w.dir, append(w.env, "GOTRACEBACK=crash")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var agents []int
	// The agent is ready once it runs the command. A process that has only just started
	// has not hidden its memory yet, and holds no secret.
	eventually(t, runLimit, "the agent runs the command", func() bool {
		agents = slices.DeleteFunc(childrenOf(cmd.Process.Pid), func(pid int) bool { return len(childrenOf(pid)) == 0 })
		return len(agents) > 0
	})
	for _, pid := range agents {
		_ = syscall.Kill(pid, syscall.SIGABRT)
	}
	_ = cmd.Process.Signal(syscall.SIGABRT)
	_ = cmd.Wait()
	for _, dir := range []string{w.dir, w.home, "/", os.Getenv("HOME")} {
		found, _ := filepath.Glob(filepath.Join(dir, "core*"))
		for _, f := range found {
			if st, err := os.Stat(f); err == nil && !st.IsDir() && st.ModTime().After(startOfTests) {
				t.Errorf("%s was left by %s", f, out.String())
				os.Remove(f)
			}
		}
	}
}

// childrenOf are the children of a process.
func childrenOf(pid int) []int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, t := range tasks {
		c, _ := os.ReadFile(t)
		b = append(append(b, ' '), c...)
	}
	var out []int
	for _, f := range strings.Fields(string(b)) {
		var n int
		if _, err := fmt.Sscan(f, &n); err == nil && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
