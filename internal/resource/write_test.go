package resource_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

func apply(t testing.TB, s *resource.Service, kind string, a args) error {
	t.Helper()
	_, err := s.Apply(t.Context(), resource.ApplyRequest{Run: "r", Kind: kind, Args: resourcetest.Encode(t, a)})
	return err
}

// TestBackup holds that what was there is kept beside the file, as it was, and
// that nothing is kept of a file that is new or stays.
func TestBackup(t *testing.T) {
	f := newFolder(t)
	f.empty(t)
	s := newService()
	for i, content := range []string{"one", "two", "two"} {
		must(t, apply(t, s, "file", args{"path": f.arg("x"), "content": text(content), "backup": true, "mode": "0600"}))
		kept, _ := filepath.Glob(f.at("x.*.bak"))
		if want := min(i, 1); len(kept) != want {
			t.Fatalf("after %d writes %q are kept, want %d", i+1, kept, want)
		}
		if len(kept) == 1 {
			f.holds(t, filepath.Base(kept[0]), "one", 0o600)
		}
	}
}

// TestAccessListIsKept gives a file an access list, in the bytes that the
// kernel takes, and replaces the file.
func TestAccessListIsKept(t *testing.T) {
	f := newFolder(t)
	f.empty(t)
	f.write(t, "x", "old", 0o640)
	list := []byte{2, 0, 0, 0}
	for _, e := range [][3]uint32{{1, 6, ^uint32(0)}, {2, 4, 12345}, {4, 4, ^uint32(0)}, {16, 4, ^uint32(0)}, {32, 0, ^uint32(0)}} {
		list = binary.LittleEndian.AppendUint16(list, uint16(e[0]))
		list = binary.LittleEndian.AppendUint16(list, uint16(e[1]))
		list = binary.LittleEndian.AppendUint32(list, e[2])
	}
	const name = "system.posix_acl_access"
	if err := unix.Setxattr(f.at("x"), name, list, 0); err != nil {
		t.Skipf("no access lists here: %v", err)
	}
	must(t, apply(t, newService(), "file", args{"path": f.arg("x"), "content": text("new")}))
	f.holds(t, "x", "new", 0o640)
	if got := attribute(t, f.at("x"), name); got != string(list) {
		t.Errorf("the access list became %x, want %x", got, list)
	}
}

// TestOwnerIsKept replaces a file of another, with set-user-ID, as root.
func TestOwnerIsKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root has files of others to replace")
	}
	f := newFolder(t)
	f.empty(t)
	f.write(t, "x", "old", 0o644)
	must(t, os.Chown(f.at("x"), 12345, 54321))
	must(t, os.Chmod(f.at("x"), 0o750|os.ModeSetuid))
	must(t, apply(t, newService(), "file", args{"path": f.arg("x"), "content": text("new")}))
	must(t, apply(t, newService(), "file", args{"path": f.arg("x"), "group": "54322"}))
	f.holds(t, "x", "new", 0o750|os.ModeSetuid)
	var st unix.Stat_t
	must(t, unix.Lstat(f.at("x"), &st))
	if st.Uid != 12345 || st.Gid != 54322 {
		t.Errorf("it belongs to %d:%d", st.Uid, st.Gid)
	}
}

// TestSideBySide writes many files of one folder at once, from two agents: none
// takes the temporary file of another for a leftover.
func TestSideBySide(t *testing.T) {
	f := newFolder(t)
	f.empty(t)
	var wg sync.WaitGroup
	errs := make(chan error, 200)
	services := []*resource.Service{newService(), newService()}
	for i := range 40 {
		wg.Go(func() {
			_, err := services[i%2].Apply(t.Context(), resource.ApplyRequest{
				Run: fmt.Sprint("run ", i), Kind: "file",
				Args: resourcetest.Encode(t, args{"path": f.arg(fmt.Sprint("f", i)), "content": text("x")}),
			})
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		must(t, err)
	}
	left, _ := filepath.Glob(f.at(".mitoplan-*"))
	made, _ := filepath.Glob(f.at("f*"))
	if len(left) != 0 || len(made) != 40 {
		t.Errorf("%d files made, %q left", len(made), left)
	}
}

// TestLongFileIsHashedInPieces checks and removes a file far longer than what
// may be held of it.
func TestLongFileIsHashedInPieces(t *testing.T) {
	f := newFolder(t)
	f.empty(t)
	f.write(t, "x", "", 0o644)
	must(t, os.Truncate(f.at("x"), 256<<20))
	s := newService()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := mustCheck(t, s, "p", step{address: "x", kind: "file", args: args{"path": f.arg("x"), "content": text("short")}})
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 16<<20 {
		t.Errorf("a check of 256 MiB took %d bytes of memory", got)
	}
	if d, ok := resource.AsDigest(c.Before["content"]); !ok || d.Size != 256<<20 {
		t.Errorf("before is %v", c.Before["content"])
	}
	_, err := check(t, s, "p", step{address: "l", kind: "line", args: args{"path": f.arg("x"), "line": text("a")}})
	wantProblem(t, err, "path", "too_long")
}

// TestBusyFile replaces a file that is mounted by itself, as in a container.
func TestBusyFile(t *testing.T) {
	f := newFolder(t)
	f.empty(t)
	f.write(t, "x", "old", 0o644)
	f.write(t, "over", "over", 0o644)
	if err := unix.Mount(f.at("over"), f.at("x"), "", unix.MS_BIND, ""); err != nil {
		t.Skipf("nothing can be mounted here: %v", err)
	}
	defer unix.Unmount(f.at("x"), unix.MNT_DETACH)
	wantProblem(t, apply(t, newService(), "file", args{"path": f.arg("x"), "content": text("new")}), "path", "busy")
	left, _ := filepath.Glob(f.at(".mitoplan-*"))
	if len(left) != 0 {
		t.Errorf("%q is left", left)
	}
	err := apply(t, newService(), "directory", args{"path": text(f.path), "state": "absent", "recurse": true})
	if err == nil || errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), "absent") {
		t.Errorf("a directory with a mount inside was removed: %v", err)
	}
	f.holds(t, "over", "over", 0o644)
}
