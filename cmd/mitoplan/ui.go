package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// ui writes the output of one command, as text or as JSON. Results go to standard
// output and errors to standard error. Progress goes to standard output if that is a
// terminal, and otherwise to standard error. app.ui makes one for each command, and
// all output goes through it.
type ui struct {
	json *view.JSON // nil for text
	// human writes results. aside writes everything else that is for people.
	human, aside *view.Human
	terminal     *terminal
	masker       *view.Masker // for what hosts said
	results      io.Writer
	progress     io.Writer
	errors       io.Writer
	src          view.Sources
	failed       bool // an error was shown
}

func (a *app) ui(o *options) *ui {
	u := &ui{
		human: a.viewFor(o, a.outTTY), aside: a.viewFor(o, a.errTTY), terminal: &a.terminal,
		masker: a.mask, results: a.stdout, errors: a.stderr,
	}
	u.progress = u.errors
	if a.outTTY {
		u.progress = u.results
	}
	if o.json {
		u.json = view.NewJSON(a.stdout, a.mask, a.now)
		u.json.Version(toolVersion())
	}
	return u
}

func (u *ui) sources(src view.Sources) {
	u.src = src
	if u.json != nil {
		u.json.SetSources(src)
	}
}

// diagnostics writes what is wrong and reports whether it holds an error.
func (u *ui) diagnostics(diags hcl.Diagnostics) (failed bool) {
	u.failed = u.failed || diags.HasErrors()
	if u.json != nil {
		u.json.Diagnostics(diags)
		return diags.HasErrors()
	}
	for _, d := range view.NewDiagnostics(diags, u.src, u.masker) {
		fmt.Fprint(u.errors, "\n"+u.aside.Diagnostic(d))
	}
	return diags.HasErrors()
}

// fail writes an error that is about no line of the configuration.
func (u *ui) fail(summary string, err error) {
	u.diagnostics(hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: sentence(err)}})
}

// sentence returns an error as a sentence, with a capital and a full stop.
func sentence(err error) string { return prose.Capital(prose.Sentence(err.Error())) }

// note writes a remark for people. It writes nothing with -json.
func (u *ui) note(format string, args ...any) {
	if u.json == nil {
		fmt.Fprintf(u.progress, format+"\n", args...)
	}
}

// notices returns a logger for what a person should know while waiting. It may be
// used from any goroutine.
func (u *ui) notices() hclog.Logger {
	if u.json != nil {
		return hclog.NewNullLogger()
	}
	return newLogger(hclog.LoggerOptions{Output: u.errors, Level: hclog.Info, DisableTime: true}, u.masker)
}

// sink is where progress goes.
func (u *ui) sink() view.Sink {
	if u.json != nil {
		return u.json
	}
	paint := u.aside
	if u.progress == u.results {
		paint = u.human
	}
	lines := view.Lines{Human: paint, W: u.progress, Mask: u.masker}
	if u.terminal.shows(u.progress) {
		return &view.Live{Lines: lines, Screen: u.terminal.screen, Rows: u.terminal.rows}
	}
	return &lines
}

// told says why a command that was run did not do what was asked for, as it says
// everything else that is wrong, and returns the exit status. It returns nil for no error.
func (a *app) told(o *options, summary string, err error) error {
	var code exitError
	if err == nil || errors.As(err, &code) {
		return err
	}
	a.ui(o).fail(summary, err)
	return exitError(1)
}
