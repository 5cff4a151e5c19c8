package executor_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

const madeFile = "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n content = \"one\\n\"\n}\n"

// isThere reports whether there is a file of that name.
func (l *lab) isThere(name string) bool {
	l.t.Helper()
	_, err := os.Lstat(filepath.Join(l.Dir, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.t.Fatal(err)
	}
	return err == nil
}

// departs plans without any block and returns what the plan does to an address.
func (l *lab) departs(address string) (*executor.Session, *planner.Plan, planner.Op) {
	l.t.Helper()
	s := l.session(driftHead, nil)
	p := l.plan(s)
	a := p.Action(address)
	if a == nil {
		l.t.Fatalf("the plan has no %s: %+v", address, p)
	}
	return s, p, a.Op
}

func (l *lab) mustApply(s *executor.Session, p *planner.Plan) executor.Summary {
	l.t.Helper()
	sum, diags := l.apply(l.t.Context(), s, p)
	if diags.HasErrors() {
		l.t.Fatal(diags)
	}
	return sum
}

// What an apply made is taken away when its block is gone, and then nothing is recorded of
// it. What was there before stays, and is forgotten.
func TestWhatWasMadeIsTakenAway(t *testing.T) {
	l := newLab(t)
	l.write("there", "before\n")
	l.applyAll(madeFile+"resource \"file\" \"there\" {\n on = context.local.h\n path = \"$DIR/there\"\n content = \"now\\n\"\n}\n", nil)
	s, p, op := l.departs("file.x")
	if was := p.Action("file.there").Op; op != planner.Delete || was != planner.Forget || p.Summary().Destroy != 1 || p.Summary().Forget != 1 {
		t.Fatalf("file.x: %s, file.there: %s, %+v", op, was, p.Summary())
	}
	if sum := l.mustApply(s, p); sum.Destroyed != 1 || sum.Forgotten != 1 {
		t.Errorf("the apply did %+v", sum)
	}
	if l.isThere("x") || l.read("there") != "now\n" {
		t.Errorf("x is there: %v; the file that was there holds %q", l.isThere("x"), l.read("there"))
	}
	if all := l.loaded().Addresses(); len(all) > 0 {
		t.Errorf("%q is still recorded", all)
	}
	if s := l.session(driftHead, nil); !l.plan(s).Empty() {
		t.Error("the next plan is not empty")
	}
}

// A thing that is not as it was planned is not taken away, and stays in the record.
func TestWhatMovedIsNotTakenAway(t *testing.T) {
	l := newLab(t)
	l.applyAll(madeFile, nil)
	s, p, _ := l.departs("file.x")
	l.write("x", "of somebody else\n")
	sum, diags := l.apply(t.Context(), s, p)
	if sum.Refused != 1 || !diags.HasErrors() || !l.isThere("x") || l.loaded().Instance("file.x") == nil {
		t.Errorf("%+v, %v; recorded is %+v", sum, diags, l.loaded().Instance("file.x"))
	}
}

// An apply that is killed between the intent and the outcome of a removal leaves a record
// from which the next plan goes on: what is gone is forgotten, what is there is taken away.
func TestAKilledRemovalIsFinishedByTheNextApply(t *testing.T) {
	for name, want := range map[string]planner.Op{"it was done": planner.Forget, "it was not": planner.Delete} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.applyAll(madeFile, nil)
			s, p, _ := l.departs("file.x")
			if _, diags := s.Apply(t.Context(), p, executor.ApplyOptions{Journal: forgetful{l.begin()}}); diags.HasErrors() {
				t.Fatal(diags)
			}
			// The process ends here, and nothing is saved.
			if want == planner.Delete {
				l.write("x", "one\n")
			}
			s, p, op := l.departs("file.x")
			if op != want {
				t.Fatalf("the next plan would %s it, want %s", op, want)
			}
			l.mustApply(s, p)
			if st := l.loaded(); len(st.Addresses())+len(st.Unanswered) > 0 || l.isThere("x") {
				t.Errorf("recorded are %q, without an outcome %v", st.Addresses(), st.Unanswered)
			}
		})
	}
}

// A thing whose address has another path now is taken away under an address of its own,
// also by a later apply if this one did not come to that.
func TestTheOldPathIsTakenAway(t *testing.T) {
	for name, cut := range map[string]bool{"at once": false, "by the next apply": true} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.applyAll(madeFile, nil)
			moved := driftHead + "resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/y\"\n content = \"one\\n\"\n}\n"
			s := l.session(moved, nil)
			p := l.plan(s)
			if cut {
				l.write("x", "changed, so that it is refused\n")
			}
			sum, _ := l.apply(t.Context(), s, p)
			if sum.Added != 1 || l.isThere("x") != cut || !l.isThere("y") {
				t.Fatalf("the apply did %+v", sum)
			}
			if cut {
				l.write("x", "one\n")
				s = l.session(moved, nil)
				p = l.plan(s)
				if sum := l.mustApply(s, p); sum.Destroyed != 1 {
					t.Errorf("the next apply did %+v", sum)
				}
			}
			if all := l.loaded().Addresses(); l.isThere("x") || len(all) != 1 || l.loaded().Instance("file.x").Origin != state.Created {
				t.Errorf("recorded are %q", all)
			}
		})
	}
}

// A renamed block takes over that an apply made the thing, so that it is taken away when
// the new block is gone.
func TestARenamedBlockTakesOverTheThing(t *testing.T) {
	l := newLab(t)
	l.applyAll(madeFile, nil)
	l.applyAll("resource \"file\" \"renamed\" {\n on = context.local.h\n path = \"$DIR/x\"\n content = \"two\\n\"\n}\n", nil)
	if r := l.loaded().Instance("file.renamed"); len(l.loaded().Addresses()) != 1 || r == nil || r.Origin != state.Created || r.End == nil || r.End.Kept == nil {
		t.Fatalf("recorded is %+v of %q", r, l.loaded().Addresses())
	}
	s, p, _ := l.departs("file.renamed")
	if l.mustApply(s, p); l.isThere("x") {
		t.Error("the file is still there")
	}
}

// A saved plan of a removal does exactly that, and one with -destroy takes away what the
// configuration still has, with the outputs.
func TestASavedPlanTakesAway(t *testing.T) {
	for name, c := range map[string]struct {
		src     string
		destroy bool
	}{"a block that is gone": {driftHead, false}, "everything": {driftHead + madeFile + "output \"o\" { value = file.x.path }\n", true}} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.applyAll(madeFile, nil)
			o := l.options(c.src, nil)
			o.Destroy = c.destroy
			s := l.open(o)
			f := l.savedOf(s, l.plan(s))
			if f.Destroy != c.destroy {
				t.Errorf("the file says %v", f.Destroy)
			}
			var diags hcl.Diagnostics
			if diags = l.applyFile(f, c.src, nil); diags.HasErrors() || l.isThere("x") || len(l.loaded().Addresses()) > 0 {
				t.Errorf("%v; recorded are %q", diags, l.loaded().Addresses())
			}
		})
	}
}

// What an apply has made and filled goes without a copy, which may hold a secret. Of what somebody
// else may have put into a file, the backup is kept that the block asks for.
func TestWhatGoesKeepsNoCopyOfOurContent(t *testing.T) {
	for content, want := range map[string]int{" content = \"ours\"\n": 0, "": 1} {
		l := newLab(t)
		l.applyAll("resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n"+content+" backup = true\n}\n", nil)
		s, p, op := l.departs("file.x")
		if op != planner.Delete {
			t.Fatalf("the plan would %s it", op)
		}
		l.mustApply(s, p)
		kept, err := filepath.Glob(filepath.Join(l.Dir, "x*"))
		if err != nil || len(kept) != want {
			t.Errorf("with the arguments %q there are %q, want %d of them", content, kept, want)
		}
	}
}

// What a backup was made of is put back, from the backup of the first apply.
func TestWhatWasThereIsPutBack(t *testing.T) {
	l := newLab(t)
	l.write("x", "before\n")
	for _, content := range []string{"one", "two"} {
		l.applyAll("resource \"file\" \"x\" {\n on = context.local.h\n path = \"$DIR/x\"\n content = \""+content+"\"\n backup = true\n}\n", nil)
	}
	s, p, op := l.departs("file.x")
	if op != planner.Update {
		t.Fatalf("the plan would %s it", op)
	}
	if l.mustApply(s, p); l.read("x") != "before\n" || len(l.loaded().Addresses()) > 0 {
		t.Errorf("it holds %q, and recorded are %q", l.read("x"), l.loaded().Addresses())
	}
}
