//go:build linux

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// slowRefusals have PAM take its time after a wrong password, 4 s give or take a half, and note
// each password that it is asked about.
const slowRefusals = `auth optional pam_faildelay.so delay=4000000
auth optional pam_exec.so quiet seteuid /usr/local/bin/asked
`

// A wrong password is told as that by each program whose PAM takes its time to say so, after one
// try: a second one would take as long again, and may lock the account. If the time is
// over before, that is told, and not that the password is wrong.
func TestAWrongPasswordThatTakesItsTime(t *testing.T) {
	needDoas(t)
	l := lab.New(t, lab.Options{Hosts: 1})
	l.WriteFile(1, "/usr/local/bin/asked", "#!/bin/sh\necho $PAM_SERVICE $PAM_USER >>/var/tmp/asked\n", 0o755)
	for _, service := range []string{"su", "sudo", "doas", "sshd"} {
		l.WriteFile(1, "/etc/pam.d/"+service, slowRefusals+l.ReadFile(1, "/etc/pam.d/"+service), 0o644)
	}
	l.WriteFile(1, "/etc/doas.conf", "permit ops\n", 0o400)
	wrong := `password = "not this one"`
	config := sshContext(l, "host", 1, "deploy", "") + sshContext(l, "ops", 1, "ops", "") + fmt.Sprintf(`
context "ssh" "wrong" {
  host        = %q
  user        = "pwuser"
  known_hosts = %q
  ssh_config  = false
  agent       = false
  %s
}
call "hostname" "ssh_wrong" {
  on = context.ssh.wrong
}
`, l.Addr(1), l.KnownHosts(), wrong)
	config += becomes("su", "wrong", "ssh.host", `user = "pwuser"`, wrong) +
		becomes("sudo", "wrong", "ssh.ops", wrong) +
		becomes("doas", "wrong", "ssh.ops", wrong) +
		becomes("su", "late", "ssh.host", `user = "ops"`, wrong, `connect_timeout = "1s"`)
	w := newWorkspace(t, map[string]string{"main.mito.hcl": config})
	r := w.must(1, "plan", "-no-color")
	said := errorsByContext(steady(l, w, r.stderr))
	for context, says := range map[string]string{
		"ssh.wrong": "Password refused", "su.wrong": "Wrong password", "sudo.wrong": "Wrong sudo password",
		"doas.wrong": "Wrong password", "su.late": "No answer to the password",
	} {
		text := said["context."+context]
		if strings.Count(text, "\nError: ") != 1 || !strings.Contains(text, "Error: "+says) {
			t.Errorf("of %s it says %q, want one error: %s", context, text, says)
		}
	}
	asked := map[string]int{}
	for line := range strings.Lines(l.ReadFile(1, "/var/tmp/asked")) {
		asked[strings.TrimSpace(line)]++
	}
	if len(asked) != 5 {
		t.Errorf("PAM was asked for %v", asked)
	}
	for what, times := range asked {
		most := 1
		if strings.HasPrefix(what, "sudo ") {
			most = 2 // it asks again, and is ended in the place of an answer
		}
		if times > most {
			t.Errorf("PAM began to ask for the password of %s %d times, want %d at most", what, times, most)
		}
	}
	if most := machineTime; r.took > most {
		t.Errorf("it took %s, and one refusal takes 6 s at most", r.took)
	}
	t.Logf("all are in one plan, which took %s", r.took)
	l.AssertNoAgents(t)
}
