package view

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// Screen is a terminal with a few lines at its end that change in place, below
// all that is written to it. Whatever else goes to that terminal is written
// through it too, or it would be written into those lines.
//
// A text without a line end, such as a question, leaves the cursor where the
// answer belongs: until a line end is written, nothing is drawn.
//
// It hides no cursor and sets no mode, so that there is nothing to restore
// however the program ends. Any goroutine may use it.
type Screen struct {
	w       io.Writer
	columns func() int

	mu    sync.Mutex
	lines []string // to be shown
	drawn []string // what is there now, the cursor at the end of the last one
	open  bool     // the last text that was written has no line end
}

// NewScreen makes a screen of a terminal, of which columns tells the width.
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

// Show makes these the lines that change; none takes them away.
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

// Forget takes it that the lines are where nobody can reach them, as when a
// shell has written to the terminal while the program was stopped.
func (s *Screen) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drawn = nil
}

const (
	eraseBelow = "\x1b[J" // from the cursor to the end of the screen
	eraseRight = "\x1b[K" // to the end of the line
)

// home goes to where the first of the drawn lines begins. Terminals break lines
// anew that have become longer than they are wide.
func (s *Screen) home() string {
	if len(s.drawn) == 0 {
		return ""
	}
	up := -1
	for _, line := range s.drawn {
		up += 1 + max(0, ansi.StringWidth(line)-1)/max(1, s.columns())
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
