package view

import (
	"fmt"
	"strings"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
)

// group is one change and every instance of a block that it is the change of.
type group struct {
	body    string
	actions []*Action
}

// group puts identical changes of one block together, in the order of the plan.
func (h *Human) group(actions []*Action) []*group {
	var out []*group
	alike := map[string]*group{}
	for _, a := range actions {
		if a.op == planner.NoOp || a.op == planner.Defer {
			continue
		}
		body := h.body(a)
		key := strings.Join([]string{a.Block, a.Op, commonReason(a), body}, "\x00")
		g := alike[key]
		if g == nil {
			g = &group{body: body}
			alike[key] = g
			out = append(out, g)
		}
		g.actions = append(g.actions, a)
	}
	return out
}

// commonReason is why an action is done, told without the instance's own keys,
// which would make the reasons of a group differ.
func commonReason(a *Action) string {
	return strings.ReplaceAll(oneLine(a.Reason), suffix(a), "")
}

// suffix is an instance's own keys, as its address ends with them.
func suffix(a *Action) string {
	if s := strings.TrimPrefix(a.Address, a.Block); s != "" {
		return s
	}
	return "\x00" // which no text holds
}

// headingWidth is the column that the right half of a heading starts in.
const headingWidth = 72

// heading says what is done to which instances, and where.
func (h *Human) heading(g *group, becomes func(planner.Op) string) string {
	a := g.actions[0]
	if len(g.actions) == 1 {
		left := "  # " + h.Paint.bold(Strip(a.Address)) + " " + becomes(a.op)
		return strings.TrimRight(pad(left, headingWidth)+" "+h.whereAndWhy(a), " ") + "\n"
	}
	left := fmt.Sprintf("  # %s %s, %d instances alike", h.Paint.bold(Strip(a.Block)), becomes(a.op), len(g.actions))
	var b strings.Builder
	b.WriteString(strings.TrimRight(pad(left, headingWidth)+" "+parens(commonReason(a)), " ") + "\n")
	for _, where := range places(g.actions) {
		for i, line := range wrapList(where.names, h.width()-40) {
			line = "  #     " + line
			if i == 0 {
				line = pad(line, headingWidth) + " on " + where.block
			}
			b.WriteString(h.Paint.dim(line) + "\n")
		}
	}
	return b.String()
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

// differs is what drift says instead: nothing is going to be done.
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

// whereAndWhy is the right half of a heading. Where the reason is a change in
// the same context, that change says the context.
func (h *Human) whereAndWhy(a *Action) string {
	why := parens(oneLine(a.Reason))
	if why != "" && a.beside {
		return why
	}
	where := "on " + Strip(strings.TrimPrefix(a.Context, "context."))
	return strings.TrimRight(where+"  "+why, " ")
}

func parens(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// place is the instances of a group that are in contexts of one block.
type place struct {
	block string
	names []string
}

// places lists instances by the block of their contexts. Where the context has
// the instance's own key, the key says it all.
func places(actions []*Action) []*place {
	var out []*place
	byBlock := map[string]*place{}
	for _, a := range actions {
		context := strings.TrimPrefix(a.Context, "context.")
		block := config.BlockAddress(context)
		name := suffix(a)
		if len(a.Keys) == 0 || !strings.HasPrefix(name, context[len(block):]) {
			block, name = context, a.Address
		}
		p := byBlock[block]
		if p == nil {
			p = &place{block: Strip(block)}
			byBlock[block] = p
			out = append(out, p)
		}
		p.names = append(p.names, Strip(name))
	}
	return out
}
