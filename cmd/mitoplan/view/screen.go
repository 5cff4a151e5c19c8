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
// A Screen does not hide the cursor. While lines that change are there, the terminal
// does not show what is typed: a line end would move the cursor, and the next lines
// would be drawn beside the old ones. Whoever ends or stops the program calls Show(nil)
// or Pause before. Any goroutine may use a Screen.
type Screen struct {
	// HideInput, if it is set, stops the terminal from showing what is typed. It
	// returns nil if it did not.
	HideInput func() (restore func())

	w       io.Writer
	columns func() int

	mu      sync.Mutex
	restore func()   // shows again what is typed; nil if it is shown
	lines   []string // to be shown
	drawn   []string // what is there now, the cursor at the end of the last one
	open    bool     // the last text that was written has no line end
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
	n, err := s.send(b.String())
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
	_, _ = s.send(b.String()) // nobody is left to tell
}

// send writes to the terminal. What is typed is not shown from before the first line is
// drawn until after the last one is gone.
func (s *Screen) send(text string) (int, error) {
	if len(s.drawn) > 0 && s.restore == nil && s.HideInput != nil {
		s.restore = s.HideInput()
	}
	n, err := io.WriteString(s.w, text)
	if len(s.drawn) == 0 {
		s.showInput()
	}
	return n, err
}

func (s *Screen) showInput() {
	if s.restore != nil {
		s.restore()
		s.restore = nil
	}
}

// Pause is called before something else uses the terminal, as a shell does while the
// program is stopped: the terminal shows again what is typed, until the next lines are
// drawn.
func (s *Screen) Pause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.showInput()
}

// Forget is called if something else has written to the terminal, as a shell does while
// the program is stopped. The lines that were drawn stay where they are, and new ones
// are drawn below.
func (s *Screen) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drawn = nil
	s.showInput()
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
