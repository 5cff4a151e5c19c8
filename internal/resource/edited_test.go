package resource

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// longLines is a text of so many bytes in few lines, as an edit takes its time for each line.
func longLines(size int) string {
	line := strings.Repeat("0123456789abcdef", 256)
	return strings.Repeat(line[1:]+"\n", size/len(line))
}

// lineCheck is a check of a line, after others of whose effects it is told.
func lineCheck(t *testing.T, p, line string, after []string, deltas ...Delta) CheckRequest {
	t.Helper()
	args, err := transport.Marshal(map[string]any{"path": kind.Text(p), "line": kind.Text(line)})
	if err != nil {
		t.Fatal(err)
	}
	return CheckRequest{Plan: "p", Address: "line." + line, Kind: "line", Args: args, After: after, Deltas: deltas, Key: []byte("key")}
}

// effectsOf are effects as they cross the wire.
func effectsOf(t *testing.T, c Change) []Effect {
	t.Helper()
	raw, err := transport.Marshal(c.Effects)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > 2048 {
		t.Errorf("the effects of an edit of a long file take %d bytes", len(raw))
	}
	var out []Effect
	if err := transport.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Of an edit of a long file another context is told how it is made. What does not come
// out as it is said to stays unknown, whatever was said.
func TestLongEditsElsewhere(t *testing.T) {
	long := longLines(2 << 20)
	for name, c := range map[string]struct {
		lie   func(*Content)
		known bool
	}{
		"as it is":                 {func(*Content) {}, true},
		"another line":             {func(c *Content) { other := kind.Text("other"); c.Edit.Line = &other }, false},
		"another base":             {func(c *Content) { c.Edit.Base = make([]byte, 32) }, false},
		"of itself":                {func(c *Content) { c.Edit.Base, c.Edit.Size = c.SHA256, c.Size }, false},
		"of nothing":               {func(c *Content) { c.Edit.Size = 0 }, false},
		"a sum of no length":       {func(c *Content) { c.SHA256 = nil }, false},
		"a sum that is too long":   {func(c *Content) { c.SHA256 = make([]byte, 100) }, false},
		"a negative length":        {func(c *Content) { c.Size = -1 }, false},
		"no line":                  {func(c *Content) { c.Edit.Line = nil }, false},
		"an expression that is no": {func(c *Content) { bad := "("; c.Edit.Regexp = &bad }, true}, // it means nothing then, and comes out the same
		"no edit":                  {func(c *Content) { c.Edit = nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(p, []byte(long), 0o644); err != nil {
				t.Fatal(err)
			}
			first := answered(t, NewService(NewMachine(Options{}), LookupKind), lineCheck(t, p, "one", nil))
			effects := effectsOf(t, first)
			c.lie(effects[0].Entry.Content)
			elsewhere := NewService(NewMachine(Options{}), LookupKind)
			got := answered(t, elsewhere, lineCheck(t, p, "two", []string{"line.one"}, Delta{Address: "line.one", Effects: effects}))
			d, ok := AsDigest(got.After["content"])
			want := ContentOf([]byte(long + "one\ntwo\n")).digest([]byte("key"))
			if ok != c.known || c.known && !bytes.Equal(d.MAC, want.MAC) {
				t.Errorf("after both the file would hold %.100v, known %v, want %v", got.After["content"], ok, c.known)
			}
		})
	}
}

// When a plan has returned as much content as it may, edits of short files are told in
// the same way.
func TestEditsBeyondTheBudgetOfAPlan(t *testing.T) {
	dir := t.TempDir()
	content := longLines(512 << 10)
	here, elsewhere := NewService(NewMachine(Options{}), LookupKind), NewService(NewMachine(Options{}), LookupKind)
	parts := 0
	for k := range 30 {
		p := filepath.Join(dir, fmt.Sprint(k))
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		one := answered(t, here, lineCheck(t, p, fmt.Sprint("one", k), nil))
		address := fmt.Sprint("line.one", k)
		two := answered(t, elsewhere, lineCheck(t, p, fmt.Sprint("two", k), []string{address}, Delta{Address: address, Effects: one.Effects}))
		if two.After["content"] == nil {
			t.Fatalf("what file %d will hold is not known after its second edit", k)
		}
		if d, ok := AsDigest(two.After["content"]); ok && (d.Excerpt == nil || !strings.Contains(string(d.Excerpt.Text), fmt.Sprint("two", k))) {
			t.Errorf("of file %d neither the content nor what differs is shown", k)
		} else if ok {
			parts++
		}
	}
	if parts == 0 {
		t.Error("all contents are shown, so that nothing is beyond the budget")
	}
}

// An overlay has the bytes of the last edit of a long file, and not of all.
func TestLongEditsTakeLittleMemory(t *testing.T) {
	p := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(p, []byte(longLines(2<<20)), 0o644); err != nil {
		t.Fatal(err)
	}
	s := NewService(NewMachine(Options{}), LookupKind)
	var after []string
	for k := range 10 {
		req := lineCheck(t, p, fmt.Sprint(k), after)
		if c := answered(t, s, req); c.After["content"] == nil {
			t.Fatalf("what the file holds after edit %d is not known", k)
		}
		after = []string{req.Address}
	}
	o := s.plans[0].overlay
	if o.contents.held > 3<<20 {
		t.Errorf("%d bytes are held of a file of 2 MiB", o.contents.held)
	}
	for address, n := range o.nodes {
		for _, e := range n.effects {
			if len(e.Entry.Content.Data) > 0 {
				t.Errorf("the overlay holds %d bytes of %s", len(e.Entry.Content.Data), address)
			}
		}
	}
}

// What is held of a plan is bounded, and what was used longest ago goes.
func TestHeldContentsAreBounded(t *testing.T) {
	var p planContents
	of := func(k int) Content {
		return Content{SHA256: []byte{byte(k)}, Size: heldContents / 4, Whole: true, Data: []byte{}}
	}
	for k := range 4 {
		p.keep(of(k))
	}
	p.find(of(0))
	p.keep(of(4))
	p.keep(Content{SHA256: []byte{9}, Size: heldContents + 1, Whole: true})
	for k, want := range map[int]bool{0: true, 1: false, 2: true, 3: true, 4: true, 9: false} {
		if _, ok := p.find(of(k)); ok != want {
			t.Errorf("content %d is held: %v, want %v", k, ok, want)
		}
	}
	if p.held > heldContents {
		t.Errorf("%d bytes are held", p.held)
	}
}
