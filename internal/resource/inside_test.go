package resource_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// runInside runs a process of this test binary, which runs one test in a place of its
// own. What is left out there is left out here, with its reason: nobody would see
// it otherwise. A process that cannot be started in its place is returned as err.
func runInside(t *testing.T, cmd *exec.Cmd) (err error) {
	t.Helper()
	cmd.Args = append(cmd.Args, "-test.v")
	countIn(t, cmd)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		t.Fatalf("%v\n%s", err, out)
	}
	// The bar keeps test2json(1) from taking these lines for results of this process.
	t.Logf("%s", strings.ReplaceAll("\n"+string(out), "\n", "\n| "))
	reason := "no reason given"
	for _, line := range strings.Split(string(out), "\n") {
		if said := reasonLine.FindStringSubmatch(line); said != nil {
			reason = said[1]
		}
		if name, skipped := strings.CutPrefix(strings.TrimSpace(line), "--- SKIP: "); skipped {
			t.Run("inside", func(t *testing.T) { t.Skipf("%s: %s", name, reason) })
		}
	}
	return err
}

var reasonLine = regexp.MustCompile(`^\s+\S+\.go:\d+: (.*)`)

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
