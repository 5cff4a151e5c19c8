//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
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
			got := make(chan string, 1)
			p := &prompter{ctx: context.Background(), in: terminal, out: io.Discard}
			go func() {
				text, err := p.variable(&test.v)
				if err != nil {
					t.Error(err)
				}
				got <- text
			}()
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
			got := make(chan error, 1)
			go func() {
				_, err := (&prompter{ctx: ctx, in: terminal, out: io.Discard}).variable(&config.Variable{Name: "v", Sensitive: end.secret})
				got <- err
			}()
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
