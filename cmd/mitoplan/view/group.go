package view

import (
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
)

// group is one change, with all instances of a block that are changed in the same way. Edits of
// one file are one change, too, if several blocks make them.
type group struct {
	body string
	// units are the instances. Each has one action, or one of each edit of the same file.
	units []unit
}

// group puts identical changes together, in the order of the plan.
func (h *Human) group(actions []*Action) []*group {
	var out []*group
	alike := map[string]*group{}
	for _, u := range units(slices.DeleteFunc(slices.Clone(actions), func(a *Action) bool {
		return a.op == planner.NoOp || a.op == planner.Defer || a.op == planner.Forget
	})) {
		body := h.unitBody(u)
		key := []string{body}
		for _, a := range u.actions {
			key = append(key, a.Block, a.Op, commonReason(a), contents(a))
		}
		g := alike[strings.Join(key, "\x00")]
		if g == nil {
			g = &group{body: body}
			alike[strings.Join(key, "\x00")] = g
			out = append(out, g)
		}
		g.units = append(g.units, u)
	}
	return out
}

// byBlock returns the instances of a group by what each does to them.
func (g *group) byBlock() [][]*Action {
	out := make([][]*Action, len(g.units[0].actions))
	for _, u := range g.units {
		for i, a := range u.actions {
			out[i] = append(out[i], a)
		}
	}
	return out
}

// contents returns a digest of a change's values. It differs for changes that look the
// same because not all of a long text is shown. Content of which there is only a
// host's digest counts by its size, because digests of different machines cannot be
// compared.
func contents(a *Action) string {
	sum := sha256.New()
	var add func(v any)
	add = func(v any) {
		switch v := v.(type) {
		case Bytes:
			fmt.Fprintf(sum, "%d %s %q", v.Size, v.SHA256, v.text.s)
		case []any:
			for _, e := range v {
				add(e)
			}
		case map[string]any:
			for _, k := range sortedKeys(v) {
				fmt.Fprintf(sum, "%q", k)
				add(v[k])
			}
		case string:
			fmt.Fprintf(sum, "%d ", len(v))
			_, _ = io.WriteString(sum, v)
		default:
			fmt.Fprintf(sum, "%v ", v)
		}
	}
	for _, name := range a.attrs {
		if before, after := a.Before[name], a.After[name]; a.named[name] || a.Before == nil || a.After == nil || !equal(before, after) {
			add(before)
			add(after)
		}
	}
	return string(sum.Sum(nil))
}

// commonReason returns why an action is done, without the keys of the instance, which
// would make the reasons of a group differ.
func commonReason(a *Action) string {
	return strings.ReplaceAll(oneLine(a.Reason), suffix(a), "")
}

// suffix returns the keys of an instance as they stand at the end of its address.
func suffix(a *Action) string {
	if s := strings.TrimPrefix(a.Address, a.Block); s != "" {
		return s
	}
	return "\x00" // no address ends with it
}

// bodies shows groups, each under its headings.
func (h *Human) bodies(groups []*group, becomes func(planner.Op) string) string {
	var heads []sides
	for _, g := range groups {
		for _, alike := range g.byBlock() {
			heads = append(heads, h.head(alike, becomes))
		}
	}
	column := h.align(heads)
	var b strings.Builder
	at := 0
	for _, g := range groups {
		b.WriteString("\n")
		blocks := g.byBlock()
		for i, alike := range blocks {
			b.WriteString(h.heading(heads[at], column, deeper))
			at++
			// Where all are on the same instances, these are listed once.
			if where := h.instancesOf(alike); i == len(blocks)-1 || where != h.instancesOf(blocks[i+1]) {
				b.WriteString(where)
			}
		}
		b.WriteString(g.body)
	}
	return b.String()
}

// deeper begins a further line of a heading.
const deeper = "  #     "

// head says what is done to which instances, and where.
func (h *Human) head(alike []*Action, becomes func(planner.Op) string) sides {
	a := alike[0]
	if len(alike) == 1 {
		left := "  # " + h.Paint.bold(unbroken(a.Address)) + " " + becomes(a.op)
		return sides{left, "on " + unbroken(config.Label(a.Context)), parens(oneLine(a.Reason))}
	}
	left := fmt.Sprintf("  # %s %s, %d instances alike", h.Paint.bold(unbroken(a.Block)), becomes(a.op), len(alike))
	return sides{left: left, remark: parens(commonReason(a))}
}

// instancesOf lists the instances of a change by where they are, "" if there is only one.
func (h *Human) instancesOf(alike []*Action) string {
	if len(alike) == 1 {
		return ""
	}
	var b strings.Builder
	for _, where := range places(alike) {
		next := deeper
		list := "on " + where.block + ": " + strings.Join(commas(where.names), " ")
		for _, line := range wrapWords(list, h.width()-len(deeper)-4) {
			b.WriteString(h.Paint.dim(next+line) + "\n")
			next = deeper + "    "
		}
	}
	return b.String()
}

// commas puts one after each but the last.
func commas(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		if out[i] = name; i < len(names)-1 {
			out[i] += ","
		}
	}
	return out
}

func becomes(op planner.Op) string {
	switch op {
	case planner.Create:
		return "will be created"
	case planner.Update:
		return "will be updated in place"
	case planner.Replace:
		return "must be replaced"
	case planner.Delete:
		return "will be destroyed"
	case planner.Run:
		return "will run"
	case planner.Always:
		return "will run, as at every apply"
	case planner.Read:
		return "will be read during apply"
	}
	return "is " + string(op)
}

// differs is becomes for drift, which does nothing.
func differs(op planner.Op) string {
	switch op {
	case planner.Create:
		return "is missing"
	case planner.Delete:
		return "is there and should not be"
	case planner.Replace:
		return "is something else"
	}
	return "differs"
}

func parens(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// place has the instances of a group that are in contexts of one block.
type place struct {
	block string
	names []string
}

// places lists instances by the block of their contexts. If an instance has the same
// key as its context, only the key is listed.
func places(actions []*Action) []*place {
	var out []*place
	byBlock := map[string]*place{}
	for _, a := range actions {
		context := config.Label(a.Context)
		block := config.BlockAddress(context)
		name := suffix(a)
		if len(a.Keys) == 0 || !strings.HasPrefix(name, context[len(block):]) {
			block, name = context, a.Address
		}
		p := byBlock[block]
		if p == nil {
			p = &place{block: unbroken(block)}
			byBlock[block] = p
			out = append(out, p)
		}
		p.names = append(p.names, unbroken(name))
	}
	return out
}
