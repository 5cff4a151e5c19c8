// Package childtest is for tests that start their own binary again, in a place or
// as a user of its own. What such a process covers counts as covered, and what it
// leaves out is left out with its reason: `go test` knows only the process that it
// starts itself. What else has to end is waited for, too. It is never part of a program.
package childtest

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

// Run runs a process of this test binary, which runs one test, and fails the test
// where that one fails. The error is that of a process that could not be started.
// It may belong to another user.
func Run(t *testing.T, cmd *exec.Cmd) error {
	t.Helper()
	cmd.Args = append(cmd.Args, "-test.v")
	count(t, cmd)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		t.Fatalf("%v\n%s", err, out)
	}
	// The bar keeps test2json(1) from taking these lines for results of this process.
	t.Logf("%s", strings.ReplaceAll("\n"+string(out), "\n", "\n| "))
	for _, s := range leftOut(string(out)) {
		t.Run("inside", func(t *testing.T) { t.Skip(s) })
	}
	return err
}

var reason = regexp.MustCompile(`^\s+\S+\.go:\d+: (.*)`)

// leftOut are the tests that a process says that it skipped, with the reasons.
func leftOut(out string) (all []string) {
	why := "no reason given"
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if said := reason.FindStringSubmatch(line); said != nil {
			why = said[1]
		}
		if name, skipped := strings.CutPrefix(strings.TrimSpace(line), "--- SKIP: "); skipped {
			all = append(all, name+": "+why)
			why = "no reason given"
		}
	}
	return all
}

// count has the process count what it covers, and adds that to what this one covers
// when the test ends.
func count(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if testing.CoverMode() == "" {
		return
	}
	counted, err := os.MkdirTemp("", "cover")
	if err == nil {
		err = os.Chmod(counted, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd.Args = append(cmd.Args, "-test.gocoverdir="+counted)
	t.Cleanup(func() {
		defer os.RemoveAll(counted)
		files, _ := filepath.Glob(filepath.Join(counted, "covcounters.*"))
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err == nil {
				err = os.WriteFile(filepath.Join(flag.Lookup("test.gocoverdir").Value.String(), filepath.Base(file)), b, 0o600)
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
}
