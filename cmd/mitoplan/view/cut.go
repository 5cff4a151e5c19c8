package view

import (
	"fmt"
	"unicode/utf8"
)

// The bounds of how much of one value is shown. The rest is counted.
const (
	// maxLines is how many lines are shown of a text or of a difference.
	maxLines = 500
	// maxLine is how many bytes are shown of one line, or of a text in quotes.
	maxLine = 1000
	// around is how many bytes of what two long lines have in common are shown,
	// before their first difference and at their end.
	around = 100
)

// leftOut returns what is shown instead of the part that was cut out of a line. It
// has the form of the notation of Visible.
func leftOut(s string) string {
	return fmt.Sprintf("«%d characters left out»", utf8.RuneCountInString(s))
}

// show returns the form in which a part of a text is shown. last is true for the end
// of the text.
type show func(part string, last bool) string

// inside shows text whose end needs no mark, because it is not changed.
func inside(s string, _ bool) string { return Visible(s) }

// shower returns a show for lines, which makes a blank at their end visible. With
// all, every character that is not ASCII is shown by its number.
func shower(all bool) show {
	return func(s string, last bool) string {
		if last {
			return ended(s, all)
		}
		return visible(s, all)
	}
}

// shorten cuts a text to about maxLine bytes: its beginning, and a little of its end.
func shorten(s string, show show) string {
	if len(s) <= maxLine {
		return show(s, true)
	}
	head, tail := boundary(s, maxLine-around), boundary(s, len(s)-around)
	return show(s[:head], false) + leftOut(s[head:tail]) + show(s[tail:], true)
}

// shortenPair shortens two lines of which one replaces the other. The place where
// they begin to differ is always shown.
func shortenPair(a, b string, showA, showB show) (string, string) {
	same := commonPrefix(a, b)
	start, head := boundary(a, around), boundary(a, max(0, same-around))
	if len(a) <= maxLine && len(b) <= maxLine || start >= head {
		return shorten(a, showA), shorten(b, showB)
	}
	tail := min(commonSuffix(a, b), len(a)-same, len(b)-same)
	middle := leftOut(a[start:head])
	return showA(a[:start], false) + middle + window(a[head:], tail, showA),
		showB(b[:start], false) + middle + window(b[head:], tail, showB)
}

// window is the rest of a line; of its end, which is the same in the other line
// over so many bytes, a little is shown.
func window(s string, tail int, show show) string {
	from, to := boundary(s, len(s)-tail+around), boundary(s, len(s)-around)
	if len(s) <= maxLine || from >= to {
		return shorten(s, show)
	}
	if from > maxLine {
		return shorten(s, show)
	}
	return show(s[:from], false) + leftOut(s[from:to]) + show(s[to:], true)
}

func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

func commonSuffix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// boundary returns the beginning of the character that a place is in.
func boundary(s string, at int) int {
	for n := 0; at > 0 && at < len(s) && n < utf8.UTFMax && !utf8.RuneStart(s[at]); n++ {
		at--
	}
	return at
}
