//go:build linux

package e2e

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// If something on a host changed after the plan was saved, its action is refused by
// name. What depends on it is skipped, and everything else is done.
func TestSavedPlanRefusesWhatMoved(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 2})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 2) + `
resource "file" "first" {
  on      = context.sudo.host
  path    = "/srv/first"
  content = "planned\n"
}

resource "file" "second" {
  on         = context.sudo.host
  path       = "/srv/second"
  content    = "planned\n"
  depends_on = [file.first]
}

resource "file" "apart" {
  on      = context.sudo.host
  path    = "/srv/apart"
  content = "planned\n"
}
`})
	l.WriteFile(1, "/srv/first", "before\n", 0o644)
	w.must(0, "plan", "-out", "saved.plan")
	l.WriteFile(1, "/srv/first", "moved\n", 0o644)
	r := w.must(1, "apply", "saved.plan")
	assertOneError(t, r, `file.first["h1"]`)
	r.says(t, "4 added", "1 refused", "1 skipped")
	for path, want := range map[string]string{"/srv/first": "moved\n", "/srv/apart": "planned\n"} {
		if got := l.ReadFile(1, path); got != want {
			t.Errorf("h1 has %q in %s", got, path)
		}
	}
	if out, err := l.Run(1, "ls", "/srv/second"); err == nil {
		t.Errorf("h1 has %s", out)
	}
	for _, path := range []string{"/srv/first", "/srv/second", "/srv/apart"} {
		if got := l.ReadFile(2, path); got != "planned\n" {
			t.Errorf("h2 has %q in %s", got, path)
		}
	}
	w.must(0, "apply", "-auto-approve")
	w.converged()
}
