package edit

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

const pair = "# BEGIN m\n# END m\n"

func blockOf(content string, more func(*BlockArgs)) *BlockArgs {
	text := kind.Text(content)
	a := &BlockArgs{Marker: "# {mark} m", Content: &text}
	if more != nil {
		more(a)
	}
	return a
}

func ptr(s string) *string { return &s }

func absent(a *BlockArgs) { a.State, a.Content = "absent", nil }

func TestBlockEdit(t *testing.T) {
	after := func(expr string) func(*BlockArgs) { return func(a *BlockArgs) { a.InsertAfter = &expr } }
	before := func(expr string) func(*BlockArgs) { return func(a *BlockArgs) { a.InsertBefore = &expr } }
	for _, c := range []struct {
		name     string
		args     *BlockArgs
		in, want string
	}{
		{"an empty file", blockOf("a\nb\n", nil), "", "# BEGIN m\na\nb\n# END m\n"},
		{"a content without a last line end", blockOf("a", nil), "x\n", "x\n# BEGIN m\na\n# END m\n"},
		{"a last line without an end", blockOf("a", nil), "x", "x\n# BEGIN m\na\n# END m\n"},
		{"CRLF", blockOf("a\nb", nil), "x\r\ny\r\n", "x\r\ny\r\n# BEGIN m\r\na\r\nb\r\n# END m\r\n"},
		{"CRLF in content alone", blockOf("a\r\nb\r\n", nil), "x\n", "x\n# BEGIN m\na\nb\n# END m\n"},
		{"CRLF that is there", blockOf("a", nil), "# BEGIN m\r\nold\r\n# END m\r\nx\r\n", "# BEGIN m\r\na\r\n# END m\r\nx\r\n"},
		{"CRLF as it is", blockOf("a\n", nil), "# BEGIN m\r\na\r\n# END m\r\n", "# BEGIN m\r\na\r\n# END m\r\n"},
		{"another content stays in its place", blockOf("a", before("BOF")), "x\n# BEGIN m\nold\nold2\n# END m\ny\n", "x\n# BEGIN m\na\n# END m\ny\n"},
		{"the end marker is last and without an end", blockOf("a", nil), "# BEGIN m\nold\n# END m", "# BEGIN m\na\n# END m"},
		{"as it is, without an end", blockOf("a", nil), "# BEGIN m\na\n# END m", "# BEGIN m\na\n# END m"},
		{"an empty content", blockOf("", nil), "x\n", "x\n" + pair},
		{"an empty content instead of another", blockOf("", nil), "# BEGIN m\nold\n# END m\n", pair},
		{"an empty line is a line", blockOf("\n", nil), pair, "# BEGIN m\n\n# END m\n"},
		{"after the last match", blockOf("a", after("^s")), "s1\ns2\nx\n", "s1\ns2\n# BEGIN m\na\n# END m\nx\n"},
		{"before the last match", blockOf("a", before("^s")), "s1\ns2\n", "s1\n# BEGIN m\na\n# END m\ns2\n"},
		{"no match", blockOf("a", after("^q")), "x\n", "x\n# BEGIN m\na\n# END m\n"},
		{"EOF", blockOf("a", after("EOF")), "EOF\nx\n", "EOF\nx\n# BEGIN m\na\n# END m\n"},
		{"BOF", blockOf("a", before("BOF")), "x\r\n", "# BEGIN m\r\na\r\n# END m\r\nx\r\n"},
		{"beside another block", blockOf("a", nil), "# BEGIN n\nb\n# END n\n", "# BEGIN n\nb\n# END n\n# BEGIN m\na\n# END m\n"},
		{"before another block, by its marker", blockOf("a", before("^# BEGIN n$")), "# BEGIN n\nb\n# END n\n", "# BEGIN m\na\n# END m\n# BEGIN n\nb\n# END n\n"},
		{"after another block, by its marker", blockOf("a", after("^# END n$")), "# BEGIN n\n# END n\nx\n", "# BEGIN n\n# END n\n# BEGIN m\na\n# END m\nx\n"},
		{"a marker that begins as this one", blockOf("a", nil), "# BEGIN mm\nb\n# END mm\n", "# BEGIN mm\nb\n# END mm\n# BEGIN m\na\n# END m\n"},
		{"a marker with blanks is another line", blockOf("a", nil), "# BEGIN m \n", "# BEGIN m \n# BEGIN m\na\n# END m\n"},
		{"a certificate", blockOf("-----BEGIN C-----\nQ\n-----END C-----\n", nil), "# BEGIN m\n-----BEGIN C-----\nZ\n-----END C-----\n# END m\n", "# BEGIN m\n-----BEGIN C-----\nQ\n-----END C-----\n# END m\n"},
		{"a block that is a part of the content", blockOf("# BEGIN n\nb\n# END n\n", nil), "# BEGIN m\n# BEGIN n\nold\n# END n\n# END m\n", "# BEGIN m\n# BEGIN n\nb\n# END n\n# END m\n"},
		{"a comment that begins as a marker", blockOf("b", nil), "# BEGIN m\n# BEGINNING\n# END m\n", "# BEGIN m\nb\n# END m\n"},
		{"it goes", blockOf("", absent), "x\n# BEGIN m\na\n# END m\ny\n", "x\ny\n"},
		{"a certificate goes", blockOf("", absent), "# BEGIN m\n-----BEGIN C-----\nQ\n-----END C-----\n# END m\n", ""},
		{"it goes from the end", blockOf("", absent), "x\n# BEGIN m\na\n# END m", "x\n"},
		{"it is gone", blockOf("", absent), "x", "x"},
		{"not UTF-8", blockOf("\xff", nil), "\xfe\n", "\xfe\n# BEGIN m\n\xff\n# END m\n"},
	} {
		given := []byte(c.in)
		got, err := c.args.Apply(given)
		if err != nil || string(got) != c.want || string(given) != c.in {
			t.Errorf("%s: %q became %q, want %q: %v", c.name, c.in, got, c.want, err)
		}
	}
}

// Where a block begins and ends cannot be told, or it would take another one along: then
// nothing is changed, and the problem names the lines.
func TestBlocksThatAreNotTouched(t *testing.T) {
	inner := "x\n# BEGIN m\na\n# BEGIN n\nb\n# END n\n# END m\n"
	for _, c := range []struct {
		name, in string
		more     func(*BlockArgs)
		attr     string
		says     string
	}{
		{"no end", "x\n# BEGIN m\na\n", nil, "path", `Line 2 begins the block, and "# END m", which ends it, is not behind`},
		{"no end, to go", "x\n# BEGIN m\na\n", absent, "path", "Line 2 begins the block"},
		{"no begin", "a\n# END m\nx\n", nil, "path", `Line 2 ends the block, and "# BEGIN m"`},
		{"the wrong way round", "# END m\na\n# BEGIN m\n", nil, "path", "Line 1 ends the block"},
		{"a second begin", "# BEGIN m\n# BEGIN m\na\n# END m\n", nil, "path", "Lines 1 and 2 both begin the block"},
		{"a second end", "# BEGIN m\na\n# END m\n# END m\n", nil, "path", "Line 4 ends the block"},
		{"several", pair + "x\n" + pair, nil, "path", "begins in line 1 and again in line 4"},
		{"another one inside", inner, nil, "path", `Line 4, "# BEGIN n", begins another block`},
		{"another one inside, to go", inner, absent, "path", "lines 2 and 7"},
		{"a place inside another one", "# BEGIN n\nb\n# END n\n", func(a *BlockArgs) { a.InsertAfter = ptr("^b") }, "insert_after", "between lines 1 and 3"},
		{"a place before the end of another one", "# BEGIN n\nb\n# END n\n", func(a *BlockArgs) { a.InsertBefore = ptr("^# END") }, "insert_before", "between lines 1 and 3"},
	} {
		got, err := blockOf("new\n", c.more).Apply([]byte(c.in))
		p, ok := err.(*kind.Problem)
		if !ok || p.Code != kind.CodeMarkers || p.Attr != c.attr || !strings.Contains(p.Detail, c.says) || got != nil {
			t.Errorf("%s: got %q and %v, want a problem of %s with %q", c.name, got, err, c.attr, c.says)
		}
	}
}

func TestBadBlocks(t *testing.T) {
	for name, c := range map[string]struct {
		args *BlockArgs
		attr string
		code kind.Code
	}{
		"no content":            {&BlockArgs{Marker: "# {mark}"}, "content", kind.CodeBlock},
		"a marker without mark": {blockOf("a", func(a *BlockArgs) { a.Marker = "# app" }), "marker", kind.CodeMarker},
		"an empty marker":       {blockOf("a", func(a *BlockArgs) { a.Marker = "" }), "marker", kind.CodeMarker},
		"a marker with two":     {blockOf("a", func(a *BlockArgs) { a.Marker = "{mark} {mark}" }), "marker", kind.CodeMarker},
		"a marker of two lines": {blockOf("a", func(a *BlockArgs) { a.Marker = "# {mark}\n" }), "marker", kind.CodeMarker},
		"begins in the content": {blockOf("a\n# BEGIN m\n", nil), "content", kind.CodeBlock},
		"ends in the content":   {blockOf("# END m\r\n", nil), "content", kind.CodeBlock},
		"a bad expression":      {blockOf("a", func(a *BlockArgs) { a.InsertAfter = ptr("(") }), "insert_after", kind.CodeRegexp},
		"another one":           {blockOf("a", func(a *BlockArgs) { a.InsertBefore = ptr("(") }), "insert_before", kind.CodeRegexp},
	} {
		got := c.args.Problems()
		if len(got) != 1 || got[0].Attr != c.attr || got[0].Code != c.code {
			t.Errorf("%s: got %v, want one of %s", name, got, c.attr)
		}
	}
}

// FuzzBlockEdit holds that an edit changes nothing the second time, that taking a new block
// out gives what was there before, and that no line outside of the block is lost.
func FuzzBlockEdit(f *testing.F) {
	f.Add([]byte("a\nb\r\nc"), []byte("b\n"), "^b")
	f.Add([]byte("x\n"+pair), []byte(""), "")
	f.Add([]byte("# BEGIN n\n# END n\n"), []byte("# BEGIN m"), "n")
	f.Fuzz(func(t *testing.T, content, text []byte, after string) {
		given, body := bytes.Clone(content), kind.Text(text)
		a := &BlockArgs{Marker: "# {mark} m", Content: &body, InsertAfter: &after}
		if len(a.Problems()) > 0 {
			return
		}
		once, err := a.Apply(content)
		if err != nil {
			return
		}
		if twice, err := a.Apply(once); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("the second edit changed the text again: %q, then %q, then %q: %v", content, once, twice, err)
		}
		gone := &BlockArgs{Marker: a.Marker, Content: &body, State: "absent"}
		was, errWas := gone.Apply(content)
		is, errIs := gone.Apply(once)
		if errWas == nil && errIs == nil && !bytes.Equal(bytes.TrimRight(was, "\r\n"), bytes.TrimRight(is, "\r\n")) {
			t.Fatalf("around the block there was %q, and now %q", was, is)
		}
		if !bytes.Equal(given, content) {
			t.Fatalf("the edit wrote into its input: %q became %q", given, content)
		}
	})
}
