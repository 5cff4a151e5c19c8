package resource

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestLockPlace holds that the lock of a user is in a place where no other user can
// write, whatever others have put there. It is the same for every agent of that
// user, whatever its environment.
func TestLockPlace(t *testing.T) {
	const inHome, inRuntime, inTemp = "home/.cache/mitoplan-UID/lock-web_1.example", "run/UID/mitoplan.lock", "tmp/mitoplan-UID.lock"
	mkdir := func(mode os.FileMode, dirs ...string) func(string) error {
		return func(root string) error {
			for _, d := range dirs {
				d = filepath.Join(root, withUID(d))
				if err := errors.Join(os.MkdirAll(d, 0o700), os.Chmod(d, mode)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	link := func(from, to string) func(string) error {
		return func(root string) error {
			from = filepath.Join(root, withUID(from))
			return errors.Join(os.MkdirAll(filepath.Dir(from), 0o700), os.Symlink(filepath.Join(root, to), from))
		}
	}
	both := mkdir(0o700, "home", "run/UID")
	tests := []struct {
		name string
		have []func(root string) error
		want string
	}{
		{"nothing yet in the home", []func(string) error{both}, inHome},
		{"the directory of the agents", []func(string) error{both, mkdir(0o700, "home/.cache/mitoplan-UID")}, inHome},
		{"a cache that others read", []func(string) error{both, mkdir(0o755, "home/.cache")}, inHome},
		{"a directory that others read", []func(string) error{both, mkdir(0o755, "home/.cache/mitoplan-UID")}, inRuntime},
		{"a cache that others write", []func(string) error{both, mkdir(0o777, "home/.cache")}, inRuntime},
		{"a home that others write", []func(string) error{both, mkdir(0o770, "home")}, inRuntime},
		{"a cache that is a link", []func(string) error{both, mkdir(0o700, "other"), link("home/.cache", "other")}, inRuntime},
		{"a directory that is a link", []func(string) error{both, mkdir(0o700, "other"), link("home/.cache/mitoplan-UID", "other")}, inRuntime},
		{"no home", []func(string) error{mkdir(0o700, "run/UID")}, inRuntime},
		{"a runtime directory that others read", []func(string) error{mkdir(0o755, "run/UID")}, inTemp},
		{"neither", nil, inTemp},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			for _, make := range tt.have {
				if err := make(root); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("XDG_RUNTIME_DIR", filepath.Join(root, "elsewhere"))
			t.Setenv("HOME", filepath.Join(root, "elsewhere"))
			p := lockPlaces{uid: os.Geteuid(), home: filepath.Join(root, "home"), host: "web/1.example", runtime: filepath.Join(root, "run"), temp: filepath.Join(root, "tmp")}
			for range 2 {
				if got, want := p.path(), filepath.Join(root, withUID(tt.want)); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		})
	}
}

// TestLockPlaceOfRoot: root has the lock where only root writes. A root directory without
// such a place, as an image for a container is, has it where other users have theirs.
func TestLockPlaceOfRoot(t *testing.T) {
	root := t.TempDir()
	p := lockPlaces{uid: os.Geteuid(), machine: []string{root + "/run", root + "/var/run"}, home: root, runtime: root + "/none", temp: root + "/tmp"}
	if got, want := p.path(), root+"/.cache/"+withUID("mitoplan-UID/lock-"); got != want {
		t.Errorf("without a place for root it is %s, want %s", got, want)
	}
	for _, dir := range []string{"/var/run", "/run"} {
		if err := os.MkdirAll(root+dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if got, want := p.path(), root+dir+"/mitoplan.lock"; got != want {
			t.Errorf("it is %s, want %s", got, want)
		}
	}
}

func withUID(p string) string {
	return strings.ReplaceAll(p, "UID", strconv.Itoa(os.Geteuid()))
}

// TestLockMadeByAnother: if /tmp is the only place for the lock of a user and
// somebody else made the file, the problem says who did and what to do.
func TestLockMadeByAnother(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to give a file away")
	}
	path := filepath.Join(t.TempDir(), "mitoplan-0.lock")
	if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chown(path, 65534, 65534)); err != nil {
		t.Fatal(err)
	}
	_, err := openLock(path)
	var p *kind.Problem
	if !errors.As(err, &p) {
		t.Fatalf("got %v, want a problem", err)
	}
	for _, want := range []string{path, "user 65534", "root", "remove it"} {
		if !strings.Contains(p.Detail, want) {
			t.Errorf("the problem %q lacks %q", p.Detail, want)
		}
	}
}
