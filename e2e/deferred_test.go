//go:build linux

package e2e

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

const deferred = `
resource "user" "robot" {
  on   = context.sudo.host
  name = "robot"
}

context "sudo" "robot" {
  for_each = context.ssh.host
  via      = each.value
  user     = user.robot[each.key].name
}

resource "file" "hello" {
  on      = context.sudo.robot
  path    = "/home/robot/hello"
  content = "made by ${on.user}\n"
}
`

// A context of a user who does not exist yet is deferred. A saved plan does what it
// showed and says what is left, and the next plan does that.
func TestDeferredContext(t *testing.T) {
	l := lab.New(t, lab.Options{})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + deferred})
	w.must(0, "plan", "-out", "first.plan").says(t, `user.robot["h1"]`, "deferred")
	if w.show("first.plan").Complete {
		t.Error("the first plan says that it is complete")
	}
	w.must(0, "apply", "first.plan").says(t, "1 added", "plan again")
	if out, err := l.Run(1, "ls", "/home/robot/hello"); err == nil {
		t.Errorf("the saved plan did what it did not show: %s", out)
	}
	w.must(0, "plan", "-out", "second.plan").says(t, `file.hello["h1"]`)
	if !w.show("second.plan").Complete {
		t.Error("the second plan says that it is not complete")
	}
	w.must(0, "apply", "second.plan")
	if got := l.ReadFile(1, "/home/robot/hello"); got != "made by robot\n" {
		t.Errorf("the file holds %q", got)
	}
	w.converged()
	l.AssertNoAgents(t)
}

const known = `
variable "shell" { default = "/bin/sh" }
resource "user" "robot" {
  on      = context.sudo.host
  name    = "robot"
  comment = "Robot"
  shell   = var.shell
}

context "sudo" "robot" {
  for_each = context.ssh.host
  via      = each.value
  user     = "robot"
}

resource "file" "hello" {
  on       = context.sudo.robot
  for_each = toset(["one", "two"])
  path     = "/home/robot/${each.key}"
  content  = "made by ${on.user}\n"
}
`

// If somebody changed an account by hand, the plan still shows what its context holds.
// The account is repaired while an agent runs under it.
func TestContextOfAChangedAccount(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 1})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + known})
	w.must(0, "apply", "-auto-approve")
	w.must(0, "apply", "-auto-approve")
	w.converged()
	spoil := func() {
		l.Exec(1, "sh", "-c", "usermod -c 'Somebody else' robot && echo other >/home/robot/one && echo other >/home/robot/two")
	}
	spoil()
	w.must(2, "drift").says(t, "3 drifted outside", `user.robot["h1"]`, `file.hello["h1"]["one"]`, `file.hello["h1"]["two"]`)
	w.setVar("shell", "/bin/bash")
	w.must(0, "plan", "-out", "saved.plan")
	if !w.show("saved.plan").Complete {
		t.Error("the plan says that it is not complete")
	}
	w.must(0, "apply", "saved.plan").says(t, "3 changed")
	w.converged()
	spoil()
	w.must(0, "apply", "-auto-approve").says(t, "3 changed")
	w.converged()
	l.AssertNoAgents(t)
}

// Ctrl-C ends what runs on the hosts, and the next apply goes on from there.
func TestInterrupt(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 2})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 2) + `
resource "file" "first" {
  on      = context.sudo.host
  path    = "/srv/first"
  content = "first\n"
}

call "command" "long" {
  on           = context.sudo.host
  shell        = "[ -e /srv/quick ] || sleep 4321; touch /srv/done"
  triggered_by = [file.first]
}
`})
	run := w.start("apply", "-auto-approve")
	for _, i := range []int{1, 2} {
		run.until("the call runs on "+l.Name(i), func() bool { return runs(l, i, "sleep 4321") })
	}
	run.cmd.Process.Signal(os.Interrupt)
	interrupted := time.Now()
	r := run.wait()
	if took := time.Since(interrupted); r.status != 1 || took > 10*time.Second {
		t.Errorf("ended %s later: %v", took, r)
	}
	l.AssertNoAgents(t)
	for _, i := range []int{1, 2} {
		if slices.ContainsFunc(l.Processes(i), func(p lab.Process) bool { return p.Cmdline == "sleep 4321" }) {
			t.Errorf("the command still runs on %s", l.Name(i))
		}
		l.WriteFile(i, "/srv/quick", "", 0o644)
	}
	w.must(0, "plan").says(t, "call.command.long", "owed", "2 to run")
	w.must(0, "apply", "-auto-approve")
	for _, i := range []int{1, 2} {
		if got := l.ReadFile(i, "/srv/done"); got != "" {
			t.Errorf("%s has %q", l.Name(i), got)
		}
	}
	w.converged()
}
