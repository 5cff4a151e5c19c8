//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// The root of a host is a real overlay, in which files have other device numbers
// than directories. A directory there is removed. A directory with a bind mount in
// it stays. A file that is a mount point itself is found while planning and written
// in place.
func TestOverlayAndMounts(t *testing.T) {
	l := lab.New(t, lab.Options{})
	l.Exec(1, "sh", "-c", `
mkdir -p /srv/gone/deep /srv/kept/in /srv/other && echo x > /srv/gone/deep/file && echo y > /srv/other/file &&
mount --bind /srv/other /srv/kept/in &&
cp /etc/hosts /srv/hosts && mount --bind /srv/hosts /etc/hosts`)
	src := fleet(l, 1, 1) + `
resource "directory" "gone" {
  on      = context.sudo.host
  path    = "/srv/gone"
  state   = "absent"
  recurse = true
}
resource "directory" "kept" {
  on      = context.sudo.host
  path    = "/srv/kept"
  state   = "absent"
  recurse = true
}
resource "line" "hosts" {
  on       = context.sudo.host
  path     = "/etc/hosts"
  line     = "10.77.0.99 new.test"
  in_place = false
}
`
	w := newWorkspace(t, map[string]string{"main.mito.hcl": src})
	w.must(1, "plan").says(t, "2 things will be destroyed along with it", "deep/file", "Something is mounted at /srv/kept/in", "The file is mounted by itself", "in_place to true")
	src = strings.Replace(src, "in_place = false", "in_place = true", 1)
	w.write("main.mito.hcl", strings.Replace(src, `"/srv/kept"`, `"/srv/nothing"`, 1))
	w.must(0, "plan").says(t, "in_place = true")
	w.must(0, "apply", "-auto-approve")
	if out, err := l.Run(1, "ls", "/srv/gone"); err == nil {
		t.Errorf("the directory was not removed: %s", out)
	}
	if got := l.ReadFile(1, "/srv/kept/in/file"); got != "y\n" {
		t.Errorf("the file in the mounted directory holds %q", got)
	}
	if got := l.ReadFile(1, "/srv/hosts"); !strings.HasSuffix(got, "10.77.0.99 new.test\n") {
		t.Errorf("the file that is a mount point holds %q", got)
	}
	w.converged()
	l.AssertNoAgents(t)
}
