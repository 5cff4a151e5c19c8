//go:build linux

package e2e

import (
	"testing"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view/viewtest"
	"github.com/mitoplan/mitoplan/internal/lab"
)

// With -json, every line of standard output is JSON and nothing else is printed, even
// if a host is refused.
func TestJSON(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 2})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 2) + notice + `
output "hosts" {
  value = { for name, host in context.ssh.host : name => host.hostname }
}
`})
	for _, args := range [][]string{
		{"validate", "-json"}, {"plan", "-json", "-out", "saved.plan"}, {"show", "-json", "saved.plan"},
		{"apply", "-json", "saved.plan"}, {"apply", "-json", "-auto-approve"}, {"drift", "-json"}, {"show", "-json"}, {"output", "-json"},
	} {
		r := w.must(0, args...)
		switch args[0] {
		case "validate":
			assertDocument(t, "validation", r)
		case "output":
			assertDocument(t, "outputs", r)
		case "show":
			assertDocument(t, []string{"record", "plan"}[len(args)-2], r)
		default:
			assertJSON(t, r)
		}
	}
	l.WriteFile(1, "/etc/notice", "by hand\n", 0o644)
	assertJSON(t, w.must(2, "drift", "-json"))
	l.ChangeHostKey(2)
	for _, args := range [][]string{{"plan", "-json"}, {"drift", "-json"}, {"apply", "-json", "-auto-approve"}} {
		r := w.must(1, args...)
		assertJSON(t, r)
		r.says(t, `"type":"diagnostic"`, `context.ssh.host[\"h2\"]`)
	}
}

// assertJSON holds that every line conforms to docs/json.schema.json.
func assertJSON(t *testing.T, r result) {
	t.Helper()
	if r.stderr != "" {
		t.Errorf("something on stderr: %v", r)
	}
	if err := viewtest.Lines([]byte(r.stdout)); err != nil {
		t.Error(err)
	}
}

func assertDocument(t *testing.T, name string, r result) {
	t.Helper()
	if err := viewtest.Document(name, []byte(r.stdout)); err != nil || r.stderr != "" {
		t.Errorf("%v: %v", err, r)
	}
}
