//go:build linux

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// -allow-unreachable forgives a host on which nothing listens. It forgives neither a changed
// host key nor a refused password nor a user that sudo does not know nor a server that ends
// the connection by itself: those hosts are there.
func TestAllowUnreachableForgivesOnlyWhatIsAway(t *testing.T) {
	t.Parallel() // it waits most of its time
	l := lab.New(t, lab.Options{Hosts: 3})
	l.ChangeHostKey(2)
	l.WriteFile(3, "/etc/hosts.deny", "sshd: ALL\n", 0o644)
	l.Exec(1, "sh", "-c", `set -e
useradd -m -s /bin/sh -K UID_MIN=3000 few; mkdir -p /home/few/.ssh
cp `+l.Home(1, "deploy")+`/.ssh/authorized_keys /home/few/.ssh/; chown -R few: /home/few
echo "few hard nofile 5" >>/etc/security/limits.conf`)
	away := sshContext(l, "away", 1, "deploy", "port = 2206") + aCallOn("ssh.away")
	refused := sshContext(l, "changed", 2, "deploy", "") + aCallOn("ssh.changed") +
		sshContext(l, "refused", 1, "pwuser", `password = "not this one"`) + aCallOn("ssh.refused") +
		sshContext(l, "denied", 3, "deploy", "") + aCallOn("ssh.denied") +
		sshContext(l, "few", 1, "few", "") + aCallOn("ssh.few") +
		sshContext(l, "host", 1, "deploy", "") + sudoTo("ghost", "")

	w := newWorkspace(t, map[string]string{"main.mito.hcl": away})
	w.must(1, "plan", "-no-color", "-out", "p").says(t, "Error: Connection refused", "With -allow-unreachable a plan is saved")
	w.must(0, "plan", "-no-color", "-allow-unreachable", "-out", "p").says(t, "Warning: Connection refused", "Saved the plan")

	w.write("main.mito.hcl", away+refused)
	r := w.must(1, "plan", "-no-color", "-allow-unreachable", "-out", "p")
	r.says(t, "Warning: Connection refused", "Error: Host key has changed", "Error: Password refused", "Error: No such user on the host",
		"Error: Server closed the connection", "Error: Server ended the connection", "The plan was not saved",
		"1 context unreachable. 5 contexts failed.", "unreachable: Connection refused", "failed: Host key has changed")
	for _, r := range []result{r, w.must(1, "plan", "-no-color", "-out", "p")} {
		if strings.Contains(r.all(), "With -allow-unreachable a plan is saved") {
			t.Errorf("it advises what does not help: %v", r)
		}
	}
	l.AssertNoAgents(t)
}

func aCallOn(context string) string {
	return fmt.Sprintf("\ncall \"hostname\" %q {\n  on = context.%[2]s\n}\n", context[len("ssh."):], context)
}
