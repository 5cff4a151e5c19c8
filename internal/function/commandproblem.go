package function

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport/process"
)

// missing returns why a program did not start. It never quotes the error of the system,
// because that repeats the name of the program, which may be secret.
func (c *command) missing(attr string, argv []string, err error) error {
	if errors.Is(err, process.ErrNoTerminal) {
		return kind.NewProblem("pty", kind.CodeNotStarted, "There is no terminal", "The host has no terminal for the command: %s. Look whether /dev/pts is mounted and how many terminals are in use, or leave pty out.", reason(err))
	}
	name := c.shown(attr, argv[:1])
	if p := c.noDir(name); p != nil {
		return p
	}
	switch {
	case attr == "argv" && len(argv) == 1 && strings.Contains(argv[0], " ") && (errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist)):
		return kind.NewProblem(attr, kind.CodeProgramMissing, "The program does not exist", "%s is not on this machine. In argv each word is an element of its own, such as [\"uname\", \"-r\"]. For a line that a shell runs, use shell.", name)
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist):
		return kind.NewProblem(attr, kind.CodeProgramMissing, "The program does not exist", "%s is not on this machine, or not in PATH. Install it first, or give its full path.", name)
	case errors.Is(err, fs.ErrPermission):
		return kind.NewProblem(attr, kind.CodePermission, "The program cannot be executed", "%s is not executable for user %d. Check its mode, and that its file system is not mounted with noexec.", name, os.Geteuid())
	case errors.Is(err, syscall.ENOEXEC):
		return kind.NewProblem(attr, kind.CodeNotExecutable, "The program cannot be executed", "%s cannot run on this machine: it was built for another architecture, or it is a script without a first line #!.", name)
	case errors.Is(err, syscall.E2BIG):
		return kind.NewProblem(attr, kind.CodeTooLong, "The arguments are too long", "%s was given more arguments than the system allows: about 2 MiB in all, and 128 KiB in each. Use stdin, or a file.", name)
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOMEM):
		return kind.NewProblem(attr, kind.CodeNoProcess, "No process can be started", "The host has no process or no memory left for %s: %s. Look at ulimit -u of user %d, and at the limits of its container.", name, reason(err), os.Geteuid())
	}
	return kind.NewProblem(attr, kind.CodeNotStarted, "The program cannot be started", "The system refused to start %s: %s.", name, reason(err))
}

// noDir returns the problem of the directory to run in, or nil if the directory is not
// to blame.
func (c *command) noDir(name string) error {
	st, err := os.Stat(c.dir)
	switch {
	case err == nil && !st.IsDir():
		return kind.NewProblem("dir", kind.CodeNoDir, "The directory does not exist", "%s is a file and not a directory, so %s cannot run in it.", c.dir, name)
	case err == nil && !enterable(c.dir):
		return filesystem.Denied("dir", "enter", c.dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return explain("dir", "enter", kind.Text(c.dir), err)
	case err != nil:
		return kind.NewProblem("dir", kind.CodeNoDir, "The directory does not exist", "There is no directory %s on this machine, so %s cannot run in it.", c.dir, name)
	}
	return nil
}

func (c *command) failure(attr string, argv []string, e process.Exit, stdout, stderr []byte) error {
	from, tail := "standard error", stderr
	if len(bytes.TrimSpace(tail)) == 0 {
		from, tail = "standard output", stdout
	}
	p := kind.NewProblem(attr, kind.CodeExitCode, "The command failed", "%s ended with %v.", c.shown(attr, argv), e)
	p.Said = "It printed nothing."
	if lines := lastLines(tail); lines != "" {
		p.Said = "On " + from + " it printed last: " + lines
	}
	return p
}

// shown returns a command as a message shows it: shortened, or replaced if it is
// sensitive.
func (c *command) shown(attr string, argv []string) string {
	switch {
	case slices.Contains(c.sensitive, attr):
		return "The command (sensitive)"
	case c.name != "" && attr == c.attr && len(argv) > 1:
		return c.name
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

// enterable reports whether dir is a directory that this user may enter. HOME sometimes
// is not, and then the start would fail as if the program were to blame.
func enterable(dir string) bool {
	_, err := os.Stat(dir + "/.")
	return err == nil
}
