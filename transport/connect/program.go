package connect

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"sync/atomic"

	"github.com/mitoplan/mitoplan/transport"
)

// Program is a program with pipes that a connection goes through, such as a
// ProxyCommand. One goroutine reads and one writes; any may call End.
type Program struct {
	p *process
	// over is true once reading has come to the end of the output.
	over atomic.Bool
}

// StartProgram starts cmd with new pipes. Its words are what it prints to
// stderr. It gets a session of its own, unless cmd has a SysProcAttr.
func StartProgram(cmd *exec.Cmd, words *LastWords) (*Program, error) {
	if cmd == nil {
		return nil, errors.New("start a program: the *exec.Cmd is nil")
	}
	if words == nil {
		words = &LastWords{}
	}
	p, err := startProcess(cmd, words, nil)
	if err != nil {
		return nil, err
	}
	return &Program{p: p}, nil
}

// Read reads from the output of the program.
func (p *Program) Read(b []byte) (int, error) {
	n, err := p.p.stdout.Read(b)
	if errors.Is(err, io.EOF) {
		p.over.Store(true)
	}
	return n, err
}

// Write writes to the input of the program.
func (p *Program) Write(b []byte) (int, error) { return p.p.stdin.Write(b) }

// End closes the pipes, and ends the program with what it started, within 4 s. It
// returns how the program ended by itself, nil if it had to be ended. A program
// whose output has ended is about to end, and gets most of that time for it.
func (p *Program) End() *transport.Exit {
	if p.over.Load() {
		p.p.awaitEnd(context.Background())
	}
	return p.p.abandon()
}
