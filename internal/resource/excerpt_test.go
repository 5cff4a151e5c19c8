package resource

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/charset"
)

// manyLines makes n lines. The one at the given place is replaced by instead.
func manyLines(n, at int, instead string) string {
	var b strings.Builder
	for i := range n {
		if i == at {
			b.WriteString(instead)
			continue
		}
		fmt.Fprintf(&b, "line %d of a text that is longer than what is sent\n", i)
	}
	return b.String()
}

// Of a text that is too long to send, the part that differs is sent, with the lines
// around it.
func TestLongTextsAreSentWhereTheyDiffer(t *testing.T) {
	const n = 40000 // about 2 MiB
	long := strings.Repeat("x", ShownContent+1)
	utf16 := func(s string) string {
		out := []byte{0xff, 0xfe}
		for _, r := range s {
			out = append(out, byte(r), byte(r>>8))
		}
		return string(out)
	}
	for name, c := range map[string]struct {
		before, after string
		was, is       string // of the excerpt; "-" is none
		above, below  int64
		left          bool
	}{
		"a line":             {manyLines(n, 0, "")[:0] + manyLines(n, 5000, "old\n"), manyLines(n, 5000, "new\n"), "old\n", "new\n", 4997, n - 5004, false},
		"the first line":     {manyLines(n, 0, "old\n"), manyLines(n, 0, "new\n"), "old\n", "new\n", 0, n - 4, false},
		"a line comes":       {manyLines(n, 5000, ""), manyLines(n, 5000, "new\n"), "", "new\n", 4997, n - 5004, false},
		"the last line":      {manyLines(n, n-1, "old"), manyLines(n, n-1, "old\n"), "old", "old\n", n - 4, 0, false},
		"Latin-1":            {manyLines(n, 7, "gr\xfcn\n"), manyLines(n, 7, "blau\n"), "gr\xfcn\n", "blau\n", 4, n - 11, false},
		"UTF-16":             {utf16(manyLines(n, 7, "old\n")), utf16(manyLines(n, 7, "new\n")), "old\n", "new\n", 4, n - 11, false},
		"all of it":          {manyLines(n, 0, "old\n"), strings.ReplaceAll(manyLines(n, 0, "old\n"), "line", "LINE"), "line 1", "LINE 1", 0, 0, true},
		"one line of a MiB":  {long, long + "y", "", "", 0, 0, true},
		"short before":       {"old\n", manyLines(n, 0, "new\n"), "old\n", "new\n", 0, 0, true},
		"bytes":              {"\x00\xff" + manyLines(n, 7, "old\n"), manyLines(n, 7, "new\n"), "-", "-", 0, 0, false},
		"longer than 16 MiB": {strings.Repeat(long, 17), strings.Repeat(long, 17) + "\n", "-", "-", 0, 0, false},
	} {
		ch := Change{Op: Update, Before: map[string]any{"content": ContentOf([]byte(c.before))}, After: map[string]any{"content": ContentOf([]byte(c.after))}}
		wire := ch.wire(ShownContent, []byte("key"))
		for side, want := range map[*map[string]any]string{&wire.Before: c.was, &wire.After: c.is} {
			v := (*side)["content"]
			if text, whole := v.(interface{ String() string }); whole && text != nil {
				continue
			}
			d, ok := AsDigest(crossed(t, v))
			switch {
			case !ok:
				if side == &wire.Before && c.before == "old\n" {
					continue // short enough to be sent as it is
				}
				t.Errorf("%s: got a %T, want a digest", name, v)
			case want == "-":
				if d.Excerpt != nil {
					t.Errorf("%s: got the excerpt %+v, want none", name, d.Excerpt)
				}
			case d.Excerpt == nil:
				t.Errorf("%s: got no excerpt", name)
			default:
				e := d.Excerpt
				if !strings.Contains(string(e.Text), want) || len(e.Text) > excerptMax || e.Above != c.above || e.Below != c.below || (e.Left > 0) != c.left {
					t.Errorf("%s: the excerpt is %q… of %d bytes, above %d, below %d, left %d", name, e.Text[:min(len(e.Text), 200)], len(e.Text), e.Above, e.Below, e.Left)
				}
			}
		}
	}
}

// crossed returns a value as it is after it has crossed the wire.
func crossed(t *testing.T, v any) any {
	t.Helper()
	b, err := cbor.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	mode, err := cbor.DecOptions{DefaultMapType: reflect.TypeFor[map[string]any](), DefaultByteStringType: reflect.TypeFor[cbor.ByteString](), IntDec: cbor.IntDecConvertSignedOrFail}.DecMode()
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := mode.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// If the excerpt of a digest has a form that no agent sends, the digest is refused.
func TestForgedExcerptsAreNone(t *testing.T) {
	mac := make([]byte, 32)
	excerpt := func(change string, v any) map[string]any {
		m := map[string]any{"text": []byte("a\n"), "encoding": string(charset.UTF8), "above": int64(1), "below": int64(2), "left": int64(0)}
		if m[change] = v; v == nil {
			delete(m, change)
		}
		return map[string]any{"mac": mac, "size": int64(9), "excerpt": m}
	}
	if _, ok := AsDigest(excerpt("left", int64(3))); !ok {
		t.Error("a right excerpt is refused")
	}
	for name, v := range map[string]map[string]any{
		"negative": excerpt("above", int64(-1)), "huge": excerpt("below", int64(1)<<41), "encoding": excerpt("encoding", "EBCDIC"), "no text": excerpt("text", nil),
		"long": excerpt("text", make([]byte, 3*excerptMax)), "more": excerpt("other", "x"), "no map": {"mac": mac, "size": int64(9), "excerpt": "x"}, "something else": {"mac": mac, "size": int64(9), "x": "x"},
	} {
		if d, ok := AsDigest(v); ok {
			t.Errorf("%s: the digest was accepted: %+v", name, d)
		}
	}
}
