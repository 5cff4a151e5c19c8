package view

import (
	"fmt"
	"unicode/utf8"
)

// Bounds of what is shown of one value. What is beyond them is counted.
const (
	// maxLines is how many lines are shown of a text or of a difference.
	maxLines = 500
	// maxLine is how many bytes are shown of one line, or of a text in quotes.
	maxLine = 1000
	// around is how many bytes are shown of what two long lines have in common
	// before and after their first difference.
	around = 100
)

// leftOut stands for what is cut out of a line. It is of the notation of Visible.
func leftOut(s string) string {
	return fmt.Sprintf("«%d characters left out»", utf8.RuneCountInString(s))
}

// show makes a part of a text fit to be shown; last says that it ends the text.
type show func(part string, last bool) string

// inside shows text that stands where everybody sees where it ends.
func inside(s string, _ bool) string { return Visible(s) }

// shower shows lines, with the blank that one ends with. With all, everything is
// shown that is not ASCII.
func shower(all bool) show {
	return func(s string, last bool) string {
		if last {
			return ended(s, all)
		}
		return visible(s, all)
	}
}

// shorten is a text of at most about maxLine bytes: its beginning, and a little
// of its end.
func shorten(s string, show show) string {
	if len(s) <= maxLine {
		return show(s, true)
	}
	head, tail := boundary(s, maxLine-around), boundary(s, len(s)-around)
	return show(s[:head], false) + leftOut(s[head:tail]) + show(s[tail:], true)
}

// shortenPair is the same of two lines one of which takes the place of the other:
// where they begin to differ is in what is shown.
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

// boundary is the beginning of a character at or before a place.
func boundary(s string, at int) int {
	for n := 0; at > 0 && at < len(s) && n < utf8.UTFMax && !utf8.RuneStart(s[at]); n++ {
		at--
	}
	return at
}
