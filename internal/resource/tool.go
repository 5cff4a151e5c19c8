package resource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/temporary"
	"github.com/mitoplan/mitoplan/transport/process"
)

// run runs a program of the machine and explains its failure.
func run(ctx context.Context, t Tool) error {
	said := process.Capture{}
	return t.run(ctx, &said, &said)
}

// maxAsked is how much a program may print that is asked for something.
const maxAsked = 1 << 20

// ask runs a program of the machine and returns what it printed. Its failure is explained as
// that of run.
func ask(ctx context.Context, t Tool) ([]byte, error) {
	out, said := process.Capture{Limit: maxAsked}, process.Capture{}
	if err := t.run(ctx, &out, &said); err != nil {
		return nil, err
	}
	if out.Truncated() {
		return nil, kind.NewProblem("", kind.CodeToolFailed, "A program printed too much", "%s printed more than 1 MiB, which nobody reads.", t.Argv[0])
	}
	return out.Bytes(), nil
}

// run runs the program. The last of what it writes into said is quoted if it fails.
func (t Tool) run(ctx context.Context, out, said *process.Capture) error {
	spec := process.Spec{Argv: t.Argv, Dir: t.Dir, Stdout: out, Stderr: said, Env: environ()}
	if t.Input != nil {
		spec.Stdin = bytes.NewReader(t.Input)
	}
	e, err := process.Run(ctx, spec)
	switch {
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist):
		return MissingProgram(t.Argv[0])
	case err != nil:
		return fmt.Errorf("run %s: %w", t.Argv[0], err)
	case e.Code == 0:
		return nil
	}
	p := t.explain(e)
	p.Said = lastWords(said.Tail())
	if t.Shown != nil {
		p.Said = t.Shown(p.Said)
	}
	return p
}

// environ is what a program of the machine gets of the agent's environment. Nobody is asked
// anything on a screen, where whoever closes a window has answered: what a program has to be
// told, it is told over its standard input.
func environ() []string {
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return name == "DISPLAY" || name == "WAYLAND_DISPLAY" || name == "SSH_ASKPASS"
	})
	return append(env, "LC_ALL=C", "SSH_ASKPASS_REQUIRE=never")
}

// maxMade is how much a file may hold that a program makes for a kind.
const maxMade = 1 << 16

// madeBy runs a program in a directory of its own and returns what the files hold that it made.
func madeBy(ctx context.Context, t Tool, files []string) ([][]byte, error) {
	dir, err := temporary.New("", "", temporary.OfContext, 0o700)
	if err != nil {
		return nil, explain("make a directory for "+t.Argv[0]+" in", os.TempDir(), err)
	}
	defer dir.Remove()
	t.Dir = dir.Path
	if err := run(ctx, t); err != nil {
		return nil, err
	}
	var out [][]byte
	for _, name := range files {
		f, err := os.Open(filepath.Join(dir.Path, name))
		if err != nil {
			return nil, kind.NewProblem("", kind.CodeToolFailed, "A program failed", "%s ended well, but did not make the file that it should: %v.", t.Argv[0], err)
		}
		b, err := io.ReadAll(io.LimitReader(f, maxMade+1))
		f.Close()
		if err != nil || len(b) > maxMade {
			return nil, kind.NewProblem("", kind.CodeToolFailed, "A program failed", "%s made a file of more than %d bytes, or one that cannot be read.", t.Argv[0], maxMade)
		}
		out = append(out, b)
	}
	return out, nil
}

func (t Tool) explain(e process.Exit) *kind.Problem {
	if t.Explain != nil {
		if p := t.Explain(e.Code); p != nil {
			return p
		}
	}
	return kind.NewProblem("", kind.CodeToolFailed, "A program failed", "%s ended with %v.", t.Argv[0], e)
}

// lastWords is a sentence with the last five lines that a program wrote.
func lastWords(b []byte) string {
	lines := strings.FieldsFunc(strings.ToValidUTF8(string(b), "\uFFFD"), func(r rune) bool { return r == '\n' || r == '\r' })
	if len(lines) == 0 {
		return "It printed nothing."
	}
	lines = lines[max(0, len(lines)-5):]
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return "It said: " + strings.Join(lines, "; ")
}
