package resource

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/temporary"
	"github.com/mitoplan/mitoplan/transport/process"
)

// Script is a program of a block. It is a file in a directory that only this user can enter,
// and is made for this run and removed after it. It runs there, reads nothing from its standard
// input, and is given what it needs by its environment, so that neither its text nor a value is
// ever in a command line.
type Script struct {
	// Name is the argument that holds it, which is to blame for what it does, and the name of
	// its file.
	Name        string
	Interpreter []string
	// Files are those in the directory, the program itself among them.
	Files map[string]kind.Text
	// Env are variables beside those of the agent, as NAME=VALUE.
	Env []string
}

// maxScriptOutput is how much a script may print.
const maxScriptOutput = 1 << 20

// run runs a script to its end and returns what it printed.
func (s Script) run(ctx context.Context, planning bool) ([]byte, error) {
	dir, err := s.unpack()
	if err != nil {
		return nil, explain("make a directory for a script in", os.TempDir(), err)
	}
	defer dir.Remove()
	out, said := process.Capture{Limit: maxScriptOutput}, process.Capture{}
	spec := process.Spec{Argv: append(append([]string{}, s.Interpreter...), filepath.Join(dir.Path, s.Name)), Dir: dir.Path, Stdout: &out, Stderr: &said}
	spec.Env = append(append(os.Environ(), s.Env...), "MITOPLAN_ACTION="+s.Name, "MITOPLAN_PLANNING="+strconv.FormatBool(planning))
	e, err := process.Run(ctx, spec)
	switch {
	case ctx.Err() != nil:
		return nil, err
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission):
		return nil, kind.NewProblem("interpreter", kind.CodeToolMissing, "A program is missing", "%s is not on this machine, not in the PATH of the agent, or may not be executed. Install it before this block, or name another one in interpreter.", s.Interpreter[0])
	case err != nil:
		return nil, err
	case e.Code != 0 || e.Signal != "":
		p := kind.NewProblem(s.Name, kind.CodeScriptFailed, "A script failed", "The script %s ended with %v.", kind.Rule(s.Name), e)
		p.Said = lastWords(said.Tail())
		return nil, p
	case out.Truncated():
		return nil, kind.NewProblem(s.Name, kind.CodeScriptOutput, "A script printed too much", "The script %s printed more than 1 MiB. Write what is for people to standard error, or to a file.", kind.Rule(s.Name))
	}
	return out.Bytes(), nil
}

// unpack makes the directory with the files.
func (s Script) unpack() (*temporary.Directory, error) {
	dir, err := temporary.New(s.Name, "", temporary.OfContext, 0o700)
	if err != nil {
		return nil, err
	}
	for name, content := range s.Files {
		if err = os.WriteFile(filepath.Join(dir.Path, name), []byte(content), 0o600); err != nil {
			dir.Remove()
			return nil, err
		}
	}
	return dir, nil
}

// Query implements Reader.
func (h *planHost) Query(ctx context.Context, s Script) ([]byte, error) { return s.run(ctx, true) }

// Behind implements Reader.
func (h *planHost) Behind() bool { return len(h.v.things(kind.Things{})) > 0 }

// ScriptsBefore implements Reader.
func (h *planHost) ScriptsBefore() bool { return len(h.v.things(kind.ThingsOf(kind.ScriptOf))) > 0 }

// Planned implements Reader.
func (h *planHost) Planned(thing kind.Thing) (there, ok bool) {
	e, ok := h.v.latest(thing)
	return ok && e.Entry.Type != TypeAbsent, ok
}

// RunScript implements Writer.
func (*planHost) RunScript(context.Context, Script) error { return errPlanning }

// Query implements Reader.
func (h *applyHost) Query(ctx context.Context, s Script) ([]byte, error) { return s.run(ctx, false) }

// Behind implements Reader.
func (*applyHost) Behind() bool { return false }

// ScriptsBefore implements Reader.
func (*applyHost) ScriptsBefore() bool { return false }

// Planned implements Reader.
func (*applyHost) Planned(kind.Thing) (there, ok bool) { return false, false }

// RunScript implements Writer.
func (h *applyHost) RunScript(ctx context.Context, s Script) error {
	if !h.begun {
		return errNotBegun
	}
	defer h.m.accounts.nss.forget()
	return h.m.do("run", s.Name, func() error {
		_, err := s.run(ctx, false)
		return err
	})
}
