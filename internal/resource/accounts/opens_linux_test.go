package accounts_test

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// TestAnOwnerNeedsNoSecrets counts how often files of accounts are opened, in an /etc of
// the test. Whoever owns files is found in passwd and group, which are read once. The
// passwords of all accounts are read for an account alone.
func TestAnOwnerNeedsNoSecrets(t *testing.T) {
	if os.Getenv(inside) != "" {
		countOpens(t)
		return
	}
	if os.Geteuid() != 0 || ownMounts() == nil {
		t.Skip("only root can mount another /etc")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAnOwnerNeedsNoSecrets$")
	cmd.Env = append(os.Environ(), inside+"="+t.TempDir())
	cmd.SysProcAttr = ownMounts()
	err := childtest.Run(t, cmd)
	if errors.Is(err, syscall.EPERM) {
		t.Skip("no mount namespaces here")
	}
	must(t, err)
}

func countOpens(t *testing.T) {
	newStage(t).setup(t)
	f := testDir{Path: t.TempDir()}
	s := newService()
	check := func() {
		mustCheck(t, s, "p", step{Address: "file.x", Kind: "file", Args: args{"path": f.Arg("x"), "content": text("x"), "owner": "old", "group": "ops"}})
	}
	checkOpens(t, "the first file", map[string]int{"passwd": 1, "group": 1}, check)
	checkOpens(t, "the next file", nil, check)
	checkOpens(t, "an account", map[string]int{"shadow": 1, "passwd": 1}, func() {
		if c := mustCheck(t, s, "q", step{Address: "user.old", Kind: "user", Args: args{"name": "old", "password_hash": "$6$salt$hash"}}); c.Op != resource.NoOp {
			t.Errorf("the account is to be changed: %v", c.Op)
		}
	})
}

// checkOpens compares how often f opens which files of accounts. The kernel counts several
// opens of one file in a row as one.
func checkOpens(t *testing.T, name string, want map[string]int, f func()) {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	must(t, err)
	defer unix.Close(fd)
	names := map[int32]string{}
	for _, file := range []string{"passwd", "group", "shadow", "gshadow"} {
		w, err := unix.InotifyAddWatch(fd, "/etc/"+file, unix.IN_OPEN)
		must(t, err)
		names[int32(w)] = file
	}
	f()
	got := map[string]int{}
	buf := make([]byte, 64<<10)
	n, err := unix.Read(fd, buf)
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		t.Fatal(err)
	}
	for b := buf[:max(n, 0)]; len(b) >= unix.SizeofInotifyEvent; {
		got[names[int32(binary.NativeEndian.Uint32(b))]]++
		b = b[unix.SizeofInotifyEvent+int(binary.NativeEndian.Uint32(b[12:])):]
	}
	for _, file := range names {
		if got[file] != want[file] {
			t.Errorf("%s opens %s %d times, want %d", name, file, got[file], want[file])
		}
	}
}
