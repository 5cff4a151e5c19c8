package resource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	"github.com/mitoplan/mitoplan/internal/process"
	"github.com/mitoplan/mitoplan/transport"
)

// run runs a program of the machine and explains its failure.
func run(ctx context.Context, t Tool) error {
	words := process.Capture{}
	spec := process.Spec{Argv: t.Argv, Stdout: &words, Stderr: &words, Env: append(os.Environ(), "LC_ALL=C")}
	if t.Input != nil {
		spec.Stdin = bytes.NewReader(t.Input)
	}
	spec.EndWith(transport.Ending(ctx))
	e, err := process.Run(ctx, spec)
	switch {
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist):
		return problem("", "tool_missing", "A program is missing", "%s is not installed on this machine, or not in the PATH of the agent.", t.Argv[0])
	case err != nil:
		return fmt.Errorf("run %s: %w", t.Argv[0], err)
	case e.Code == 0:
		return nil
	}
	said := lastWords(words.Tail())
	if t.Explain != nil {
		if err := t.Explain(e.Code, said); err != nil {
			return err
		}
	}
	return problem("", "tool_failed", "A program failed", "%s ended with %v: %s", t.Argv[0], e, said)
}

// lastWords are the last lines of what a program wrote, on one line.
func lastWords(b []byte) string {
	lines := strings.FieldsFunc(strings.ToValidUTF8(string(b), "\uFFFD"), func(r rune) bool { return r == '\n' || r == '\r' })
	if len(lines) == 0 {
		return "it said nothing"
	}
	return strings.Join(lines[max(0, len(lines)-5):], "; ")
}
