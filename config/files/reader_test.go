package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReader: a snapshot answers everything that was read from the disk, and
// nothing else.
func TestReader(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	for name, text := range map[string]string{"a": "one", "sub/b.txt": "two", "sub/c.txt": "three"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	disk := NewReader(dir)
	for _, r := range []*Reader{disk, nil} {
		if r == nil {
			r = NewSnapshot("/nonexistent", disk.Sources())
		}
		for path, want := range map[string]string{"a": "one", "./a": "one", "sub/../a": "one"} {
			if b, err := r.Read(path); err != nil || string(b) != want {
				t.Errorf("%s: %q, %v", path, b, err)
			}
		}
		if ok, err := r.Exists("a"); !ok || err != nil {
			t.Errorf("Exists of a gave %v, %v", ok, err)
		}
		if ok, err := r.Exists("missing"); ok || err != nil {
			t.Errorf("Exists of missing gave %v, %v", ok, err)
		}
		if names, err := r.Glob("sub", "*.txt"); err != nil || strings.Join(names, " ") != "b.txt c.txt" {
			t.Errorf("Glob gave %v, %v; want b.txt and c.txt", names, err)
		}
		if names, err := r.Glob(".", "*.none"); err != nil || len(names) != 0 {
			t.Errorf("Glob without a match gave %v, %v", names, err)
		}
	}
	for _, path := range []string{filepath.Join(dir, "a"), "~/a"} {
		if b, err := disk.Read(path); err != nil || string(b) != "one" {
			t.Errorf("%s: %q, %v", path, b, err)
		}
	}
	if len(disk.Sources()) != 5 {
		t.Errorf("a file is in the sources under several names: %q", disk.Sources())
	}
	if disk.IsSnapshot() || disk.Dir() != dir || !NewSnapshot("x", nil).IsSnapshot() {
		t.Error("Dir or IsSnapshot of a reader is wrong")
	}
}

// TestReaderRefuses: what cannot be read is an error that names the cause.
func TestReaderRefuses(t *testing.T) {
	dir := t.TempDir()
	large, err := os.Create(filepath.Join(dir, "large"))
	if err != nil {
		t.Fatal(err)
	}
	if err := large.Truncate(20); err != nil {
		t.Fatal(err)
	}
	large.Close()
	disk, snapshot := NewReader(dir), NewSnapshot(dir, nil)
	read := func(r *Reader, path string) error { _, err := r.Read(path); return err }
	exists := func(r *Reader, path string) error { _, err := r.Exists(path); return err }
	glob := func(r *Reader, path, pattern string) error { _, err := r.Glob(path, pattern); return err }
	_, tooLarge := ReadRegular(large.Name(), 10)
	for want, err := range map[string]error{
		"relative paths start at the":          read(disk, "missing"),
		"no such file":                         read(disk, "/missing/file"),
		"it is not a regular file":             read(disk, "/dev/null"),
		`"" is not a path`:                     read(disk, ""),
		`"a\x00b" is not a path`:               exists(disk, "a\x00b"),
		"is not a regular file":                exists(disk, "."),
		"is not valid":                         glob(disk, ".", "["),
		"was not read when the plan was made":  read(snapshot, "large"),
		"was not asked when the plan was made": exists(snapshot, "large"),
		"fileset(":                             glob(snapshot, ".", "*"),
		"it is larger than":                    tooLarge,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if len(disk.Sources()) != 0 {
		t.Errorf("a read that failed is in the sources: %q", disk.Sources())
	}
}
