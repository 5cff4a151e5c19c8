package planner

import (
	"fmt"

	"github.com/mitoplan/mitoplan/internal/resource"
)

func clip(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// wrongAlong is what is wrong with the form of an Along, "" for nothing.
func wrongAlong(a *resource.Along) string {
	if a == nil {
		return ""
	}
	if len(a.Entries) > resource.MaxAlong || a.Count < int64(len(a.Entries)) || a.Size < 0 {
		return fmt.Sprintf("it names %d things that change along with another, of %d", len(a.Entries), a.Count)
	}
	for _, e := range a.Entries {
		switch e.Op {
		case resource.Create, resource.Update, resource.Delete:
		default:
			return fmt.Sprintf("%q happens to something along with another, which is not an operation", clip(string(e.Op)))
		}
		switch e.Type {
		case resource.TypeFile, resource.TypeDirectory, resource.TypeLink, resource.TypeOther:
		default:
			return fmt.Sprintf("something is a %q, which is not a sort of thing", clip(string(e.Type)))
		}
		if len(e.Path) > maxPath || len(e.Before) > maxTexts || len(e.After) > maxTexts || e.Size < 0 || longest(e.Before, e.After) > maxPath {
			return fmt.Sprintf("what it says of %q is too long", clip(string(e.Path)))
		}
	}
	return ""
}

func longest(maps ...map[string]string) (n int) {
	for _, m := range maps {
		for name, text := range m {
			n = max(n, len(name), len(text))
		}
	}
	return n
}

// Bounds of what one entry of an Along may hold.
const (
	maxPath  = 4096 // bytes, that of PATH_MAX
	maxTexts = 8
)
