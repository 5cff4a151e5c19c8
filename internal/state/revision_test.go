package state

import (
	"os"
	"testing"
	"time"
)

// TestTheSerialRisesOnlyWhenTheRecordChanges runs one apply on a record that has
// motd from an apply before.
func TestTheSerialRisesOnlyWhenTheRecordChanges(t *testing.T) {
	later := motd()
	later.Applied = later.Applied.Add(time.Hour)
	for name, c := range map[string]struct {
		apply func(s *State, run *Writer) error
		rises bool
	}{
		"nothing was done":     {func(*State, *Writer) error { return nil }, false},
		"everything was right": {func(_ *State, run *Writer) error { return run.Flush() }, false},
		"begun, end unknown":   {func(_ *State, run *Writer) error { return run.Begin([]Intent{{Address: "file.motd", Op: "update"}}) }, true},
		"refused": {func(_ *State, run *Writer) error {
			if err := run.Begin([]Intent{{Address: "file.motd", Op: "update"}}); err != nil {
				return err
			}
			return run.Done("file.motd", Outcome{Result: NotRun})
		}, false},
		"recorded as it was": {func(_ *State, run *Writer) error {
			return run.Done("file.motd", Outcome{Result: Applied, Instance: motd()})
		}, false},
		"applied again": {func(_ *State, run *Writer) error {
			return run.Done("file.motd", Outcome{Result: Applied, Changed: true, Instance: later})
		}, true},
		"failed": {func(_ *State, run *Writer) error {
			if err := run.Begin([]Intent{{Address: "file.motd", Op: "update"}}); err != nil {
				return err
			}
			return run.Done("file.motd", Outcome{Result: Failed})
		}, true},
		"a debt that was there": {func(s *State, run *Writer) error {
			return run.Move([]Move{{From: "call.command.none", Things: []string{"file.x"}}})
		}, false},
		"a debt forgotten": {func(s *State, run *Writer) error {
			return run.Move([]Move{{From: "call.command.warm", Things: []string{"file.motd"}}})
		}, true},
		"the same output": {func(s *State, _ *Writer) error {
			s.Outputs["kernel"] = Output{Type: []byte(`"string"`), Value: []byte(`"6.1"`)}
			return nil
		}, false},
		"another output": {func(s *State, _ *Writer) error {
			s.Outputs["kernel"] = Output{Type: []byte(`"string"`), Value: []byte(`"6.2"`)}
			return nil
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStore(t)
			s := New()
			s.Instances["file.motd"], s.Debts["call.command.warm"] = motd(), Debt{"file.motd"}
			s.Outputs["kernel"] = Output{Type: []byte(`"string"`), Value: []byte(`"6.1"`)}
			if err := st.Save(s); err != nil {
				t.Fatal(err)
			}
			before, run, err := st.Recover()
			if err != nil {
				t.Fatal(err)
			}
			planned := before.Revision()
			if err := c.apply(before, run); err != nil {
				t.Fatal(err)
			}
			// A plan would see this if the apply were killed here.
			killed, err := st.Load()
			if err != nil {
				t.Fatal(err)
			}
			if err := run.Close(); err != nil {
				t.Fatal(err)
			}
			ended, err := st.Load()
			if err != nil {
				t.Fatal(err)
			}
			want := planned
			if c.rises {
				want.Serial++
			}
			if got := ended.Revision(); got != want {
				t.Errorf("the apply ended with %v, want %v", got, want)
			}
			if got := killed.Revision(); got != want && name != "another output" { // the journal has no outputs
				t.Errorf("if the apply is killed, the revision is %v, want %v", got, want)
			}
			// This apply does nothing.
			if _, run, err = st.Recover(); err != nil {
				t.Fatal(err)
			}
			if err := run.Close(); err != nil {
				t.Fatal(err)
			}
			if idle, err := st.Load(); err != nil || idle.Revision() != want {
				t.Errorf("an apply that did nothing made it %v, %v", idle.Revision(), err)
			}
		})
	}
}

// TestNoRecordIsOneRevision: a plan without a record has the same revision as one
// after an apply that recorded nothing.
func TestNoRecordIsOneRevision(t *testing.T) {
	st := newStore(t)
	none, err := st.Load()
	if err != nil {
		t.Fatal(err)
	}
	_, run, err := st.Recover()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Begin([]Intent{{Address: "file.motd"}}); err != nil {
		t.Fatal(err)
	}
	if err := run.Done("file.motd", Outcome{Result: NotRun}); err != nil {
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	begun, err := st.Load()
	if err != nil {
		t.Fatal(err)
	}
	var missing *State
	for _, s := range []*State{none, begun, missing} {
		if r := s.Revision(); !r.None() || r != (Revision{}) || r.String() != "no record" {
			t.Errorf("got the revision %v, want no record", r)
		}
	}
	if !begun.Found() {
		t.Error("a run must leave a state file, so that its journal continues something")
	}
	// Only calls ran. They are recorded, so that there is a record from now on.
	if _, run, err = st.Recover(); err != nil {
		t.Fatal(err)
	}
	if err := run.Done("call.command.warm", Outcome{Result: Applied, Changed: true, Instance: &Instance{Applied: time.Unix(1, 0).UTC()}}); err != nil {
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	if ran, err := st.Load(); err != nil || ran.Revision() != (Revision{Lineage: begun.Lineage, Serial: 1}) {
		t.Errorf("got the revision %v, %v; want serial 1", ran.Revision(), err)
	}
}

func TestARecordThatWasRemovedMeanwhileIsWrittenAgain(t *testing.T) {
	st := newStore(t)
	s := New()
	s.Instances["file.motd"] = motd()
	if err := st.Save(s); err != nil {
		t.Fatal(err)
	}
	s, err := st.Load()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(st.Path()); err != nil {
		t.Fatal(err)
	}
	run, err := st.Begin(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	back, err := st.Load()
	if err != nil {
		t.Fatal(err)
	}
	same(t, back, s)
	if back.Revision() != s.Revision() || back.Revision().Serial != 1 {
		t.Errorf("got %v, want %v", back.Revision(), s.Revision())
	}
}

// TestFormat1IsTakenOver: a record in the form of format 1 counts as changed once.
func TestFormat1IsTakenOver(t *testing.T) {
	st := newStore(t)
	if err := st.replace(st.Path(), []byte(`{"version":1,"serial":7,"lineage":"l","salt":"s","records":{"call.command.c":{"address":"call.command.c","owed":["file.a"]}}}`), time.Time{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s, run, err := st.Recover()
		if err != nil {
			t.Fatal(err)
		}
		if err := run.Close(); err != nil {
			t.Fatal(err)
		}
		if s.Serial != 8 || s.Owed("call.command.c") == nil {
			t.Errorf("the serial is %d and owed are %v, want serial 8 and something owed", s.Serial, s.Owed("call.command.c"))
		}
	}
	old, err := os.ReadFile(st.BackupPath())
	if err != nil {
		t.Fatal(err)
	}
	if b, err := decode("", old); err != nil || b.Serial != 7 {
		t.Errorf("the backup is %s, %v", old, err)
	}
}
