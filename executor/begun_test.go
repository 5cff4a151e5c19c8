package executor_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

// killedApply applies blocks and is killed before it has written down how that ended.
func (l *lab) killedApply(src string) {
	l.t.Helper()
	s := l.session(driftHead+src, nil)
	if _, diags := s.Apply(l.t.Context(), l.plan(s), executor.ApplyOptions{Journal: forgetful{l.begin()}}); diags.HasErrors() {
		l.t.Fatal(diags)
	}
	if len(l.loaded().Addresses()) > 0 {
		l.t.Fatalf("recorded are %q", l.loaded().Addresses())
	}
}

// What the first apply of a block made that was killed is taken away when the block is gone,
// by a plan, by a saved one and by destroy, with the directories that it made along. What
// is not as that apply would have left it stays.
func TestWhatAKilledApplyMadeIsTakenAway(t *testing.T) {
	const dir = "resource \"directory\" \"x\" {\n on = context.local.h\n path = \"$DIR/above/x\"\n}\n"
	const line = "resource \"line\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n line = \"one\"\n}\n"
	const batch = "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n content = \"a = 1\\n\"\n}\n" +
		"resource \"line\" \"changed\" {\n on = context.local.h\n path = file.x.path\n regexp = \"^a =\"\n line = \"a = 9\"\n}\n" +
		"resource \"line\" \"added\" {\n on = context.local.h\n path = line.changed.path\n line = \"b\"\n}\n"
	for name, c := range map[string]struct {
		src, address string
		then         func(l *lab)
		op           planner.Op
		destroy      bool
		saved        bool
		stays        []string // and everything else is gone
		was          string   // what x holds before, and in the end
	}{
		"a file":                    {src: madeFile, address: "file.x", op: planner.Delete},
		"a file, by destroy":        {src: madeFile, address: "file.x", op: planner.Delete, destroy: true},
		"a file, by a saved plan":   {src: madeFile, address: "file.x", op: planner.Delete, saved: true},
		"a file that is gone":       {src: madeFile, address: "file.x", op: planner.Forget, then: func(l *lab) { l.remove("x") }},
		"another content":           {src: madeFile, address: "file.x", op: planner.Forget, then: func(l *lab) { l.write("x", "of somebody else\n") }, stays: []string{"x"}},
		"a directory and one above": {src: dir, address: "directory.x", op: planner.Delete},
		"a directory with something in it": {src: dir, address: "directory.x", op: planner.Forget, then: func(l *lab) { l.write("above/x/y", "") },
			stays: []string{"above", "above/x", "above/x/y"}},
		"a file with edits":             {src: batch, address: "file.x", op: planner.Delete},
		"a file with edits, by destroy": {src: batch, address: "file.x", op: planner.Delete, destroy: true},
		"a file with edits, and more": {src: batch, address: "file.x", op: planner.Forget, destroy: true,
			then: func(l *lab) { l.write("x", "a = 9\nb\nof somebody else\n") }, stays: []string{"x"}},
		"a line": {src: line, address: "line.x", op: planner.Update, stays: []string{"x"}, was: "before\n"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			if c.was != "" {
				l.write("x", c.was)
			}
			l.killedApply(c.src)
			if c.then != nil {
				c.then(l)
			}
			src := driftHead
			if c.destroy {
				src += c.src
			}
			o := l.options(src, nil)
			o.Destroy = c.destroy
			s := l.open(o)
			p := l.plan(s)
			a := p.Action(c.address)
			if a == nil || a.Op != c.op {
				t.Fatalf("the plan has %+v of %+v", a, p)
			}
			if c.saved {
				if diags := l.applyFile(l.savedOf(s, p), src, nil); diags.HasErrors() {
					t.Fatal(diags)
				}
			} else {
				l.mustApply(s, p)
			}
			st := l.loaded()
			delete(st.Unanswered, "line.changed") // It made nothing.
			if len(st.Addresses())+len(st.Unanswered) > 0 {
				t.Errorf("recorded are %q, begun %v", st.Addresses(), st.Unanswered)
			}
			l.holds(c.stays)
			if c.was != "" && l.read("x") != c.was {
				t.Errorf("the file holds %q", l.read("x"))
			}
		})
	}
}

// A block that was renamed after its first apply was killed takes over that this made the
// thing. One that is about another thing by then leaves the first thing to be taken away.
func TestAfterAKilledApplyTheBlockMayChange(t *testing.T) {
	for name, src := range map[string]string{
		"renamed":      "resource \"file\" \"renamed\" {\n on = context.local.h\n path = \"$DIR/x\"\n content = \"one\\n\"\n}\n",
		"another path": "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/y\"\n content = \"one\\n\"\n}\n",
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.killedApply(madeFile)
			s := l.session(driftHead+src, nil)
			l.mustApply(s, l.plan(s))
			st := l.loaded()
			if all := st.Addresses(); len(all) != 1 || len(st.Unanswered) > 0 || st.Instance(all[0]).Origin != state.Created {
				t.Fatalf("recorded are %q, begun %v", all, st.Unanswered)
			}
			if (name == "renamed") != l.isThere("x") {
				t.Errorf("x is there: %v", l.isThere("x"))
			}
			s = l.session(driftHead, nil)
			l.mustApply(s, l.plan(s))
			l.holds(nil)
		})
	}
}

// What a killed apply made along is known to the next apply, which finds it there or makes the
// rest: all of it goes with the thing.
func TestWhatAKilledApplyMadeAlongIsRemembered(t *testing.T) {
	const src = "resource \"directory\" \"x\" {\n on = context.local.h\n path = \"$DIR/a/b/x\"\n}\n"
	for name, gone := range map[string]string{"all of it is there": "", "the last is not made yet": "a/b/x", "the last two are not": "a/b"} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.killedApply(src)
			if gone != "" {
				if err := os.RemoveAll(filepath.Join(l.Dir, gone)); err != nil {
					t.Fatal(err)
				}
			}
			l.applyAll(src, nil)
			s := l.session(driftHead, nil)
			l.mustApply(s, l.plan(s))
			l.holds(nil)
		})
	}
}

// A block that a killed apply had begun to make, and that is about a file that was there before
// by then: if that apply is killed, too, the file still was there before, and stays.
func TestAFileThatWasThereIsNotOursAfterTwoKills(t *testing.T) {
	l := newLab(t)
	l.write("there", "before\n")
	l.killedApply(madeFile)
	s := l.session(driftHead+"resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/there\"\n content = \"one\\n\"\n}\n", nil)
	if _, diags := s.Apply(t.Context(), l.plan(s), executor.ApplyOptions{Journal: forgetfulOf{l.begin(), "file.x"}}); diags.HasErrors() {
		t.Fatal(diags)
	}
	l.applyAll("resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/there\"\n content = \"one\\n\"\n}\n", nil)
	if r := l.loaded().Instance("file.x"); r == nil || r.Origin != state.Adopted {
		t.Errorf("recorded is %+v", r)
	}
	s = l.session(driftHead, nil)
	l.mustApply(s, l.plan(s))
	l.holds([]string{"there"})
}

// A line that was there before is not ours because a killed apply had begun to make another
// line by the same block.
func TestALineThatWasThereIsNotOursAfterAKill(t *testing.T) {
	line := func(text string) string {
		return "resource \"line\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n line = \"" + text + "\"\n}\n"
	}
	for name, first := range map[string]string{"at once": "", "and of another line that is recorded": line("recorded")} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.write("x", "before\n")
			if first != "" {
				l.applyAll(first, nil)
			}
			s := l.session(driftHead+line("begun"), nil)
			if _, diags := s.Apply(t.Context(), l.plan(s), executor.ApplyOptions{Journal: forgetfulOf{l.begin(), "line.x"}}); diags.HasErrors() {
				t.Fatal(diags)
			}
			l.applyAll(line("before"), nil)
			if r := l.loaded().Instance("line.x"); r == nil || r.Origin != state.Adopted {
				t.Errorf("recorded is %+v", r)
			}
			was := l.read("x")
			s = l.session(driftHead, nil)
			if l.mustApply(s, l.plan(s)); l.read("x") != was {
				t.Errorf("it holds %q, and held %q", l.read("x"), was)
			}
		})
	}
}

// A line whose block was renamed after its first apply was killed is the new block's.
func TestALineThatAKilledApplyAddedIsTakenOver(t *testing.T) {
	l := newLab(t)
	line := func(name string) string {
		return "resource \"line\" \"" + name + "\" {\n on = context.local.h\n path = \"$DIR/x\"\n line = \"one\"\n}\n"
	}
	l.write("x", "before\n")
	l.killedApply(line("x"))
	l.applyAll(line("renamed"), nil)
	if st := l.loaded(); l.read("x") != "before\none\n" || len(st.Addresses()) != 1 || len(st.Unanswered) > 0 {
		t.Fatalf("it holds %q; recorded are %q, begun %v", l.read("x"), st.Addresses(), st.Unanswered)
	}
	s := l.session(driftHead, nil)
	if l.mustApply(s, l.plan(s)); l.read("x") != "before\n" {
		t.Errorf("it holds %q", l.read("x"))
	}
}

// Two applies of one address can be killed, each with another path. What both made is taken
// away.
func TestBothThatKilledAppliesMadeAreTakenAway(t *testing.T) {
	l := newLab(t)
	l.applyAll(madeFile, nil)
	s := l.session(driftHead+"resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/y\"\n content = \"one\\n\"\n}\n", nil)
	if _, diags := s.Apply(t.Context(), l.plan(s), executor.ApplyOptions{Journal: forgetfulOf{l.begin(), "file.x"}}); diags.HasErrors() {
		t.Fatal(diags)
	}
	for range 2 { // the second has nothing left to do
		s = l.session(driftHead, nil)
		l.mustApply(s, l.plan(s))
	}
	l.holds(nil)
	if st := l.loaded(); len(st.Addresses())+len(st.Unanswered) > 0 {
		t.Errorf("recorded are %q, begun %v", st.Addresses(), st.Unanswered)
	}
}

// forgetfulOf is the journal of a process that is killed before it has the answer of an
// address.
type forgetfulOf struct {
	state.Journal
	address string
}

func (f forgetfulOf) Done(address string, o state.Outcome) error {
	if address == f.address {
		return nil
	}
	return f.Journal.Done(address, o)
}

func (l *lab) remove(name string) {
	l.t.Helper()
	if err := os.Remove(filepath.Join(l.Dir, name)); err != nil {
		l.t.Fatal(err)
	}
}

// holds holds that the directory of the lab has these files and directories, and no others.
func (l *lab) holds(want []string) {
	l.t.Helper()
	var got []string
	err := fs.WalkDir(os.DirFS(l.Dir), ".", func(name string, _ fs.DirEntry, err error) error {
		if name != "." && !strings.HasPrefix(name, ".mitoplan") && !strings.HasSuffix(name, ".hcl") {
			got = append(got, name)
		}
		return err
	})
	if err != nil || !slices.Equal(got, want) {
		l.t.Errorf("there are %q, want %q; %v", got, want, err)
	}
}
