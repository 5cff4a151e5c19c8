package resource

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ownersOf returns the arguments with the option access, such as owner and mode,
// that a block sets and whose values are known.
func ownersOf(k *kind.Kind, args map[string]any, unknown []string) map[string]string {
	var out map[string]string // most blocks set none
	for _, a := range k.Args.Attrs {
		if !a.Access || slices.Contains(unknown, a.Name) {
			continue
		}
		if s, ok := WireText(args[a.Name]); ok {
			if out == nil {
				out = map[string]string{}
			}
			out[a.Name] = s
		}
	}
	return out
}

// OwnersDiffer reports whether two blocks of one thing set an argument such as
// owner or mode to values that contradict each other. A name and a number do not:
// they may be the same owner, which only the machine knows.
func OwnersDiffer(attr kind.Attr, a, b string) bool {
	if a == b {
		return false
	}
	if attr.Form == "mode" {
		return modesDiffer(a, b)
	}
	return isNumber(a) == isNumber(b)
}

// modesDiffer reports whether two modes undo each other: it looks for permissions
// that, after both modes were applied, one of them would change again. A mode that
// cannot be parsed differs from none; the check reports it.
func modesDiffer(a, b string) bool {
	p, err := ParseMode(a)
	if err != nil {
		return false
	}
	q, err := ParseMode(b)
	if err != nil {
		return false
	}
	for was := range int64(0o10000) {
		is := q.Apply(p.Apply(was, false), false)
		if p.Apply(is, false) != is || q.Apply(is, false) != is {
			return true
		}
	}
	return false
}
