package resource_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

func setAttribute(t *testing.T, p, name, value string) {
	t.Helper()
	if err := unix.Setxattr(p, name, []byte(value), 0); err != nil {
		t.Skipf("no extended attributes here: %v", err)
	}
}

func attribute(t *testing.T, p, name string) string {
	t.Helper()
	buf := make([]byte, 100)
	n, err := unix.Getxattr(p, name, buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

func wantProblem(t *testing.T, err error, attr string, code kind.Code) {
	t.Helper()
	var p *kind.Problem
	if !errors.As(err, &p) || p.Attr != attr || p.Code != code {
		t.Errorf("got %v, want a problem on %q with the code %q", err, attr, code)
	}
}

func wantMoved(t *testing.T, err error, what string) {
	t.Helper()
	var p *kind.Problem
	if !errors.As(err, &p) || p.Code != "moved" || !strings.Contains(p.Detail, what) {
		t.Errorf("got %v, want that %q moved", err, what)
	}
}

func mkdir(p string) error { return os.Mkdir(p, 0o755) }
