package state

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

// TestADamagedJournalKeepsWhatCanBeRead: a crash can cut off the end of a journal,
// which is no damage. Any other damage is reported, and the lines after it still
// count.
func TestADamagedJournalKeepsWhatCanBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(lines [][]byte) [][]byte
		want   string
	}{
		"nothing":        {func(l [][]byte) [][]byte { return l }, ""},
		"cut short":      {func(l [][]byte) [][]byte { return append(l[:3:3], l[3][:5]) }, ""},
		"ends in zeros":  {func(l [][]byte) [][]byte { return append(l, make([]byte, 512)) }, ""},
		"garbage at end": {func(l [][]byte) [][]byte { return append(l, []byte("x\n"), []byte("y\n")) }, ""},
		"a line lost":    {func(l [][]byte) [][]byte { l[1] = []byte("\x00\x00\x00\n"); return l }, "1 line of the journal"},
		"two lines lost": {func(l [][]byte) [][]byte { l[1], l[2] = []byte("{\n"), []byte("}\n"); return l }, "2 lines of the journal"},
		"other result": {func(l [][]byte) [][]byte {
			l[2] = []byte(`{"done":"file.a","outcome":{"result":"partly"}}` + "\n")
			return l
		}, "1 line of the journal"},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStore(t)
			_, run, err := st.Recover()
			if err != nil {
				t.Fatal(err)
			}
			script(t, run)
			whole, err := os.ReadFile(st.journalPath())
			if err != nil {
				t.Fatal(err)
			}
			damaged := c.damage(bytes.SplitAfter(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n")))
			if err := os.WriteFile(st.journalPath(), bytes.Join(damaged, nil), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := st.Load()
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Damage(); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if c.want != "" && s.Instance("call.command.warm") == nil {
				t.Error("the lines after the damage are lost")
			}
		})
	}
}

// A journal whose header is damaged may continue any state. Its lines are not used,
// and the damage is reported.
func TestAJournalWithoutItsHeaderIsDamaged(t *testing.T) {
	const begun = `{"begin":[{"address":"file.a"}]}` + "\n"
	for journal, damaged := range map[string]bool{
		"":                       false,
		"{":                      false,
		"{\n":                    false,
		"\x00\x00\x00":           false,
		"{\n" + begun:            true,
		"\x00\x00\x00\n" + begun: true,
		begun:                    false,
		begun + begun:            true,
		`{"header":{"version":1e300,"lineage":"LINEAGE","serial":9}}` + "\n" + begun: true,
		`{"header":{"version":0,"lineage":"LINEAGE","serial":9}}` + "\n" + begun:     true,
		`{"header":{"version":2,"lineage":"other","serial":9}}` + "\n" + begun:       false,
	} {
		st, s := newStore(t), New()
		journal = strings.ReplaceAll(journal, "LINEAGE", s.Lineage)
		if err := errors.Join(st.Save(s), os.WriteFile(st.journalPath(), []byte(journal), 0o600)); err != nil {
			t.Fatal(err)
		}
		got, err := st.Load()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(got.Damage(), "its first line, which says what it continues, is damaged") != damaged || len(got.Unanswered) > 0 {
			t.Errorf("%q: the damage is %q, and unanswered are %v", journal, got.Damage(), got.Unanswered)
		}
	}
}

// endless reads as one line without an end.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return copy(b, bytes.Repeat([]byte("x"), len(b))), nil }

func TestALineThatNeverEndsIsNotReadForEver(t *testing.T) {
	line, err := nextLine(bufio.NewReader(endless{}), 1<<20)
	if !errors.Is(err, errLongLine) || line != nil {
		t.Errorf("got %d bytes, %v", len(line), err)
	}
}

// TestAStateThatIsTooLargeIsNotRead: the test file is sparse, so that it takes no
// space.
func TestAStateThatIsTooLargeIsNotRead(t *testing.T) {
	st := newStore(t)
	if err := errors.Join(st.Save(New()), os.Truncate(st.Path(), maxFile+1)); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Load(); err == nil || !strings.Contains(err.Error(), "it has 1073741825 bytes") {
		t.Errorf("got %v, want the size of the file", err)
	}
}
