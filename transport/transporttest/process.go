package transporttest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// Process is a Connector that starts this executable itself as an agent. The main of
// the program, or TestMain, has to begin with transport.Main.
type Process struct {
	// Env is added to the environment.
	Env []string `cbor:"env,omitempty"`
}

// Kind is "process".
func (Process) Kind() string { return "process" }

// ProcessType is the connector type with which another context starts a Process.
func ProcessType() transport.ConnectorType {
	return transport.ConnectorType{Kind: "process", New: func() transport.Connector { return &Process{} }}
}

// Start starts the process and waits for its token.
func (p Process) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	s.Phase(transport.PhaseStart)
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(exe)
	cmd.Args = []string{s.ProcessName, transport.ChildArg, s.Token, s.ProcessName}
	cmd.Env = append(os.Environ(), p.Env...)
	words := &tail{}
	cmd.Stderr = words
	cmd.WaitDelay = time.Second
	w, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	r, childOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer childOut.Close()
	cmd.Stdout = childOut
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	link := &transport.Link{
		W: w, LastWords: words.bytes,
		Close: func() error { return errors.Join(w.Close(), r.Close()) },
		Wait:  func() transport.Exit { return exitOf(cmd.Wait()) },
		Kill:  cmd.Process.Signal,
	}
	stop := context.AfterFunc(ctx, func() { _ = link.Close() })
	defer stop()
	link.R, err = afterToken(r, s.Token)
	if err != nil {
		_ = cmd.Process.Kill()
		exit := link.Wait()
		_ = link.Close()
		return nil, &transport.ConnectError{Phase: transport.PhaseStart, Cause: err.Error(), Exit: &exit, LastWords: string(words.bytes())}
	}
	return link, nil
}

// afterToken reads up to the line with the token, and returns a reader for the rest.
func afterToken(r io.Reader, token string) (io.Reader, error) {
	br := bufio.NewReader(r)
	for {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return nil, fmt.Errorf("the token did not come: %w", err)
		}
		if string(bytes.TrimSuffix(line, []byte("\n"))) == token {
			return br, nil
		}
	}
}

func exitOf(err error) transport.Exit {
	var e *exec.ExitError
	switch {
	case err == nil:
		return transport.Exit{}
	case !errors.As(err, &e):
		return transport.Exit{Err: err}
	}
	if ws, ok := e.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return transport.Exit{Signal: ws.Signal().String()}
	}
	return transport.Exit{Status: e.ExitCode()}
}

// tail is a writer that keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if n := len(t.buf) - 4<<10; n > 0 {
		t.buf = append(t.buf[:0], t.buf[n:]...)
	}
	return len(p), nil
}

func (t *tail) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.buf)
}
