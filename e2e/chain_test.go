//go:build linux

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// chain makes contexts c1 to cN, each reached through the one before. Their kinds
// are ssh, sudo and local in turn, and each ssh goes to the next host.
func chain(l *lab.Lab, depth int) string {
	var b strings.Builder
	via := ""
	for n := 1; n <= depth; n++ {
		name := fmt.Sprintf("c%d", n)
		switch n % 3 {
		case 1:
			b.WriteString(sshContext(l, name, 1+n/3%l.Hosts(), "deploy", via))
			via = "via = context.ssh." + name
		case 2:
			fmt.Fprintf(&b, "\ncontext \"sudo\" %q {\n  %s\n}\n", name, via)
			via = "via = context.sudo." + name
		case 0:
			fmt.Fprintf(&b, "\ncontext \"local\" %q {\n  %s\n}\n", name, via)
			via = "via = context.local." + name
		}
	}
	return b.String() + `
call "command" "where" {
  on        = ` + strings.TrimPrefix(via, "via = ") + `
  shell     = "hostname; id -un"
  read_only = true
}

output "where" {
  value = call.command.where.stdout
}
`
}

// Contexts are reached through any chain of contexts, sixteen deep.
func TestChains(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 3})
	for depth, want := range map[int]string{1: "h1\ndeploy\n", 3: "h1\nroot\n", 6: "h2\nroot\n", 16: "h3\ndeploy\n"} {
		t.Run(fmt.Sprint(depth), func(t *testing.T) {
			w := newWorkspace(t, map[string]string{"main.mito.hcl": chain(l, depth)})
			w.must(0, "apply", "-auto-approve")
			if got := w.must(0, "output", "-raw", "where").stdout; strings.TrimSpace(got) != strings.TrimSpace(want) {
				t.Errorf("the last context of the chain is at %q, want %q", got, want)
			}
			l.AssertNoAgents(t)
		})
	}
}

// A bastion that refuses to forward connections is passed through its agent.
func TestBastionWithoutForwarding(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 3, Bastion: true, NoForwarding: true})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 2, 3) + notice})
	w.must(0, "apply", "-auto-approve").says(t, "2 added")
	w.converged()
	l.AssertNoAgents(t)
}
