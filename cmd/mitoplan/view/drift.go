package view

import (
	"fmt"
	"strings"
)

// Drift is the text of what differs from the configuration, and where the
// difference comes from. The plan is one that holds the drifted actions only.
func (h *Human) Drift(p *Plan, drifted []*Action) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if !p.Complete {
		add(h.tree(p))
	}
	if len(drifted) == 0 {
		add(h.targeting(p.Targeting))
		add(h.notCompared(p.NotCompared))
		return strings.Join(append(parts, h.verdict(p, "No drift. The hosts match the configuration.", "Nothing differs")), "\n")
	}
	for _, o := range origins {
		var of []*Action
		for _, a := range drifted {
			if originOf(a) == o.drift {
				of = append(of, a)
			}
		}
		if len(of) > 0 {
			parts = append(parts, h.Paint.bold(o.title)+"\n"+h.differences(of))
		}
	}
	add(h.targeting(p.Targeting))
	add(h.notCompared(p.NotCompared))
	return strings.Join(append(parts, h.sentence(h.driftSummary(drifted)+h.incomplete(p), "")+"\n"), "\n")
}

// origins are where a difference can come from, in the order that they are told.
var origins = []struct{ drift, title, count string }{
	{"outside", "Drifted outside: differs from what was last applied.", "drifted outside"},
	{"config", "Not yet applied: the configuration is newer than the last apply.", "not yet applied"},
	{"unknown", "Differs, origin unknown: there is no record of it.", "of unknown origin"},
}

func originOf(a *Action) string {
	if a.Drift == "outside" || a.Drift == "config" {
		return a.Drift
	}
	return "unknown"
}

func (h *Human) differences(actions []*Action) string {
	return h.bodies(h.group(actions), differs)
}

func countOrigins(drifted []*Action) map[string]int {
	counts := map[string]int{}
	for _, o := range origins {
		counts[o.drift] = 0
	}
	for _, a := range drifted {
		counts[originOf(a)]++
	}
	return counts
}

func (h *Human) driftSummary(drifted []*Action) string {
	counts := countOrigins(drifted)
	var parts []string
	for _, o := range origins {
		parts = append(parts, fmt.Sprintf("%d %s", counts[o.drift], o.count))
	}
	return h.Paint.bold("Drift:") + " " + strings.Join(parts, ", ") + "."
}

// Drifted are the actions of those addresses.
func (p *Plan) Drifted(addresses map[string]bool) []*Action {
	var out []*Action
	for _, a := range p.Actions {
		if addresses[a.Address] {
			out = append(out, a)
		}
	}
	return out
}
