package resource

import (
	"slices"
	"strconv"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ownersOf are those that a block sets and that are known.
func ownersOf(k *kind.Kind, args map[string]any, unknown []string) map[string]string {
	var out map[string]string // most blocks set none
	for _, a := range k.Args.Attrs {
		if !a.Access || slices.Contains(unknown, a.Name) {
			continue
		}
		if s, ok := wireText(args[a.Name]); ok {
			if out == nil {
				out = map[string]string{}
			}
			out[a.Name] = s
		}
	}
	return out
}

// OwnersDiffer reports whether two blocks of one thing cannot both have their
// way with an argument that says who may use it. A name and a number of an owner
// may be one, which only their machine knows.
func OwnersDiffer(attr kind.Attr, a, b string) bool {
	if a == b {
		return false
	}
	if attr.Form == "mode" {
		return modesDiffer(a, b)
	}
	return isNumber(a) == isNumber(b)
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}

// modesDiffer reports whether there are permissions that two modes never agree
// on, whichever comes last: what both make of them, one of them changes again.
// A mode that is wrong differs from none.
func modesDiffer(a, b string) bool {
	p, err := parseMode(a)
	if err != nil {
		return false
	}
	q, err := parseMode(b)
	if err != nil {
		return false
	}
	for was := range int64(0o10000) {
		is := q.apply(p.apply(was, false), false)
		if p.apply(is, false) != is || q.apply(is, false) != is {
			return true
		}
	}
	return false
}
