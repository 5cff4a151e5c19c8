package view

import (
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// diffLine is one line of a difference. Op is ' ', '-', '+', or '#' for a remark.
// Text is in the form in which it is shown.
type diffLine struct {
	Op   byte
	Text string
}

// diffLines compares two texts line by line, with three lines of context around each
// change. Characters that cannot be seen are made visible. Remarks say in what else
// the texts differ, such as their encoding.
func diffLines(before, after text) []diffLine {
	d := &differ{}
	d.remarks(before, after)
	if before.crlf() && after.crlf() {
		before, after = before.unix(), after.unix()
	}
	d.compare(before, after)
	return d.out
}

// remarks adds what is true of the whole texts and cannot be seen in their lines.
func (d *differ) remarks(before, after text) {
	switch was, is := before.inUTF16(), after.inUTF16(); {
	case was && before.encoding == after.encoding:
		d.add('#', "(text in "+string(before.encoding)+")")
	case was || is:
		d.add('#', "(text in "+string(before.encoding)+" becomes text in "+string(after.encoding)+")")
	}
	if before.crlf() && after.crlf() {
		d.add('#', crlfRemark)
	}
}

const (
	crlfRemark   = "(every line ends with CR LF)"
	noEndOfLine  = "(no newline at the end)"
	differsBelow = "(… the rest is too long to compare: %d lines before, %d after)"
)

// differ makes the lines to show from those of the library. It looks at removed lines
// together with the added lines that replace them.
type differ struct {
	out            []diffLine
	removed, added stretch
	more           int // changed lines beyond maxLines
	hidden         int // unchanged lines since the last one shown
}

// stretch is a sequence of lines that were removed, or added. It holds as many as can be
// shown, and counts all of them.
type stretch struct {
	lines []rawLine
	n     int
}

func (r *stretch) add(s string) {
	if r.n++; len(r.lines) < maxLines {
		r.lines = append(r.lines, rawLine{s: s})
	}
}

// open notes that no newline ends the last line.
func (r *stretch) open() {
	if r.n == len(r.lines) {
		r.lines[r.n-1].open = true
	}
}

// rawLine is a line as it is in the text. open is true if no newline ends it.
type rawLine struct {
	s    string
	open bool
}

func (d *differ) compare(before, after text) {
	d.hidden = before.above
	next := 0
	eachLine(before.s, after.s, func(op byte, at int, s string, closed bool) {
		if at > next {
			d.flush()
			d.hidden += at - next
		}
		next = at
		if op != '+' {
			next++
		}
		d.take(op, s)
		if !closed {
			d.open()
		}
	})
	d.flush()
	d.hidden += lineCount(before.s) - next + before.below
	if before.left+after.left > 0 {
		d.add('#', fmt.Sprintf(differsBelow, before.left, after.left))
	}
	d.finish()
}

// eachLine calls f for each line that is removed or added between two texts, and for the lines
// around them, of which op is a blank. at is how many lines of before come before it, and
// closed is false if no newline ends it.
func eachLine(before, after string, f func(op byte, at int, s string, closed bool)) {
	lines := strings.Split(string(diff.Diff("before", []byte(before), "after", []byte(after))), "\n")
	at := 0
	for n, line := range lines[:len(lines)-1] {
		switch {
		case n < 3 || line[0] == '\\': // diff, ---, +++; the last kind is looked for below
		case strings.HasPrefix(line, "@@ "):
			at = hunk(line) - 1
		default:
			f(line[0], at, line[1:], !strings.HasPrefix(lines[n+1], `\`))
			if line[0] != '+' {
				at++
			}
		}
	}
}

// lineStep is that a line is removed ('-') or added ('+'). at is as in eachLine, and text has its
// newline.
type lineStep struct {
	op   byte
	at   int
	text string
}

// compareLines returns what turns a text into another one.
func compareLines(before, after string) (steps []lineStep) {
	eachLine(before, after, func(op byte, at int, s string, closed bool) {
		if op == ' ' {
			return
		}
		if closed {
			s += "\n"
		}
		steps = append(steps, lineStep{op, at, s})
	})
	return steps
}

// take takes the next line of a hunk.
func (d *differ) take(op byte, s string) {
	switch op {
	case '-':
		if d.added.n > 0 {
			d.flush()
		}
		d.removed.add(s)
	case '+':
		d.added.add(s)
	default:
		d.flush()
		d.add(' ', shorten(s, inside))
	}
}

// open notes that no newline ends the line that was taken last.
func (d *differ) open() {
	switch {
	case d.added.n > 0:
		d.added.open()
	case d.removed.n > 0:
		d.removed.open()
	default:
		d.add('#', noEndOfLine)
	}
}

// flush shows the removed lines that were gathered, and the lines that replace them.
func (d *differ) flush() {
	room := max(0, maxLines-len(d.out))
	old, new := d.removed, d.added
	d.removed, d.added = stretch{}, stretch{}
	if room == 0 || d.more > 0 {
		d.more += old.n + new.n
		return
	}
	fewer := min(old.n, max(room/2, room-new.n))
	more := min(new.n, room-fewer)
	removed, added := beside(old.lines[:fewer], new.lines[:more])
	d.changed('-', removed, old, "more removed line")
	d.changed('+', added, new, "more added line")
}

// beside returns the form in which removed lines are shown, and the added lines that
// replace them.
func beside(old, new []rawLine) (removed, added []string) {
	all := confusable(old, new)
	removed, added = make([]string, len(old)), make([]string, len(new))
	for i := range max(len(old), len(new)) {
		switch {
		case i < len(old) && i < len(new):
			removed[i], added[i] = shortenPair(old[i].s, new[i].s, shower(all[old[i].s]), shower(all[new[i].s]))
		case i < len(old):
			removed[i] = shorten(old[i].s, shower(all[old[i].s]))
		default:
			added[i] = shorten(new[i].s, shower(all[new[i].s]))
		}
	}
	return removed, added
}

// changed adds lines in the form in which they are shown, and counts the rest.
func (d *differ) changed(op byte, shown []string, lines stretch, rest string) {
	for i, s := range shown {
		d.add(op, s)
		if lines.lines[i].open {
			d.add('#', noEndOfLine)
		}
	}
	if n := lines.n - len(shown); n > 0 {
		d.add('#', "(… and "+plural(n, rest, rest+"s")+")")
	}
}

// confusable returns the removed and the added lines that look like one another
// although they differ.
func confusable(removed, added []rawLine) map[string]bool {
	byLooks := map[string][]string{}
	for _, l := range removed {
		key := looks(head(l.s), true)
		byLooks[key] = append(byLooks[key], l.s)
	}
	out := map[string]bool{}
	for _, l := range added {
		key := looks(head(l.s), true)
		for _, other := range byLooks[key] {
			if lookAlike(head(other), head(l.s)) {
				out[other], out[l.s] = true, true
			}
		}
	}
	return out
}

// head returns the beginning of a line, as far as its looks are compared.
func head(s string) string { return s[:boundary(s, min(len(s), 4*maxLine))] }

// add shows a line, after what was hidden before it.
func (d *differ) add(op byte, s string) {
	if op == ' ' && (d.more > 0 || len(d.out) >= maxLines) {
		d.hidden++
		return
	}
	d.out = append(hidden(d.out, d.hidden), diffLine{op, s})
	d.hidden = 0
}

// finish says what was not shown.
func (d *differ) finish() {
	if d.more > 0 {
		d.out = append(d.out, diffLine{'#', "(… and " + plural(d.more, "more changed line", "more changed lines") + ")"})
		return
	}
	d.out = hidden(d.out, d.hidden)
}

func hidden(out []diffLine, n int) []diffLine {
	switch {
	case n <= 0:
		return out
	case n == 1:
		return append(out, diffLine{'#', "(1 unchanged line hidden)"})
	}
	return append(out, diffLine{'#', fmt.Sprintf("(%d unchanged lines hidden)", n)})
}

// hunk reads "@@ -START,COUNT +START,COUNT @@" and returns its first line, from 1. If COUNT is
// 0, START is the line before the place.
func hunk(line string) int {
	start, count := 0, 0
	_, _ = fmt.Sscanf(line, "@@ -%d,%d", &start, &count)
	if count == 0 {
		start++
	}
	return start
}
