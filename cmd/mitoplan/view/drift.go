package view

import (
	"fmt"
	"strings"

	"github.com/mitoplan/mitoplan/planner"
)

// Drift returns the text that says what differs from the configuration, and where the
// difference comes from.
func (h *Human) Drift(p *Plan, drifts []Drift) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if !p.Complete {
		add(h.tree(p))
	}
	if len(drifts) == 0 {
		add(h.targeting(p.Targeting))
		add(h.notCompared(p.NotCompared))
		return strings.Join(append(parts, h.nothingToDo(p, "No drift. The hosts match the configuration.", "Nothing differs")), "\n")
	}
	actions := p.index()
	for _, o := range origins {
		var of []*Action
		for _, d := range drifts {
			if a := actions.drifted(d); a != nil && d.Origin == o.drift {
				of = append(of, a)
			}
		}
		if len(of) > 0 {
			parts = append(parts, h.sentence(h.Paint.bold(o.title), "")+"\n"+h.differences(of))
		}
	}
	add(h.targeting(p.Targeting))
	add(h.notCompared(p.NotCompared))
	return strings.Join(append(parts, h.sentence(h.driftSummary(drifts)+h.incomplete(p), "")+"\n"), "\n")
}

// origins are the places that a difference can come from, in the order in which they
// are shown.
var origins = []struct{ drift, title string }{
	{planner.OriginOutside, "Drifted outside: differs from what was last applied."},
	{planner.OriginBoth, "Drifted outside and not yet applied: the host and the configuration both differ from what was last applied."},
	{planner.OriginConfig, "Not yet applied: the configuration is newer than the last apply."},
	{planner.OriginUnknown, "Differs, origin unknown: no record tells how the last apply left it."},
}

func (h *Human) differences(actions []*Action) string {
	return h.bodies(h.group(actions), differs)
}

// driftCounts counts the things that differ, by where the difference comes from. A
// thing that was changed outside and is newer in the configuration counts as each of
// the two, and in Both.
type driftCounts struct {
	Things  int `json:"things"`
	Outside int `json:"outside"`
	Config  int `json:"config"`
	Both    int `json:"both"`
	Unknown int `json:"unknown"`
}

func countDrifts(drifts []Drift) driftCounts {
	c := driftCounts{Things: len(drifts)}
	for _, d := range drifts {
		switch d.Origin {
		case planner.OriginOutside:
			c.Outside++
		case planner.OriginConfig:
			c.Config++
		case planner.OriginBoth:
			c.Outside, c.Config, c.Both = c.Outside+1, c.Config+1, c.Both+1
		default:
			c.Unknown++
		}
	}
	return c
}

func (h *Human) driftSummary(drifts []Drift) string {
	c := countDrifts(drifts)
	line := fmt.Sprintf("%s %d drifted outside, %d not yet applied, %d of unknown origin", h.Paint.bold("Drift:"), c.Outside, c.Config, c.Unknown)
	if c.Both > 0 {
		line += fmt.Sprintf("; %d counted twice, as drifted and not yet applied", c.Both)
	}
	return line + "."
}
