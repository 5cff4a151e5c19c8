//go:build linux

package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

var update = flag.Bool("update", false, "write the golden files anew")

// refusals are ways in which a context cannot be started. Those of a login over ssh that
// need no secret are sshRefusals.
var refusals = []struct {
	name   string
	config func(l *lab.Lab) string
}{
	{"sudo password wrong", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "ops", "") + sudoTo("root", `password = "not this one"`)
	}},
	{"sudo password missing", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "ops", "") + sudoTo("root", "")
	}},
	{"not in sudoers", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "pwuser", fmt.Sprintf("password = %q", lab.LoginPassword)) +
			sudoTo("root", fmt.Sprintf("password = %q", lab.LoginPassword))
	}},
	{"sudo to an unknown user", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + sudoTo("ghost", "")
	}},
	{"key passphrase wrong", func(l *lab.Lab) string {
		return strings.ReplaceAll(sshContext(l, "host", 1, "deploy", `passphrase = "not this one"`), l.Key(), l.EncryptedKey()) + hostname
	}},
	{"password wrong", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "pwuser", `password = "not this one"`) + hostname
	}},
	{"sudo password wrong three times", func(l *lab.Lab) string {
		other := sudoTo("root", `password = "not this one"`)
		return threeOf(sshContext(l, "host", 1, "ops", "")) + strings.Replace(other, "via  = context.ssh.host", "for_each = context.ssh.host\n  via  = each.value", 1)
	}},
	{"su password wrong", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("su", `user = "ops"`, `password = "not this one"`)
	}},
	{"su password missing", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("su", `user = "ops"`)
	}},
	{"su to an unknown user", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("su", `user = "ghost"`)
	}},
	{"su to an account without a shell", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("su", `user = "noshell"`, `password = "noshellpass"`)
	}},
	{"su to an account that runs false", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("su", `user = "falseshell"`, `password = "noshellpass"`)
	}},
	{"su to an account whose shell is missing", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("su", `user = "lostshell"`, `password = "noshellpass"`)
	}},
	{"su without its setuid bit", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("su", `user = "ops"`, `password = "`+lab.OpsPassword+`"`, `path = "/srv/su"`)
	}},
	{"su on a disk without setuid", func(l *lab.Lab) string {
		l.Exec(1, "sh", "-c", "mkdir /srv/nosuid; mount -t tmpfs -o nosuid none /srv/nosuid; cp -p /bin/su /srv/nosuid/su")
		return sshContext(l, "host", 1, "deploy", "") + become("su", `user = "ops"`, `path = "/srv/nosuid/su"`)
	}},
	{"su where no privileges are given", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + "context \"exec\" \"bound\" {\n  via = context.ssh.host\n  command = [\"setpriv\", \"--no-new-privs\"]\n}\n" +
			strings.Replace(become("su", `user = "ops"`, `password = "`+lab.OpsPassword+`"`), "context.ssh.host", "context.exec.bound", 1)
	}},
	{"su with a module that is missing", func(l *lab.Lab) string { return mounted(l, "su", "mount --bind /srv/pam /etc/pam.d/su", "deploy") }},
	{"sudo without a terminal", func(l *lab.Lab) string { return mounted(l, "sudo", "umount -l /dev/pts", "deploy") }},
	{"sudo of a user without a name", func(l *lab.Lab) string { return mounted(l, "sudo", "true", "4242") }},
	{"doas of a user without a name", func(l *lab.Lab) string { return mounted(l, "doas", "true", "4242") }},
	{"su program missing", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("su", `path = "/no/such/su"`)
	}},
	{"doas password wrong", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "ops", "") + become("doas", `password = "not this one"`)
	}},
	{"doas password missing", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "ops", "") + become("doas")
	}},
	{"doas without a rule", func(l *lab.Lab) string { return sshContext(l, "host", 1, "nosudo", "") + become("doas") }},
	{"doas to an unknown user", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("doas", `user = "ghost"`)
	}},
	{"doas program missing", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("doas", `path = "/no/such/doas"`)
	}},
	{"sudo program missing", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("sudo", `path = "/no/such/sudo"`)
	}},
	{"chroot not permitted", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("chroot", `root = "/srv/empty"`, `path = "/usr/sbin/chroot"`)
	}},
	{"chroot root missing", func(l *lab.Lab) string { return inRoot(l, "chroot", `root = "/srv/none"`) }},
	{"chroot without a shell", func(l *lab.Lab) string { return inRoot(l, "chroot", `root = "/srv/empty"`) }},
	{"chroot of a shell without permission", func(l *lab.Lab) string {
		l.Exec(1, "sh", "-c", "mkdir -p /srv/shut/bin; cp /bin/sh /srv/shut/bin/sh; chmod 0 /srv/shut/bin/sh")
		return inRoot(l, "chroot", `root = "/srv/shut"`)
	}},
	{"exec on a terminal", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("exec", `command = ["sh", "-c", "exec script -qec \"$*\" /dev/null", "-"]`)
	}},
	{"exec that loses stdin", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("exec", `command = ["sh", "-c", "exec \"$@\" </dev/null", "-"]`)
	}},
	{"su that is another program", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("su", `path = "/bin/true"`)
	}},
	{"exec of a program that fails", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("exec", `command = ["sh", "-c", "echo the door is shut >&2; exit 3"]`)
	}},
	{"exec of a program that ends", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("exec", `command = ["echo"]`)
	}},
	{"exec of a program that needs another", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("exec", `command = ["env", "-u", "PATH", "no-such-program"]`)
	}},
	{"exec of a directory", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("exec", `command = ["/srv"]`)
	}},
	{"exec of what is no program", func(l *lab.Lab) string {
		l.WriteFile(1, "/srv/data", "no program\n", 0o755)
		return sshContext(l, "host", 1, "deploy", "") + become("exec", `command = ["/srv/data"]`)
	}},
	{"podman that fails", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("podman", `container = "web"`, `path = "false"`)
	}},
	{"chroot program missing", func(l *lab.Lab) string {
		return sshContext(l, "host", 1, "deploy", "") + become("chroot", `root = "/srv/empty"`, `path = "/no/such/chroot"`)
	}},
	{"three ports closed", func(l *lab.Lab) string {
		return threeOf(sshContext(l, "host", 1, "deploy", "port = each.value")) + hostname
	}},
}

// mounted is a context of a kind whose program runs as a user of host 1, where a line of shell
// has changed what is mounted.
func mounted(l *lab.Lab, kind, line, user string) string {
	path := fmt.Sprintf("/srv/%s-of-%s", kind, user)
	l.WriteFile(1, path, fmt.Sprintf("#!/bin/sh\nexec unshare -m sh -c '%s; exec setpriv --reuid %s --regid %[2]s --clear-groups %s \"$@\"' sh \"$@\"\n", line, user, kind), 0o755)
	return inRoot(l, kind, fmt.Sprintf("path = %q", path))
}

// threeOf makes three contexts of one block.
func threeOf(context string) string {
	return strings.Replace(context, "{\n", "{\n  for_each = { a = 2222, b = 2223, c = 2224 }\n", 1)
}

const hostname = `
call "hostname" "it" {
  on = context.ssh.host
}
`

// become is a context of a kind that is reached through context.ssh.host, and something in
// it.
func become(kind string, arguments ...string) string {
	return fmt.Sprintf(`
context %q "other" {
  via = context.ssh.host
  %s
}

call "hostname" "it" {
  on = context.%[1]s.other
}
`, kind, strings.Join(arguments, "\n  "))
}

// inRoot is a context of a kind that is reached through root of host 1.
func inRoot(l *lab.Lab, kind string, arguments ...string) string {
	in := strings.Replace(become(kind, arguments...), "context.ssh.host", "context.sudo.root", 1)
	return sshContext(l, "host", 1, "deploy", "") + "\ncontext \"sudo\" \"root\" {\n  via = context.ssh.host\n}\n" + in
}

func sudoTo(user, more string) string {
	return fmt.Sprintf(`
context "sudo" "other" {
  via  = context.ssh.host
  user = %q
  %s
}

call "hostname" "it" {
  on = context.sudo.other
}
`, user, more)
}

// prepareRefusals makes of host 1 what the refusals need: rules of doas, an account whose
// shell su may not replace, and an empty root directory.
func prepareRefusals(l *lab.Lab) {
	l.WriteFile(1, "/etc/doas.conf", "permit nopass deploy\npermit ops\n", 0o400)
	l.Exec(1, "useradd", "-s", "/usr/sbin/nologin", "-K", "UID_MIN=3000", "noshell")
	l.Exec(1, "useradd", "-s", "/bin/false", "-K", "UID_MIN=3000", "falseshell")
	l.Exec(1, "useradd", "-s", "/no/such/shell", "-K", "UID_MIN=3000", "lostshell")
	l.Exec(1, "sh", "-c", `for u in noshell falseshell lostshell; do echo $u:noshellpass; done | chpasswd; mkdir -p /srv/empty
cp /bin/su /srv/su; chmod 755 /srv/su; echo "auth required pam_no_such_module.so" >/srv/pam`)
}

// Each refusal has its own message, word for word as in the golden file.
func TestRefusals(t *testing.T) {
	t.Parallel() // it waits most of its time
	l := lab.New(t, lab.Options{})
	prepareRefusals(l)
	for _, refusal := range refusals {
		t.Run(refusal.name, func(t *testing.T) {
			if strings.HasPrefix(refusal.name, "doas ") {
				needDoas(t)
			}
			w := newWorkspace(t, map[string]string{"main.mito.hcl": refusal.config(l)})
			r := w.must(1, "plan", "-no-color")
			assertOneError(t, r)
			golden(t, filepath.Join("testdata", "refusals", strings.ReplaceAll(refusal.name, " ", "-")+".txt"), steady(l, w, r.stderr))
			l.AssertNoAgents(t)
		})
	}
}

var changing = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`("ADDRESS-\d+"\n *)\^+`), "${1}^^^"}, // as long as the address is
	{regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`), "SHA256:FINGERPRINT"},
	{regexp.MustCompile(`AAAA[A-Za-z0-9+/]{20,}=*`), "KEY"},
	// How busy the machine of the tests is, as both who starts contexts and who waits tell it.
	{regexp.MustCompile(` This machine was too busy to go on for [^,]*, which did not count\. If that happens often, start fewer contexts at once with -parallelism\.`), ""},
	{regexp.MustCompile(`, not counting \S+ in which this machine was too busy to go on`), ""},
	{regexp.MustCompile(`\b(\d+(\.\d+)?)(ms|µs)\b`), "TIME"},
}

// steady replaces what differs from run to run.
func steady(l *lab.Lab, w *workspace, text string) string {
	for i := 1; i <= l.Hosts(); i++ {
		text = strings.ReplaceAll(text, l.Addr(i), fmt.Sprintf("ADDRESS-%d", i))
	}
	text = strings.ReplaceAll(text, l.Dir(), "/LAB")
	text = strings.ReplaceAll(text, w.dir, "/WORKSPACE")
	for _, c := range changing {
		text = c.pattern.ReplaceAllString(text, c.with)
	}
	return text
}

// heartbeat is a line that only a slow machine prints.
var heartbeat = regexp.MustCompile(`(?m)^Still working: .*\n`)

// golden compares a text with a file, or writes the file with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	got = heartbeat.ReplaceAllString(got, "")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has:\n%s\nbut it says:\n%s", path, want, got)
	}
}
