package function

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/pull"
	"github.com/mitoplan/mitoplan/transport/process"
)

// keptOutput is how many bytes of stdout, and of stderr, are kept if max_output is not
// set.
const keptOutput = 4 << 20

// command is one program of a configuration whose arguments have been checked.
type command struct {
	in *ProgramIn
	// attr is the argument that is to blame for what the program does, and missingAttr
	// for that it does not start.
	attr, missingAttr string
	argv              []string
	// name is what the program is called in messages; "" for its command line.
	name      string
	from      pull.Puller
	pipe      io.Writer
	sensitive []string
	dir       string
	env       []string
	// guardTimeout bounds each guard. 0 means no bound.
	guardTimeout time.Duration
}

// Guards implements Guarded.
func (in *CommandIn) Guards(ctx context.Context, c Call) (runs bool, err error) {
	return prepare(&in.ProgramIn, c).guards(ctx)
}

// Call implements Function.
func (in *CommandIn) Call(ctx context.Context, c Call) (any, error) {
	run := prepare(&in.ProgramIn, c)
	run.attr = "argv"
	for _, a := range in.Argv {
		run.argv = append(run.argv, string(a))
	}
	if in.Shell != nil {
		shell := "/bin/sh"
		if in.Executable != nil {
			shell = string(*in.Executable)
		}
		run.attr, run.argv = "shell", []string{shell, "-c", string(*in.Shell)}
	}
	run.missingAttr = run.attr
	if in.Executable != nil {
		run.missingAttr = "executable"
	}
	return run.run(ctx, c.Output)
}

// prepare works out in which directory and with which environment a command runs.
func prepare(in *ProgramIn, call Call) *command {
	c := &command{in: in, from: call.From, pipe: call.Pipe, sensitive: call.Sensitive, guardTimeout: call.GuardTimeout, dir: "/"}
	if home, err := os.UserHomeDir(); err == nil && enterable(home) {
		c.dir = home
	}
	if c.in.Dir != nil {
		c.dir = string(*c.in.Dir)
	}
	c.env = os.Environ()
	names := make([]string, 0, len(c.in.Env))
	for name := range c.in.Env {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.env = slices.DeleteFunc(c.env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		c.env = append(c.env, name+"="+string(c.in.Env[name]))
	}
	return c
}

// guards reports whether creates, removes, unless and only_if let the command run.
func (c *command) guards(ctx context.Context) (runs bool, err error) {
	if p := c.in.Creates; p != nil {
		if there, err := exists(ctx, "creates", *p); err != nil || there {
			return false, err
		}
	}
	if p := c.in.Removes; p != nil {
		if there, err := exists(ctx, "removes", *p); err != nil || !there {
			return false, err
		}
	}
	ok, err := c.guard(ctx, "unless", c.in.Unless)
	if err != nil || ok && c.in.Unless != nil {
		return false, err
	}
	ok, err = c.guard(ctx, "only_if", c.in.OnlyIf)
	return err == nil && (ok || c.in.OnlyIf == nil), err
}

// exists reports whether anything is at a path, or matches it as a pattern. A link that leads
// nowhere counts. If this user may not find out, or the way there is another user's, exists
// returns an error, because it is then unknown whether the command has to run.
func exists(ctx context.Context, attr string, p kind.Text) (bool, error) {
	l, err := reach(string(p), false)
	if err == nil {
		defer l.close()
		var st unix.Stat_t
		err = l.stat(&st)
	}
	switch {
	case err == nil:
		return true, nil
	case !filesystem.NotThere(err):
		return false, explain(attr, "look at", p, err)
	case !isPattern(p):
		return false, nil
	}
	found, err := newGlobber(newWalker(ctx, attr, nil), string(p)).find()
	return len(found) > 0, err
}

// guard runs the command of a guard and reports whether it succeeded.
func (c *command) guard(ctx context.Context, attr string, v any) (bool, error) {
	if v == nil {
		return false, nil
	}
	argv, bad := guardArgv(attr, v)
	if bad != nil {
		return false, bad
	}
	in := ctx
	if c.guardTimeout > 0 {
		var cancel context.CancelFunc
		in, cancel = context.WithTimeout(ctx, c.guardTimeout)
		defer cancel()
	}
	e, err := c.start(in, attr, argv, process.Spec{})
	if in.Err() != nil && ctx.Err() == nil {
		return false, kind.NewProblem(attr, kind.CodeTimeout, "Timed out", "The command of %s took longer than %s and was ended on the host, so it is unknown whether this call has to run.", attr, c.guardTimeout)
	}
	return e.Code == 0 && err == nil, err
}

func (c *command) run(ctx context.Context, out Output) (CommandOut, error) {
	limit := min(orNumber(c.in.MaxOutput, keptOutput), MaxAnswer)
	stdout, stderr := process.Capture{Limit: limit}, process.Capture{Limit: limit}
	spec := process.Spec{Stdout: io.MultiWriter(&stdout, out.Stdout), Stderr: io.MultiWriter(&stderr, out.Stderr)}
	// What ends the program before its time is the cause of this context.
	running, end := context.WithCancelCause(ctx)
	defer end(nil)
	var save *saving
	if c.in.StdoutFile != nil {
		save, stdout.Limit = newSaving(c.pipe, "max_output", c.in.MaxOutput, end), 0
		spec.Stdout = io.MultiWriter(&stdout, save)
	}
	if c.in.PTY {
		spec.Terminal = &process.Terminal{Rows: uint16(orNumber(c.in.Rows, usualRows)), Columns: uint16(orNumber(c.in.Columns, usualColumns))}
		if _, set := c.in.Env["TERM"]; !set {
			c.env = append(c.env, "TERM=dumb")
		}
	}
	in := c.stdin(running, end)
	defer in.release()
	if in != nil {
		spec.Stdin = in
	}
	e, err := c.start(running, c.missingAttr, c.argv, spec)
	if err = errors.Join(err, save.failure()); err != nil {
		return CommandOut{}, err
	}
	if !c.accepts(e) {
		return CommandOut{}, c.failure(c.attr, c.argv, e, stdout.Tail(), stderr.Tail())
	}
	res := CommandOut{
		ExitCode: int64(e.Code), Stderr: kind.Text(stderr.Bytes()),
		Duration: e.Duration.Seconds(), Truncated: stderr.Truncated(),
	}
	if save == nil {
		text := kind.Text(stdout.Bytes())
		res.Stdout, res.Truncated = &text, res.Truncated || stdout.Truncated()
	}
	return res, nil
}

// orNumber is an argument, or what holds if it is not set.
func orNumber(v *int64, otherwise int64) int64 {
	if v == nil {
		return otherwise
	}
	return *v
}

func (c *command) accepts(e process.Exit) bool {
	if e.Signal != "" {
		return false
	}
	if c.in.OKExitCodes == nil {
		return e.Code == 0
	}
	return slices.Contains(c.in.OKExitCodes, int64(e.Code))
}

// start runs a program in the directory and environment of the command. If the program
// does not start, the error says why.
func (c *command) start(ctx context.Context, attr string, argv []string, spec process.Spec) (process.Exit, error) {
	path, err := c.find(argv[0])
	if err != nil {
		return process.Exit{}, c.missing(attr, argv, err)
	}
	spec.Argv = append([]string{path}, argv[1:]...)
	if c.in.Umask != nil {
		spec.Argv = append([]string{"/bin/sh", "-c", "umask " + *c.in.Umask + `; exec "$@"`, "sh"}, spec.Argv...)
	}
	spec.Dir, spec.Env = c.dir, c.env
	e, err := process.Run(ctx, spec)
	if err != nil && ctx.Err() == nil {
		return e, c.missing(attr, argv, err)
	}
	return e, err
}

// find looks for a program as the command would: along the PATH that the command gets,
// and from its directory.
func (c *command) find(name string) (string, error) {
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(c.dir, name)
		}
		return exec.LookPath(name)
	}
	dirs, ok := c.in.Env["PATH"]
	if !ok {
		return exec.LookPath(name)
	}
	for _, dir := range filepath.SplitList(string(dirs)) {
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil && filepath.IsAbs(p) {
			return p, nil
		}
	}
	return "", exec.ErrNotFound
}
