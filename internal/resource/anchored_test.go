//go:build linux

package resource

import (
	"io/fs"
	"testing"

	"golang.org/x/sys/unix"
)

// An error about a path below an open directory is told with the path that people
// know. Any other path stays as it is.
func TestPathsThroughAnOpenDirectory(t *testing.T) {
	for p, want := range map[string]string{
		"/proc/self/fd/7":       "/etc/app",
		"/proc/self/fd/7/x":     "/etc/app/x",
		"/proc/self/fd/7/x/y":   "/etc/app/x/y",
		"/proc/self/fd/71/x":    "/proc/self/fd/71/x",
		"/etc/other":            "/etc/other",
		"/proc/sys/vm/overflow": "/proc/sys/vm/overflow",
	} {
		if got := moved(p, "/proc/self/fd/7", "/etc/app"); got != want {
			t.Errorf("%s is told as %s, want %s", p, got, want)
		}
	}
	root, err := newTree(t.TempDir(), "/srv/data")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for p, want := range map[string]string{"a/b": "/srv/data/a/b", root.Name() + "/a": "/srv/data/a", "/elsewhere": "/elsewhere"} {
		if got := root.named(&fs.PathError{Op: "open", Path: p, Err: unix.EIO}).(*fs.PathError).Path; got != want {
			t.Errorf("%s is told as %s, want %s", p, got, want)
		}
	}
}

// The topmost directory is in no other directory. An action on it reaches the
// directory itself, and not the link that leads to it.
func TestTheTopmostDirectoryIsAnchored(t *testing.T) {
	at, err := anchor("/")
	if err != nil {
		t.Fatal(err)
	}
	defer at.close()
	n, err := openNode(at.at)
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	var is, want unix.Stat_t
	if err := n.stat(&is); err != nil || unix.Stat("/", &want) != nil || is.Ino != want.Ino || is.Dev != want.Dev {
		t.Errorf("%s does not lead to /: %v", at.at, err)
	}
}
