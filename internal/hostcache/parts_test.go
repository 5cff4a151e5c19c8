package hostcache

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newDir makes a directory as hosts have it.
func newDir(t *testing.T) Dir {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mitoplan-"+strconv.Itoa(os.Getuid()))
	must(t, os.Mkdir(dir, 0o700))
	d := Of(filepath.Join(dir, AgentPrefix+strings.Repeat("0a", 16)))
	if d == "" {
		t.Fatal("a directory of agents is not taken for one")
	}
	return d
}

// arrived makes a temporary file with the beginning of a content.
func arrived(t *testing.T, dir string, data []byte) *os.File {
	t.Helper()
	f, err := os.CreateTemp(dir, "")
	must(t, err)
	t.Cleanup(func() { f.Close() })
	_, err = f.Write(data)
	must(t, err)
	return f
}

// holds returns what is kept of a content; nil if nothing is.
func (d Dir) holds(t *testing.T, sum [32]byte) []byte {
	t.Helper()
	f := d.Part(sum)
	if f == nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	must(t, err)
	return data
}

func TestPartIsMovedAndFound(t *testing.T) {
	d, data := newDir(t), bytes.Repeat([]byte("part"), LeastPart)
	sum := sha256.Sum256(data)
	if d.Part(sum) != nil {
		t.Error("something is kept before anything was")
	}
	f := arrived(t, t.TempDir(), data)
	d.Keep(sum, 1<<20, f, f.Name())
	if !bytes.Equal(d.holds(t, sum), data) {
		t.Error("what is kept is not what arrived")
	}
	if _, err := os.Lstat(f.Name()); err == nil {
		t.Error("something is left where the content arrived")
	}
	for name, mode := range map[string]os.FileMode{partsIn: 0o700, filepath.Base(partName("", sum)): 0o600} {
		p := filepath.Join(string(d), partsIn)
		if name != partsIn {
			p = filepath.Join(p, name)
		}
		if st, err := os.Stat(p); err != nil || st.Mode().Perm() != mode {
			t.Errorf("%s has the mode %v, want %v (%v)", name, st.Mode(), mode, err)
		}
	}
	d.Drop(sum)
	if d.Part(sum) != nil {
		t.Error("it is still there after it was dropped")
	}
}

// Beyond the file system that the cache is on, a beginning is copied.
func TestPartOfAnotherFileSystemIsCopied(t *testing.T) {
	d, data := newDir(t), bytes.Repeat([]byte("part"), 1<<20)
	sum := sha256.Sum256(data)
	f := arrived(t, "/dev/shm", data)
	defer os.Remove(f.Name())
	if st, err := os.Stat(string(d)); err == nil {
		if there, err := f.Stat(); err == nil && sameDevice(st, there) {
			t.Skip("there is only one file system")
		}
	}
	d.Keep(sum, 1<<20, f, f.Name())
	if !bytes.Equal(d.holds(t, sum), data) {
		t.Error("what is kept is not what arrived")
	}
}

func TestWhatIsNotKept(t *testing.T) {
	long := bytes.Repeat([]byte("part"), LeastPart)
	sum := sha256.Sum256(long)
	for name, c := range map[string]struct {
		data   []byte
		size   int64
		before func(d Dir)
		want   []byte
	}{
		"a few bytes":         {data: long[:LeastPart-1], size: 1 << 20},
		"one without room":    {data: long, size: 1 << 62},
		"shorter than before": {data: long[:LeastPart], size: 1 << 20, want: long, before: func(d Dir) { f := arrived(t, t.TempDir(), long); d.Keep(sum, 1, f, f.Name()) }},
		"in a directory that others may enter": {data: long, size: 1 << 20, before: func(d Dir) {
			must(t, os.Mkdir(filepath.Join(string(d), partsIn), 0o755))
		}},
		"in a directory behind a link": {data: long, size: 1 << 20, before: func(d Dir) {
			must(t, os.Symlink(t.TempDir(), filepath.Join(string(d), partsIn)))
		}},
		"in a file": {data: long, size: 1 << 20, before: func(d Dir) {
			must(t, os.WriteFile(filepath.Join(string(d), partsIn), nil, 0o600))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDir(t)
			if c.before != nil {
				c.before(d)
			}
			f := arrived(t, t.TempDir(), c.data)
			d.Keep(sum, c.size, f, f.Name())
			if !bytes.Equal(d.holds(t, sum), c.want) {
				t.Errorf("%d bytes are kept, want %d", len(d.holds(t, sum)), len(c.want))
			}
		})
	}
	t.Run("without a directory", func(t *testing.T) {
		f := arrived(t, t.TempDir(), long)
		Dir("").Keep(sum, 1<<20, f, f.Name())
		if _, err := os.Lstat(f.Name()); err != nil || Dir("").Part(sum) != nil {
			t.Error("something was done all the same")
		}
	})
}

// In the directory of another user, another file may stand where the content arrived.
func TestAnotherFileIsNotKept(t *testing.T) {
	d, data := newDir(t), bytes.Repeat([]byte("part"), LeastPart)
	sum := sha256.Sum256(data)
	f := arrived(t, t.TempDir(), data)
	other := arrived(t, t.TempDir(), bytes.Repeat([]byte("evil"), LeastPart))
	must(t, os.Rename(other.Name(), f.Name()))
	d.Keep(sum, 1<<20, f, f.Name())
	if got := d.holds(t, sum); got != nil {
		t.Errorf("%q is kept", got[:4])
	}
}

// A file that another user could have put there, or could change, is not taken.
func TestForeignPartsAreNotUsed(t *testing.T) {
	data := bytes.Repeat([]byte("part"), LeastPart)
	sum := sha256.Sum256(data)
	for name, change := range map[string]func(p string) error{
		"others may write": func(p string) error { return os.Chmod(p, 0o666) },
		"others may read":  func(p string) error { return os.Chmod(p, 0o644) },
		"a link": func(p string) error {
			if err := os.Rename(p, p+"x"); err != nil {
				return err
			}
			return os.Symlink(p+"x", p)
		},
		"of another user": func(p string) error {
			if os.Getuid() != 0 {
				return os.Chmod(p, 0o666)
			}
			return os.Chown(p, 4711, 4711)
		},
		"the directory is open": func(p string) error { return os.Chmod(filepath.Dir(p), 0o750) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDir(t)
			f := arrived(t, t.TempDir(), data)
			d.Keep(sum, 1<<20, f, f.Name())
			must(t, change(partName(filepath.Join(string(d), partsIn), sum)))
			if f := d.Part(sum); f != nil {
				f.Close()
				t.Error("it is taken")
			}
		})
	}
}

func TestPartsAreTidied(t *testing.T) {
	d, now := newDir(t), time.Now()
	dir := filepath.Join(string(d), partsIn)
	must(t, os.Mkdir(dir, 0o700))
	name := func(n byte) string { return filepath.Base(partName("", [32]byte{n})) }
	for _, f := range []struct {
		name string
		size int64
		age  time.Duration
	}{
		{name(1), 10, partKept + time.Hour},
		{name(2), 2 << 30, 3 * time.Hour},
		{name(3), 2 << 30, 2 * time.Hour},
		{name(4), 1 << 30, time.Hour},
		{"t.old", 10, copyKept + time.Hour},
		{"t.new", 10, time.Hour},
		{"mine.part", 10, partKept + time.Hour},
	} {
		p := filepath.Join(dir, f.name)
		must(t, os.WriteFile(p, nil, 0o600))
		must(t, os.Truncate(p, f.size))
		must(t, os.Chtimes(p, now.Add(-f.age), now.Add(-f.age)))
	}
	d.Tidy(now)
	entries, err := os.ReadDir(dir)
	must(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if want := []string{name(3), name(4), "mine.part", "t.new"}; strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("what is left is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A whole content is found again as long as it is as it was kept, and no longer than it is used.
func TestRemembered(t *testing.T) {
	d, data := newDir(t), []byte("a list of files")
	sum := sha256.Sum256(data)
	size := int64(len(data))
	if d.Remembered(sum, size) != nil || Dir("").Remembered(sum, size) != nil {
		t.Error("something is kept before anything was")
	}
	Dir("").Remember(sum, data)
	d.Remember(sum, data)
	name := partName(filepath.Join(string(d), partsIn), sum)
	old := time.Now().Add(-partKept + time.Hour)
	must(t, os.Chtimes(name, old, old))
	if !bytes.Equal(d.Remembered(sum, size), data) {
		t.Error("what is kept is not what it was")
	}
	if d.Remembered(sum, size+1) != nil {
		t.Error("a content of another size is taken")
	}
	d.Tidy(time.Now().Add(2 * time.Hour))
	if !bytes.Equal(d.Remembered(sum, size), data) {
		t.Error("it has gone 2 hours after it was used")
	}
	for what, change := range map[string]func() error{
		"other bytes":      func() error { return os.WriteFile(name, bytes.ToUpper(data), 0o600) },
		"fewer bytes":      func() error { return os.Truncate(name, size-1) },
		"others may write": func() error { return os.Chmod(name, 0o666) },
	} {
		d.Remember(sum, data)
		must(t, change())
		if d.Remembered(sum, size) != nil {
			t.Errorf("it is taken with %s", what)
		}
	}
	d.Tidy(time.Now().Add(partKept + time.Hour))
	if left, _ := os.ReadDir(filepath.Dir(name)); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}
