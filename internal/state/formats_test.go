package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/formattest"
)

// TestFormatsAreAsSpecified: the package comment lists every field that is written,
// with its name and form, and no other field.
func TestFormatsAreAsSpecified(t *testing.T) {
	formattest.Spec{
		File: "doc.go", Tag: "json",
		Types: []any{State{}, entry{}, Holder{}},
		Forms: map[reflect.Type]string{reflect.TypeFor[json.RawMessage](): "any", reflect.TypeFor[Values](): "Values", reflect.TypeFor[Text](): "Text"},
	}.Compare(t)
}

// format returns the path of a file in testdata for one version of the formats.
func format(version int, name string) string {
	return filepath.Join("testdata", "formats", fmt.Sprint(version), name)
}

// TestFormatsAreOfTheirVersion fails if what state and journal are made of changes
// without a new version. The golden file has every field.
func TestFormatsAreOfTheirVersion(t *testing.T) {
	raw := json.RawMessage(`"string"`)
	s, e, h := &State{}, &entry{}, &Holder{}
	for _, v := range []any{s, e, h} {
		formattest.Fill(v, "json")
	}
	s.Outputs, e.Outputs = map[string]Output{"kernel": {true, raw, raw}}, &map[string]Output{"kernel": {true, raw, raw}}
	var all bytes.Buffer
	out := json.NewEncoder(&all)
	out.SetIndent("", "  ")
	if err := errors.Join(out.Encode(s), out.Encode(e), out.Encode(h)); err != nil {
		t.Fatal(err)
	}
	formattest.Golden(t, format(Version, "fields.golden"), all.String())
}

// recordOf makes a store with files that a version of mitoplan wrote: a state in
// that version's format, and the journal of an apply that was killed.
func recordOf(t *testing.T, version int) *Store {
	t.Helper()
	st := newStore(t)
	for name, to := range map[string]string{"state.json": st.Path(), "state.journal.jsonl": st.journalPath()} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, sample(t, version, name), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

// sample reads a file that a version of mitoplan wrote.
func sample(t testing.TB, version int, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(format(version, name))
	if err != nil {
		t.Fatalf("each version has a record that it wrote: %v", err)
	}
	return data
}

// TestEveryEarlierFormatIsTakenOver: a record in any version's format is read
// together with its journal. The next apply writes it in this version's format.
func TestEveryEarlierFormatIsTakenOver(t *testing.T) {
	for version := 1; version <= Version; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			st := recordOf(t, version)
			before, err := os.ReadFile(st.Path())
			if err != nil {
				t.Fatal(err)
			}
			s, run, err := st.Recover()
			if err != nil {
				t.Fatal(err)
			}
			if !s.Found() || s.Damage() != "" || s.Old() != (version < complete) {
				t.Errorf("found is %v, the damage is %q, and old is %v", s.Found(), s.Damage(), s.Old())
			}
			if kept, err := os.ReadFile(st.BackupPath()); err != nil || !bytes.Equal(kept, before) {
				t.Errorf("the backup is not the old state: %s, %v", kept, err)
			}
			if err := run.Close(); err != nil {
				t.Fatal(err)
			}
			after, err := os.ReadFile(st.Path())
			if err != nil {
				t.Fatal(err)
			}
			formattest.Golden(t, format(version, fmt.Sprintf("as-%d.golden", Version)), string(after))
			if again, err := st.Load(); err != nil || again.Revision() != s.Revision() {
				t.Errorf("what was written is read as the revision %v, %v", again.Revision(), err)
			}
		})
	}
}

// TestNewerFormatsAreRefused: what a later version wrote is neither read in part
// nor overwritten. A journal that does not continue the state does not matter.
func TestNewerFormatsAreRefused(t *testing.T) {
	newer := fmt.Sprintf(`"version":%d`, Version+1)
	ours := fmt.Sprintf(`"version":%d`, Version)
	stateOf := func(old, now string) func(*Store) error {
		return func(st *Store) error { return edit(st.Path(), old, now) }
	}
	journalOf := func(pairs ...string) func(*Store) error {
		return func(st *Store) error {
			return errors.Join(edit(st.journalPath(), ours, newer), edit(st.journalPath(), pairs...))
		}
	}
	for name, c := range map[string]struct {
		change func(*Store) error
		want   string // "" where it is read
	}{
		"a state":                         {stateOf(fmt.Sprintf(`"version": %d`, Version), fmt.Sprintf(`"version": %d`, Version+1)), "state.json has format version 6, written by mitoplan 0.1.0; this one reads up to 5. Use that version, which can read it."},
		"a journal that continues it":     {journalOf(), "state.journal.jsonl has format version 6, written by a newer mitoplan; this one reads up to 5. Use that version, which can read it."},
		"a journal with unknown lines":    {journalOf(`{"begin":[`, `{"begin":{"all":1},"more":[`), "state.journal.jsonl has format version 6, written by a newer mitoplan"},
		"a journal of another record":     {journalOf(`"lineage":"1`, `"lineage":"3`), ""},
		"a journal that was saved before": {journalOf(`"serial":1`, `"serial":0`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			st := recordOf(t, Version)
			if err := c.change(st); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(st.journalPath())
			_, _, err := st.Recover()
			if c.want == "" {
				if err != nil {
					t.Errorf("a journal that does not matter was refused: %v", err)
				}
				return
			}
			problem := (*ProblemError)(nil)
			if !errors.As(err, &problem) || !problem.Newer || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if after, _ := os.ReadFile(st.journalPath()); !bytes.Equal(after, before) {
				t.Error("the journal was overwritten")
			}
		})
	}
}

// edit replaces texts in a file. They are given in pairs, and each has to be in the
// file.
func edit(path string, pairs ...string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for k := 0; k < len(pairs); k += 2 {
		if !bytes.Contains(data, []byte(pairs[k])) {
			return fmt.Errorf("%s has no %q", path, pairs[k])
		}
	}
	return os.WriteFile(path, []byte(strings.NewReplacer(pairs...).Replace(string(data))), 0o600)
}
