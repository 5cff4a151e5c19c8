package resourcetest

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Text returns a text as an argument of the type kind.Text goes over the wire.
func Text(s string) cbor.ByteString { return cbor.ByteString(s) }

// Must ends a test that an error keeps from going on.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// AsProblem returns the problem that an error is; nil if it is none.
func AsProblem(err error) (p *kind.Problem) {
	errors.As(err, &p)
	return p
}

// WantCode holds that an error is a problem of that code.
func WantCode(t *testing.T, err error, code kind.Code) {
	t.Helper()
	if p := AsProblem(err); p == nil || p.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

// WantProblem holds that an error is a problem of that code, on that argument.
func WantProblem(t *testing.T, err error, attr string, code kind.Code) {
	t.Helper()
	var p *kind.Problem
	if !errors.As(err, &p) || p.Attr != attr || p.Code != code {
		t.Errorf("got %v, want a problem on %q with the code %q", err, attr, code)
	}
}

// WantMoved holds that an apply was refused since the thing is not as it was planned, and
// that the refusal says what differs.
func WantMoved(t *testing.T, err error, what string) {
	t.Helper()
	var p *kind.Problem
	if !errors.As(err, &p) || p.Code != kind.CodeMoved || !strings.Contains(p.Detail, what) {
		t.Errorf("got %v, want that %q moved", err, what)
	}
}

// SetAttribute gives a file an extended attribute. The test is left out where there are none.
func SetAttribute(t *testing.T, p, name, value string) {
	t.Helper()
	if err := unix.Setxattr(p, name, []byte(value), 0); err != nil {
		t.Skipf("no extended attributes here: %v", err)
	}
}

// Attribute returns an extended attribute of a file.
func Attribute(t *testing.T, p, name string) string {
	t.Helper()
	buf := make([]byte, 100)
	n, err := unix.Getxattr(p, name, buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

// Mkdir makes a directory that everybody may list.
func Mkdir(p string) error { return os.Mkdir(p, 0o755) }
