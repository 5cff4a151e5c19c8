package state

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func newStore(t *testing.T) *Store {
	t.Helper()
	return Open(filepath.Join(t.TempDir(), "nested", "state.json"), "v0.1.0-test")
}

func motd() *Instance {
	return &Instance{
		Address: "file.motd", Block: "file.motd", Kind: "file", Context: "context.local.here",
		Identity: map[string]string{"path": "/etc/motd"}, Digest: "d1", Origin: Created,
		Applied: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
}

// same compares what two states say, but not which save wrote them.
func same(t *testing.T, got, want *State) {
	t.Helper()
	opts := cmp.Options{
		cmpopts.IgnoreUnexported(State{}),
		cmpopts.IgnoreFields(State{}, "Serial", "Tool"),
		cmpopts.EquateEmpty(),
	}
	if d := cmp.Diff(want, got, opts); d != "" {
		t.Errorf("state (-want +got):\n%s", d)
	}
}

func TestWithoutAFileTheStateIsEmptyAndNotFound(t *testing.T) {
	s, err := newStore(t).Load()
	if err != nil {
		t.Fatal(err)
	}
	if s.Found() || len(s.Instances) != 0 || s.Lineage == "" {
		t.Errorf("got %+v, want an empty state that was not found", s)
	}
	var none *State
	if none.Found() || none.Instance("x") != nil || none.Owed("x") != nil || none.Addresses() != nil {
		t.Error("a nil state must know nothing")
	}
}

func TestSaveAndLoad(t *testing.T) {
	st := newStore(t)
	s := New()
	s.Instances["file.motd"] = motd()
	s.Outputs["kernel"] = Output{Type: json.RawMessage(`"string"`), Value: json.RawMessage(`"6.1 <b>"`)}
	if err := st.Save(s); err != nil {
		t.Fatal(err)
	}
	got, err := st.Load()
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, s)
	if !got.Found() || got.Serial != 1 || got.Tool != "v0.1.0-test" {
		t.Errorf("found is %v, the serial is %d and the tool is %q", got.Found(), got.Serial, got.Tool)
	}
	info, err := os.Stat(st.Path())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state file has the mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestLoadSaysWhatIsWrongWithTheFile(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"newer":     {`{"version": 99}`, "format version 99, written by a newer mitoplan"},
		"named":     {`{"version": 99, "tool": "9.1.0"}`, "format version 99, written by mitoplan 9.1.0; this one reads up to 5. Use that version"},
		"not json":  {`{"version": 1`, "is not whole: it ends in the middle, after 13 bytes"},
		"garbage":   {"{\n\"version\": 1,\n}", "is not a record: line 3 is no JSON: invalid character"},
		"empty":     {``, "is empty"},
		"zeros":     {"\x00\x00\x00", "holds nothing but zero bytes"},
		"a number":  {`17`, "is not a record"},
		"negative":  {`{"version": -1, "lineage": "l"}`, "there is no format version -1"},
		"a word":    {`{"version": "one"}`, `its "version" is a JSON string`},
		"other":     {`{"serial": 3}`, "has no version"},
		"lineage":   {`{"version": 1}`, "has no lineage"},
		"types":     {`{"version": 1, "lineage": "l", "records": 3}`, "is not a record"},
		"null":      {`{"version": 1, "lineage": "l", "records": {"a": null}}`, `the record of "a"`},
		"swapped":   {`{"version": 1, "lineage": "l", "records": {"a": {"address": "b"}}}`, `the record of "a"`},
		"an intent": {`{"version": 1, "lineage": "l", "unanswered": {"a": {"address": "b"}}}`, `the intent of "a"`},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStore(t)
			if err := os.MkdirAll(filepath.Dir(st.Path()), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(st.Path(), []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := st.Load()
			var p *ProblemError
			if !errors.As(err, &p) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), st.Path()) || p.Hint == "" {
				t.Errorf("got %v, want %q and the file's name", err, c.want)
			}
		})
	}
}

func TestLockNamesItsHolder(t *testing.T) {
	st := newStore(t)
	h := Holder{Who: "ada@workstation", PID: 4711, Host: "workstation", Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	l, err := st.Lock(t.Context(), h, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = st.Lock(t.Context(), Holder{}, 0)
	var locked *LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("got %v, want an error with the holder", err)
	}
	if d := cmp.Diff(h, locked.Holder); d != "" {
		t.Error(d)
	}
	for _, want := range []string{"ada@workstation", "4711", st.LockPath(), "-lock-timeout"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := st.Lock(t.Context(), h, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Unlock(); err != nil {
		t.Fatal(err)
	}
}

func TestLockWaits(t *testing.T) {
	st := newStore(t)
	first, err := st.Lock(t.Context(), Holder{Who: "first"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Lock(t.Context(), Holder{}, time.Millisecond); err == nil || !strings.Contains(err.Error(), "after waiting 1ms") {
		t.Errorf("got %v, want the time that was waited", err)
	}
	got := make(chan error, 1)
	go func() {
		second, err := st.Lock(context.Background(), Holder{Who: "second"}, time.Minute)
		if err == nil {
			err = second.Unlock()
		}
		got <- err
	}()
	if err := first.Unlock(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	third, err := st.Lock(t.Context(), Holder{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = third.Unlock() }()
	if _, err := st.Lock(cancelled, Holder{}, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the wait was cancelled", err)
	}
}

func FuzzDecode(f *testing.F) {
	s := New()
	s.Instances["file.motd"] = motd()
	s.Unanswered["file.a"] = Intent{Address: "file.a", AbsentBefore: true}
	good, err := encode(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for version := 1; version <= Version; version++ {
		f.Add(sample(f, version, "state.json"))
	}
	f.Add([]byte(`{"version":1,"lineage":"l","records":{"a":null}}`))
	f.Add([]byte(`{"version":1e400}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decode("state.json", data)
		if err != nil {
			return
		}
		again, err := encode(s)
		if err != nil {
			t.Fatalf("a state was read and cannot be written: %v", err)
		}
		back, err := decode("state.json", again)
		if err != nil {
			t.Fatalf("a state was written and cannot be read: %v", err)
		}
		if third, _ := encode(back); !bytes.Equal(again, third) {
			t.Errorf("the state differs after it was written and read again:\n%s\n%s", again, third)
		}
	})
}
