//go:build linux

package e2e

import (
	"fmt"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// enter is a program that is called as chroot is, with the directory that a container has
// as its root, and runs what follows in that container.
const enter = `#!/bin/sh
name=${1#/srv/}
shift
exec podman exec -i "$name" "$@"
`

// Through ssh and sudo, containers of podman and runc on four hosts are planned, applied
// and looked at for drift. A container that is stopped, or not there, is told in podman's
// words.
func TestContainers(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 4})
	for i := 1; i <= l.Hosts(); i++ {
		l.StartContainer(i, "app")
		l.WriteFile(i, "/usr/local/bin/enter", enter, 0o755)
	}
	container := func(name string) string {
		return fleet(l, 1, l.Hosts()) + fmt.Sprintf(`
context "chroot" "place" {
  for_each = context.sudo.host
  via      = each.value
  path     = "/usr/local/bin/enter"
  root     = "/srv/%s"
}
`, name) + fmt.Sprintf(elsewhere, "chroot")
	}
	w := newWorkspace(t, map[string]string{"main.mito.hcl": container("app")})
	plannedElsewhere(t, l, w, "/srv/app")

	l.Exec(3, "podman", "stop", "-t", "0", "app")
	w.must(1, "plan", "-no-color").says(t, "container state improper", `chroot place["h3"]`, "1 context unreachable")
	w.write("main.mito.hcl", container("ghost"))
	w.must(1, "plan", "-no-color").says(t, `no container with name or ID "ghost" found`, "4 contexts unreachable")
	l.AssertNoAgents(t)
}
