package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/planner"
)

// Targeting says what -target and -exclude named and what they left out. It is also
// the JSON form.
type Targeting struct {
	Targets  []string `json:"targets"`
	Excludes []string `json:"excludes"`
	// LeftOut counts what was left out; Addresses are the first 100 of them.
	LeftOut   int      `json:"left_out"`
	Addresses []string `json:"left_out_addresses"`
	// Brought counts the edits that were added because the owner of the whole is a
	// target; BroughtAddresses are the first 100 of them.
	Brought          int      `json:"brought_along,omitempty"`
	BroughtAddresses []string `json:"brought_along_addresses,omitempty"`
	// Owed are the calls that were left out and that the plan leaves owed.
	Owed []string `json:"owed,omitempty"`
	// Outputs counts those that were not looked at.
	Outputs int `json:"outputs_left_out,omitempty"`
}

func newTargeting(t planner.Targeting) *Targeting {
	if !t.InEffect() {
		return nil
	}
	return &Targeting{
		Targets: orEmpty(t.Targets), Excludes: orEmpty(t.Excludes), LeftOut: t.LeftOut, Addresses: orEmpty(t.Names),
		Brought: t.Brought, BroughtAddresses: t.BroughtNames, Owed: t.Owed, Outputs: t.Outputs,
	}
}

func (t *Targeting) leavesOut() bool { return t != nil && t.LeftOut+t.Outputs > 0 }

// maxListed is how many names a text lists of what was left out.
const maxListed = 10

// targeting says that only a part was asked for, and what was left out.
func (h *Human) targeting(t *Targeting) string {
	if t == nil {
		return ""
	}
	var said []string
	for _, address := range t.Targets {
		said = append(said, "-target "+unbroken(address))
	}
	for _, address := range t.Excludes {
		said = append(said, "-exclude "+unbroken(address))
	}
	line := h.Paint.yellow("Only a part: "+strings.Join(said, ", ")+".") + " "
	if t.Outputs > 0 {
		line += "Outputs are not looked at. "
	}
	var b strings.Builder
	if t.LeftOut == 0 {
		b.WriteString(h.sentence(line+"No resource or call is left out.", "") + "\n")
	} else {
		b.WriteString(h.sentence(line+plural(t.LeftOut, "thing is", "things are")+" left out:", "") + "\n" + h.some(t.Addresses, t.LeftOut))
	}
	if t.Brought > 0 {
		fmt.Fprintf(&b, "%s along, as the whole and the edits of it stand together:\n%s", plural(t.Brought, "edit comes", "edits come"), h.some(t.BroughtAddresses, t.Brought))
	}
	if len(t.Owed) > 0 {
		b.WriteString("A later plan runs what is owed of it:\n" + h.some(t.Owed, len(t.Owed)))
	}
	return b.String()
}

// some lists the first names, and says how many more there are.
func (h *Human) some(addresses []string, total int) string {
	names := make([]string, 0, maxListed+1)
	for _, name := range addresses[:min(len(addresses), maxListed)] {
		names = append(names, unbroken(name))
	}
	if more := total - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	var b strings.Builder
	for _, l := range wrapList(names, h.width()-4) {
		b.WriteString("    " + l + "\n")
	}
	return b.String()
}

// nothingToDo returns what is said of a plan that would do nothing. It is match if
// everything was looked at. Otherwise it is nothing, with what was looked at.
func (h *Human) nothingToDo(p *Plan, match, nothing string) string {
	switch {
	case p.Destroying && p.Complete && p.OrphanCount+p.DisabledCount > 0:
		return h.Paint.bold("Nothing to destroy: what is recorded stays.") + "\n"
	case p.Destroying && p.Complete:
		return h.Paint.bold("Nothing to destroy: nothing is recorded.") + "\n"
	case p.Complete:
		return h.Paint.bold(match) + "\n"
	case !p.unseen.IsZero():
		return h.sentence(h.Paint.bold("The plan holds nothing to do.")+h.incomplete(p), "") + "\n"
	case !p.made:
		return h.Paint.bold("No plan was made.") + "\n"
	case p.readNone():
		return h.sentence(h.Paint.bold("No context could be read, so nothing was compared.")+h.incomplete(p), "") + "\n"
	}
	return h.sentence(h.Paint.bold(nothing+" "+p.where())+h.incomplete(p), "") + "\n"
}

// NotCompared lists what a drift could not compare. It is also the JSON form.
type NotCompared struct {
	// Count is how many things there are; Things are the first 100 of them.
	Count  int          `json:"count"`
	Things []Uncompared `json:"things"`
}

// Uncompared is one thing that a drift could not compare.
type Uncompared struct {
	Address    string   `json:"address"`
	Attributes []string `json:"attributes"`
}

func newNotCompared(n planner.NotCompared) *NotCompared {
	if n.Count == 0 {
		return nil
	}
	out := &NotCompared{Count: n.Count}
	for _, u := range n.Things {
		out.Things = append(out.Things, Uncompared(u))
	}
	return out
}

// notCompared names the things with attributes that only an apply can tell.
func (h *Human) notCompared(n *NotCompared) string {
	if n == nil {
		return ""
	}
	names := make([]string, len(n.Things))
	for k, u := range n.Things {
		names[k] = u.Address + " (" + strings.Join(u.Attributes, ", ") + ")"
	}
	line := plural(n.Count, "thing holds a value", "things hold values") +
		" that only an apply makes: by timestamp(), uuid() or bcrypt(), or by a call, which a drift does not run. The record does not say how the last apply left that, so whether somebody changed it cannot be told:"
	return h.sentence(line, "") + "\n" + h.some(names, n.Count)
}

// where returns what a plan that is not complete speaks of.
func (p *Plan) where() string {
	s := p.Summary
	switch {
	case s.Unreachable+s.Failed > 0:
		return "on the contexts that could be read."
	case p.Targeting.leavesOut() && s.Unplanned+s.Deferred == 0:
		return "in what was asked for."
	case p.NotCompared != nil && s.Unplanned+s.Deferred == 0:
		return "in what could be compared."
	}
	return "in what could be looked at."
}

// readNone reports whether contexts did not start, and none is up.
func (p *Plan) readNone() bool {
	up := func(c Context) bool { return c.Status == string(planner.ContextUp) }
	return p.Summary.Unreachable+p.Summary.Failed > 0 && !slices.ContainsFunc(p.Contexts, up)
}

// incomplete counts what a plan says nothing about.
func (h *Human) incomplete(p *Plan) string {
	s := p.Summary
	var out string
	add := func(paint func(string) string, n int, what string) {
		if n > 0 {
			out += paint(fmt.Sprintf(" %d %s.", n, what))
		}
	}
	contexts := func(n int, what string) {
		if n > 0 {
			out += h.Paint.red(" " + plural(n, "context", "contexts") + " " + what + ".")
		}
	}
	contexts(s.Unreachable, "unreachable")
	contexts(s.Failed, "failed")
	add(h.Paint.red, s.Unplanned, "not planned")
	add(h.Paint.yellow, s.Deferred, "deferred, plan again")
	add(h.Paint.yellow, s.LeftOut, "left out")
	if p.NotCompared != nil {
		add(h.Paint.yellow, p.NotCompared.Count, "not wholly compared")
	}
	out += h.lastSeen(p)
	if out == "" && !p.Complete && !p.Targeting.leavesOut() {
		return h.Paint.red(" Not everything was looked at.")
	}
	return out
}
