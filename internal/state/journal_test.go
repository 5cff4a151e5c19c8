package state

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnUnansweredIntentIsKnownAfterACrash(t *testing.T) {
	st := newStore(t)
	_, run, err := st.Recover()
	if err != nil {
		t.Fatal(err)
	}
	intent := Intent{Address: "file.motd", Kind: "file", Op: "create", AbsentBefore: true, Owes: []string{"call.command.warm"}}
	if err := run.Begin([]Intent{intent}); err != nil {
		t.Fatal(err)
	}
	// The process dies here, and nothing is closed.
	s, again, err := st.Recover()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(intent, s.Unanswered["file.motd"]); d != "" {
		t.Error(d)
	}
	if got := s.Owed("call.command.warm"); !slices.Equal(got, []string{"file.motd"}) {
		t.Errorf("owed are %v, want file.motd", got)
	}
	// The action begins again on what the first attempt left. It still counts as
	// absent before.
	if err := again.Begin([]Intent{{Address: "file.motd", Op: "update"}}); err != nil {
		t.Fatal(err)
	}
	if i := s.Unanswered["file.motd"]; !i.AbsentBefore {
		t.Errorf("that the file was absent is forgotten before there is an answer: %+v", i)
	}
	s, err = st.Load()
	if err != nil {
		t.Fatal(err)
	}
	if i := s.Unanswered["file.motd"]; !i.AbsentBefore || i.Op != "update" {
		t.Errorf("the intent is %+v, want the update of a file that was absent before", i)
	}
}

func TestOutcomes(t *testing.T) {
	const call = "call.command.warm"
	begin := []Intent{
		{Address: "file.motd", Owes: []string{call}, AbsentBefore: true},
		{Address: call},
	}
	for name, c := range map[string]struct {
		done       map[string]Outcome
		owed       []string
		unanswered []string
		recorded   bool
	}{
		"changed and answered": {
			done: map[string]Outcome{
				"file.motd": {Result: Applied, Changed: true, Instance: motd()},
				call:        {Result: Applied, Changed: true, Instance: &Instance{}},
			},
			recorded: true,
		},
		"changed, the call failed": {
			done: map[string]Outcome{
				"file.motd": {Result: Applied, Changed: true, Instance: motd()},
				call:        {Result: Failed},
			},
			owed: []string{"file.motd"}, unanswered: []string{call}, recorded: true,
		},
		"changed, the call was skipped": {
			done: map[string]Outcome{
				"file.motd": {Result: Applied, Changed: true, Instance: motd()},
				call:        {Result: NotRun},
			},
			owed: []string{"file.motd"}, recorded: true,
		},
		"not changed": {
			done: map[string]Outcome{
				"file.motd": {Result: Applied, Instance: motd()},
				call:        {Result: NotRun},
			},
			recorded: true,
		},
		"failed, nobody knows with what change": {
			done: map[string]Outcome{"file.motd": {Result: Failed}, call: {Result: NotRun}},
			owed: []string{"file.motd"}, unanswered: []string{"file.motd"},
		},
		"changed, the call's guard said that it need not run": {
			done: map[string]Outcome{
				"file.motd": {Result: Applied, Changed: true, Instance: motd()},
				call:        {Result: Applied},
			},
			owed: []string{"file.motd"}, recorded: true,
		},
		"answered without having begun again": {
			done:     map[string]Outcome{"file.motd": {Result: Applied, Instance: motd()}, call: {Result: NotRun}},
			recorded: true,
		},
		"refused": {
			done: map[string]Outcome{"file.motd": {Result: NotRun}, call: {Result: NotRun}},
		},
		"forgotten": {
			done: map[string]Outcome{"file.motd": {Result: Applied}, call: {Result: NotRun}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStore(t)
			_, run, err := st.Recover()
			if err != nil {
				t.Fatal(err)
			}
			if err := run.Begin(begin); err != nil {
				t.Fatal(err)
			}
			for _, a := range []string{"file.motd", call} {
				if err := run.Done(a, c.done[a]); err != nil {
					t.Fatal(err)
				}
			}
			crashed, err := st.Load()
			if err != nil {
				t.Fatal(err)
			}
			if err := run.Close(); err != nil {
				t.Fatal(err)
			}
			closed, err := st.Load()
			if err != nil {
				t.Fatal(err)
			}
			same(t, closed, crashed)
			if got := closed.Owed(call); !slices.Equal(got, c.owed) {
				t.Errorf("owed are %v, want %v", got, c.owed)
			}
			var unanswered []string
			for a := range closed.Unanswered {
				unanswered = append(unanswered, a)
			}
			if !slices.Equal(unanswered, c.unanswered) {
				t.Errorf("unanswered are %v, want %v", unanswered, c.unanswered)
			}
			if got := closed.Instance("file.motd") != nil; got != c.recorded {
				t.Errorf("that file.motd is recorded is %v, want %v", got, c.recorded)
			}
		})
	}
}

// script is an apply that uses every kind of line.
func script(t *testing.T, run *Writer) {
	t.Helper()
	steps := []func() error{
		func() error {
			return run.Move([]Move{{From: "call.command.x", Things: []string{"file.a"}, To: []string{`call.command.x["k"]`, `call.command.x["l"]`}}})
		},
		func() error {
			return run.Begin([]Intent{
				{Address: "file.motd", Owes: []string{"call.command.warm"}, AbsentBefore: true},
				{Address: "file.other", Op: "update"},
			})
		},
		func() error {
			return run.Done("file.motd", Outcome{Result: Applied, Changed: true, Instance: motd()})
		},
		func() error { return run.Begin([]Intent{{Address: "call.command.warm", Op: "run"}}) },
		func() error { return run.Done("file.other", Outcome{Result: Failed, Changed: true}) },
		func() error {
			return run.Done("call.command.warm", Outcome{Result: Applied, Instance: &Instance{Triggers: "t \u00e9"}})
		},
		run.Flush,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

// expected is the state that the complete lines of a torn journal describe.
func expected(t *testing.T, base State, torn []byte) *State {
	t.Helper()
	data, err := encode(&base)
	if err != nil {
		t.Fatal(err)
	}
	s, err := decode("", data)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(torn) {
		var e entry
		if json.Unmarshal(line, &e) == nil {
			s.fold(e)
		}
	}
	s.settle()
	return s
}

func TestACrashAtAnyByteConverges(t *testing.T) {
	st := newStore(t)
	owing := New()
	owing.Debts["call.command.x"] = Debt{"file.a", "file.b"}
	if err := st.Save(owing); err != nil {
		t.Fatal(err)
	}
	base, run, err := st.Recover()
	if err != nil {
		t.Fatal(err)
	}
	before := *base
	data, err := encode(base)
	if err != nil {
		t.Fatal(err)
	}
	script(t, run)
	whole, err := os.ReadFile(st.journalPath())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := decode("", data)
	if err != nil {
		t.Fatal(err)
	}
	kept.Tool = before.Tool
	for n := range len(whole) + 1 {
		if err := os.WriteFile(st.Path(), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(st.journalPath(), whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		want := expected(t, *kept, whole[:n])
		read, err := st.Load()
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		same(t, read, want)
		// It is recovered, and recovered again as if a crash followed at once.
		for range 2 {
			recovered, next, err := st.Recover()
			if err != nil {
				t.Fatalf("cut at %d: %v", n, err)
			}
			same(t, recovered, want)
			_ = next.file.Close()
		}
		if t.Failed() {
			t.Fatalf("cut at byte %d of %d", n, len(whole))
		}
	}
}

func TestAJournalThatWasSavedSaysNothingTwice(t *testing.T) {
	st := newStore(t)
	_, run, err := st.Recover()
	if err != nil {
		t.Fatal(err)
	}
	script(t, run)
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := st.Load()
	if err != nil {
		t.Fatal(err)
	}
	delete(s.Instances, "file.motd")
	if err := st.Save(s); err != nil {
		t.Fatal(err)
	}
	s, err = st.Load()
	if err != nil {
		t.Fatal(err)
	}
	if s.Instance("file.motd") != nil {
		t.Error("an old journal brought a record back")
	}
}

func TestAJournalOfAnotherProjectIsNotOurs(t *testing.T) {
	st := newStore(t)
	_, run, err := st.Recover()
	if err != nil {
		t.Fatal(err)
	}
	script(t, run)
	if err := st.Save(New()); err != nil {
		t.Fatal(err)
	}
	s, err := st.Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Instances) != 0 || len(s.Unanswered) != 0 {
		t.Errorf("the journal of another project was used: %+v", s)
	}
}

func TestAJournalThatCannotBeWrittenStopsTheApply(t *testing.T) {
	st := newStore(t)
	s, run, err := st.Recover()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.file.Close(); err != nil {
		t.Fatal(err)
	}
	first := run.Begin([]Intent{{Address: "file.motd"}})
	if first == nil {
		t.Fatal("an action began although the journal could not be written")
	}
	if err := run.Done("file.motd", Outcome{Result: Applied}); err != first {
		t.Errorf("got %v, want the first failure", err)
	}
	if err := run.Flush(); err != first {
		t.Errorf("got %v, want the first failure", err)
	}
	if len(s.pending) != 0 {
		t.Error("an intent that was not written counts as pending")
	}
}

func FuzzJournal(f *testing.F) {
	base := &State{Version: Version, Lineage: strings.Repeat("1", 32)} // as that of the samples
	for version := 1; version <= Version; version++ {
		f.Add(sample(f, version, "state.journal.jsonl"))
	}
	head, _ := jsonLine(entry{Header: &header{Version: Version, Lineage: base.Lineage}})
	move, _ := jsonLine(entry{Move: []Move{{From: "b", Things: []string{"a"}, To: []string{"c", "d"}}}})
	begin, _ := jsonLine(entry{Begin: []Intent{{Address: "a", Owes: []string{"b"}}}})
	done, _ := jsonLine(entry{Done: "a", Outcome: &Outcome{Result: Applied, Instance: &Instance{}}})
	f.Add(slices.Concat(head, begin, done, move))
	f.Add(slices.Concat(head, []byte(`{"begin":[null]}`), done))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &State{Version: base.Version, Lineage: base.Lineage}
		s.init()
		s.replay(bytes.NewReader(data))
		s.settle()
		written, err := encode(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode("state.json", written); err != nil {
			t.Errorf("a journal made a state that cannot be read: %v", err)
		}
	})
}
