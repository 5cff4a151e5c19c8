// Package terminaltest is a terminal for tests. It keeps what a person would see,
// including the lines that have scrolled off the screen. It also notes every sequence
// that a program of mitoplan should never send. Start reading at Terminal.
package terminaltest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// Wrapped marks, in Text, the end of a line that was too long for the terminal.
const Wrapped = "⏎"

// Terminal is a screen, with the lines that have scrolled off it above. It obeys line
// ends, tabs, colours, and the few sequences that change lines in place. Anything else
// is a fault. Any goroutine may call its methods.
type Terminal struct {
	columns, rows int

	mu     sync.Mutex
	lines  []line // of which the last rows are the screen
	x, y   int    // y counts from the first of lines
	full   bool   // the last column was written: the next character wraps
	rest   []byte // of a character or sequence that is not whole yet
	faults []string
}

type line struct {
	cells   []string
	wrapped bool
}

// New makes a terminal of a size.
func New(columns, rows int) *Terminal {
	return &Terminal{columns: columns, rows: rows, lines: make([]line, 1)}
}

var sequence = regexp.MustCompile(`^\x1b\[([0-9;]*)([A-Za-z])`)

// Write shows what a program has written.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := append(t.rest, p...)
	for len(b) > 0 {
		n := t.next(b)
		if n == 0 {
			break
		}
		b = b[n:]
	}
	t.rest = append([]byte(nil), b...)
	return len(p), nil
}

// next obeys the first character or sequence and returns its length. It returns 0 if
// the character or sequence is not complete yet.
func (t *Terminal) next(b []byte) int {
	switch b[0] {
	case '\r':
		t.x, t.full = 0, false
		return 1
	case '\n':
		t.down(false)
		return 1
	case '\t':
		t.x = min(t.x/8*8+8, t.columns-1)
		return 1
	case '\b':
		t.x, t.full = max(0, t.x-1), false
		return 1
	case 0x1b:
		return t.obey(b)
	}
	if !utf8.FullRune(b) {
		return 0
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError || !unicode.IsGraphic(r) {
		t.fault(fmt.Sprintf("the character %q", b[:n]))
		return n
	}
	t.put(string(r))
	return n
}

func (t *Terminal) obey(b []byte) int {
	m := sequence.FindSubmatch(b)
	if m == nil {
		if len(b) < 12 {
			return 0
		}
		t.fault(fmt.Sprintf("the sequence %q", b[:12]))
		return 1
	}
	count, _ := strconv.Atoi(string(m[1]))
	switch string(m[2]) {
	case "m":
	case "A":
		t.y, t.full = max(t.y-max(1, count), t.top()), false
	case "K":
		t.cut(t.y, t.x)
	case "J":
		if count != 0 {
			t.fault(fmt.Sprintf("the sequence %q", m[0]))
			break
		}
		t.cut(t.y, t.x)
		t.lines = t.lines[:t.y+1]
	default:
		t.fault(fmt.Sprintf("the sequence %q", m[0]))
	}
	return len(m[0])
}

// top is the first line of the screen.
func (t *Terminal) top() int { return max(0, len(t.lines)-t.rows) }

func (t *Terminal) cut(y, x int) {
	if l := &t.lines[y]; len(l.cells) > x {
		l.cells = l.cells[:x]
	}
}

func (t *Terminal) down(wrapped bool) {
	t.lines[t.y].wrapped = wrapped
	t.full = false
	if t.y++; t.y == len(t.lines) {
		t.lines = append(t.lines, line{})
	}
}

func (t *Terminal) put(s string) {
	width := displaywidth.String(s)
	if width == 0 { // a mark on the character before
		if cells := t.lines[t.y].cells; t.x > 0 && t.x <= len(cells) {
			cells[t.x-1] += s
		}
		return
	}
	if t.full || t.x+width > t.columns {
		t.down(true)
		t.x = 0
	}
	l := &t.lines[t.y]
	for len(l.cells) < t.x+width {
		l.cells = append(l.cells, " ")
	}
	l.cells[t.x] = s
	for i := 1; i < width; i++ {
		l.cells[t.x+i] = ""
	}
	t.x = min(t.x+width, t.columns)
	if t.full = t.x == t.columns; t.full {
		t.x--
	}
}

func (t *Terminal) fault(what string) {
	if len(t.faults) < 20 {
		t.faults = append(t.faults, fmt.Sprintf("%s in line %d", what, t.y+1))
	}
}

// Text returns everything that was shown and not overwritten, as a person sees it who
// scrolls up.
func (t *Terminal) Text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return text(t.lines)
}

// Screen is what is on the screen now.
func (t *Terminal) Screen() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return text(t.lines[t.top():])
}

// Faults returns the sequences that a program should not have sent.
func (t *Terminal) Faults() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rest) > 0 {
		return append(t.faults, fmt.Sprintf("at the end %q", t.rest))
	}
	return t.faults
}

func text(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		s := strings.TrimRight(strings.Join(l.cells, ""), " ")
		if l.wrapped {
			s += Wrapped
		}
		b.WriteString(s + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
