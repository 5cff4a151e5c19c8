//go:build linux

package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// needDoas skips the test where there is no doas.
func needDoas(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("doas"); err != nil {
		t.Skip("no doas here (Debian package opendoas)")
	}
}

// elsewhere is a file in a context that is reached through all hosts' ssh contexts. It
// has no account but root.
const elsewhere = `
resource "directory" "app" {
  on   = context.%[1]s.place
  path = "/etc/app"
}

resource "file" "notice" {
  on      = context.%[1]s.place
  path    = "/etc/app/notice"
  content = "This is ${on.key}.\n"
  mode    = "0640"
}

call "command" "who" {
  on        = context.%[1]s.place
  argv      = ["id", "-u"]
  read_only = true
}

output "who" {
  value = [for c in call.command.who : trimspace(c.stdout)]
}
`

// plannedElsewhere plans and applies elsewhere, changes a file by hand, and finds and
// mends that. root is the root of the place as the host sees it.
func plannedElsewhere(t *testing.T, l *lab.Lab, w *workspace, root string) {
	t.Helper()
	w.must(0, "plan", "-no-color").says(t, fmt.Sprintf("%d to add", 2*l.Hosts()))
	w.must(0, "apply", "-auto-approve").says(t, fmt.Sprintf("%d added", 2*l.Hosts()))
	for i := 1; i <= l.Hosts(); i++ {
		if got := l.Exec(i, "cat", root+"/etc/app/notice"); got != "This is "+l.Name(i)+".\n" {
			t.Errorf("%s has %q", l.Name(i), got)
		}
		if _, err := l.Run(i, "test", "-e", "/etc/app"); err == nil {
			t.Errorf("%s has the directory in its own root", l.Name(i))
		}
	}
	if got := w.must(0, "output", "-json", "who").stdout; strings.Count(got, `"0"`) != l.Hosts() {
		t.Errorf("the users in the places are %s, want %d times root", got, l.Hosts())
	}
	w.converged()

	l.Exec(2, "sh", "-c", "echo by hand >>"+root+"/etc/app/notice")
	w.must(2, "drift", "-no-color").says(t, `file.notice["h2"]`, "- by hand", "1 drifted outside")
	w.must(0, "apply", "-auto-approve").says(t, "1 changed")
	w.must(0, "drift").says(t, "No drift.")
	w.converged()
	l.AssertNoAgents(t)
}

// Through ssh and doas, other roots of four hosts are planned, applied and looked at for
// drift, without /proc in there. So they are through ssh, su and doas.
func TestOtherRoots(t *testing.T) {
	t.Parallel()
	needDoas(t)
	l := lab.New(t, lab.Options{Hosts: 4})
	for i := 1; i <= l.Hosts(); i++ {
		l.WriteFile(i, "/etc/doas.conf", "permit nopass deploy\npermit ops\n", 0o400)
		for _, root := range []string{"/srv/a", "/srv/b"} {
			l.BusyboxRoot(i, root)
			l.MakeNull(i, root)
		}
	}
	for name, c := range map[string]struct{ root, contexts string }{
		"ssh, doas, chroot": {"/srv/a", `
context "doas" "host" {
  for_each = context.ssh.host
  via      = each.value
}
`},
		"ssh, su, doas, chroot": {"/srv/b", `
context "su" "host" {
  for_each = context.ssh.host
  via      = each.value
  user     = "ops"
  password = var.password
}

context "doas" "host" {
  for_each = context.su.host
  via      = each.value
  password = var.password
}
`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t, map[string]string{"main.mito.hcl": logins(l) + c.contexts + fmt.Sprintf(`
context "chroot" "place" {
  for_each = context.doas.host
  via      = each.value
  root     = %q
}
`, c.root) + fmt.Sprintf(elsewhere, "chroot")})
			w.setVar("password", lab.OpsPassword)
			plannedElsewhere(t, l.For(t), w, c.root)
		})
	}
}

// logins is an ssh context of each host, and the password of ops.
func logins(l *lab.Lab) string {
	ssh, _, _ := strings.Cut(fleet(l, 1, l.Hosts()), `context "sudo"`)
	return ssh + "\nvariable \"password\" {\n  sensitive = true\n  default   = null\n}\n"
}
