//go:build linux

package e2e

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// Through ssh and sudo, containers of podman and runc on four hosts are planned, applied
// and looked at for drift. What was put there is seen through nsenter and exec, too.
func TestContainers(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 4})
	for i := 1; i <= l.Hosts(); i++ {
		l.StartContainer(i, "app")
	}
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, l.Hosts()) + inContainers("app", "") + fmt.Sprintf(elsewhere, "podman")})
	plannedElsewhere(t, l, w, "/srv/app")

	l.Exec(3, "podman", "stop", "-t", "0", "app")
	w.must(1, "plan", "-no-color").says(t, "Error: Container is not running", `context.podman.place["h3"]`, "1 context unreachable")

	other := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + intoContainer(strings.TrimSpace(l.Exec(1, "podman", "inspect", "-f", "{{.State.Pid}}", "app")))})
	other.must(0, "apply", "-auto-approve")
	if got := other.must(0, "output", "-json", "notices").stdout; strings.Count(got, `This is h1.\n`) != 2 {
		t.Errorf("nsenter and exec see %s, want the file of the container twice", got)
	}
	l.AssertNoAgents(t)
}

// What the real podman says when it refuses is told as what it is.
func TestPodmanRefuses(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	for _, name := range []string{"app", "bare", "stopped"} {
		l.StartContainer(1, name)
	}
	l.Exec(1, "rm", "/srv/bare/bin/sh")
	l.Exec(1, "podman", "stop", "-t", "0", "stopped")
	for name, c := range map[string]struct {
		container, more string
		says            []string
		counts          string // what the context counts as, if it did not fail
	}{
		"stopped":  {"stopped", "", []string{"Error: Container is not running", `container = "stopped"`, "Its last words: Error: ", "container state improper"}, "unreachable"},
		"missing":  {"ghost", "", []string{"Error: No such container", `container = "ghost"`, `no container with name or ID "ghost" found`}, ""},
		"no user":  {"app", `user = "ghost"`, []string{"Error: No such user in the container", `user = "ghost"`, "unable to find user ghost"}, ""},
		"no shell": {"bare", "", []string{"Error: No shell in the container", `container = "bare"`, "executable file"}, ""},
		"no podman": {"app", `path = "/no/such/podman"`, []string{"Error: Program of the context is missing", `path = "/no/such/podman"`,
			"/no/such/podman cannot be executed"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + inContainers(c.container, c.more) + fmt.Sprintf(elsewhere, "podman")})
			w.must(1, "plan", "-no-color").says(t, append(c.says, "1 context "+cmp.Or(c.counts, "failed"))...)
			l.AssertNoAgents(t)
		})
	}
}

// inContainers is a podman context on each host of a fleet.
func inContainers(name, more string) string {
	return fmt.Sprintf(`
context "podman" "place" {
  for_each  = context.sudo.host
  via       = each.value
  container = %q
  %s
}
`, name, more)
}

// intoContainer reads the file of elsewhere in the container app of host 1, where a process
// of that id runs, by other programs than podman alone.
func intoContainer(pid string) string {
	return fmt.Sprintf(`
context "nsenter" "app" {
  via        = context.sudo.host["h1"]
  pid        = %s
  namespaces = ["mount", "uts", "ipc", "net", "pid"]
}

context "exec" "app" {
  via     = context.sudo.host["h1"]
  command = ["env", "podman", "exec", "-i", "app"]
}

call "command" "nsenter" {
  on        = context.nsenter.app
  argv      = ["cat", "/etc/app/notice"]
  read_only = true
}

call "command" "exec" {
  on        = context.exec.app
  argv      = ["cat", "/etc/app/notice"]
  read_only = true
}

output "notices" {
  value = [call.command.nsenter.stdout, call.command.exec.stdout]
}
`, pid)
}
