package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/agentbin"
	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

// operation is one run of plan, apply or drift, from the configuration to hosts.
// operate makes one for the command, calls its steps in order, and closes what
// they opened, however the command ends. Each step shows what went wrong by
// itself and returns false then, so that its caller only has to stop. It owns
// the executor.Session. It never talks to a host itself.
type operation struct {
	*app
	*ui
	ctx  context.Context
	opts *options
	cat  config.Catalogue
	log  *logging
	view *view.Progress

	cfg     *config.Config
	vars    map[string]cty.Value
	store   *state.Store
	state   *state.State
	session *executor.Session
	drift   bool
	// planFile is the path of the plan that is applied, "" if it is a new one.
	planFile string
	closers  []func() error // what is open until the session is closed
}

// operate runs f as an operation and cleans up after it.
func (a *app) operate(ctx context.Context, o *options, f func(*operation) int) error {
	log, err := a.newLogging()
	if err != nil {
		return err
	}
	op := &operation{app: a, ui: a.ui(o), ctx: ctx, opts: o, cat: controller.Catalogue(), log: log}
	op.view = view.NewProgress(op.sink(), a.guard)
	code := f(op)
	if op.session != nil {
		if err := op.session.Close(); err != nil {
			op.notEnded(err)
			code = 1
		}
	}
	for _, c := range op.closers {
		_ = c() // it was read only
	}
	op.view.Close()
	return status(errorsFirst(code, log.close()))
}

// notEnded shows what did not end at the end of the session, one by one, and what bounds
// it: see connect.Bootstrap and the heartbeats of package transport.
func (op *operation) notEnded(err error) {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range all.Unwrap() {
			op.notEnded(err)
		}
		return
	}
	op.fail("Context did not end", fmt.Errorf("%w. Its connection hangs, or its process does not react to KILL. What may still run on its host ends when the connection to it does, or when the host has heard nothing for 15 s. The start of an agent is given up there after a minute of silence, or three times connect_timeout if that is longer", err))
}

func errorsFirst(code int, err error) int {
	if err != nil {
		return 1
	}
	return code
}

// load reads the configuration of this directory.
func (op *operation) load() bool {
	cfg, diags := config.Load(".", op.cat)
	return op.loaded(cfg, diags)
}

func (op *operation) loaded(cfg *config.Config, diags hcl.Diagnostics) bool {
	op.cfg = cfg
	op.sources(view.Sources{Files: cfg.Files, Bytes: cfg.Sources, Secret: cfg.SecretSpans, Literals: cfg.SecretLiterals, Word: cfg.Word, Unquoted: cfg.Unquoted})
	if !diags.HasErrors() {
		diags = append(diags, requiredVersion(cfg.Settings)...)
	}
	op.learn(cfg, diags, config.VariableInputs{Environ: op.environ, Args: op.opts.vars, Directory: "."})
	return !op.diagnostics(diags)
}

// learn has the secrets that are given for variables masked in what is said of the
// configuration before they have their values.
func (a *app) learn(cfg *config.Config, diags hcl.Diagnostics, in config.VariableInputs) {
	if len(diags) == 0 {
		return
	}
	for _, v := range cfg.GivenSecrets(in, diags.HasErrors()) {
		a.mask.AddValue(v)
	}
}

// requiredVersion returns an error if this release does not meet the configuration's
// required_version.
func requiredVersion(s config.Settings) hcl.Diagnostics {
	if s.RequiredVersion == "" {
		return nil
	}
	ok, err := satisfies(release, s.RequiredVersion)
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Subject: s.RequiredVersionRange.Ptr()}
	switch {
	case err != nil:
		d.Summary, d.Detail = "Invalid version constraint", sentence(err)
	case !ok:
		d.Summary = "Unsupported mitoplan version"
		d.Detail = fmt.Sprintf("The configuration requires mitoplan %s, and this is %s. Use a version that fits, or change required_version.", s.RequiredVersion, toolVersion())
	default:
		return nil
	}
	return hcl.Diagnostics{d}
}

// variables gives the variables their values. recorded are those in a plan file,
// which win. withheld are the names of those that the plan file does not hold because
// there is a secret in them.
func (op *operation) variables(recorded map[string]cty.Value, withheld ...string) bool {
	in := config.VariableInputs{Environ: op.environ, Args: op.opts.vars, Recorded: recorded, Withheld: withheld}
	if recorded != nil {
		in.Directory = "."
	}
	if op.interactive() {
		in.Ask = op.prompter().variable
	}
	vars, diags := op.cfg.ResolveVariables(in)
	for _, v := range vars {
		op.mask.AddValue(v)
	}
	op.vars = vars
	return !op.diagnostics(diags)
}

// interactive reports whether somebody may be asked.
func (op *operation) interactive() bool {
	return op.opts.input && op.json == nil && !op.unattended()
}

func (op *operation) prompter() *prompter {
	return &prompter{ctx: op.ctx, in: op.stdin, out: op.ui.progress}
}

// readState reads what earlier applies recorded.
func (op *operation) readState() bool {
	op.store = state.Open(op.cfg.Settings.StatePath, toolVersion())
	s, err := op.store.Load()
	if err != nil {
		op.fail("Record not readable", err)
		return false
	}
	op.state = s
	if damage := s.Damage(); damage != "" {
		op.diagnostics(hcl.Diagnostics{{
			Severity: hcl.DiagWarning, Summary: "Journal is damaged",
			Detail: sentence(fmt.Errorf("%s. What an earlier apply did may not be known: which triggered calls are owed, and what was created by it. Plans stay right, as hosts are read anew", damage)),
		}})
	}
	return true
}

// ready checks that the record can be written, before anything is planned. It is
// called after lock and readState.
func (op *operation) ready() bool {
	if err := op.store.Ready(); err != nil {
		op.fail("Record not writable", err)
		return false
	}
	return true
}

// place returns the directory and the machine in which this process runs.
func place() planner.Place {
	dir, err := os.Getwd()
	if err != nil {
		return planner.Place{}
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	return planner.Place{Dir: dir, Host: hostName()}
}

// ownFiles are the files of this machine that this command reads or writes, beside
// those of the configuration: what each is, by its absolute path and by the one without
// links.
func (op *operation) ownFiles() map[string]string {
	out := op.usedFiles()
	noteFile(out, op.opts.out, "the plan file")
	return out
}

// usedFiles are ownFiles but for a plan file that is still to be written.
func (op *operation) usedFiles() map[string]string {
	out := map[string]string{}
	for path, what := range op.store.Files() {
		noteFile(out, path, what)
	}
	for _, v := range op.opts.vars {
		noteFile(out, v.File, "a file with values of variables")
	}
	noteFile(out, op.planFile, "the plan file")
	return out
}

// noteFile adds a file by its absolute path and by the one without links.
func noteFile(to map[string]string, path, what string) {
	if at, err := filepath.Abs(path); err == nil && path != "" {
		to[at], to[files.Real(at)] = what, what
	}
}

func (op *operation) executorOptions() executor.Options {
	parallelism := int(op.opts.parallelism)
	if parallelism == 0 {
		parallelism = op.cfg.Settings.Parallelism
	}
	set := op.cfg.Settings
	return executor.Options{
		Config: op.cfg, Vars: op.vars, State: op.state, Log: op.log.Logger, View: op.view,
		Parallelism: parallelism, ConnectTimeout: set.ConnectTimeout,
		Limits:  executor.LimitsOf(set),
		Targets: op.opts.targets, Excludes: op.opts.excludes, Destroy: op.opts.destroy,
		Agents:     agentbin.New(agentbin.Usual).LogTo(op.notices()),
		FullAgents: agentbin.New(agentbin.Full).LogTo(op.notices()), Connectors: controller.Connectors(), Name: processName(),
		Version: toolVersion(), Build: toolBuild, Place: place(),
		ReadOnlyMode: op.drift, AllowUnreachable: op.opts.unreachable, Paranoid: op.opts.paranoid, Frames: op.log.frames(),
		Learned: op.mask.Add, Guard: op.guard, Files: op.ownFiles(),
	}
}

// open prepares the session; nothing is connected yet.
func (op *operation) open() bool {
	s, err := executor.New(op.executorOptions())
	if err != nil {
		op.fail("Session not started", err)
		return false
	}
	op.session = s
	op.dumps(s)
	return true
}

// planned is a plan, the form in which it is shown, and the errors of planning.
type planned struct {
	*planner.Plan
	shown *view.Plan
	diags hcl.Diagnostics
	// whole is false if something other than an unreachable context failed. Such a
	// plan is applied only if rest is true, and then without the hosts that failed.
	whole bool
	// rest is true if only hosts reported failures, none is in the configuration,
	// and there is something to do on other hosts.
	rest bool
	// away is true if there are errors, and -allow-unreachable would forgive them all.
	away bool
}

// plan reads the hosts and makes a plan. Unreachable contexts are not in it.
func (op *operation) plan() planned {
	p, diags := op.session.Plan(op.ctx)
	return op.judge(p, diags)
}

func (op *operation) judge(p *planner.Plan, diags hcl.Diagnostics) planned {
	op.mask.Add(op.session.Secrets()...)
	op.view.Flush()
	diags, whole, hosts, away := op.unreachable(p, diags)
	if p.Unplanned > 0 && len(p.NotStarted()) == 0 && !diags.HasErrors() {
		diags, whole, hosts, away = append(diags, unexplained(p)), false, false, false
	}
	_, rest := p.LeavesOut()
	return planned{p, view.NewPlan(p, op.cat, toolVersion(), op.mask), diags, whole, hosts && rest, away}
}

// unexplained returns the error of a plan that lacks something although no
// diagnostic says why. Such a plan must never be taken for a complete one.
func unexplained(p *planner.Plan) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Plan is partial",
		Detail: fmt.Sprintf("%d blocks or instances could not be planned, and nothing says why. This is a bug in mitoplan; please report it.", p.Unplanned),
	}
}

// processName is the part of the name of every agent that says who started it.
func processName() string {
	return fmt.Sprintf("%s@%s:%d", userName(), hostName(), os.Getpid())
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprint(os.Getuid())
}

func hostName() string {
	name, err := os.Hostname()
	return errorsOr(name, err, "localhost")
}

func errorsOr(s string, err error, otherwise string) string {
	if err != nil || s == "" {
		return otherwise
	}
	return s
}

var errDestroyNotApproved = errors.New("destroy needs approval: run it at a terminal, with -auto-approve, or apply a plan file from mitoplan plan -destroy -out FILE")

var errNotApproved = errors.New("apply needs approval: run it at a terminal, with -auto-approve, or with a plan file from mitoplan plan -out FILE")
