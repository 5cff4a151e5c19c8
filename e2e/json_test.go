//go:build linux

package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// With -json, every line of standard output is JSON and nothing else is said,
// also where a host is refused.
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
		assertJSON(t, w.must(0, args...))
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

func assertJSON(t *testing.T, r result) {
	t.Helper()
	if r.stdout == "" || r.stderr != "" {
		t.Errorf("nothing on stdout, or something on stderr: %v", r)
	}
	dec := json.NewDecoder(strings.NewReader(r.stdout))
	for dec.More() {
		var v any
		if err := dec.Decode(&v); err != nil {
			t.Errorf("%v: %v", err, r)
			return
		}
	}
}
