package planner

import (
	"fmt"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// uses are the arguments that take part in how an action is done, with their
// values from the configuration: a host names them and says nothing of what they
// are. Sensitive ones have the value nil.
func (i *instance) uses() map[string]any {
	out := map[string]any{}
	for _, name := range i.change.Uses {
		if a, ok := i.block().Def.Args.Attr(name); ok && i.wire[a.Name] != nil {
			out[a.Name] = i.wire[a.Name]
		}
	}
	if len(out) == 0 {
		return nil
	}
	return shown(out, i.sensitive)
}

// along is what a host says changes along with a thing, without secrets in its
// names.
func (p *Planner) along(i *instance, said *resource.Along) *resource.Along {
	if said == nil {
		return nil
	}
	out := *said
	out.Entries = make([]resource.AlongEntry, len(said.Entries))
	for k, e := range said.Entries {
		e.Path = kind.Text(p.hide(i, string(e.Path)))
		e.Before, e.After = p.hideTexts(i, e.Before), p.hideTexts(i, e.After)
		out.Entries[k] = e
	}
	return &out
}

func (p *Planner) hideTexts(i *instance, texts map[string]string) map[string]string {
	if texts == nil {
		return nil
	}
	out := make(map[string]string, len(texts))
	for name, text := range texts {
		out[name] = p.hide(i, text)
	}
	return out
}

// Bounds of what one entry of an Along may hold.
const (
	maxPath  = 4096 // bytes, that of PATH_MAX
	maxTexts = 8
)

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
			return fmt.Sprintf("%q happens to something along with another, which is no action", clip(string(e.Op)))
		}
		switch e.Type {
		case resource.Plain, resource.Folder, resource.Link, resource.Other:
		default:
			return fmt.Sprintf("something is a %q, which is no sort of thing", clip(string(e.Type)))
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
