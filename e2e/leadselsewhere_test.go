//go:build linux

package e2e

import (
	"bufio"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// place is one of the places that a context leads to in turn.
type place struct {
	value string            // of the argument that says so
	write func(text string) // changes the file there
}

// A context leads to another host than at the last apply, or into the namespaces of
// another process. What differs there is told as that, and not as changed outside. An
// apply records where it was, so that the next plan compares again.
func TestAContextThatLeadsElsewhere(t *testing.T) {
	t.Run("another host", func(t *testing.T) {
		l := lab.New(t, lab.Options{Hosts: 2})
		on := func(i int) place {
			return place{l.Addr(i), func(text string) {
				l.WriteFile(i, "/home/deploy/motd", text, 0o666)
				l.Exec(i, "chown", "deploy:", "/home/deploy/motd")
			}}
		}
		config := strings.ReplaceAll(sshBlock(l, "app", "PLACE", "deploy", ""), `"PLACE"`, "var.place")
		leadsElsewhere(t, "host", config+noticeIn("ssh", "/home/deploy/motd"), on(1), on(2))
		l.AssertNoAgents(t)
	})
	t.Run("another process", func(t *testing.T) {
		config := "context \"nsenter\" \"app\" {\n  pid = var.place\n}\n"
		leadsElsewhere(t, "pid", config+noticeIn("nsenter", "/mnt/motd"), inOwnMounts(t), inOwnMounts(t))
	})
}

// noticeIn is a file in a context of that kind.
func noticeIn(kind, path string) string {
	return fmt.Sprintf(`
variable "place" {}
resource "file" "notice" {
  on      = context.%s.app
  path    = %q
  content = "Hello.\n"
  mode    = "0666"
}
`, kind, path)
}

// inOwnMounts starts a process with an empty /mnt of its own, which ends with the test.
func inOwnMounts(t *testing.T) place {
	t.Helper()
	cmd := exec.Command("unshare", "-m", "--propagation", "private", "sh", "-c", "mount -t tmpfs none /mnt && echo up && exec cat")
	in, err := cmd.StdinPipe() // cat ends with it
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "up\n" {
		t.Fatalf("the process with mounts of its own said %q, %v", line, err)
	}
	pid := strconv.Itoa(cmd.Process.Pid)
	return place{pid, func(text string) {
		w := exec.Command("nsenter", "-m", "-t", pid, "tee", "/mnt/motd")
		w.Stdin = strings.NewReader(text)
		if said, err := w.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}}
}

func leadsElsewhere(t *testing.T, argument, config string, before, now place) {
	w := newWorkspace(t, map[string]string{"main.mito.hcl": config})
	silent := func(r result, texts ...string) {
		for _, text := range texts {
			if strings.Contains(r.all(), text) {
				t.Errorf("%q was not expected in the output of %v", text, r)
			}
		}
	}
	const outside, elsewhere = "1 thing was changed outside since the last apply", "Warning: Context leads elsewhere than at the last apply"
	w.setVar("place", before.value)
	w.must(0, "apply", "-auto-approve")
	now.write("Another.\n")

	w.setVar("place", now.value)
	r := w.must(0, "plan", "-no-color", "-out", "there.plan")
	r.says(t, elsewhere, argument+" ", "= var.place", fmt.Sprintf("led to %s %s, and leads to %s %s now", argument, before.value, argument, now.value))
	silent(r, outside)
	r = w.must(2, "drift", "-no-color")
	r.says(t, elsewhere, "0 drifted outside, 1 not yet applied, 0 of unknown origin")
	silent(r, "Changed outside")

	w.must(0, "apply", "there.plan")
	silent(w.must(0, "plan"), elsewhere)
	now.write("By hand.\n")
	r = w.must(0, "plan", "-no-color")
	r.says(t, outside)
	silent(r, elsewhere)

	// There, everything is as it was left by the first apply. The next one records where
	// that was.
	w.setVar("place", before.value)
	w.must(0, "apply", "-auto-approve").says(t, "No changes")
	before.write("By hand.\n")
	r = w.must(0, "plan", "-no-color")
	r.says(t, outside)
	silent(r, elsewhere)
}
