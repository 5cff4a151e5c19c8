package view

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// Screen is a terminal with a few lines at its end that change in place, below
// everything that is written to it. All output to that terminal has to go through the
// Screen, because it would otherwise mix with those lines.
//
// A text without a line end, such as a question, leaves the cursor where the answer is
// typed. Until a line end is written, no lines are drawn.
//
// A Screen does not hide the cursor and sets no mode of the terminal, so nothing has to
// be restored, however the program ends. Any goroutine may use it.
type Screen struct {
	w       io.Writer
	columns func() int

	mu    sync.Mutex
	lines []string // to be shown
	drawn []string // what is there now, the cursor at the end of the last one
	open  bool     // the last text that was written has no line end
}

// NewScreen returns the screen of a terminal. columns returns its width.
func NewScreen(w io.Writer, columns func() int) *Screen { return &Screen{w: w, columns: columns} }

// Write writes text above the lines that change.
func (s *Screen) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	b.WriteString(s.home())
	if len(s.drawn) > 0 {
		b.WriteString(eraseBelow)
	}
	s.drawn, s.open = nil, p[len(p)-1] != '\n'
	head := b.Len()
	b.Write(p)
	s.draw(&b)
	n, err := io.WriteString(s.w, b.String())
	return min(max(n-head, 0), len(p)), err
}

// Show replaces the lines that change. Without lines it removes them.
func (s *Screen) Show(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = slices.Clone(lines)
	if s.open || slices.Equal(s.lines, s.drawn) {
		return
	}
	var b strings.Builder
	b.WriteString(s.home())
	s.draw(&b)
	_, _ = io.WriteString(s.w, b.String()) // nobody is left to tell
}

// Forget is called if something else has written to the terminal, as a shell does while
// the program is stopped. The lines that were drawn stay where they are, and new ones
// are drawn below.
func (s *Screen) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drawn = nil
}

const (
	eraseBelow = "\x1b[J" // from the cursor to the end of the screen
	eraseRight = "\x1b[K" // to the end of the line
)

// home returns the sequence that moves the cursor to the beginning of the first drawn
// line. It counts the rows that the lines have now: a terminal that became narrower
// breaks long lines anew.
func (s *Screen) home() string {
	if len(s.drawn) == 0 {
		return ""
	}
	up := -1
	for _, line := range s.drawn {
		up += 1 + max(0, stringWidth(line)-1)/max(1, s.columns())
	}
	if up == 0 {
		return "\r"
	}
	return fmt.Sprintf("\r\x1b[%dA", up)
}

// draw writes the lines over what is there.
func (s *Screen) draw(b *strings.Builder) {
	if s.open {
		return
	}
	for i, line := range s.lines {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(line + eraseRight)
	}
	if len(s.lines) < len(s.drawn) {
		b.WriteString(eraseBelow)
	}
	s.drawn = slices.Clone(s.lines)
}
