//go:build linux

package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// What calls read and print goes through ssh and sudo as it is, in files of the
// controller: a dump of 20 MB that is fed to a program and comes back, and a file that
// only root may read. A host that fails leaves no file, and those of others are there.
func TestCallsWithFiles(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 2})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 2) + `
call "command" "through" {
  on          = context.sudo.host
  shell       = "cat; test ! -e /srv/broken"
  stdin_file  = "dump.bin"
  stdout_file = "back-${on.key}.bin"
}

call "read_file" "fetched" {
  on      = context.sudo.host
  path    = "/etc/shadow"
  save_as = "shadow-${on.key}"
}
`})
	var dump bytes.Buffer
	for i := 0; dump.Len() < 20_000_000; i++ {
		sum := sha256.Sum256(fmt.Append(nil, i))
		dump.Write(sum[:])
	}
	w.write("dump.bin", dump.String())
	l.WriteFile(2, "/srv/broken", "", 0o644)
	w.must(0, "plan", "-out", "calls.plan")
	for _, name := range []string{"back-h1.bin", "shadow-h1"} {
		if _, err := os.Stat(w.path(name)); err == nil {
			t.Errorf("planning wrote %s", name)
		}
	}
	r := w.must(1, "apply", "calls.plan")
	assertOneError(t, r, `call.command.through["h2"]`)
	if got, err := os.ReadFile(w.path("back-h1.bin")); err != nil || !bytes.Equal(got, dump.Bytes()) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	if _, err := os.Stat(w.path("back-h2.bin")); err == nil {
		t.Error("a call that failed left a file")
	}
	for i, host := range []string{"h1", "h2"} {
		got, err := os.ReadFile(w.path("shadow-" + host))
		if err != nil || string(got) != l.ReadFile(i+1, "/etc/shadow") {
			t.Errorf("the file of %s is %q, %v", host, got, err)
		}
		if info, err := os.Stat(w.path("shadow-" + host)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("its mode is %v, %v", info, err)
		}
	}
	l.AssertNoAgents(t)
}
