//go:build unix

package childtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// PlainUser is an ordinary user that no machine has in its accounts, and the number
// of its group.
const PlainUser = 12345

// RunAsPlainUser runs the running test again, as PlainUser and with some variables
// set beside those of this process, and fails it where that one fails. It is for
// what root is allowed and others are not: only root can call it.
//
// The process runs in dir, where a copy of this binary is put that everybody may
// execute. Its TMPDIR is a directory of its own that is removed at the end. Dir is not one
// of t.TempDir, as nobody else may enter those.
func RunAsPlainUser(t *testing.T, dir string, env ...string) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tmp, err := os.MkdirTemp("", "plain-tmp")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	test := filepath.Join(dir, "test")
	for _, err := range []error{
		exec.Command("cp", binary, test).Run(), os.Chmod(test, 0o755), os.Chown(tmp, PlainUser, PlainUser),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(test, "-test.run=^"+t.Name()+"$")
	cmd.Env, cmd.Dir = append(append(os.Environ(), "TMPDIR="+tmp), env...), dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: PlainUser, Gid: PlainUser}}
	if err := Run(t, cmd); err != nil {
		t.Fatal(err)
	}
}
