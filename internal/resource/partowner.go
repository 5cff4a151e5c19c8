package resource

import (
	"slices"
	"strconv"
)

// ownerAttrs are the arguments by which every block of a path may say who may
// use it.
var ownerAttrs = []string{"owner", "group", "mode"}

// ownersOf are those that a block sets and that are known.
func ownersOf(args map[string]any, unknown []string) map[string]string {
	var out map[string]string // most blocks set none
	for _, attr := range ownerAttrs {
		if s, ok := wireText(args[attr]); ok && !slices.Contains(unknown, attr) {
			if out == nil {
				out = map[string]string{}
			}
			out[attr] = s
		}
	}
	return out
}

// OwnersDiffer reports whether two blocks of one thing cannot both have their
// way with an argument that says who may use it. A name and a number of an owner
// may be one, which only their machine knows.
func OwnersDiffer(attr, a, b string) bool {
	if a == b {
		return false
	}
	if attr == "mode" {
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
