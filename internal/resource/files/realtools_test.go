package files_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestVisudoGuardsSudoers edits sudoers as people do. What visudo refuses is not
// put in place, the problem quotes visudo, and nothing is left behind.
func TestVisudoGuardsSudoers(t *testing.T) {
	if _, err := exec.LookPath("visudo"); err != nil {
		t.Skip("no visudo here")
	}
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "sudoers", "root ALL=(ALL:ALL) ALL\n", 0o440)
	edit := func(line string) error {
		return apply(t, newService(), "line", args{"path": f.Arg("sudoers"), "regexp": "^%wheel ", "line": text(line), "validate": text("visudo -cf %s"), "mode": "0440", "backup": true})
	}
	must(t, edit("%wheel ALL=(ALL) NOPASSWD: ALL"))
	const good = "root ALL=(ALL:ALL) ALL\n%wheel ALL=(ALL) NOPASSWD: ALL\n"
	f.Holds(t, "sudoers", good, 0o440)
	err := edit("%wheel ALL=(ALL NOPASSWD")
	wantProblem(t, err, "validate", "invalid")
	if p, ok := err.(*kind.Problem); !ok || p.Said == "" {
		t.Errorf("the problem does not quote visudo: %v", err)
	}
	f.Holds(t, "sudoers", good, 0o440)
	if kept := f.Kept(t, "sudoers"); len(kept) != 1 || kept[0] != "root ALL=(ALL:ALL) ALL\n" {
		t.Errorf("the backups hold %q, want the file as it was", kept)
	}
	if left := f.Snapshot(t, false); len(left) != 3 { // the directory, the file, what was kept
		t.Errorf("the directory holds %v, want the file and its backup", left)
	}
}

// TestModesOfLinesAreThoseOfChmod: a line gives a file the same mode as chmod(1),
// whether or not its content changes.
func TestModesOfLinesAreThoseOfChmod(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	for _, was := range []os.FileMode{0o644, 0o600, 0o755, 0o640 | os.ModeSetuid} {
		for _, mode := range []string{"0600", "4755", "u+rwX,go-w", "g=u", "a+x", "o=", "u+s,g-r", "a=rX", "go-rwx"} {
			f.Write(t, "chmod", "a\n", was)
			if out, err := exec.Command("chmod", mode, f.At("chmod")).CombinedOutput(); err != nil {
				t.Fatalf("chmod %s: %s", mode, out)
			}
			want, err := os.Lstat(f.At("chmod"))
			must(t, err)
			for _, line := range []string{"a", "b"} {
				f.Write(t, "x", "a\n", was)
				must(t, apply(t, newService(), "line", args{"path": f.Arg("x"), "line": text(line), "mode": mode}))
				is, err := os.Lstat(f.At("x"))
				must(t, err)
				if is.Mode() != want.Mode() {
					t.Errorf("%s of %v with the line %s gives %v, chmod gives %v", mode, was, line, is.Mode(), want.Mode())
				}
			}
			must(t, os.Remove(f.At("x")))
			must(t, os.Remove(f.At("chmod")))
		}
	}
}
