package view

import (
	"fmt"
	"slices"
	"strings"
)

// whole returns the text of a value, "" if there is none.
func whole(v any) string {
	if v == nil {
		return ""
	}
	return render(v)
}

// added fills in a change whose value is added or removed as a whole. A text of
// several lines is shown line by line; op is their symbol.
func added(c change, v any, op byte) change {
	t, ok := textOf(v)
	if !ok || !strings.Contains(strings.TrimSuffix(t.s, "\n"), "\n") {
		c.text = whole(v)
		return c
	}
	c.lines = textLines(v, op)
	return c
}

// textLines returns the lines of a text, as many as are shown.
func textLines(v any, op byte) []diffLine {
	t, _ := textOf(v)
	d := &differ{}
	d.remarks(t, t)
	if t.crlf() {
		t = t.unix()
	}
	for line := range strings.Lines(t.s) {
		if len(d.out) >= maxLines {
			break
		}
		s, closed := strings.CutSuffix(line, "\n")
		d.out = append(d.out, diffLine{op, shorten(s, shower(false))})
		t.s = t.s[len(line):]
		if !closed {
			d.add('#', noEndOfLine)
		}
	}
	if n := lineCount(t.s) + t.left + t.below; n > 0 {
		d.add('#', "(… and "+plural(n, "more line", "more lines")+")")
	}
	return d.out
}

// difference returns "old -> new", or a difference line by line if one of them is a
// text of several lines.
func difference(before, after any, diffed bool) (string, []diffLine) {
	b, bText := textOf(before)
	a, aText := textOf(after)
	long := strings.Contains(b.s+a.s, "\n")
	switch {
	case bText && aText && (diffed || long) && b.s+a.s != "":
		return "", diffLines(b, a)
	case bText && long && after != nil:
		return "", append(textLines(before, '-'), diffLine{'#', "(replaced by " + render(after) + ")"})
	case aText && long && before != nil:
		return "", append([]diffLine{{'#', "(instead of " + render(before) + ")"}}, textLines(after, '+')...)
	}
	return pair(before, after), nil
}

// pair returns "old -> new" for two values that differ. The texts always differ, too,
// even if the values look alike.
func pair(before, after any) string {
	b, a := render(before), render(after)
	if x, ok := before.(string); ok {
		if y, ok := after.(string); ok {
			b, a = shortenPair(x, y, quoted, quoted)
			b, a = `"`+b+`"`, `"`+a+`"`
		}
	}
	if b == a {
		return b + " -> " + other(after, a)
	}
	if looks(b, false) == looks(a, false) {
		b, a = outspoken(b), outspoken(a)
	}
	return b + " -> " + a
}

// other returns what is shown instead of a new value that has the same text as the
// old one.
func other(v any, shown string) string {
	if b, ok := v.(Bytes); ok {
		return fmt.Sprintf("(other bytes, %d long)", b.Size)
	}
	return shown + " (another one)"
}

// outspoken takes a text that Visible has returned. It also puts every other character
// that is not ASCII into the notation.
func outspoken(s string) string {
	var b strings.Builder
	for s != "" {
		if loc := notation.FindStringIndex(s); loc != nil {
			b.WriteString(s[:loc[1]])
			s = s[loc[1]:]
			continue
		}
		next := strings.IndexRune(s[1:], guillemet) + 1
		if next == 0 {
			next = len(s)
		}
		b.WriteString(explicit(s[:next]))
		s = s[next:]
	}
	return b.String()
}

func equal(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			if w, ok := b[k]; !ok || !equal(v, w) {
				return false
			}
		}
		return true
	}
	if _, ok := b.([]any); ok {
		return false
	}
	if _, ok := b.(map[string]any); ok {
		return false
	}
	return a == b
}
