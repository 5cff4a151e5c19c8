package resource_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/hostcache"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
	"github.com/mitoplan/mitoplan/transport"
)

// cacheDir makes a directory as agents have it on hosts.
func cacheDir(t *testing.T) hostcache.Dir {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mitoplan-"+strconv.Itoa(os.Getuid()))
	must(t, os.Mkdir(dir, 0o700))
	return hostcache.Of(filepath.Join(dir, hostcache.AgentPrefix+strings.Repeat("0", 32)))
}

// reader is a host with agents one after the other, which counts what they read.
type reader struct {
	testDir
	cache hostcache.Dir
	now   time.Time
	read  []string
}

func newReader(t *testing.T) *reader {
	r := &reader{testDir: newTestDir(t), cache: cacheDir(t), now: time.Now().Add(time.Minute)}
	r.Empty(t)
	f, err := os.Open(r.Path)
	must(t, err)
	defer f.Close()
	if _, ok := hostcache.Identify(f); !ok {
		t.Skip("the times of files are not trusted on the file system of the tests")
	}
	return r
}

// machine is that of a new agent.
func (r *reader) machine() *resource.Machine {
	return resource.NewMachine(resource.Options{
		Cache: func() hostcache.Dir { return r.cache },
		Now:   func() time.Time { return r.now },
		Reads: func(p string) { r.read = append(r.read, filepath.Base(p)) },
	})
}

// check lets an agent start, check whether a file holds a content of its size, and end.
// It returns what would change.
func (r *reader) check(t *testing.T, name string, size int64, paranoid bool) resource.Op {
	t.Helper()
	m := r.machine()
	defer m.Keep()
	blob, err := transport.Blob{Sum: [32]byte{1}, Size: size}.MarshalBinary()
	must(t, err)
	reply, err := resource.NewService(m, kinds.Lookup).Check(t.Context(), resource.CheckRequest{
		Plan: "p", Address: "a", Kind: "file", Paranoid: paranoid,
		Args: resourcetest.Encode(t, args{"path": r.Arg(name), "source": text("s"), "source_content": kind.Content{Blob: blob}}),
	})
	must(t, err)
	return reply.Change.Op
}

// sparse makes a file that takes no room.
func (r *reader) sparse(t *testing.T, name string, size int64) {
	t.Helper()
	r.Write(t, name, "", 0o644)
	must(t, os.Truncate(r.At(name), size))
}

func TestAnUnchangedGigabyteIsReadOnce(t *testing.T) {
	r := newReader(t)
	r.sparse(t, "x", 1<<30)
	for range 3 {
		if op := r.check(t, "x", 1<<30, false); op != resource.Update {
			t.Fatalf("the check would %s, want update", op)
		}
	}
	if want := []string{"x"}; !slices.Equal(r.read, want) {
		t.Errorf("files were read: %q, want %q", r.read, want)
	}
}

const longSize = 20 << 20 // more than a file that is compared by lines

func TestLargeFilesAreReadAgain(t *testing.T) {
	later := func(r *reader) { r.now = r.now.Add(time.Hour) }
	backThen := func(t *testing.T, r *reader) {
		t.Helper()
		must(t, os.Chtimes(r.At("x"), time.Unix(1000, 0), time.Unix(1000, 0)))
	}
	for name, c := range map[string]struct {
		change   func(t *testing.T, r *reader)
		paranoid bool
		reads    int // of two checks after the change
	}{
		"not if nothing changed": {func(*testing.T, *reader) {}, false, 0},
		"not if it was only read, much later": {func(t *testing.T, r *reader) {
			later(r)
			_, err := os.ReadFile(r.At("x"))
			must(t, err)
		}, false, 0},
		"with -paranoid": {func(*testing.T, *reader) {}, true, 2},
		"if the content changed and the time was set back": {func(t *testing.T, r *reader) {
			f, err := os.OpenFile(r.At("x"), os.O_WRONLY, 0)
			must(t, err)
			defer f.Close()
			_, err = f.WriteAt([]byte("x"), 4711)
			must(t, err)
			backThen(t, r)
			later(r)
		}, false, 1},
		"if it was written through a mapping and the time was set back": {func(t *testing.T, r *reader) {
			f, err := os.OpenFile(r.At("x"), os.O_RDWR, 0)
			must(t, err)
			defer f.Close()
			m, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
			must(t, err)
			defer unix.Munmap(m)
			m[7] = 'x'
			backThen(t, r)
			later(r)
		}, false, 1},
		"if another one took its place": {func(t *testing.T, r *reader) {
			r.sparse(t, "y", longSize)
			backThen(t, r)
			must(t, os.Chtimes(r.At("y"), time.Unix(1000, 0), time.Unix(1000, 0)))
			must(t, os.Rename(r.At("y"), r.At("x")))
			later(r)
		}, false, 1},
		"each time within 2 s of a change": {func(t *testing.T, r *reader) {
			must(t, os.Chmod(r.At("x"), 0o600))
			r.now = time.Now()
		}, false, 2},
		"each time if the clock was set back": {func(_ *testing.T, r *reader) {
			r.now = r.now.Add(-time.Hour)
		}, false, 2},
		"if the cache is damaged": {func(t *testing.T, r *reader) {
			must(t, os.WriteFile(filepath.Join(string(r.cache), "digests"), []byte("of another format\n"), 0o600))
		}, false, 1},
		"each time without a cache": {func(_ *testing.T, r *reader) { r.cache = "" }, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader(t)
			r.sparse(t, "x", longSize)
			backThen(t, r)
			r.check(t, "x", longSize, false)
			r.read = nil
			c.change(t, r)
			for range 2 {
				r.check(t, "x", longSize, c.paranoid)
			}
			if len(r.read) != c.reads {
				t.Errorf("it was read %d times, want %d", len(r.read), c.reads)
			}
		})
	}
}

// A file that a program has mapped, and has written to before it was read, is read again
// after it has written to the same page again.
func TestWritesThroughAMappingAreSeen(t *testing.T) {
	r := newReader(t)
	r.sparse(t, "x", longSize)
	f, err := os.OpenFile(r.At("x"), os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	m, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	must(t, err)
	defer unix.Munmap(m)
	for i := range 3 {
		m[7] = byte(i + 1)
		r.now = time.Now().Add(time.Duration(i+1) * time.Minute)
		r.check(t, "x", longSize, false)
	}
	if len(r.read) != 3 {
		t.Errorf("it was read %d times, want each of the 3", len(r.read))
	}
}

// A file that is compared by lines is not read either, if it is as it should be. If it is
// not, the difference is shown.
func TestAnUnchangedTextIsReadOnce(t *testing.T) {
	r := newReader(t)
	const size = 2 << 20
	content := strings.Repeat("a line of text\n", size/15)
	r.Write(t, "x", content, 0o644)
	check := func(content string) resource.Change {
		t.Helper()
		m := r.machine()
		defer m.Keep()
		reply, err := resource.NewService(m, kinds.Lookup).Check(t.Context(), resource.CheckRequest{
			Plan: "p", Address: "a", Kind: "file",
			Args: resourcetest.Encode(t, args{"path": r.Arg("x"), "content": text(content)}),
		})
		must(t, err)
		return reply.Change
	}
	for range 3 {
		if c := check(content); c.Op != resource.NoOp {
			t.Fatalf("the check would %s, want no change", c.Op)
		}
	}
	if len(r.read) != 1 {
		t.Errorf("it was read %d times, want once", len(r.read))
	}
	c := check(content + "more\n")
	if raw := string(resourcetest.Encode(t, c.After)); c.Op != resource.Update || !strings.Contains(raw, "more") {
		t.Errorf("the check would %s, and shows %d bytes without the new line", c.Op, len(raw))
	}
}

func TestDigestsOfManyFilesAreWrittenOnce(t *testing.T) {
	r := newReader(t)
	m := r.machine()
	s := resource.NewService(m, kinds.Lookup)
	for i := range 20 {
		name := fmt.Sprint("f", i)
		r.sparse(t, name, longSize)
		mustCheck(t, s, "p", step{Address: name, Kind: "file", Args: args{"path": r.Arg(name), "content": text("x")}})
	}
	if entries, _ := os.ReadDir(string(r.cache)); len(entries) != 0 {
		t.Error("something was written while the agent was at work")
	}
	m.Keep()
	if entries, _ := os.ReadDir(string(r.cache)); len(entries) != 1 {
		t.Errorf("%d files are kept, want one", len(entries))
	}
}
