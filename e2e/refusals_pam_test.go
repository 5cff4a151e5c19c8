//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// pamPassword is the password of all pamAccounts.
const pamPassword = "becomepass"

// pamAccounts are accounts of host 1, with the line of shell that makes each what its name
// says. deploy asks su to become each. by says who else asks PAM about it: with sudo and doas
// the account asks to become root, with root it is root that asks su, and with to the account
// asks doas to become itself.
var pamAccounts = []struct{ name, by, make string }{
	{"gone", "sudo doas", "chage -E 1 gone"},
	{"stale", "sudo doas root", "chage -d 0 stale"},
	{"inactive", "", "chage -d 2020-01-01 -M 10 -I 10 inactive"},
	{"locked", "sudo doas", "usermod -L locked"},
	{"shut", "sudo doas", "mkdir -p /run/faillock; echo wrong | setpriv --reuid deploy --clear-groups su shut -c true || true"},
	{"noauth", "sudo doas root", ""},
	{"denied", "sudo doas", ""},
	{"kept", "sudo", "echo '- : kept : ALL' >>/etc/security/access.conf"},
	{"timed", "", "echo '*;*;timed;!Al0000-2400' >>/etc/security/time.conf"},
	{"closed", "sudo doas", "echo 'no logins today' >/etc/closed"},
	{"sessionless", "to", ""},
	{"crowded", "", "echo 'crowded - maxlogins 0' >>/etc/security/limits.conf"},
}

// pamRules come before the rules of su, sudo and doas.
const pamRules = `auth [success=ignore default=1] pam_succeed_if.so quiet user = noauth
auth requisite pam_deny.so
auth [success=ignore default=3] pam_succeed_if.so quiet user = shut
auth requisite pam_faillock.so preauth deny=1 unlock_time=600
auth [success=1 default=ignore] pam_unix.so
auth [default=die] pam_faillock.so authfail deny=1 unlock_time=600
account [success=ignore default=1] pam_succeed_if.so quiet user = denied
account requisite pam_deny.so
account [success=ignore default=1] pam_succeed_if.so quiet user = kept
account requisite pam_access.so
account [success=ignore default=1] pam_succeed_if.so quiet user = timed
account requisite pam_time.so
account [success=ignore default=1] pam_succeed_if.so quiet user = closed
account requisite pam_nologin.so file=/etc/closed
session [success=ignore default=1] pam_succeed_if.so quiet user = sessionless
session requisite pam_deny.so
`

// sudoersAccounts are accounts that sudoers has something special about: its rules, and the
// arguments of the context that such an account asks for.
var sudoersAccounts = []struct{ name, rules, args string }{
	{"elsewhere", "elsewhere otherhost=(ALL) NOPASSWD: ALL", rightPassword},
	{"oneprogram", "oneprogram ALL=(ALL) NOPASSWD: /bin/true", rightPassword},
	{"otheruser", "otheruser ALL=(deploy) NOPASSWD: ALL", rightPassword},
	{"unlisted", "", rightPassword},
	{"noexec", "noexec ALL=(ALL) NOPASSWD: NOEXEC: ALL", ""},
	{"nologin", "nologin ALL=(ALL) NOPASSWD: ALL", "user = \"app\"\n  login = true"},
	{"noenv", "noenv ALL=(ALL) NOPASSWD: NOSETENV: ALL", "preserve_env = true"},
	{"shells", "Defaults:shells runas_check_shell\nshells ALL=(ALL) NOPASSWD: ALL", `user = "app"`},
	{"onetry", "Defaults:onetry passwd_tries=1\nonetry ALL=(ALL) ALL", wrongPassword},
	{"rootpw", "Defaults:rootpw rootpw\nrootpw ALL=(ALL) ALL", rightPassword},
	{"lectured", "Defaults:lectured lecture=always\nlectured ALL=(ALL) ALL", wrongPassword},
}

const rightPassword, wrongPassword = `password = "` + pamPassword + `"`, `password = "not this one"`

// preparePAM makes the accounts and the rules on host 1.
func preparePAM(l *lab.Lab) {
	for _, service := range []string{"su", "sudo", "doas"} {
		l.WriteFile(1, "/etc/pam.d/"+service, pamRules+l.ReadFile(1, "/etc/pam.d/"+service), 0o644)
	}
	sudoers, doas, passwords, make := "Defaults:ALL !lecture\n", "", "", ""
	script := "set -e\nadd() { useradd -m -s /bin/sh -K UID_MIN=3000 $1; }\n"
	for _, a := range pamAccounts {
		script += "add " + a.name + "\n"
		make += a.make + "\n"
		passwords += a.name + ":" + pamPassword + "\n"
		sudoers += a.name + " ALL=(ALL) ALL\n"
		doas += "permit " + a.name + "\n"
	}
	for _, a := range sudoersAccounts {
		script += "add " + a.name + "\n"
		passwords += a.name + ":" + pamPassword + "\n"
		sudoers += a.rules + "\n"
	}
	l.Exec(1, "sh", "-c", script+"chpasswd -c SHA256 <<EOF\n"+passwords+"EOF\n"+make)
	l.WriteFile(1, "/etc/sudoers.d/accounts", sudoers, 0o440)
	l.WriteFile(1, "/etc/doas.conf", doas, 0o400)
}

// askedBy are the arguments of a context of sudo or doas that account asks for, whatever PAM
// thinks of a login of it. It is reached through root.
func askedBy(l *lab.Lab, program, account string) string {
	path := "/srv/" + program + "-of-" + account
	l.WriteFile(1, path, fmt.Sprintf("#!/bin/sh\nexec setpriv --reuid %[1]s --regid %[1]s --clear-groups --reset-env %[2]s \"$@\"\n", account, program), 0o755)
	return fmt.Sprintf("path = %q", path)
}

// becomes is a context of another user, and something in it.
func becomes(kind, name, via string, args ...string) string {
	return fmt.Sprintf("context %q %q {\n  via = context.%s\n  %s\n}\n\ncall \"hostname\" \"%[1]s_%[2]s\" {\n  on = context.%[1]s.%[2]s\n}\n", kind, name, via, strings.Join(args, "\n  "))
}

// withoutWords cuts off what the programs said. What they say on their terminal and on their
// stderr comes in any order, one within a line of the other.
func withoutWords(text string) string {
	before, words, said := strings.Cut(text, "Its last words: ")
	if _, after, more := strings.Cut(words, "\n\n"); said && more {
		return before + "Its last words: (as they come)\n\n" + after
	}
	return text
}

// TestRefusalsOfPAM holds that each refusal of PAM, through su, sudo and doas, and of a rule of
// sudoers, is told with its cause and with what to do, as in the golden files. What PAM does
// not tell apart has both causes in its message.
func TestRefusalsOfPAM(t *testing.T) {
	t.Parallel() // it waits most of its time
	needDoas(t)
	l := lab.New(t, lab.Options{})
	preparePAM(l)
	config := sshContext(l, "host", 1, "deploy", "") + "context \"sudo\" \"root\" {\n  via = context.ssh.host\n}\n"
	var names []string
	row := func(name, block string) { names, config = append(names, name), config+block }
	for _, a := range pamAccounts {
		user := fmt.Sprintf("user = %q", a.name)
		row("su "+a.name, becomes("su", a.name, "ssh.host", user, rightPassword))
		for _, program := range strings.Fields(a.by) {
			switch program {
			case "root":
				row("su from_root_"+a.name, becomes("su", "from_root_"+a.name, "sudo.root", user))
			case "to":
				row("doas to_"+a.name, becomes("doas", "to_"+a.name, "sudo.root", user, rightPassword, askedBy(l, "doas", a.name)))
			default:
				row(program+" "+a.name, becomes(program, a.name, "sudo.root", rightPassword, askedBy(l, program, a.name)))
			}
		}
	}
	for _, a := range sudoersAccounts {
		row("sudo "+a.name, becomes("sudo", a.name, "sudo.root", a.args, askedBy(l, "sudo", a.name)))
	}
	w := newWorkspace(t, map[string]string{"main.mito.hcl": config})
	r := w.must(1, "plan", "-no-color")
	said := errorsByContext(steady(l, w, r.stderr))
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			text := said["context."+strings.ReplaceAll(name, " ", ".")]
			if n := strings.Count(text, "\nError: "); n != 1 {
				t.Fatalf("there are %d errors about it, want one", n)
			}
			golden(t, filepath.Join("testdata", "refusals", "pam", strings.ReplaceAll(name, " ", "-")+".txt"), withoutWords(text))
		})
	}
	t.Logf("all are in one plan, which took %s", r.took)
	if t.Failed() {
		t.Log(r)
	}
	l.AssertNoAgents(t)
}
