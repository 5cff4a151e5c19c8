package function

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// results turns byte strings into kind.Text where the type is not known.
var results = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		IntDec: cbor.IntDecConvertSignedOrFail,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// reply makes results of a struct of them.
func reply(out any) (CallReply, error) {
	b, err := cbor.Marshal(out)
	if err != nil {
		return CallReply{}, fmt.Errorf("encode results: %w", err)
	}
	r := CallReply{WouldRun: true}
	if err := results.Unmarshal(b, &r.Results); err != nil {
		return CallReply{}, fmt.Errorf("encode results: %w", err)
	}
	return r, nil
}

// explain makes an error of the system a problem on the argument that names a
// path.
func explain(attr, what string, p kind.Text, err error) *kind.Problem {
	const askStat = " Where it may be missing, ask a call of stat first, and set enabled."
	if errors.Is(err, fs.ErrNotExist) {
		return filesystem.Missing(attr, string(p), askStat)
	}
	if problem := filesystem.Explain(attr, what, string(p), err); problem != nil {
		return problem
	}
	return filesystem.Unexplained(attr, what, string(p), err)
}

// MaxAnswer is the most bytes that a call may be asked to hand over in one of
// its results. Two of them fit into one answer; see transport.MaxReply.
const MaxAnswer = 12 << 20

// validBound finds what is wrong with an argument that bounds a result.
func validBound(attr string, n *int64) []kind.Problem {
	if n == nil || *n >= 0 && *n <= MaxAnswer {
		return nil
	}
	return []kind.Problem{*kind.NewProblem(attr, kind.ArgumentCode(attr), "Bad size", "%s is %d; it is a number of bytes from 0 to %d (12 MiB), which is what one answer of a host can hold.", attr, *n, MaxAnswer)}
}
