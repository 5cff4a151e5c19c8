package files

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// put writes a file of that many bytes, and returns what is in it.
func put(t *testing.T, path string, size int) []byte {
	t.Helper()
	b := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestASourceIsKeptOrNamed holds that a source of up to 1 MiB is kept, and that of a
// longer one there is the name, which opens it from any offset. It is read once, however
// often it is asked for.
func TestASourceIsKeptOrNamed(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]int{"empty": 0, "small": 5, "most": Kept, "large": Kept + 1, "larger": 3*Kept + 7} {
		want := put(t, filepath.Join(dir, name), size)
		r, read := NewReader(dir), 0
		r.Watch(func(path string, done, of int64) error {
			if path != name || of != int64(size) || done > of {
				t.Errorf("%s: told of %d of %d bytes of %s", name, done, of, path)
			}
			if done == of {
				read++
			}
			return nil
		})
		for _, path := range []string{name, "./" + name, filepath.Join(dir, name), name} {
			if err := r.Look(path); err != nil {
				t.Error(err)
			}
			got, err := r.Source(path)
			if err != nil {
				t.Fatal(err)
			}
			if size <= Kept {
				if got.Large != nil || !bytes.Equal(got.Data, want) {
					t.Errorf("%s: got %d bytes and the name %v", name, len(got.Data), got.Large)
				}
				continue
			}
			if got.Large == nil || got.Data != nil || got.Large.Size != int64(size) || got.Large.Sum != sha256.Sum256(want) {
				t.Fatalf("%s: got %d bytes and the name %v", name, len(got.Data), got.Large)
			}
			key, open, ok := r.Open(got.Large.Sum)
			if key != name || !ok {
				t.Fatalf("%s is found as %q, %t", name, key, ok)
			}
			for _, at := range []int64{0, 1, Kept} {
				in, err := open(at)
				if err != nil {
					t.Fatal(err)
				}
				if b, err := io.ReadAll(in); err != nil || !bytes.Equal(b, want[at:]) {
					t.Errorf("%s from %d: %d bytes, %v", name, at, len(b), err)
				}
				in.Close()
			}
		}
		if size > Kept && read > 2 { // the last byte, and the end behind it
			t.Errorf("%s was read more than once", name)
		}
		if _, kept := r.Sources()[name]; kept != (size <= Kept) || len(r.Large()) != map[bool]int{true: 0, false: 1}[size <= Kept] {
			t.Errorf("%s: %d sources, large are %v", name, len(r.Sources()), r.Large())
		}
	}
	if _, _, ok := NewReader(dir).Open([32]byte{}); ok {
		t.Error("a source is found that was never named")
	}
}

// TestAFileThatAFunctionHasReadIsNamedAsWell holds that a large source has the same name
// whether a function has read it before, after, or never.
func TestAFileThatAFunctionHasReadIsNamedAsWell(t *testing.T) {
	dir := t.TempDir()
	want := put(t, filepath.Join(dir, "f"), Kept+1)
	for _, first := range []bool{true, false} {
		r := NewReader(dir)
		if first {
			_, _ = r.Read("f")
		}
		s, err := r.Source("f")
		if err != nil || s.Large == nil || s.Large.Sum != sha256.Sum256(want) {
			t.Fatalf("got %v, %v", s.Large, err)
		}
		_, _ = r.Read("f")
		again := NewSnapshot("/nonexistent", r.Sources())
		if s, err := again.Source("f"); err != nil || s.Large == nil || s.Large.Sum != sha256.Sum256(want) {
			t.Errorf("from the snapshot: %v, %v", s.Large, err)
		}
		_, open, _ := again.Open(sha256.Sum256(want))
		in, err := open(5)
		if b, _ := io.ReadAll(in); err != nil || !bytes.Equal(b, want[5:]) {
			t.Errorf("%d bytes, %v", len(b), err)
		}
	}
}

// TestASourceThatChanges holds that a large source is opened only as it was named, and
// that its end is no end if it was written meanwhile.
func TestASourceThatChanges(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, path string)
		want   string
	}{
		"appended":    {func(t *testing.T, path string) { put(t, path, Kept+11) }, "it had 1048577 bytes when it was read for the plan, and has 1048587 now"},
		"cut":         {func(t *testing.T, path string) { put(t, path, 3) }, "and has 3 now"},
		"overwritten": {func(t *testing.T, path string) { put(t, path, Kept+1); os.Chtimes(path, time.Now(), time.Unix(5, 0)) }, "it was written again, at "},
		"replaced": {func(t *testing.T, path string) {
			put(t, path+"2", Kept+1)
			if err := os.Rename(path+"2", path); err != nil {
				t.Fatal(err)
			}
		}, "it was written again, at "},
	} {
		path := filepath.Join(t.TempDir(), "f")
		put(t, path, Kept+1)
		r := NewReader(filepath.Dir(path))
		s, err := r.Source("f")
		if err != nil {
			t.Fatal(err)
		}
		_, open, _ := r.Open(s.Large.Sum)
		in, err := open(0)
		if err != nil {
			t.Fatal(err)
		}
		c.change(t, path)
		if name != "replaced" { // who reads it has the old one
			if _, err := io.Copy(io.Discard, in); !isChanged(err, c.want) {
				t.Errorf("%s while it is read: %v", name, err)
			}
		}
		in.Close()
		if _, err := open(0); !isChanged(err, c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func isChanged(err error, want string) bool {
	var e *ChangedError
	return errors.As(err, &e) && strings.Contains(e.Error(), want)
}

// TestASourceThatIsWrittenWhileItIsNamed holds that there is no name for it.
func TestASourceThatIsWrittenWhileItIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, 3*Kept)
	for name, change := range map[string]func() error{
		"appended":    func() error { return os.WriteFile(path, bytes.Repeat([]byte{1}, 5*Kept), 0o600) },
		"overwritten": func() error { return os.Chtimes(path, time.Now(), time.Unix(5, 0)) },
		"cut":         func() error { return os.Truncate(path, Kept+5) },
	} {
		r := NewReader(filepath.Dir(path))
		r.Watch(func(string, int64, int64) error { return change() })
		if s, err := r.Source("f"); err == nil || !strings.Contains(err.Error(), "it was written while it was read") {
			t.Errorf("%s: %v, %v", name, s.Large, err)
		}
		r.Watch(nil)
		if s, err := r.Source("f"); err != nil || s.Large == nil {
			t.Errorf("%s, the next time: %v", name, err)
		}
	}
}

// TestNamingEndsWhenItShall holds that who waits for a name can give up, and ask again.
func TestNamingEndsWhenItShall(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "f"), 3*Kept)
	r := NewReader(dir)
	enough, told := errors.New("enough"), 0
	r.Watch(func(string, int64, int64) error { told++; return enough })
	if _, err := r.Source("f"); !errors.Is(err, enough) || told != 1 {
		t.Errorf("got %v after %d", err, told)
	}
	r.Watch(nil)
	s, err := r.Source("f")
	if err != nil {
		t.Fatal(err)
	}
	again := NewSnapshot(dir, r.Sources())
	again.Hold(r.Large(), nil)
	again.Watch(func(string, int64, int64) error { return enough })
	if got, err := again.Source("f"); err != nil || *got.Large != *s.Large {
		t.Errorf("got %v, %v", got.Large, err)
	}
	_, open, _ := again.Open(s.Large.Sum)
	if _, err := open(0); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}

// TestLargeSourcesOfASnapshot holds that a snapshot has the name of a file whatever became
// of it, and opens the file that was named, if it is still that, or what it was given in
// its place.
func TestLargeSourcesOfASnapshot(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	want := put(t, path, Kept+1)
	r := NewReader(dir)
	if _, err := r.Source("f"); err != nil {
		t.Fatal(err)
	}
	snapshot := func(openers map[string]Opener) *Reader {
		s := NewSnapshot(dir, r.Sources())
		if err := s.Look("f"); err != nil {
			t.Errorf("before it knows the name: %v", err)
		}
		if _, err := s.Source("f"); err == nil {
			t.Error("there is a name that it was not given")
		}
		s.Hold(r.Large(), openers)
		return s
	}
	for name, c := range map[string]struct {
		change func()
		want   []string
	}{
		"there":       {func() {}, nil},
		"touched":     {func() { os.Chtimes(path, time.Now(), time.Unix(5, 0)) }, nil},
		"overwritten": {func() { os.WriteFile(path, bytes.Repeat([]byte{1}, Kept+1), 0o600) }, []string{"its SHA-256 was ", "and is "}},
		"longer":      {func() { put(t, path, Kept+9) }, []string{"it had 1048577 bytes", "has 1048585 now"}},
		"short":       {func() { put(t, path, 4) }, []string{"it had 1048577 bytes", "has 4 now"}},
		"missing":     {func() { os.Remove(path) }, []string{"no such file", "it had 1048577 bytes", "its SHA-256 was "}},
		"directory":   {func() { os.Remove(path); os.Mkdir(path, 0o700) }, []string{"not a regular file"}},
	} {
		os.Remove(path)
		put(t, path, Kept+1)
		c.change()
		s := snapshot(nil)
		got, err := s.Source("f")
		_, open, ok := s.Open(sha256.Sum256(want))
		if err != nil || *got.Large != r.Large()["f"] || !ok {
			t.Errorf("%s: %v, %v", name, got.Large, err)
			continue
		}
		in, err := open(1)
		if _, again := open(1); (again == nil) != (err == nil) {
			t.Errorf("%s: %v, and then %v", name, err, again)
		}
		if c.want == nil {
			if b, _ := io.ReadAll(in); err != nil || !bytes.Equal(b, want[1:]) {
				t.Errorf("%s: %d bytes, %v", name, len(b), err)
			}
			continue
		}
		for _, text := range append(c.want, "The plan file has only its name", "Bring that file back, or make a new plan, with -bundle") {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v, want %q", name, err, text)
			}
		}
	}
	os.Remove(path)
	given := func(int64) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("given")), nil }
	s := snapshot(map[string]Opener{"f": given})
	if got, err := s.Source("f"); err != nil || *got.Large != r.Large()["f"] {
		t.Errorf("from a bundle: %v, %v", got.Large, err)
	}
	if _, open, ok := s.Open(sha256.Sum256(want)); !ok {
		t.Error("what it was given is not found")
	} else if in, _ := open(0); in != nil {
		if b, _ := io.ReadAll(in); string(b) != "given" {
			t.Errorf("it opens %q", b)
		}
	}
}

// TestOneOfTwoSources holds that a content is had from any file that was named so, and
// that the error of none is that of the first.
func TestOneOfTwoSources(t *testing.T) {
	dir := t.TempDir()
	r := NewReader(dir)
	for _, name := range []string{"f", "g"} {
		put(t, filepath.Join(dir, name), Kept+1)
		if _, err := r.Source(name); err != nil {
			t.Fatal(err)
		}
	}
	s := NewSnapshot(dir, r.Sources())
	s.Hold(r.Large(), nil)
	os.Remove(filepath.Join(dir, "f"))
	for name, r := range map[string]*Reader{"of the disk": r, "of a plan file": s} {
		_, open, _ := r.Open(r.Large()["f"].Sum)
		if in, err := open(0); err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			in.Close()
		}
	}
	os.Remove(filepath.Join(dir, "g"))
	if _, open, _ := r.Open(r.Large()["f"].Sum); open != nil {
		if _, err := open(0); err == nil || !strings.Contains(err.Error(), "no such file") || !strings.Contains(err.Error(), "/f") {
			t.Errorf("without both: %v", err)
		}
	}
}

// TestWhatIsNoSource holds that nothing else than a regular file is read.
func TestWhatIsNoSource(t *testing.T) {
	r := NewReader(t.TempDir())
	for path, want := range map[string]string{".": "not a regular file", "/dev/zero": "not a regular file", "missing": "relative paths start at", "": "is not a path"} {
		if _, err := r.Source(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Source of %q: %v, want %q", path, err, want)
		}
		if err := r.Look(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Look at %q: %v, want %q", path, err, want)
		}
	}
	if err := NewSnapshot("", nil).Look("f"); err == nil || !strings.Contains(err.Error(), "was not read when the plan was made") {
		t.Errorf("got %v", err)
	}
}

// TestAnySourceTakesTheSameMemory names a file of 256 MiB, all but its beginning a hole.
func TestAnySourceTakesTheSameMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, 5)
	const size = 256 << 20
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := NewReader(filepath.Dir(path)).Source("f")
	if err != nil || s.Large.Size != size {
		t.Fatalf("%v, %v", s.Large, err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("naming it took %d bytes", took)
	}
}
