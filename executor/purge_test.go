package executor_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/planner"
)

// purging is a directory in which nothing but what blocks declare stays.
const purging = `
resource "directory" "d" {
  on    = context.local.h
  path  = "$DIR/d"
  purge = true
}
resource "file" "x" {
  on      = context.local.h
  path    = "${directory.d.path}/sub/x"
  content = "x\n"
}
resource "directory" "sub" {
  on    = context.local.h
  path  = "${directory.d.path}/kept"
}
resource "link" "l" {
  on     = context.local.h
  path   = "$DIR/d/l"
  target = "aimed"
}
resource "line" "e" {
  on     = context.local.h
  path   = "$DIR/d/edited"
  line   = "a"
  create = true
}
call "command" "c" {
  on      = context.local.h
  argv    = ["touch", "$DIR/d/by-command.1"]
  creates = "$DIR/d/by-command.1"
}
`

// made puts files with their names as content into the directory.
func (l *lab) made(names ...string) {
	l.t.Helper()
	for _, name := range names {
		at := filepath.Join(l.Dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			l.t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(name), 0o600); err != nil {
			l.t.Fatal(err)
		}
	}
}

// below are the paths of all that is below a directory, but for directories that hold something.
func (l *lab) below(dir string) string {
	l.t.Helper()
	var out []string
	root := filepath.Join(l.Dir, dir)
	err := filepath.WalkDir(root, func(at string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if rel, _ := filepath.Rel(root, at); !e.IsDir() {
			out = append(out, rel)
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// purges are the paths that a plan says go along with the directory.
func purges(p *planner.Plan) string {
	a := p.Action("directory.d")
	if a == nil || a.Along == nil {
		return ""
	}
	var out []string
	for _, e := range a.Along.Entries {
		out = append(out, string(e.Op)+" "+string(e.Path))
	}
	return strings.Join(out, ", ")
}

// What blocks of the machine declare or name stays in a directory that is purged, whatever
// is known of it first, and the rest goes as the plan lists it. The second plan is empty.
func TestPurge(t *testing.T) {
	l := newLab(t)
	l.made("d/old", "d/sub/old", "d/kept/old", "d/tree/deep/old", "d/aimed", "d/by-command.1", "d/edited.20260102T030405.000000006Z.bak", "d/other.20260102T030405.000000006Z.bak")
	outside := filepath.Join(l.Dir, "outside")
	l.made("outside/stays")
	if err := os.Symlink(outside, filepath.Join(l.Dir, "d", "away")); err != nil {
		t.Fatal(err)
	}
	s := l.session(driftHead+purging, nil)
	p := l.plan(s)
	want := "delete away, delete old, delete other.20260102T030405.000000006Z.bak, delete sub/old, delete tree, delete tree/deep, delete tree/deep/old"
	if got := purges(p); got != want {
		t.Errorf("the plan purges\n%s\nwant\n%s", got, want)
	}
	l.mustApply(s, p)
	all := "aimed by-command.1 edited edited.20260102T030405.000000006Z.bak kept/old l sub/x"
	if got := l.below("d"); got != all {
		t.Errorf("there is\n%s\nwant\n%s", got, all)
	}
	if got := l.below("outside"); got != "stays" {
		t.Errorf("behind the link there is %q", got)
	}
	s = l.session(driftHead+purging, nil)
	if p := l.plan(s); !p.Empty() {
		t.Errorf("the second plan is not empty: %+v", p.Actions)
	}
	l.made("d/new")
	s = l.session(driftHead+purging, nil)
	p = l.plan(s)
	a := p.Action("directory.d")
	if a == nil || a.Drift != planner.OriginOutside {
		t.Errorf("what somebody added is %+v", a)
	}
	l.made("d/newer")
	if sum, diags := l.apply(t.Context(), s, p); sum.Refused != 1 || !diags.HasErrors() || !l.isThere("d/new") {
		t.Errorf("after something more was added: %+v, %v", sum, diags)
	}
}

// As long as a plan does not know all that may be declared, nothing is purged.
func TestPurgeWaits(t *testing.T) {
	for name, c := range map[string]struct {
		more   string
		leaves []string
	}{
		"a path that is known after apply": {more: `
call "command" "name" {
  on   = context.local.h
  argv = ["echo", "-n", "$DIR/d/later"]
}
resource "file" "later" {
  on   = context.local.h
  path = call.command.name.stdout
}
`},
		"one of those is left out, too": {leaves: []string{"file.later"}, more: `
call "command" "name" {
  on   = context.local.h
  argv = ["echo", "-n", "$DIR/d/later"]
}
resource "file" "later" {
  on   = context.local.h
  path = call.command.name.stdout
}
`},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.made("d/old", "d/later", "d/sub/x")
			o := l.options(driftHead+purging+c.more, nil)
			o.Excludes = c.leaves
			s := l.open(o)
			p, diags := s.Plan(t.Context())
			a := p.Action("directory.d")
			if got := purges(p); got != "" {
				t.Errorf("it purges %s", got)
			}
			// The directory is no action that anybody is shown, so that its warning stands alone.
			if diags.HasErrors() || len(diags) != 1 || !strings.Contains(diags[0].Detail, "file.later") {
				t.Errorf("the diagnostics are %v", diags)
			}
			if a == nil || !strings.Contains(strings.Join(a.Warnings, " "), "file.later") {
				t.Errorf("the plan says nothing of why: %+v", a)
			}
			l.mustApply(s, p)
			if !l.isThere("d/old") || !l.isThere("d/later") {
				t.Error("something was removed")
			}
		})
	}
}

// What is declared by a block that is left out stays, too, if it is known what that is about.
func TestPurgeKeepsWhatIsLeftOut(t *testing.T) {
	l := newLab(t)
	l.made("d/old", "d/later", "d/sub/x")
	o := l.options(driftHead+purging+"resource \"file\" \"later\" {\n on = context.local.h\n path = \"${directory.d.path}/later\"\n}\n", nil)
	o.Excludes = []string{"file.later"}
	s := l.open(o)
	p := l.plan(s)
	if got := purges(p); got != "delete old" {
		t.Errorf("the plan purges %q", got)
	}
	l.mustApply(s, p)
	if l.isThere("d/old") || !l.isThere("d/later") {
		t.Errorf("there is %s", l.below("d"))
	}
}

// A directory goes together with what a script made in it, although only the script knows
// of that. If something else is in it, it stays, and that is what is told and counted.
func TestDirectoryOfAScriptGoes(t *testing.T) {
	const src = `
resource "directory" "d" {
  on   = context.local.h
  path = "$DIR/d"
}
resource "script" "s" {
  on      = context.local.h
  name    = "s"
  read    = "test -e $DIR/d/made && echo '{}' || echo null"
  apply   = "touch $DIR/d/made"
  destroy = "rm -f $DIR/d/made"
  depends_on = [directory.d]
}
`
	l := newLab(t)
	l.applyAll(src, nil)
	if !l.isThere("d/made") {
		t.Fatal("the script made nothing")
	}
	s, p, op := l.departs("directory.d")
	if op != planner.Delete {
		t.Errorf("the directory is to be: %s", op)
	}
	if sum := l.mustApply(s, p); l.isThere("d") || sum.Destroyed != 2 || sum.Forgotten != 0 {
		t.Errorf("the directory is still there: %v, %+v", l.isThere("d"), sum)
	}
	l.applyAll(src, nil)
	l.made("d/theirs")
	s, p, _ = l.departs("directory.d")
	var ended executor.Event
	l.told = func(e executor.Event) {
		if e.Type == executor.ApplyDone && e.Address == "directory.d" {
			ended = e
		}
	}
	if sum := l.mustApply(s, p); sum.Destroyed != 1 || sum.Forgotten != 1 {
		t.Errorf("the directory stays, and is counted as %+v", sum)
	}
	if ended.Op != planner.Forget || !strings.HasPrefix(ended.Reason, "it stays: ") || !strings.Contains(ended.Reason, "The directory is not empty") {
		t.Errorf("of the directory that stays it is told: %s, %q", ended.Op, ended.Reason)
	}
	if got := l.below("d"); got != "theirs" {
		t.Errorf("of a directory with something else in it there is %q", got)
	}
	if all := l.loaded().Addresses(); len(all) > 0 {
		t.Errorf("%q is still recorded", all)
	}
}

// What blocks name through a link, which is there or which the plan makes, stays. Otherwise a
// call would make it anew with each apply.
func TestPurgeKeepsWhatLinksLeadTo(t *testing.T) {
	const src = `
resource "directory" "d" {
  on    = context.local.h
  path  = "$DIR/d"
  purge = true
}
resource "link" "l" {
  on     = context.local.h
  path   = "$DIR/l"
  target = "$DIR/alias/b"
}
call "command" "c" {
  on      = context.local.h
  argv    = ["touch", "$DIR/alias/c"]
  creates = "$DIR/alias/c"
}
resource "link" "new" {
  on     = context.local.h
  path   = "$DIR/new"
  target = "d"
}
call "command" "e" {
  on         = context.local.h
  argv       = ["touch", "$DIR/new/sub/e"]
  creates    = "$DIR/new/sub/e"
  depends_on = [link.new]
}
`
	l := newLab(t)
	l.made("d/a", "d/b", "d/c", "d/sub/e", "d/sub/f")
	if err := os.Symlink("d", filepath.Join(l.Dir, "alias")); err != nil {
		t.Fatal(err)
	}
	s := l.session(driftHead+src, nil)
	p := l.plan(s)
	if got := purges(p); got != "delete a, delete sub/f" {
		t.Errorf("the plan purges %s", got)
	}
	l.mustApply(s, p)
	if got := l.below("d"); got != "b c sub/e" {
		t.Errorf("there is %s", got)
	}
	if p := l.plan(l.session(driftHead+src, nil)); !p.Empty() {
		t.Errorf("the second plan is not empty: %+v", p.Actions)
	}
}

// Files that mitoplan uses itself are not purged under its feet.
func TestPurgeRefusesOwnFiles(t *testing.T) {
	for name, c := range map[string]struct {
		dir, made string
		used      string // a file of Options.Files
	}{
		"the configuration": {dir: "", made: "main.mito.hcl"},
		"the record":        {dir: "/d", made: "d/.mitoplan/state.json", used: "d/.mitoplan/state.json"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.made(c.made)
			o := l.options(driftHead+"resource \"directory\" \"d\" {\n on = context.local.h\n path = \"$DIR"+c.dir+"\"\n purge = true\n}\n", nil)
			if c.used != "" {
				o.Files = map[string]string{filepath.Join(l.Dir, c.used): "the record of this configuration"}
			}
			_, diags := l.open(o).Plan(t.Context())
			if !diags.HasErrors() || !strings.Contains(diags.Error(), filepath.Join(l.Dir, c.made)) {
				t.Errorf("the plan says %v", diags)
			}
		})
	}
}

// copies is a block that copies a directory.
func copies(path, source, more string) string {
	return "resource \"directory_sync\" \"d\" {\n on = context.local.h\n path = \"$DIR" + path + "\"\n source = \"$DIR/" + source + "\"\n" + more + "}\n"
}

// Nor does delete remove them, or the source.
func TestDeleteRefusesOwnFiles(t *testing.T) {
	for name, c := range map[string]struct {
		path, source, needed string
		used                 string // a file of Options.Files
	}{
		"the configuration": {path: "", source: "s", needed: "main.mito.hcl"},
		"the record":        {path: "/d", source: "s", needed: "d/.mitoplan/state.json", used: "d/.mitoplan/state.json"},
		"the source":        {path: "/d", source: "d/s", needed: "d/s"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.made(c.source + "/a")
			exclude := ""
			if c.path == "" {
				exclude = " exclude = [\"s\"]\n"
			}
			o := l.fromDisk(driftHead+copies(c.path, c.source, exclude+" delete = true\n"), nil)
			if c.used != "" {
				l.made(c.used)
				o.Files = map[string]string{filepath.Join(l.Dir, c.used): "the record of this configuration"}
			}
			_, diags := l.open(o).Plan(t.Context())
			if !diags.HasErrors() || !strings.Contains(diags.Error(), filepath.Join(l.Dir, c.needed)) || !strings.Contains(diags.Error(), "needed") {
				t.Errorf("the plan says %v", diags)
			}
		})
	}
}

// What departs does not undo what other blocks make: what a directory that is copied has now, and
// what blocks are about in a directory that was.
func TestWhatDepartsStaysWithOthers(t *testing.T) {
	const x = "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/d/x\"\n content = \"x\"\n}\n"
	run := func(l *lab, src string) {
		l.t.Helper()
		s := l.open(l.fromDisk(driftHead+src, nil))
		if sum, diags := l.apply(l.t.Context(), s, l.plan(s)); diags.HasErrors() || sum.Failed+sum.Skipped+sum.Refused > 0 {
			l.t.Fatal(sum, diags)
		}
		if p := l.plan(l.open(l.fromDisk(driftHead+src, nil))); !p.Empty() {
			l.t.Errorf("the second plan is not empty: %+v", p.Actions)
		}
	}
	t.Run("a file that is copied now", func(t *testing.T) {
		l := newLab(t)
		l.made("s/a", "s/y", "d/keep")
		run(l, x)
		if err := os.WriteFile(filepath.Join(l.Dir, "s", "x"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		run(l, copies("/d", "s", ""))
		if got := l.below("d"); got != "a keep x y" {
			t.Errorf("there is %s", got)
		}
	})
	t.Run("a file that was copied", func(t *testing.T) {
		l := newLab(t)
		l.made("s/a", "s/x", "s/y/z")
		run(l, copies("/d", "s", ""))
		run(l, "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/d/x\"\n content = \"s/x\"\n}\n")
		if got := l.below("d"); got != "x" {
			t.Errorf("there is %s", got)
		}
	})
	t.Run("a directory that is copied from above", func(t *testing.T) {
		l := newLab(t)
		l.made("s/a", "s/sub/b")
		run(l, copies("/d/sub", "s/sub", ""))
		run(l, copies("/d", "s", ""))
		if got := l.below("d"); got != "a sub/b" {
			t.Errorf("there is %s", got)
		}
	})
}

// Of a directory that was there, what each apply made in it is removed when the block is gone, and
// what was there stays.
func TestWhatEachApplyMadeIsRemoved(t *testing.T) {
	l := newLab(t)
	l.made("d/before", "s/before", "s/first")
	for _, more := range []string{"", "s/second", "s/third"} {
		if more != "" {
			l.made(more)
		}
		s := l.open(l.fromDisk(driftHead+copies("/d", "s", ""), nil))
		l.mustApply(s, l.plan(s))
	}
	if got := l.below("d"); got != "before first second third" {
		t.Fatalf("there is %s", got)
	}
	s := l.open(l.fromDisk(driftHead, nil))
	p := l.plan(s)
	if a := p.Action("directory_sync.d"); a == nil || a.Op != planner.Update || !strings.Contains(strings.Join(a.Warnings, " "), "It was there before") {
		t.Errorf("the plan says %+v", a)
	}
	l.mustApply(s, p)
	if got := l.below("d"); got != "before" {
		t.Errorf("in the end there is %s", got)
	}
}

// What leaves the configuration stays while a block is left out of the plan that may manage it with
// all that is in a directory above it.
func TestWhatDepartsBelowWhatIsLeftOut(t *testing.T) {
	const x = "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/d/sub/x\"\n content = \"x\"\n}\n"
	l := newLab(t)
	l.made("s/a", "d/sub/b")
	s := l.open(l.fromDisk(driftHead+x+copies("/d", "s", ""), nil))
	l.mustApply(s, l.plan(s))
	o := l.fromDisk(driftHead+copies("/d", "s", ""), nil)
	o.Excludes = []string{"directory_sync.d"}
	s = l.open(o)
	p := l.plan(s)
	l.mustApply(s, p)
	if got := l.below("d"); got != "a sub/b sub/x" {
		t.Errorf("there is %s: %+v", got, p.Action("file.x"))
	}
	s = l.open(l.fromDisk(driftHead+copies("/d", "s", ""), nil))
	l.mustApply(s, l.plan(s))
	if got := l.below("d"); got != "a sub/b" {
		t.Errorf("in the end there is %s", got)
	}
}

// What a block leaves that is gone from the configuration is purged by the next plan, and this
// one says so.
func TestPurgeSaysWhatGoesNext(t *testing.T) {
	const dir = `
resource "directory" "d" {
  on    = context.local.h
  path  = "$DIR/d"
  purge = true
}
`
	l := newLab(t)
	l.made("d/b", "d/edited")
	l.applyAll(dir+"resource \"file\" \"b\" {\n on = context.local.h\n path = \"$DIR/d/b\"\n content = \"new\"\n backup = true\n}\n"+
		"resource \"file\" \"made\" {\n on = context.local.h\n path = \"$DIR/d/made\"\n}\n"+
		"resource \"line\" \"e\" {\n on = context.local.h\n path = \"$DIR/d/edited\"\n line = \"a\"\n}\n", nil)
	s := l.session(driftHead+dir, nil)
	p := l.plan(s)
	a := p.Action("directory.d")
	if a == nil || !strings.Contains(strings.Join(a.Warnings, " "), `"b" and "edited"`) {
		t.Errorf("the plan says nothing of what goes next: %+v", a)
	}
	l.mustApply(s, p)
	if got := l.below("d"); !strings.HasPrefix(got, "b ") || !strings.Contains(got, "edited") || strings.Contains(got, "made") {
		t.Errorf("there is %s", got)
	}
	s = l.session(driftHead+dir, nil)
	l.mustApply(s, l.plan(s))
	if got := l.below("d"); got != "" {
		t.Errorf("after the next apply there is %s", got)
	}
	if p := l.plan(l.session(driftHead+dir, nil)); !p.Empty() {
		t.Errorf("the plan after that is not empty: %+v", p.Actions)
	}
}

// What not everybody may read on the machine is shown to nobody because it is copied there.
func TestCopyOfWhatIsPrivate(t *testing.T) {
	const src = "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n copy_from = \"$DIR/secret\"\n}\n"
	l := newLab(t)
	l.write("secret", "TOPSECRET\n")
	if err := os.Chmod(filepath.Join(l.Dir, "secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"TOPSECRET\n", "TOPSECRET2\n"} {
		l.write("secret", content)
		s := l.session(driftHead+src, nil)
		p := l.plan(s)
		a := p.Action("file.x")
		if text := fmt.Sprintf("%+v", *a); strings.Contains(text, "TOPSECRET") || !slices.Contains(a.Sensitive, "content") {
			t.Errorf("the plan is %s", text)
		}
		l.mustApply(s, p)
	}
	if info, err := os.Stat(filepath.Join(l.Dir, "x")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy is %v, %v", info.Mode(), err)
	}
	if p := l.plan(l.session(driftHead+src, nil)); !p.Empty() {
		t.Errorf("the second plan is not empty: %+v", p.Actions)
	}
}
