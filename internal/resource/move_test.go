package resource

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// A directory is moved to a path at which nothing is, and replaces nothing: neither an empty
// directory nor a file, also on a file system that cannot rename so by itself.
func TestMoveReplacesNothing(t *testing.T) {
	for _, able := range []bool{true, false} {
		dir, calls := t.TempDir(), 0
		m := NewMachine(Options{Fault: func(op, _ string) error {
			if calls++; op == "move" && !able && calls == 1 {
				return unix.EINVAL
			}
			return nil
		}})
		at := func(name string) string { return filepath.Join(dir, name) }
		mkdir := func(name string) {
			if err := os.Mkdir(at(name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		mkdir("from")
		mkdir("empty")
		if err := os.WriteFile(at("file"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, to := range []string{"empty", "file"} {
			calls = 0
			var why *kind.Problem
			if err := m.move(at("from"), at(to), nil); !errors.As(err, &why) || why.Code != kind.CodeMoved {
				t.Errorf("able: %v: a move to what is there ends with %v", able, err)
			}
		}
		calls = 0
		if err := m.move(at("from"), at("to"), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(at("to")); err != nil {
			t.Errorf("able: %v: %v", able, err)
		}
		mkdir("from")
		if err := m.move(at("from"), at("to2"), &Entry{Type: TypeFile}); err == nil {
			t.Errorf("able: %v: what is there in place of the directory is moved", able)
		}
	}
}
