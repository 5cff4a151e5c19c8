//go:build linux

package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// lossLimit is how long a run may take if a host is cut off.
const lossLimit = 15*time.Second + machineTime

const notice = `
resource "file" "notice" {
  on      = context.sudo.host
  path    = "/etc/notice"
  content = "This is ${on.key}.\n"
}
`

// A host that is cut off before an apply costs its own part and no more: one
// error that says who, where, when and why.
func TestHostCutBeforeApply(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 11, Bastion: true})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 2, 11) + notice})
	l.CutLink(5)
	r := w.must(1, "apply", "-auto-approve")
	if r.took > lossLimit {
		t.Errorf("the apply took %s, want %s at most", r.took, lossLimit)
	}
	assertOneError(t, r, `context.ssh.host["h5"]`, "bastion", l.Addr(5), "dial")
	r.says(t, "9 added", "Apply incomplete.")
	assertNotice(t, l, 5)
	l.HealLink(5)
	w.must(0, "apply", "-auto-approve").says(t, "1 added", `file.notice["h5"]`)
	w.converged()
	l.AssertNoAgents(t)
}

// The same holds if the host is cut off while a call runs on it.
func TestHostCutDuringCall(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 11, Bastion: true})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 2, 11) + `
call "command" "wait" {
  on    = context.sudo.host
  shell = "until [ -e /run/go-on ]; do sleep 0.05; done"
}

resource "file" "notice" {
  on         = context.sudo.host
  path       = "/etc/notice"
  content    = "This is ${on.key}.\n"
  depends_on = [call.command.wait]
}
`})
	run := w.start("apply", "-auto-approve")
	for i := 2; i <= 11; i++ {
		run.until("the call runs on "+l.Name(i), func() bool { return runs(l, i, "go-on") })
	}
	l.CutLink(5)
	cut := time.Now()
	for i := 2; i <= 11; i++ {
		if i != 5 {
			l.WriteFile(i, "/run/go-on", "", 0o644)
		}
	}
	r := run.wait()
	took := time.Since(cut)
	t.Logf("ended %s after the cut", took.Round(time.Millisecond))
	if took > lossLimit {
		t.Errorf("the apply went on for %s after the cut", took)
	}
	if r.status != 1 {
		t.Errorf("status 1 was expected of %v", r)
	}
	assertOneError(t, r, "Connection lost", `context.ssh.host["h5"]`, "phase running", "No sign of life", `in context local -> ssh bastion -> ssh host["h5"]`)
	assertNotice(t, l, 5)
	l.HealLink(5)
	l.WriteFile(5, "/run/go-on", "", 0o644)
	w.must(0, "apply", "-auto-approve")
	if got := l.ReadFile(5, "/etc/notice"); got != "This is h5.\n" {
		t.Errorf("h5 has %q", got)
	}
	l.AssertNoAgents(t)
}

// runs reports whether a process whose command line contains a text runs on host i.
func runs(l *lab.Lab, i int, text string) bool {
	return slices.ContainsFunc(l.Processes(i), func(p lab.Process) bool { return strings.Contains(p.Cmdline, text) })
}

// assertOneError fails the test unless a run reports exactly one error that contains
// all of the texts.
func assertOneError(t *testing.T, r result, texts ...string) {
	t.Helper()
	if n := strings.Count(r.all(), "Error: "); n != 1 {
		t.Errorf("%d errors, not one, in %v", n, r)
		return
	}
	_, message, _ := strings.Cut(r.all(), "Error: ")
	for _, text := range texts {
		if !strings.Contains(message, text) {
			t.Errorf("the error does not say %q: %v", text, r)
		}
	}
}

// assertNotice fails the test if a host behind the bastion has no notice. One host is
// left out of this.
func assertNotice(t *testing.T, l *lab.Lab, without int) {
	t.Helper()
	for i := 2; i <= l.Hosts(); i++ {
		want := "This is " + l.Name(i) + ".\n"
		if got, _ := l.Run(i, "cat", "/etc/notice"); (got == want) == (i == without) {
			t.Errorf("%s has %q", l.Name(i), got)
		}
	}
}

// If mitoplan is killed, everything that it started ends within 5 s. The next apply
// does what the killed one did not.
func TestKilled(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 3, Bastion: true})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 2, 3) + `
resource "directory" "d" {
  on   = context.sudo.host
  path = "/srv/made"
}

call "command" "long" {
  on      = context.sudo.host
  shell   = "sleep 4321 & [ -e /srv/quick ] || sleep 4321; kill %1; touch /srv/done"
  creates = "/srv/done"
}

resource "file" "after" {
  on         = context.sudo.host
  path       = "/srv/made/file"
  content    = join("", [for i in range(1000) : format("line %0200d\n", i)])
  depends_on = [call.command.long]
}
`})
	run := w.start("apply", "-auto-approve")
	for _, i := range []int{2, 3} {
		run.until("the call runs on "+l.Name(i), func() bool { return runs(l, i, "sleep 4321") })
	}
	run.cmd.Process.Kill()
	killed := time.Now()
	run.wait()
	eventually(t, 5*time.Second-time.Since(killed), "all that ran on the hosts has ended", func() bool {
		return len(l.Agents()) == 0 && !runs(l, 2, "sleep 4321") && !runs(l, 3, "sleep 4321")
	})
	for i := 1; i <= 3; i++ {
		if found := strings.TrimSpace(l.Exec(i, "find", "/srv", "-type", "f")); found != "" {
			t.Errorf("%s has %s", l.Name(i), found)
		}
		l.WriteFile(i, "/srv/quick", "", 0o644)
	}
	w.must(0, "apply", "-auto-approve")
	w.converged()
	l.AssertNoAgents(t)
}

// The same holds while files are written: no file is ever half written.
func TestKilledWhileWriting(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + `
resource "file" "big" {
  on       = context.sudo.host
  for_each = toset([for i in range(40) : tostring(i)])
  path     = "/srv/big${each.key}"
  content  = join("", [for i in range(1000) : format("line %0200d\n", i)])
}
`})
	run := w.start("apply", "-auto-approve")
	run.until("a file is there", func() bool {
		found, _ := l.Run(1, "find", "/srv", "-name", "big*")
		return found != ""
	})
	run.cmd.Process.Kill()
	run.wait()
	l.AssertNoAgents(t)
	for size := range strings.FieldsSeq(l.Exec(1, "find", "/srv", "-name", "big*", "-printf", "%s ")) {
		if size != "206000" {
			t.Errorf("a file has %s bytes", size)
		}
	}
	w.must(0, "apply", "-auto-approve")
	w.converged()
	if found := strings.TrimSpace(l.Exec(1, "find", "/srv", "-type", "f", "!", "-name", "big*")); found != "" {
		t.Errorf("left over: %s", found)
	}
}
