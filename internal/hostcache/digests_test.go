package hostcache

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func sameDevice(a, b os.FileInfo) bool {
	return a.Sys().(*syscall.Stat_t).Dev == b.Sys().(*syscall.Stat_t).Dev
}

// open reads the digests of a directory as an agent of that start of the system does.
func (d Dir) open(boot string) *Digests {
	k := NewDigests(func() Dir { return d })
	k.loaded, k.file = true, digestFile{d, boot}
	for _, is := range k.file.read() {
		k.known[inode{is.Dev, is.Ino}] = is
	}
	return k
}

var (
	now  = time.Unix(1_800_000_000, 0)
	file = File{Dev: 1, Ino: 2, Size: Large, Mtime: 3, Ctime: now.Add(-time.Minute).UnixNano()}
	sum  = [32]byte{1, 2, 3}
)

// kept makes a directory in which the digest of file is kept.
func kept(t *testing.T) Dir {
	t.Helper()
	d := newDir(t)
	k := d.open("boot")
	k.Add(file, sum, "/file", now)
	must(t, k.Save())
	return d
}

func TestDigestIsFoundForTheSameStateOnly(t *testing.T) {
	k := kept(t).open("boot")
	for name, c := range map[string]struct {
		change func(f *File, at *time.Time)
		found  bool
	}{
		"the same":                  {func(*File, *time.Time) {}, true},
		"another device":            {func(f *File, _ *time.Time) { f.Dev++ }, false},
		"replaced by a rename":      {func(f *File, _ *time.Time) { f.Ino++ }, false},
		"another size":              {func(f *File, _ *time.Time) { f.Size++ }, false},
		"another time of change":    {func(f *File, _ *time.Time) { f.Mtime++ }, false},
		"the time was set back":     {func(f *File, _ *time.Time) { f.Ctime++ }, false},
		"the clock was set back":    {func(_ *File, at *time.Time) { *at = at.Add(-time.Hour) }, false},
		"changed in the last 2 s":   {func(_ *File, at *time.Time) { *at = at.Add(-time.Minute + 1999*time.Millisecond) }, false},
		"changed 2 s before":        {func(_ *File, at *time.Time) { *at = at.Add(-time.Minute + 2*time.Second) }, true},
		"much later, and unchanged": {func(_ *File, at *time.Time) { *at = at.Add(1000 * time.Hour) }, true},
	} {
		f, at := file, now
		c.change(&f, &at)
		if got, ok := k.Find(f, at); ok != c.found || ok && got != sum {
			t.Errorf("%s: it is found: %v, want %v", name, ok, c.found)
		}
	}
}

func TestDigestOfWhatJustChangedIsNotKept(t *testing.T) {
	d := newDir(t)
	k := d.open("boot")
	k.Add(file, sum, "/file", time.Unix(0, file.Ctime).Add(settleTime-1))
	k.Add(file, sum, "/file", time.Unix(0, file.Ctime).Add(-time.Hour))
	must(t, k.Save())
	if _, ok := k.Find(file, now); ok {
		t.Error("it is found in memory")
	}
	if entries, _ := os.ReadDir(string(d)); len(entries) != 0 {
		t.Error("a file was written, though nothing is new")
	}
}

func TestDigestsAreWrittenOnlyIfSomethingIsNew(t *testing.T) {
	d := kept(t)
	was, err := os.Stat(d.open("boot").file.path())
	must(t, err)
	k := d.open("boot")
	k.Find(file, now)
	k.Add(file, sum, "/file", now)
	must(t, k.Save())
	is, err := os.Stat(k.file.path())
	must(t, err)
	if !os.SameFile(was, is) || is.Mode().Perm() != 0o600 {
		t.Errorf("the file was written again, or has the mode %v", is.Mode())
	}
}

// What is not understood is as if it was not there, and is replaced.
func TestDamagedDigestsAreNone(t *testing.T) {
	for name, change := range map[string]func(p string, raw []byte) error{
		"empty":     func(p string, _ []byte) error { return os.WriteFile(p, nil, 0o600) },
		"cut short": func(p string, raw []byte) error { return os.WriteFile(p, raw[:len(raw)-1], 0o600) },
		"one bit": func(p string, raw []byte) error {
			raw[len(raw)-9] ^= 1
			return os.WriteFile(p, raw, 0o600)
		},
		"another format": func(p string, raw []byte) error {
			return os.WriteFile(p, []byte(fmt.Sprintf("%040d, digests of another program", 7)), 0o600)
		},
		"others may write": func(p string, _ []byte) error { return os.Chmod(p, 0o622) },
		"a link": func(p string, _ []byte) error {
			if err := os.Rename(p, p+"x"); err != nil {
				return err
			}
			return os.Symlink(p+"x", p)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := kept(t)
			p := filepath.Join(string(d), digestsIn)
			raw, err := os.ReadFile(p)
			must(t, err)
			must(t, change(p, raw))
			k := d.open("boot")
			if _, ok := k.Find(file, now); ok {
				t.Error("the digest is taken all the same")
			}
			k.Add(file, sum, "/file", now)
			must(t, k.Save())
			if _, ok := d.open("boot").Find(file, now); !ok {
				t.Error("nothing can be kept any more")
			}
		})
	}
	t.Run("another version", func(t *testing.T) {
		d := newDir(t)
		f := digestFile{d, "boot"}
		raw, err := digestList{Version: digestVersion + 1, Boot: "boot", Digests: []digest{{File: file, Sum: sum}}}.encode()
		must(t, err)
		must(t, f.replace(raw))
		if got := f.read(); got != nil {
			t.Errorf("%d digests are taken", len(got))
		}
	})
}

func TestDigestsOfAnotherStartAreNone(t *testing.T) {
	d := kept(t)
	k := d.open("another boot")
	if _, ok := k.Find(file, now); ok {
		t.Error("it is found after the system was started again")
	}
	k.Add(file, sum, "/file", now)
	must(t, k.Save())
	if _, ok := d.open("boot").Find(file, now); ok {
		t.Error("it is found though the file is of another start")
	}
}

// Two agents add at once. Neither loses what the other has kept.
func TestDigestsOfTwoAgentsAreMerged(t *testing.T) {
	d := newDir(t)
	a, b := d.open("boot"), d.open("boot")
	other := file
	other.Ino++
	a.Add(file, sum, "/file", now)
	b.Add(other, sum, "/other", now)
	must(t, a.Save())
	must(t, b.Save())
	k := d.open("boot")
	for _, f := range []File{file, other} {
		if _, ok := k.Find(f, now); !ok {
			t.Errorf("the digest of file %d is lost", f.Ino)
		}
	}
}

func TestDigestsAreBounded(t *testing.T) {
	d := newDir(t)
	for round := range 2 {
		k := d.open("boot")
		for i := range maxDigests - 10 {
			f := file
			f.Ino = uint64(round*maxDigests + i)
			k.Add(f, sum, "/file", now.Add(time.Duration(round)*time.Hour))
		}
		must(t, k.Save())
	}
	k := d.open("boot")
	if len(k.known) != maxDigests {
		t.Errorf("%d digests are kept, want %d", len(k.known), maxDigests)
	}
	for i := range maxDigests - 10 {
		f := file
		f.Ino = uint64(maxDigests + i)
		if _, ok := k.Find(f, now); !ok {
			t.Fatalf("the digest of file %d is gone, which is one of the newest", f.Ino)
		}
	}
}

// Without a directory, or on a system that does not tell when it was started, digests
// are known to this process alone.
func TestDigestsWithoutADirectory(t *testing.T) {
	for _, f := range []digestFile{{"", "boot"}, {newDir(t), ""}} {
		k := f.dir.open(f.boot)
		k.Add(file, sum, "/file", now)
		must(t, k.Save())
		if _, ok := k.Find(file, now); !ok || f.dir != "" && len(f.read()) > 0 {
			t.Errorf("%q, %q: it is found: %v", f.dir, f.boot, ok)
		}
	}
}

func TestHolderOfAContent(t *testing.T) {
	k := kept(t).open("boot")
	if path, ok := k.Holder(sum); !ok || path != "/file" {
		t.Errorf("the content is said to be at %q", path)
	}
	if path, ok := k.Holder([32]byte{}); ok {
		t.Errorf("a content that nobody has is said to be at %q", path)
	}
}

func TestIdentify(t *testing.T) {
	f := arrived(t, t.TempDir(), nil)
	was, ok := Identify(f)
	if !ok {
		t.Skip("the times of files are not trusted here")
	}
	if again, _ := Identify(f); again != was {
		t.Error("it has changed without a change")
	}
	must(t, f.Truncate(1))
	if is, _ := Identify(f); is == was {
		t.Error("a change of the file makes no difference")
	}
	for _, p := range []string{"/proc/version", "/dev/shm"} {
		o, err := os.Open(p)
		if err != nil {
			continue
		}
		if _, ok := Identify(o); ok {
			t.Errorf("the times of %s are trusted", p)
		}
		o.Close()
	}
}
