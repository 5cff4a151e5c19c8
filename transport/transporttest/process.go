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
	"slices"
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
	said := &printed{}
	cmd.Stderr = said
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
		W: w, LastWords: said.bytes,
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
		return nil, &transport.ConnectError{Phase: transport.PhaseStart, Cause: err.Error(), Exit: &exit, LastWords: string(said.bytes())}
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

// printed is a writer that keeps the first and the last part of what is written to it: a dying
// program says first why it ends, and then, for many KiB, what each goroutine was doing.
type printed struct {
	mu          sync.Mutex // guards what follows
	first, last []byte
	between     int // bytes that were not kept
}

// partKept is how many bytes of each part are kept: together, with what stands between them,
// as many as a transport.LostError quotes.
const partKept = 2000

func (e *printed) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := min(len(p), partKept-len(e.first))
	e.first, e.last = append(e.first, p[:n]...), append(e.last, p[n:]...)
	if over := len(e.last) - partKept; over > 0 {
		e.last = append(e.last[:0], e.last[over:]...)
		e.between += over
	}
	return len(p), nil
}

func (e *printed) bytes() []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.between == 0 {
		return slices.Concat(e.first, e.last)
	}
	return fmt.Appendf(nil, "%s\n... %d bytes ...\n%s", e.first, e.between, e.last)
}
