package files

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/tree"
)

// site makes a directory with one of each, and returns where it is.
func site(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"b": "bee", "a/deep/x": "ex", "a/run": "#!", "z": ""} {
		at := filepath.Join(dir, "site", name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{os.Chmod(filepath.Join(dir, "site/a/run"), 0o750), os.Symlink("../elsewhere", filepath.Join(dir, "site/l")), os.Chmod(filepath.Join(dir, "site/a"), 0o700)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// treeLines are what is in a tree, one line each.
func treeLines(m tree.Manifest) (lines []string) {
	for _, e := range m.Entries {
		line := e.Path + " " + string(rune(e.Sort))
		if e.Runs {
			line += " runs"
		}
		if e.Private {
			line += " private"
		}
		if e.Sort == tree.Link {
			line += " " + e.Target
		}
		lines = append(lines, line)
	}
	return lines
}

// TestTree reads a directory, from the disk and from a snapshot.
func TestTree(t *testing.T) {
	dir := site(t)
	disk := NewReader(dir)
	want := []string{"a d private", "a/deep d", "a/deep/x f", "a/run f runs private", "b f", "l l ../elsewhere", "z f"}
	for _, r := range []*Reader{disk, NewSnapshot("/nonexistent", disk.Sources())} {
		if r != disk {
			r = NewSnapshot("/nonexistent", disk.Sources())
		}
		got, err := r.Tree("site", nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := tree.Decode(got.Manifest)
		if err != nil {
			t.Fatal(err)
		}
		lines := treeLines(m)
		if !slices.Equal(lines, want) || m.Entries[2].Sum != sha256.Sum256([]byte("ex")) {
			t.Errorf("it has %q, want %q", lines, want)
		}
		if got.Contents.Large != nil || string(got.Contents.Data) != "ex#!bee" {
			t.Errorf("the contents are %q", got.Contents.Data)
		}
	}
	less, err := disk.Tree("site", []string{"a/"})
	if err != nil || string(less.Contents.Data) != "bee" {
		t.Errorf("without a it has %q, %v", less.Contents.Data, err)
	}
	if _, err := NewSnapshot("/nonexistent", disk.Sources()).Tree("site", []string{"b"}); err == nil {
		t.Error("a snapshot has what was never read")
	}
}

// TestTreeLarge: contents that are long are read from the files when they are sent, from any
// offset, and a file that has changed since is named.
func TestTreeLarge(t *testing.T) {
	dir := site(t)
	long := bytes.Repeat([]byte("0123456789abcdef"), Kept/16)
	if err := os.WriteFile(filepath.Join(dir, "site/c"), long, 0o644); err != nil {
		t.Fatal(err)
	}
	all := append([]byte("ex#!bee"), long...)
	disk := NewReader(dir)
	got, err := disk.Tree("site", []string{"no", `"odd", (`})
	if err != nil || got.Contents.Large == nil || *got.Contents.Large != (Large{sha256.Sum256(all), int64(len(all))}) {
		t.Fatalf("it is %+v, %v", got.Contents, err)
	}
	later := NewSnapshot(dir, disk.Sources())
	later.Hold(disk.Large(), nil)
	for _, r := range []*Reader{disk, later} {
		if again, err := r.Tree("site", []string{"no", `"odd", (`}); err != nil || *again.Contents.Large != *got.Contents.Large {
			t.Errorf("a second time it is %+v, %v", again.Contents, err)
		}
		_, open, ok := r.Open(got.Contents.Large.Sum)
		if !ok {
			t.Fatal("the contents are not found by their name")
		}
		for _, at := range []int64{0, 1, 2, 4, 7, 8, int64(len(all)) - 1, int64(len(all))} {
			in, err := open(at)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(in)
			in.Close()
			if err != nil || !bytes.Equal(b, all[at:]) {
				t.Errorf("from %d on there are %d bytes, %v", at, len(b), err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "site/b"), []byte("BEE"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Reader{disk, later} {
		_, open, _ := r.Open(got.Contents.Large.Sum)
		if _, err := open(0); err == nil || !strings.Contains(err.Error(), `"b"`) {
			t.Errorf("of a file that has changed it says %v", err)
		}
	}
	again := NewSnapshot(dir, disk.Sources())
	again.Hold(disk.Large(), nil)
	_, open, _ := again.Open(got.Contents.Large.Sum)
	if _, err := open(0); err == nil || !strings.Contains(err.Error(), "it has changed") {
		t.Errorf("of a directory that has changed since the plan it says %v", err)
	}
}

// TestTreeIsRead: no result is saved into a source, or over an archive.
func TestTreeIsRead(t *testing.T) {
	dir := site(t)
	wroteFile(t, dir, "x.tar", packed(t, holding("a", "x", 0o644)))
	disk := NewReader(dir)
	if _, err := disk.Tree("site", []string{"out/"}); err != nil {
		t.Fatal(err)
	}
	if _, err := disk.Archive("x.tar", nil, 0); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"site": true, "site/b": true, "site/new": true, "x.tar": true, "site/out/x": false, "other": false, "site2": false} {
		at, err := disk.Target(name)
		if err != nil || disk.Reads(at) != want {
			t.Errorf("%s: it says %v, %v", name, disk.Reads(at), err)
		}
	}
}

// TestTreeTakesNoSwappedFile: what takes the place of a file, or of a directory above it, after it was
// found is not read in its place, and a pipe is not waited for.
func TestTreeTakesNoSwappedFile(t *testing.T) {
	for what, swap := range map[string]func(root, outside string) error{
		"a link": func(root, outside string) error {
			return os.Symlink(filepath.Join(outside, "x"), filepath.Join(root, "a/x"))
		},
		"a pipe":  func(root, _ string) error { return unix.Mkfifo(filepath.Join(root, "a/x"), 0o600) },
		"another": func(root, _ string) error { return os.WriteFile(filepath.Join(root, "a/x"), []byte("new"), 0o600) },
		"a link up": func(root, outside string) error {
			return errors.Join(os.Remove(filepath.Join(root, "a")), os.Symlink(outside, filepath.Join(root, "a")))
		},
	} {
		root, outside := t.TempDir(), t.TempDir()
		if err := os.Mkdir(filepath.Join(root, "a"), 0o755); err != nil {
			t.Fatal(err)
		}
		wroteFile(t, root, "a/x", []byte("good"))
		wroteFile(t, outside, "x", []byte("evil"))
		dir, err := os.OpenRoot(root)
		if err != nil {
			t.Fatal(err)
		}
		defer dir.Close()
		s := scanner{root: root, dir: dir, sum: sha256.New(), tell: func(_, _ int64) error { return nil }}
		if err := errors.Join(s.find(""), os.Rename(filepath.Join(root, "a/x"), filepath.Join(root, "old")), swap(root, outside)); err != nil {
			t.Fatal(err)
		}
		if err := s.readAll(); err == nil {
			t.Errorf("%s in place of the file: %q is read", what, s.data)
		}
		if what != "a link up" {
			continue
		}
		if err := s.find("a"); err == nil {
			t.Error("a directory outside of it is listed")
		}
	}
}

func TestTreeRefuses(t *testing.T) {
	dir := site(t)
	disk := NewReader(dir)
	socket, err := net.Listen("unix", filepath.Join(dir, "site/a/socket"))
	if err != nil {
		t.Skip(err)
	}
	defer socket.Close()
	read := func(path string, exclude ...string) error { _, err := disk.Tree(path, exclude); return err }
	before := maps.Clone(disk.Sources())
	for want, err := range map[string]error{
		`"a/socket": it is a device, a pipe or a socket`: read("site"),
		"it is not a directory":                          read("site/b"),
		"relative paths start at the":                    read("none"),
		`the pattern "[" has a [`:                        read("site", "["),
		"is not a path":                                  disk.LookTree(""),
		"it is not a directory. A single":                disk.LookTree("site/b"),
		"no such file":                                   disk.LookTree("/none"),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if !maps.EqualFunc(before, disk.Sources(), bytes.Equal) {
		t.Error("a directory that cannot be read is in the sources")
	}
	if err := read("site", "socket"); err != nil {
		t.Error(err)
	}
}
