//go:build linux

package e2e

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// The quickstart creates its files, then finds nothing to do, shows what was
// changed by hand, and repairs it.
func TestQuickstart(t *testing.T) {
	w := exampleWorkspace(t, "quickstart")
	w.must(0, "apply", "-auto-approve").says(t, "2 added, 1 changed")
	greeting := w.read("generated/greeting.txt")
	if !strings.HasPrefix(greeting, "Hello, world!\n") || !strings.Contains(greeting, "Signed on Linux.") {
		t.Errorf("the greeting is %q", greeting)
	}
	w.must(0, "apply", "-auto-approve").says(t, "No changes.")
	w.must(0, "drift")

	w.write("generated/greeting.txt", greeting+"by hand\n")
	w.must(2, "drift").says(t, "file.greeting", "- by hand")
	w.must(0, "apply", "-auto-approve").says(t, "- by hand", "2 changed")
	if got := w.read("generated/greeting.txt"); got != greeting {
		t.Errorf("after the repair the greeting is %q, want %q", got, greeting)
	}
	w.converged()
	if got := w.must(0, "output", "-raw", "greeting").stdout; strings.TrimSpace(got) != w.path("generated/greeting.txt") {
		t.Errorf("the output is %q", got)
	}
	assertEmpty(t, w.home)
}

// The quickstart changes nothing outside of its directory.
func assertEmpty(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if path != dir {
			t.Errorf("%s was left in an empty directory (%v)", path, err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// At a terminal apply asks, and does nothing unless the answer is yes.
func TestApplyAsks(t *testing.T) {
	for _, test := range []struct {
		answer string
		status int
		made   bool
	}{{"no\n", 1, false}, {"yes\n", 0, true}} {
		t.Run(strings.TrimSpace(test.answer), func(t *testing.T) {
			w := exampleWorkspace(t, "quickstart")
			w.env = slices.DeleteFunc(w.env, func(v string) bool { return v == "CI=true" })
			cmd, _, _ := w.command("apply")
			cmd.Stdout, cmd.Stderr = nil, nil
			terminal, err := pty.Start(cmd)
			if err != nil {
				t.Fatal(err)
			}
			defer terminal.Close()
			shown := readUntil(terminal, "Enter a value:") // what is typed before that is no answer
			io.WriteString(terminal, test.answer)
			rest, _ := io.ReadAll(terminal) // ends with an error when the program does
			shown = append(shown, rest...)
			cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != test.status {
				t.Errorf("status %d:\n%s", got, shown)
			}
			if _, err := os.Stat(w.path("generated/greeting.txt")); (err == nil) != test.made {
				t.Errorf("that the greeting exists should be %v: %v\n%s", test.made, err, shown)
			}
		})
	}
}

// readUntil reads up to a text, or to the end.
func readUntil(r io.Reader, text string) (read []byte) {
	for b := make([]byte, 1); !bytes.HasSuffix(read, []byte(text)); read = append(read, b...) {
		if _, err := r.Read(b); err != nil {
			break
		}
	}
	return read
}

// If there is nobody to ask, apply says so and does nothing.
func TestApplyWithNobodyToAsk(t *testing.T) {
	w := exampleWorkspace(t, "quickstart")
	w.must(1, "apply").says(t, "-auto-approve")
	if _, err := os.Stat(w.path("generated")); err == nil {
		t.Error("the apply wrote its files without a yes")
	}
}

// The README's command works if the home is empty and nothing but Go and git is
// installed: no compiler, no make, no ssh, no sudo.
func TestQuickstartWithGoAlone(t *testing.T) {
	t.Parallel()
	w := exampleWorkspace(t, "quickstart")
	cmd := exec.CommandContext(t.Context(), "go", "run", "./cmd/mitoplan", "-chdir="+w.dir, "apply", "-auto-approve")
	cmd.Dir = ".."
	caches, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	dirs := strings.Fields(string(caches))
	cmd.Env = []string{"PATH=" + bareTools(t), "HOME=" + w.home, "CI=true", "GOCACHE=" + dirs[0], "GOMODCACHE=" + dirs[1], "GOTOOLCHAIN=local", "GOPROXY=off"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := w.read("generated/greeting.txt"); !strings.HasPrefix(got, "Hello, world!\n") {
		t.Errorf("the greeting is %q", got)
	}
}

// bareTools makes a directory with go, git and what every machine has.
func bareTools(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	tools := []string{"go", "git", "sh", "uname", "id", "cat", "cp", "mv", "rm", "mkdir", "chmod", "ln", "ls", "head", "dd", "gzip", "mktemp", "env", "test", "true", "sleep"}
	for _, tool := range tools {
		path, err := exec.LookPath(tool)
		if err != nil {
			continue
		}
		if err := os.Symlink(path, filepath.Join(dir, tool)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
