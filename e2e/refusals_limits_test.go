//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// limitedAccounts are accounts of host 1 that a limit keeps from running an agent, with the
// line of shell that sets it. All have the password pamPassword, and the key of deploy.
var limitedAccounts = []struct{ name, make string }{
	{"nproc", "echo 'nproc hard nproc 0' >>/etc/security/limits.conf"},
	{"nofile", "echo 'nofile hard nofile 5' >>/etc/security/limits.conf"},
	{"maxlogins", "echo 'maxlogins - maxlogins 0' >>/etc/security/limits.conf"},
	{"memory", "echo 'memory hard as 60000' >>/etc/security/limits.conf"},
}

// portPlain is that of an sshd of host 2 that asks no PAM. Nobody may log in to that host.
const portPlain = "2208"

// prepareLimits makes these accounts, each with a home that has no .cache.
func prepareLimits(l *lab.Lab) {
	script := "set -e\n"
	for _, a := range limitedAccounts {
		script += fmt.Sprintf(`useradd -m -s /bin/sh -K UID_MIN=3000 %[1]s; mkdir -p /home/%[1]s/.ssh
cp %[2]s/.ssh/authorized_keys /home/%[1]s/.ssh/; chown -R %[1]s: /home/%[1]s
echo %[1]s:%[3]s | chpasswd -c SHA256
%[4]s
`, a.name, l.Home(1, "deploy"), pamPassword, a.make)
	}
	l.Exec(1, "sh", "-c", script)
	l.Exec(2, "/usr/sbin/sshd", "-p", portPlain, "-o", "PidFile=none", "-o", "UsePAM=no")
	l.WriteFile(2, "/etc/nologin", "no logins today\n", 0o644)
}

// TestRefusalsOfLimits holds that a limit of an account is told as one, by su, sudo and both
// clients of ssh, one that a program sets is, also to a cached agent, and so is /etc/nologin. No line is to be run by hand that would print ok.
func TestRefusalsOfLimits(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 2})
	prepareLimits(l)
	config := sshContext(l, "host", 1, "deploy", "") + "context \"sudo\" \"root\" {\n  via = context.ssh.host\n}\n"
	var names []string
	row := func(name, block string) { names, config = append(names, name), config+block }
	row("ssh nologin", sshContext(l, "nologin", 2, "deploy", "")+aCallOn("ssh.nologin"))
	row("ssh nologin_without_pam", sshContext(l, "nologin_without_pam", 2, "deploy", "port = "+portPlain)+aCallOn("ssh.nologin_without_pam"))
	for _, a := range limitedAccounts {
		user := fmt.Sprintf("user = %q", a.name)
		row("su "+a.name, becomes("su", a.name, "ssh.host", user, rightPassword))
		row("su from_root_"+a.name, becomes("su", "from_root_"+a.name, "sudo.root", user))
		row("sudo "+a.name, becomes("sudo", a.name, "sudo.root", user))
		row("ssh "+a.name, sshContext(l, a.name, 1, a.name, "")+aCallOn("ssh."+a.name))
		row("ssh program_"+a.name, sshContext(l, "program_"+a.name, 1, a.name, `client = "openssh"`)+aCallOn("ssh.program_"+a.name))
	}
	row("exec prlimit_nproc", becomes("exec", "prlimit_nproc", "ssh.host", `command = ["prlimit", "--nproc=0"]`))
	row("exec prlimit_memory", becomes("exec", "prlimit_memory", "ssh.host", `command = ["prlimit", "--as=60000000"]`))
	w := newWorkspace(t, map[string]string{"main.mito.hcl": config})
	r := w.must(1, "plan", "-no-color")
	said := errorsByContext(steady(l, w, r.stderr))
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			text := said["context."+strings.ReplaceAll(name, " ", ".")]
			if n := strings.Count(text, "\nError: "); n != 1 || strings.Contains(text, "by hand") {
				t.Fatalf("there are %d errors about it, want one, without a line to run by hand: %s", n, text)
			}
			golden(t, filepath.Join("testdata", "refusals", "limits", strings.ReplaceAll(name, " ", "-")+".txt"), withoutWords(strings.Replace(text, "It said:", "Its last words: ", 1)))
		})
	}
	t.Logf("all are in one plan, which took %s", r.took)
	if t.Failed() {
		t.Log(r)
	}
	l.AssertNoAgents(t)
}
