package resource_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestWhatTheSystemSaysIsAProblem lets each step of a write fail with errors that
// no kind explains. The problem has a cause and the path, and nothing is left half
// done.
func TestWhatTheSystemSaysIsAProblem(t *testing.T) {
	f := newTestDir(t)
	for _, number := range []syscall.Errno{syscall.EIO, syscall.ESTALE, syscall.ENOENT, syscall.ENOSPC, syscall.EINVAL} {
		for _, op := range []string{"create", "write", "chown", "chmod", "sync", "rename"} {
			f.Empty(t)
			f.Write(t, "x", "a\n", 0o644)
			m := resource.NewMachine(resource.Options{Fault: func(is, p string) error {
				if is == op {
					return &os.PathError{Op: is, Path: p, Err: number}
				}
				return nil
			}})
			err := apply(t, resource.NewService(m, kinds.Lookup), "line", args{"path": f.Arg("x"), "line": text("b")})
			var p *kind.Problem
			if !errors.As(err, &p) || p.Attr != "path" || p.Summary == "" || !strings.Contains(p.Detail, f.At("x")) {
				t.Errorf("%v at %s: got %v, want a problem of path that names the file", number, op, err)
			}
			f.Holds(t, "x", "a\n", 0o644)
		}
	}
	// The end of its context is no failure of the system.
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errCutHere)
	_, err := newService().Apply(ctx, resource.ApplyRequest{Kind: "line", Args: resourcetest.Encode(t, args{"path": f.Arg("x"), "line": text("b")})})
	if err != nil && !errors.Is(err, errCutHere) {
		t.Errorf("a cancelled action ended with %v, want the cause", err)
	}
}

var errCutHere = errors.New("cut here")
