package function

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// explain turns an error of the system into a problem of the argument that names the
// path. A problem stays as it is.
func explain(attr, what string, p kind.Text, err error) *kind.Problem {
	var refused *kind.Problem
	if errors.As(err, &refused) {
		refused.Attr = attr
		return refused
	}
	const askStat = " If it may be missing, check it with a call of stat first, and set enabled."
	if errors.Is(err, fs.ErrNotExist) {
		return filesystem.Missing(attr, string(p), askStat)
	}
	if problem := filesystem.Explain(attr, what, string(p), err); problem != nil {
		return problem
	}
	return filesystem.Unexplained(attr, what, string(p), err)
}

// MaxAnswer is the largest number of bytes that a call may be asked to return in one
// result. Two such results fit into one reply; see transport.MaxReply.
const MaxAnswer = 12 << 20

// validBound returns what is wrong with an argument that limits the size of a result.
// One that is saved may have any size.
func validBound(attr string, n *int64, saved bool) []kind.Problem {
	if n == nil || *n >= 0 && (saved || *n <= MaxAnswer) {
		return nil
	}
	return []kind.Problem{*kind.NewProblem(attr, kind.ArgumentCode(attr), "Bad size", "%s is %d; it is a number of bytes from 0 to %d (12 MiB), which is what one answer of a host can hold.", attr, *n, MaxAnswer)}
}

// reason returns the text of an error of the system without the names in it.
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

// lastLines returns the last ten lines that are not empty, shortened.
func lastLines(b []byte) string {
	lines := strings.FieldsFunc(strings.ToValidUTF8(string(b), "\uFFFD"), func(r rune) bool { return r == '\n' || r == '\r' })
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
