package main

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
)

// terminal is the terminal that a person looks at, if there is one: standard
// output, or else standard error.
type terminal struct {
	file *os.File
	// smart is false if it obeys no sequences: then nothing has a colour or
	// changes in place.
	smart  bool
	screen *view.Screen // nil where nothing changes in place
}

// findTerminal takes standard output, or else standard error, and makes both go
// through its screen where they are the same terminal.
func (a *app) findTerminal(stdout, stderr *os.File) {
	switch {
	case a.outTTY:
		a.terminal.file = stdout
	case a.errTTY:
		a.terminal.file = stderr
	default:
		return
	}
	name := a.getenv("TERM")
	if a.terminal.smart = name != "" && name != "dumb"; !a.terminal.smart {
		return
	}
	a.terminal.screen = view.NewScreen(a.terminal.file, a.terminal.width)
	if a.outTTY {
		a.stdout = &stream{name: "standard output", w: a.terminal.screen}
	}
	if a.errTTY && (!a.outTTY || sameFile(stdout, stderr)) {
		a.stderr = &stream{name: "standard error", w: a.terminal.screen}
	}
}

func sameFile(a, b *os.File) bool {
	x, errX := a.Stat()
	y, errY := b.Stat()
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// columns is the width as it is now, 0 if there is no terminal. One that says
// it has none, as a serial line does, is taken for one of 80.
func (t *terminal) columns() int {
	if t.file == nil {
		return 0
	}
	return t.width()
}

func (t *terminal) width() int {
	if w, _, err := term.GetSize(int(t.file.Fd())); err == nil && w > 0 {
		return w
	}
	return 80
}

func (t *terminal) rows() int {
	if _, h, err := term.GetSize(int(t.file.Fd())); err == nil && h > 0 {
		return h
	}
	return 24
}

// shows reports whether what is written to a stream is on the screen.
func (t *terminal) shows(w io.Writer) bool {
	s, ok := w.(*stream)
	return ok && t.screen != nil && s.w == io.Writer(t.screen)
}

// leave takes the lines away that change in place, for the last words.
func (t *terminal) leave() {
	if t.screen != nil {
		t.screen.Show(nil)
	}
}

// viewFor is how text is written to a stream that is a terminal or is none.
func (a *app) viewFor(o *options, tty bool) *view.Human {
	h := &view.Human{Paint: view.Paint{On: tty && a.terminal.smart && !o.noColor && a.getenv("NO_COLOR") == ""}}
	if tty {
		h.Columns = a.terminal.columns
	}
	return h
}

// forgetOnSignals draws anew what changes in place where the program was stopped
// and a shell has used the terminal since.
func (t *terminal) forgetOnSignals(resumed <-chan os.Signal, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-resumed:
			if t.screen != nil {
				t.screen.Forget()
			}
		}
	}
}
