package function

import (
	"fmt"
	"strings"

	"github.com/fxamacker/cbor/v2"

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

func problem(attr string, code kind.Code, summary, detail string, args ...any) *kind.Problem {
	return kind.NewProblem(attr, code, summary, detail, args...)
}

// validPath is checkPath as a Validate method answers.
func validPath(attr string, p kind.Text) []kind.Problem {
	if p := checkPath(attr, p); p != nil {
		return []kind.Problem{*p}
	}
	return nil
}

// checkPath finds what is wrong with a path before it is used.
func checkPath(attr string, p kind.Text) *kind.Problem {
	if p == "~" || strings.HasPrefix(string(p), "~/") {
		return problem(attr, kind.CodePath, "The path is not absolute", "A tilde means something to a shell only. The home directory of the context's user is on.home: write %q.", "${on.home}"+string(p[1:]))
	}
	if !strings.HasPrefix(string(p), "/") || strings.ContainsRune(string(p), 0) {
		return problem(attr, kind.CodePath, "The path is not absolute", "%s is %q; begin it with a slash, since a context has no folder that it could be relative to.", attr, string(p))
	}
	return nil
}

// MaxAnswer is the most bytes that a call may be asked to hand over in one of
// its results. Two of them fit into one answer; see transport.MaxReply.
const MaxAnswer = 12 << 20

// validBound finds what is wrong with an argument that bounds a result.
func validBound(attr string, n *int64) []kind.Problem {
	if n == nil || *n >= 0 && *n <= MaxAnswer {
		return nil
	}
	return []kind.Problem{*problem(attr, kind.ArgumentCode(attr), "Bad size", "%s is %d; it is a number of bytes from 0 to %d (12 MiB), which is what one answer of a host can hold.", attr, *n, MaxAnswer)}
}
