package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/term"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
)

// app is the process around a command: its streams, its environment, and what
// has to be done when it ends badly. main makes one, and so does each test of
// the command line. It parses arguments, runs one command, and gives the exit
// status. It decides nothing about hosts: operation and the packages below do.
type app struct {
	stdin          *os.File
	stdout, stderr io.Writer
	// inTTY, outTTY and errTTY are true if that stream is a terminal.
	inTTY, outTTY, errTTY bool
	terminal              terminal
	args, environ         []string
	now                   func() time.Time
	exit                  func(int)
	mask                  *view.Masker
	flush                 []func() error // on a panic, before the exit
	dumped                atomic.Pointer[dumper]
}

func newApp(environ []string) *app {
	a := &app{
		stdin:  os.Stdin,
		stdout: &stream{name: "standard output", w: os.Stdout}, stderr: &stream{name: "standard error", w: os.Stderr},
		inTTY: isTTY(os.Stdin), outTTY: isTTY(os.Stdout), errTTY: isTTY(os.Stderr),
		environ: environ, now: time.Now, exit: os.Exit, mask: &view.Masker{},
	}
	a.findTerminal(os.Stdout, os.Stderr)
	return a
}

func isTTY(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// run is the whole program, from arguments to exit status.
func (a *app) run(args []string) (status int) {
	defer a.guard()
	return a.delivered(a.execute(args))
}

// execute runs the command that the arguments name, and returns its exit status.
func (a *app) execute(args []string) int {
	a.args = args
	survivePipes()
	ctx, stop := a.signals(context.Background())
	defer stop()
	defer a.terminal.leave()
	err := a.command().Run(ctx, args)
	var code exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	a.sayNotRun(err)
	return 1
}

// sayNotRun says why a command was not run. With -json on the command line it says
// so in JSON, even if the rest of that line is wrong.
func (a *app) sayNotRun(err error) {
	if !wantsJSON(a.args) {
		fmt.Fprintln(a.stderr, "Error: "+view.Said(a.mask.Words(err.Error())))
		return
	}
	u := a.ui(&options{json: true})
	u.diagnostics(hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Command not run", Detail: sentence(err)}})
}

// wantsJSON reports whether -json is among arguments of which others may be wrong.
func wantsJSON(args []string) bool {
	for _, arg := range args {
		switch name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "="); {
		case arg == "--":
			return false
		case name == "json" && strings.HasPrefix(arg, "-"):
			on, err := strconv.ParseBool(cmp.Or(value, "true"))
			return on || err != nil
		}
	}
	return false
}
