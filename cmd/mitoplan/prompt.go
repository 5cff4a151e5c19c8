package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
	"github.com/mitoplan/mitoplan/config"
)

// idleAfter is how long a question is waited for before contexts are closed:
// they are opened again on yes.
const idleAfter = 60 * time.Second

// prompter asks the person at the terminal, and waits for the answer.
type prompter struct {
	ctx context.Context
	in  *os.File
	out io.Writer
	// idle is called once when an answer takes long.
	idle func()
}

// approve asks for approval of a plan. Only the answer yes approves it.
func (p *prompter) approve() (bool, error) {
	p.forget()
	fmt.Fprint(p.out, `
Do you want to perform these actions?
  mitoplan will perform the actions described above.
  Only 'yes' will be accepted to approve.

  Enter a value: `)
	answer, err := p.line()
	fmt.Fprintln(p.out)
	return answer == "yes", err
}

// variable asks for the value of a variable. If the value may not be shown, the
// terminal does not show what is typed.
func (p *prompter) variable(v *config.Variable) (string, error) {
	p.forget()
	fmt.Fprintf(p.out, "var.%s\n", v.Name)
	if v.Description != "" {
		fmt.Fprintf(p.out, "  %s\n", view.Visible(v.Description))
	}
	fmt.Fprint(p.out, "\n  Enter a value: ")
	defer fmt.Fprintln(p.out)
	if v.Secret() {
		return p.secret()
	}
	return p.line()
}

// forget drops what was typed before a question is shown: nobody can have meant it as
// the answer, least of all while the terminal did not show it. What a pipe holds stays.
func (p *prompter) forget() { _ = discardInput(int(p.in.Fd())) }

// line reads one line. It returns an error when the prompter's ctx ends.
func (p *prompter) line() (string, error) {
	line, err := bufio.NewReader(&patientReader{p: p, since: time.Now()}).ReadString('\n')
	switch {
	case errors.Is(err, io.EOF) && line == "":
		return "", errInputEnded
	case err != nil && !errors.Is(err, io.EOF):
		return "", fmt.Errorf("read answer: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// errInputEnded is returned if the input ended before an answer.
var errInputEnded = errors.New("the input ended before there was an answer, as Ctrl-D does")

// secret reads a line that the terminal does not show. Whatever it returns, the terminal
// is as it was before.
func (p *prompter) secret() (text string, err error) {
	restore, err := hideInput(p.in)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, restore()) }()
	return p.line()
}

// patientReader reads what is typed. While it waits it checks again and again whether
// the run was interrupted, and whether the person has been away for long.
type patientReader struct {
	p     *prompter
	since time.Time
}

func (r *patientReader) Read(b []byte) (int, error) {
	for {
		if r.p.ctx.Err() != nil {
			return 0, context.Cause(r.p.ctx)
		}
		if r.p.idle != nil && time.Since(r.since) > idleAfter {
			r.p.idle()
			r.p.idle = nil
		}
		fds := []unix.PollFd{{Fd: int32(r.p.in.Fd()), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 100)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, err
		case n > 0:
			return r.p.in.Read(b)
		}
	}
}
