package function

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/process"
	"github.com/mitoplan/mitoplan/transport"
)

// keptOutput is how much of stdout, and of stderr, is kept where max_output
// says nothing.
const keptOutput = 4 << 20

// command is one call of command, its arguments checked.
type command struct {
	in        *CommandIn
	sensitive []string
	dir       string
	env       []string
	// guardTimeout bounds each guard, 0 for no bound.
	guardTimeout time.Duration
}

// Validate finds what is wrong with the arguments before any machine is asked.
func (in *CommandIn) Validate() []kind.Problem {
	var out []kind.Problem
	bad := func(attr, summary, detail string, args ...any) {
		out = append(out, *kind.NewProblem(attr, kind.ArgumentCode(attr), summary, detail, args...))
	}
	switch {
	case len(in.Argv) > 0 && in.Shell != nil:
		bad("shell", "More than one command", "Set argv or shell, not both.")
	case len(in.Argv) == 0 && in.Shell == nil:
		bad("argv", "No command", "Set argv to a program and its arguments, or shell to a command line.")
	case len(in.Argv) > 0 && in.Argv[0] == "":
		bad("argv", "No command", "The first element of argv is the program; it is empty.")
	}
	if in.Umask != nil {
		if _, err := strconv.ParseUint(*in.Umask, 8, 12); err != nil || len(*in.Umask) > 4 {
			bad("umask", "Bad umask", "umask is %q; write it as octal digits, such as 0022.", *in.Umask)
		}
	}
	for _, p := range []struct {
		attr string
		path *kind.Text
	}{{"dir", in.Dir}, {"creates", in.Creates}, {"removes", in.Removes}} {
		if p.path != nil {
			for _, wrong := range filesystem.CheckPath(p.attr, *p.path) {
				wrong.Code = kind.ArgumentCode(p.attr)
				out = append(out, wrong)
			}
		}
	}
	for name := range in.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			bad("env", "Bad name of a variable", "%q cannot be the name of an environment variable.", name)
		}
	}
	for _, g := range []struct {
		attr string
		v    any
	}{{"unless", in.Unless}, {"only_if", in.OnlyIf}} {
		if _, err := guardArgv(g.attr, g.v); err != nil {
			out = append(out, *err)
		}
	}
	out = append(out, in.zeroBytes()...)
	return append(out, validBound("max_output", in.MaxOutput)...)
}

// zeroBytes finds texts that no program can be given: the system ends each at
// its first zero byte.
func (in *CommandIn) zeroBytes() []kind.Problem {
	texts := map[string][]kind.Text{"argv": in.Argv}
	if in.Shell != nil {
		texts["shell"] = []kind.Text{*in.Shell}
	}
	for _, v := range in.Env {
		texts["env"] = append(texts["env"], v)
	}
	var out []kind.Problem
	for _, attr := range []string{"argv", "shell", "env"} {
		if slices.ContainsFunc(texts[attr], func(s kind.Text) bool { return strings.ContainsRune(string(s), 0) }) {
			out = append(out, *kind.NewProblem(attr, kind.ArgumentCode(attr), "Zero byte in a text", "%s holds a zero byte, at which the system would end the text. Hand such data over with stdin, or in a file.", attr))
		}
	}
	return out
}

// guardArgv reads a guard: a list, or a string for the shell.
func guardArgv(attr string, v any) ([]string, *kind.Problem) {
	if v == nil {
		return nil, nil
	}
	if s, ok := text(v); ok {
		return []string{"/bin/sh", "-c", s}, nil
	}
	list, ok := v.([]any)
	var argv []string
	for _, e := range list {
		s, isText := text(e)
		ok = ok && isText
		argv = append(argv, s)
	}
	if !ok || len(argv) == 0 || argv[0] == "" {
		return nil, kind.NewProblem(attr, kind.ArgumentCode(attr), "Bad command", "%s has to be a list of a program and its arguments, or a string for the shell.", attr)
	}
	return argv, nil
}

func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case []byte:
		return string(v), true
	case kind.Text:
		return string(v), true
	}
	return "", false
}

// Guards implements Guarded.
func (in *CommandIn) Guards(ctx context.Context, c Call) (runs bool, err error) {
	return prepare(in, c).guards(ctx)
}

// Call implements Function.
func (in *CommandIn) Call(ctx context.Context, c Call) (any, error) {
	return prepare(in, c).run(ctx, c.Output)
}

// prepare works out where a command runs and with which environment.
func prepare(in *CommandIn, call Call) *command {
	c := &command{in: in, sensitive: call.Sensitive, guardTimeout: call.GuardTimeout, dir: "/"}
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

// enterable tells whether dir is a folder that this user may be in: HOME is
// not always one, and then a start would fail as if the program were at fault.
func enterable(dir string) bool {
	_, err := os.Stat(dir + "/.")
	return err == nil
}

// guards reports whether creates, removes, unless and only_if let the command
// run.
func (c *command) guards(ctx context.Context) (runs bool, err error) {
	if p := c.in.Creates; p != nil {
		if there, err := exists("creates", *p); err != nil || there {
			return false, err
		}
	}
	if p := c.in.Removes; p != nil {
		if there, err := exists("removes", *p); err != nil || !there {
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

// exists reports whether anything is at a path, a link that leads nowhere
// included. Where this user may not know, that is an error: nobody can tell
// whether the command has to run.
func exists(attr string, p kind.Text) (bool, error) {
	_, err := os.Lstat(string(p))
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return err == nil, nil
	}
	return false, explain(attr, "look at", p, err)
}

// guard runs a guard and reports whether it succeeded.
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
		return false, kind.NewProblem(attr, kind.CodeTimeout, "Timed out", "The command of %s took longer than %s and was ended on the host, so that nobody knows whether this one has to run. Set timeout in the block where it may take longer.", attr, c.guardTimeout)
	}
	return e.Code == 0 && err == nil, err
}

func (c *command) run(ctx context.Context, out Output) (CommandOut, error) {
	attr, argv := "argv", make([]string, 0, len(c.in.Argv))
	for _, a := range c.in.Argv {
		argv = append(argv, string(a))
	}
	if c.in.Shell != nil {
		attr, argv = "shell", []string{"/bin/sh", "-c", string(*c.in.Shell)}
	}
	limit := int64(keptOutput)
	if c.in.MaxOutput != nil {
		limit = *c.in.MaxOutput
	}
	stdout, stderr := process.Capture{Limit: limit}, process.Capture{Limit: limit}
	spec := process.Spec{Stdout: io.MultiWriter(&stdout, out.Stdout), Stderr: io.MultiWriter(&stderr, out.Stderr)}
	if c.in.Stdin != nil {
		spec.Stdin = strings.NewReader(string(*c.in.Stdin))
	}
	e, err := c.start(ctx, attr, argv, spec)
	if err != nil {
		return CommandOut{}, err
	}
	if !c.accepts(e) {
		return CommandOut{}, c.failure(attr, argv, e, stdout.Tail(), stderr.Tail())
	}
	return CommandOut{
		ExitCode: int64(e.Code), Stdout: kind.Text(stdout.Bytes()), Stderr: kind.Text(stderr.Bytes()),
		Duration: e.Duration.Seconds(), Truncated: stdout.Truncated() || stderr.Truncated(),
	}, nil
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

// start runs a program where and how the command says, and explains why one
// does not start.
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
	spec.EndWith(transport.Ending(ctx))
	e, err := process.Run(ctx, spec)
	if err != nil && ctx.Err() == nil {
		return e, c.missing(attr, argv, err)
	}
	return e, err
}

// find looks for a program as the command would: along its own PATH, and from
// its own directory.
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

// missing says why a program did not start. No error of the system is in it as
// it is: it repeats the name, which may be a secret.
func (c *command) missing(attr string, argv []string, err error) error {
	name := c.shown(attr, argv[:1])
	if p := c.noDir(name); p != nil {
		return p
	}
	switch {
	case attr == "argv" && len(argv) == 1 && strings.Contains(argv[0], " ") && (errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist)):
		return kind.NewProblem(attr, kind.CodeProgramMissing, "The program does not exist", "%s is not on this machine. argv takes each word as an element of its own, such as [\"uname\", \"-r\"]; a line for a shell is written in shell.", name)
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist):
		return kind.NewProblem(attr, kind.CodeProgramMissing, "The program does not exist", "%s is not on this machine, or not in PATH. Install it first, or give its whole path.", name)
	case errors.Is(err, fs.ErrPermission):
		return kind.NewProblem(attr, kind.CodePermission, "The program cannot be executed", "%s needs permission to execute, for user %d, on a file system that allows it.", name, os.Geteuid())
	case errors.Is(err, syscall.ENOEXEC):
		return kind.NewProblem(attr, kind.CodeNotExecutable, "The program cannot be executed", "%s is no program for this machine: of another architecture, or a script without a first line #!.", name)
	case errors.Is(err, syscall.E2BIG):
		return kind.NewProblem(attr, kind.CodeTooLong, "The arguments are too long", "%s got more arguments than the system takes: about 2 MiB in all, and 128 KiB in each. Use stdin, or a file.", name)
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOMEM):
		return kind.NewProblem(attr, kind.CodeNoProcess, "No process can be started", "The host has no process or no memory left for %s: %s. Look at ulimit -u of user %d, and at the limits of its container.", name, reason(err), os.Geteuid())
	}
	return kind.NewProblem(attr, kind.CodeNotStarted, "The program cannot be started", "The system does not start %s: %s.", name, reason(err))
}

// noDir is a problem where the directory to run in is to blame.
func (c *command) noDir(name string) error {
	st, err := os.Stat(c.dir)
	switch {
	case err == nil && !st.IsDir():
		return kind.NewProblem("dir", kind.CodeNoDir, "The directory does not exist", "%s is a file and no directory, so that %s cannot run in it.", c.dir, name)
	case err == nil && !enterable(c.dir):
		return filesystem.Denied("dir", "enter", c.dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return explain("dir", "enter", kind.Text(c.dir), err)
	case err != nil:
		return kind.NewProblem("dir", kind.CodeNoDir, "The directory does not exist", "%s is no directory on this machine, so that %s cannot run in it.", c.dir, name)
	}
	return nil
}

// reason is what the system says of an error, without the names in it.
func reason(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err.Error()
}

func (c *command) failure(attr string, argv []string, e process.Exit, stdout, stderr []byte) error {
	from, tail := "standard error", stderr
	if len(bytes.TrimSpace(tail)) == 0 {
		from, tail = "standard output", stdout
	}
	p := kind.NewProblem(attr, kind.CodeExitCode, "The command failed", "%s ended with %v.", c.shown(attr, argv), e)
	p.Said = "It wrote nothing."
	if lines := lastLines(tail); lines != "" {
		p.Said = "On " + from + " it said last: " + lines
	}
	return p
}

// shown is a command for an error: shortened, and nothing of it where it is
// sensitive.
func (c *command) shown(attr string, argv []string) string {
	if slices.Contains(c.sensitive, attr) {
		return "The command (sensitive)"
	}
	if attr == "shell" && len(argv) == 3 {
		argv = argv[2:]
	}
	s := strings.ToValidUTF8(strings.Join(argv, " "), "\uFFFD")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}

// lastLines are the last ten lines that are not empty, shortened.
func lastLines(b []byte) string {
	lines := strings.FieldsFunc(strings.ToValidUTF8(string(b), "\uFFFD"), func(r rune) bool { return r == '\n' || r == '\r' })
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
