package executor_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

// If only the mode of a file differs, its content is not written anew, whatever edits it: the plan
// says nothing of content, the file stays the same one, no validate runs, and no backup is made.
func TestAModeAloneWritesNoContent(t *testing.T) {
	const of = " on = context.local.h\n path = \"$DIR/x\"\n"
	const tried = " validate = \"echo >> $DIR/log; cat %s\"\n backup = true\n"
	file := func(more string) string {
		return "resource \"file\" \"x\" {\n" + of + tried + " content = \"a 1\\nb 2\\n\"\n" + more + "}\n"
	}
	const block = "resource \"block\" \"b\" {\n" + of + tried + " content = \"in it\\n\"\n}\n"
	line := func(more string) string {
		return "resource \"line\" \"l\" {\n" + of + tried + " regexp = \"^a \"\n line = \"a 9\"\n" + more + "}\n"
	}
	const mode = " mode = \"0600\"\n"
	for name, c := range map[string]struct {
		src   string
		saved bool
		want  string // what the plan changes
	}{
		"of the file":                 {file(mode) + block + line(""), false, "file.x"},
		"of a file with force":        {file(mode+" force = true\n") + line(""), false, "file.x"},
		"of a file that is not made":  {file(mode+" create = false\n") + line(""), false, "file.x"},
		"of a file with replace":      {file(mode+" replace = true\n") + line(""), false, "file.x"},
		"of an edit":                  {file("") + block + line(mode), false, "line.l"},
		"of both":                     {file(mode) + line(mode), false, "file.x"},
		"of the file in a saved plan": {file(mode) + block + line(""), true, "file.x"},
		"of an edit in a saved plan":  {file("") + block + line(mode), true, "line.l"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.write("x", "a 1\n")
			l.applyAll(c.src, nil)
			x, held := filepath.Join(l.Dir, "x"), l.read("x")
			inode, tried, beside := inodeOf(t, x), l.read("log"), besides(t, l.Dir)
			if err := os.Chmod(x, 0o640); err != nil {
				t.Fatal(err)
			}
			s := l.session(driftHead+c.src, nil)
			p := l.plan(s)
			var changed []string
			for _, a := range p.Actions {
				if a.Changes() {
					changed = append(changed, a.Address)
					if a.Uses != nil || !reflect.DeepEqual(a.Before["content"], a.After["content"]) {
						t.Errorf("the plan says of %s that %v changes to %v, with %v", a.Address, a.Before, a.After, a.Uses)
					}
				}
			}
			if strings.Join(changed, " ") != c.want {
				t.Errorf("the plan changes %v, want %s", changed, c.want)
			}
			if c.saved {
				l.applySaved(s, p, l.options(driftHead+c.src, nil))
			} else {
				l.mustApply(s, p)
			}
			if inodeOf(t, x) != inode || l.read("x") != held {
				t.Errorf("the file was written anew, and holds %q", l.read("x"))
			}
			if l.read("log") != tried || besides(t, l.Dir) != beside {
				t.Errorf("a command ran, or there is a backup: %s", besides(t, l.Dir))
			}
			if info, err := os.Stat(x); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the mode is %v, %v", info.Mode(), err)
			}
			if p := l.plan(l.session(driftHead+c.src, nil)); !p.Empty() {
				t.Error("the next plan is not empty")
			}
			l.write("x", held+"of somebody\n")
			p = l.plan(l.session(driftHead+c.src, nil))
			if len(p.Drifts) != 1 || !p.Drifts[0].Outside {
				t.Errorf("of a later change by hand the plan says %+v", p.Drifts)
			}
		})
	}
}

// Edits that make another file of what is there than of what the block of the file has are made as
// ever: the file is written, and holds the same.
func TestEditsThatNeedTheContentOfTheirFile(t *testing.T) {
	const src = driftHead + `
resource "file" "x" {
  on      = context.local.h
  path    = "$DIR/x"
  content = "x 1\n"
  mode    = "0600"
}
resource "line" "a" {
  on   = context.local.h
  path = "$DIR/x"
  line = "m 1"
}
resource "replace" "b" {
  on      = context.local.h
  path    = "$DIR/x"
  regexp  = "m 1"
  replace = "n 1"
}
`
	l := newLab(t)
	s := l.session(src, nil)
	l.mustApply(s, l.plan(s))
	if err := os.Chmod(filepath.Join(l.Dir, "x"), 0o640); err != nil {
		t.Fatal(err)
	}
	for _, ops := range []int{3, 0} {
		s = l.session(src, nil)
		p := l.plan(s)
		if got := p.Summary().Change; got != ops {
			t.Errorf("the plan changes %d things, want %d", got, ops)
		}
		if l.mustApply(s, p); l.read("x") != "x 1\nn 1\n" {
			t.Errorf("the file holds %q", l.read("x"))
		}
	}
}

func inodeOf(t *testing.T, path string) uint64 {
	t.Helper()
	var s syscall.Stat_t
	if err := syscall.Stat(path, &s); err != nil {
		t.Fatal(err)
	}
	return s.Ino
}

// besides are the names in a directory.
func besides(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return strings.Join(out, " ")
}
