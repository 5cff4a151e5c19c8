package view

import (
	"strings"
)

// defaultWidth is the width that text is laid out for if there is no terminal.
const defaultWidth = 80

// columns returns the width of the terminal, 0 if it is not known. Then long lines are
// not broken.
func (h *Human) columns() int {
	if h.Columns != nil {
		return max(0, h.Columns())
	}
	return max(0, h.Width)
}

// width returns the width that headings and lists are laid out for.
func (h *Human) width() int {
	if n := h.columns(); n > 0 {
		return n
	}
	return defaultWidth
}

// sides is a line with a left half, a right half, and a remark after them.
type sides struct{ left, right, remark string }

func (s sides) widths() (left, right int) { return stringWidth(s.left), stringWidth(s.right) }

// gap is the least number of blanks between the halves.
const gap = 2

// align finds the column in which the right halves begin: the first one that
// leaves room for the left half of every line that fits in one.
func (h *Human) align(lines []sides) int {
	column, last := 0, h.width()
	for _, l := range lines {
		left, right := l.widths()
		if right > 0 && left+gap+right <= h.width() {
			column, last = max(column, left+gap), min(last, h.width()-right)
		}
	}
	return min(column, last)
}

// heading lays out a line. A part that does not fit goes on lines of its own, which
// begin with next.
func (h *Human) heading(l sides, column int, next string) string {
	left, right := l.widths()
	line, used, below := l.left, left, []string{l.right, l.remark}
	if at := max(left+gap, min(column, h.width()-right)); right == 0 || at+right <= h.width() {
		if right > 0 {
			line, used = pad(l.left, at)+l.right, at+right
		}
		if below = below[1:]; used+gap+stringWidth(l.remark) <= h.width() {
			line, below = line+strings.Repeat(" ", gap)+l.remark, nil
		}
	}
	lines := []string{strings.TrimRight(line, " ")}
	if used > h.width() {
		text := strings.TrimLeft(l.left, " ")
		lines = wrapWords(text, h.width()-stringWidth(next))
		lines[0] = l.left[:len(l.left)-len(text)] + lines[0]
	}
	for _, s := range below {
		lines = append(lines, wrapWords(s, h.width()-stringWidth(next))...)
	}
	return strings.Join(lines, "\n"+next) + "\n"
}

// minWrap is the width below which nothing is wrapped any narrower.
const minWrap = 16

// wrapWords breaks text at blanks into lines of a width. A word that is longer,
// such as an address, has a line of its own.
func wrapWords(s string, width int) []string {
	var lines []string
	line, used := "", 0
	for word := range strings.SplitSeq(s, " ") {
		n := stringWidth(word)
		switch {
		case line == "" && used == 0:
			line, used = word, n
		case used+1+n > max(width, minWrap) && strings.TrimSpace(line) != "":
			lines = append(lines, strings.TrimRight(line, " "))
			line, used = word, n
		default:
			line, used = line+" "+word, used+1+n
		}
	}
	if line = strings.TrimRight(line, " "); line != "" {
		lines = append(lines, line)
	}
	return lines
}

// sentence breaks a line of words for the terminal. Further lines begin with next.
func (h *Human) sentence(s, next string) string {
	n := h.columns()
	if n == 0 || stringWidth(s) <= n {
		return s
	}
	return strings.Join(wrapWords(s, n-stringWidth(next)), "\n"+next)
}

// continued begins a line that continues the one above, which was too long for the
// terminal.
const continued = "…"

// fold breaks one line of a text for a terminal. taken is how many columns are used
// before it. A line that the terminal wraps itself could look like a line of
// mitoplan.
func (h *Human) fold(s string, taken int) []string {
	n := h.columns()
	if n == 0 {
		return []string{s}
	}
	s = expandTabs(s)
	if taken+stringWidth(s) <= n {
		return []string{s}
	}
	return hardWrap(s, max(n-taken, minWrap/2))
}

// expandTabs replaces tabs with blanks, up to each eighth column of the text.
func expandTabs(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var b strings.Builder
	at := 0
	for i, part := range strings.Split(s, "\t") {
		if i > 0 {
			n := 8 - at%8
			b.WriteString(strings.Repeat(" ", n))
			at += n
		}
		b.WriteString(part)
		at += stringWidth(part)
	}
	return b.String()
}
