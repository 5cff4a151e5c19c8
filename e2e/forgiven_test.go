//go:build linux

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// -allow-unreachable forgives a host on which nothing listens. It forgives neither a changed
// host key nor a refused password nor a user that sudo does not know: those hosts are there.
func TestAllowUnreachableForgivesOnlyWhatIsAway(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 2})
	l.ChangeHostKey(2)
	away := sshContext(l, "away", 1, "deploy", "port = 2206") + aCallOn("ssh.away")
	refused := sshContext(l, "changed", 2, "deploy", "") + aCallOn("ssh.changed") +
		sshContext(l, "refused", 1, "pwuser", `password = "not this one"`) + aCallOn("ssh.refused") +
		sshContext(l, "host", 1, "deploy", "") + sudoTo("ghost", "")

	w := newWorkspace(t, map[string]string{"main.mito.hcl": away})
	w.must(1, "plan", "-no-color", "-out", "p").says(t, "Error: Connection refused", "With -allow-unreachable a plan is saved")
	w.must(0, "plan", "-no-color", "-allow-unreachable", "-out", "p").says(t, "Warning: Connection refused", "Saved the plan")

	w.write("main.mito.hcl", away+refused)
	r := w.must(1, "plan", "-no-color", "-allow-unreachable", "-out", "p")
	r.says(t, "Warning: Connection refused", "Error: Host key has changed", "Error: Password refused", "Error: No such user on the host", "The plan was not saved")
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
