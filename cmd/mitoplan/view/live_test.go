package view

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/terminaltest"
	"github.com/mitoplan/mitoplan/planner"
)

// liveOn makes a Live for a terminal of this size. The number counts the writes to
// it.
func liveOn(columns, rows int) (*Live, *terminaltest.Terminal, *int) {
	term, writes := terminaltest.New(columns, rows), new(int)
	width := func() int { return columns }
	screen := NewScreen(writer(func(p []byte) (int, error) { *writes++; return term.Write(tty(p)) }), width)
	h := &Human{Paint: Paint{On: true}, Columns: width}
	return &Live{Lines: Lines{Human: h, W: screen}, Screen: screen, Rows: func() int { return rows }}, term, writes
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// tty writes line ends as a terminal device does.
func tty(p []byte) []byte { return []byte(strings.ReplaceAll(string(p), "\n", "\r\n")) }

func tellTo(p *Progress) func(executor.EventType, string, string) {
	return func(typ executor.EventType, address, context string) {
		p.Event(executor.Event{Type: typ, Address: address, Context: context, Op: planner.Run, Elapsed: 3 * time.Second, Limit: "given up after 5m"})
	}
}

// What runs for longer than a second is shown in place, grouped by contexts. When
// it ends, nothing of that is left.
func TestWhatTakesLongIsShownInPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, term, writes := liveOn(80, 10)
		p := NewProgress(l, func() {})
		tell := tellTo(p)
		see := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := term.Text(); got != want {
				t.Errorf("the terminal shows\n%swant\n%s", got, want)
			}
		}
		tell(executor.ContextStarting, `context.ssh.web["a"]`, "")
		tell(executor.ContextStarting, `context.ssh.web["b"]`, "")
		time.Sleep(900 * time.Millisecond)
		see("\n")
		time.Sleep(300 * time.Millisecond)
		see("0 done, 2 running, slowest: connecting to context.ssh.web[\"a\"] (1s)\n")
		tell(executor.ContextStatus, `context.ssh.web["a"]`, "")
		tell(executor.ContextStatus, `context.ssh.web["b"]`, "")
		see("\n")
		p.Flush()
		tell(executor.ApplyStart, "call.command.x", "context.local.here")
		tell(executor.ApplyStart, `file.y["a"]`, `context.ssh.web["a"]`)
		time.Sleep(2300 * time.Millisecond)
		see("context.local.here: 0 done, 1 running, slowest: call.command.x (2s)\n" +
			"0 done, 1 running, slowest: file.y[\"a\"] on context.ssh.web[\"a\"] (2s)\n")
		before := *writes
		time.Sleep(500 * time.Millisecond)
		if *writes != before {
			t.Errorf("%d writes although nothing changed", *writes-before)
		}
		tell(executor.ApplyDone, `file.y["a"]`, `context.ssh.web["a"]`)
		time.Sleep(300 * time.Millisecond)
		see("file.y[\"a\"]: ran after 3.0s\ncontext.local.here: 0 done, 1 running, slowest: call.command.x (3s)\n")
		tell(executor.ApplyDone, "call.command.x", "context.local.here")
		see("file.y[\"a\"]: ran after 3.0s\ncall.command.x: ran after 3.0s\n")
		p.Close()
		see("file.y[\"a\"]: ran after 3.0s\ncall.command.x: ran after 3.0s\n")
		if f := term.Faults(); f != nil {
			t.Errorf("the terminal was sent %q", f)
		}
	})
}

// Whatever the size of the terminal, no line is wider than it, and the lines do not
// hide everything else.
func TestLiveLinesFitTheTerminal(t *testing.T) {
	for _, size := range [][2]int{{200, 50}, {80, 24}, {40, 10}, {20, 5}, {8, 2}, {1, 1}} {
		l, term, _ := liveOn(size[0], size[1])
		var beats []Beat
		for i := range 20 {
			beats = append(beats, Beat{Group: fmt.Sprint("ssh.group", i), Running: 3, Done: 12, Busy: 2, Contexts: 30,
				Slowest: `call.command.with_a_long_name["key of some length"]`, SlowestContext: `context.ssh.group["host.example.com"]`, Elapsed: 75 * time.Second, Limit: "given up after 1h0m0s"})
		}
		for n := range 20 {
			l.Frame(beats[:20-n])
			io.WriteString(l.W, "a line\n")
		}
		l.Frame(nil)
		text := term.Text()
		if got := strings.NewReplacer("\n", "", terminaltest.Wrapped, "", " ", "").Replace(text); got != strings.Repeat("aline", 20) {
			t.Errorf("%v: the text that is left is\n%s", size, text)
		}
		if f := term.Faults(); f != nil {
			t.Errorf("%v: the terminal was sent %q", size, f)
		}
	}
}

// While somebody is asked for something, nothing is drawn over what is typed.
func TestNothingIsDrawnOverAQuestion(t *testing.T) {
	l, term, writes := liveOn(80, 10)
	l.Frame([]Beat{{Group: "local.here", Slowest: "call.command.x", Elapsed: time.Second}})
	io.WriteString(l.W, "\nPassword: ")
	before := *writes
	l.Frame([]Beat{{Group: "local.here", Slowest: "call.command.x", Elapsed: 2 * time.Second}})
	if got := term.Text(); got != "\nPassword:\n" || *writes != before {
		t.Errorf("while somebody is asked, the terminal shows %q", got)
	}
	term.Write([]byte("typed\r\n"))
	io.WriteString(l.W, "\n")
	if got := term.Text(); got != "\nPassword: typed\n\nlocal.here: 0 done, 0 running, slowest: call.command.x (2s)\n" {
		t.Errorf("shows %q", got)
	}
}

// A terminal that becomes narrower breaks lines in other places. When a shell has
// used it in between, the lines are elsewhere.
func TestScreenFollowsTheTerminal(t *testing.T) {
	width, sent := 80, ""
	s := NewScreen(writer(func(p []byte) (int, error) { sent = string(p); return len(p), nil }), func() int { return width })
	s.Show([]string{strings.Repeat("x", 70), "y"})
	width = 30
	s.Show([]string{"z"})
	if want := "\r\x1b[3Az\x1b[K\x1b[J"; sent != want {
		t.Errorf("sent %q, want %q", sent, want)
	}
	s.Forget()
	s.Show([]string{"a"})
	if want := "a\x1b[K"; sent != want {
		t.Errorf("sent %q, want %q", sent, want)
	}
}
