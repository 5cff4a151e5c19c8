//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// If a check says that something cannot be done on a host, the whole host is left out
// of the apply, and no other host is.
func TestHostThatFailsWhilePlanning(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 2})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 2) + notice + `
resource "file" "other" {
  on      = context.sudo.host
  path    = "/etc/other"
  content = "x"
}
`})
	l.Exec(2, "mkdir", "/etc/notice")
	r := w.must(1, "apply", "-auto-approve")
	assertOneError(t, r, "Something else is at the path", `file.notice["h2"]`)
	r.says(t, "Hosts are left out", `context.sudo.host["h2"]`, "2 added", "Apply incomplete.", `file.other["h2"]: skipped`)
	if got := l.ReadFile(1, "/etc/notice"); got != "This is h1.\n" {
		t.Errorf("h1 has %q", got)
	}
	if _, err := l.Run(2, "ls", "/etc/other"); err == nil {
		t.Error("something was applied on the host that failed")
	}
	only := newWorkspace(t, map[string]string{"main.mito.hcl": strings.ReplaceAll(fleet(l, 1, 2), hostMap(l, 1, 2), hostMap(l, 2, 2)) + notice})
	r = only.must(1, "apply", "-auto-approve")
	if strings.Contains(r.all(), "Apply incomplete") {
		t.Errorf("with nothing else to do, an apply began: %v", r)
	}
	l.AssertNoAgents(t)
}
