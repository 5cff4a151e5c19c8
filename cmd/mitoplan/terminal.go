package main

import (
	"io"
	"os"
	"os/signal"

	"golang.org/x/term"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
)

// terminal is the terminal that a person looks at, if there is one: standard
// output, or else standard error.
type terminal struct {
	file *os.File
	// smart is false if it understands no escape sequences. Then nothing has a
	// colour or changes in place.
	smart  bool
	screen *view.Screen // nil if nothing changes in place
}

// findTerminal chooses standard output, or else standard error. If both are the same
// terminal, both write through its screen.
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
	a.terminal.screen.HideInput = a.terminal.hideInput
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

// columns returns the current width, 0 if there is no terminal. If the terminal does
// not know its width, as a serial line, it is 80.
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

// shows reports whether a stream writes through the screen.
func (t *terminal) shows(w io.Writer) bool {
	s, ok := w.(*stream)
	return ok && t.screen != nil && s.w == io.Writer(t.screen)
}

// leave removes the lines that change in place, before the last output.
func (t *terminal) leave() {
	if t.screen != nil {
		t.screen.Show(nil)
	}
}

// viewFor returns the form of text for a stream. tty says whether it is a terminal.
func (a *app) viewFor(o *options, tty bool) *view.Human {
	h := &view.Human{Paint: view.Paint{On: tty && a.terminal.smart && !o.noColor && a.getenv("NO_COLOR") == ""}}
	if tty {
		h.Columns = a.terminal.columns
	}
	return h
}

// onStops shows again what is typed before the program is stopped or ended by a signal,
// which then does what it always does. When the program goes on, the lines that change
// are drawn again, below: a shell has used the terminal meanwhile.
func (t *terminal) onStops(stopped, resumed <-chan os.Signal, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case sig := <-stopped:
			if t.screen != nil {
				t.screen.Pause()
			}
			obey(sig)
		case <-resumed:
			if t.screen != nil {
				t.screen.Forget()
			}
		}
	}
}

// listen asks for signals, but for those that whoever started the program ignores.
func listen(got chan<- os.Signal, signals []os.Signal) {
	for _, sig := range signals {
		if !signal.Ignored(sig) {
			signal.Notify(got, sig)
		}
	}
}
