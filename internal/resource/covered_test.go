package resource_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// countIn has a process of this test binary count what it covers, and adds that to
// what this one covers: `go test -cover` counts only the process that it starts.
// The process may belong to another user. It has to end before the test does.
func countIn(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if testing.CoverMode() == "" {
		return
	}
	counted, err := os.MkdirTemp("", "cover")
	must(t, err)
	must(t, os.Chmod(counted, 0o777))
	cmd.Args = append(cmd.Args, "-test.gocoverdir="+counted)
	t.Cleanup(func() {
		defer os.RemoveAll(counted)
		for _, file := range globbed(t, filepath.Join(counted, "covcounters.*")) {
			b, err := os.ReadFile(file)
			must(t, err)
			must(t, os.WriteFile(filepath.Join(flag.Lookup("test.gocoverdir").Value.String(), filepath.Base(file)), b, 0o600))
		}
	})
}

func globbed(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	must(t, err)
	if len(found) == 0 {
		t.Errorf("there is no %s", pattern)
	}
	return found
}
