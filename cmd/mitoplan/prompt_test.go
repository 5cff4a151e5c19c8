//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/config"
)

// A value that may not be shown is not shown while it is typed, either.
func TestPromptEchoes(t *testing.T) {
	for name, test := range map[string]struct {
		v     config.Variable
		echos bool
	}{
		"plain":                   {config.Variable{Name: "v"}, true},
		"sensitive":               {config.Variable{Name: "v", Sensitive: true}, false},
		"ephemeral":               {config.Variable{Name: "v", Ephemeral: true}, false},
		"sensitive and ephemeral": {config.Variable{Name: "v", Sensitive: true, Ephemeral: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			master, terminal, err := pty.Open()
			if err != nil {
				t.Skip(err)
			}
			defer master.Close()
			defer terminal.Close()
			got, asked := make(chan string, 1), make(chan bool, 1)
			p := &prompter{ctx: context.Background(), in: terminal, out: atQuestion(func() { asked <- true })}
			go func() {
				text, err := p.variable(&test.v)
				if err != nil {
					t.Error(err)
				}
				got <- text
			}()
			<-asked
			if !test.echos {
				waitForNoEcho(t, int(terminal.Fd()))
			}
			io.WriteString(master, "hunter2\n")
			if text := <-got; text != "hunter2" {
				t.Errorf("answered %q", text)
			}
			io.WriteString(terminal, "END")
			var shown []byte
			for b := make([]byte, 64); !bytes.Contains(shown, []byte("END")); {
				n, err := master.Read(b)
				if shown = append(shown, b[:n]...); err != nil {
					t.Fatal(err)
				}
			}
			if bytes.Contains(shown, []byte("hunter2")) != test.echos {
				t.Errorf("the terminal shows %q", shown)
			}
		})
	}
}

// What is typed before a question is shown does not answer it, whatever is asked. From a
// pipe, whose writer knows what will be asked, it does.
func TestTypedAheadIsNoAnswer(t *testing.T) {
	ask := map[string]func(*prompter) (string, error){
		"approval": func(p *prompter) (string, error) {
			yes, err := p.approve()
			return map[bool]string{true: "yes"}[yes], err
		},
		"a variable": func(p *prompter) (string, error) { return p.variable(&config.Variable{Name: "v"}) },
		"a secret":   func(p *prompter) (string, error) { return p.variable(&config.Variable{Name: "v", Sensitive: true}) },
	}
	for name, ask := range ask {
		t.Run(name, func(t *testing.T) {
			master, terminal, err := pty.Open()
			if err != nil {
				t.Skip(err) // no pseudo-terminals here
			}
			defer master.Close()
			defer terminal.Close()
			for _, ahead := range []string{"no\n", "half a line"} {
				typeAhead(t, master, terminal, ahead)
				answer := atQuestion(func() { io.WriteString(master, "yes\n") })
				p := &prompter{ctx: t.Context(), in: terminal, out: answer}
				if got, err := ask(p); err != nil || got != "yes" {
					t.Errorf("behind %q the answer is %q, %v", ahead, got, err)
				}
			}
		})
	}
	for _, name := range []string{"approval", "a variable"} {
		t.Run(name+" from a pipe", func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			io.WriteString(w, "yes\n")
			w.Close()
			if got, err := ask[name](&prompter{ctx: t.Context(), in: r, out: io.Discard}); err != nil || got != "yes" {
				t.Errorf("the answer is %q, %v", got, err)
			}
		})
	}
}

// typeAhead types something, and returns when it waits to be read.
func typeAhead(t *testing.T, master, terminal *os.File, text string) {
	t.Helper()
	if _, err := io.WriteString(master, text); err != nil {
		t.Fatal(err)
	}
	if _, line := strings.CutSuffix(text, "\n"); !line {
		return // of half a line nothing tells: the next write comes behind it
	}
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(terminal.Fd()), Events: unix.POLLIN}}, 20_000); n != 1 || err != nil {
		t.Fatalf("what is typed did not arrive: %v", err)
	}
}

// waitForNoEcho waits until a terminal no longer shows what is typed.
func waitForNoEcho(t *testing.T, fd int) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); runtime.Gosched() {
		if mode, err := unix.IoctlGetTermios(fd, unix.TCGETS); err == nil && mode.Lflag&unix.ECHO == 0 {
			return
		}
	}
	t.Error("the terminal echoes")
}

// Ctrl-D, Ctrl-C and a terminal that goes away are no answer, whether or not what is
// typed is shown. Afterwards the terminal echoes again.
func TestPromptEnds(t *testing.T) {
	for name, end := range map[string]struct {
		secret bool
		how    func(master *os.File, cancel context.CancelCauseFunc)
		want   error
	}{
		"Ctrl-D":              {false, func(master *os.File, _ context.CancelCauseFunc) { io.WriteString(master, "\x04") }, errInputEnded},
		"Ctrl-D for a secret": {true, func(master *os.File, _ context.CancelCauseFunc) { io.WriteString(master, "\x04") }, errInputEnded},
		"a secret cancelled":  {true, func(_ *os.File, cancel context.CancelCauseFunc) { cancel(errCancelled) }, errCancelled},
		"hung up":             {true, func(master *os.File, _ context.CancelCauseFunc) { master.Close() }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			master, terminal, err := pty.Open()
			if err != nil {
				t.Skip(err)
			}
			defer master.Close()
			defer terminal.Close()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			got, asked := make(chan error, 1), make(chan bool, 1)
			go func() {
				_, err := (&prompter{ctx: ctx, in: terminal, out: atQuestion(func() { asked <- true })}).variable(&config.Variable{Name: "v", Sensitive: end.secret})
				got <- err
			}()
			<-asked
			if end.secret {
				waitForNoEcho(t, int(terminal.Fd()))
			}
			end.how(master, cancel)
			if err := <-got; err == nil || end.want != nil && !errors.Is(err, end.want) {
				t.Errorf("got %v, want %v", err, end.want)
			}
			if mode, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS); err == nil && mode.Lflag&unix.ECHO == 0 {
				t.Error("the terminal does not echo any more")
			}
		})
	}
}

var errCancelled = errors.New("cancelled")
