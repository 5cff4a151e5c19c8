package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// What goes wrong on one host often goes wrong on many, and a message for each would
// hide all others. So diagnostics of one place in the configuration become one, if
// they say the same, or differ only in a few words such as an address or a port.

// maxDiffering is in how many words diagnostics may differ that are shown as one.
const maxDiffering = 4

// gathered are diagnostics that are shown as one.
type gathered struct {
	first *Diagnostic
	words []string // of its detail
	// differing are the indexes of the words in which they are not the same.
	differing []int
	details   map[string]string // by address
}

// gather makes one diagnostic of those that are alike. Each stands at the place of the
// first of them.
func gather(all []*Diagnostic) []*Diagnostic {
	groups := map[string][]*gathered{}
	var order []*gathered
	for _, d := range all {
		words := strings.Fields(d.Detail)
		key := d.kindOfProblem(len(words))
		at := slices.IndexFunc(groups[key], func(g *gathered) bool { return g.takes(d, words) })
		if at < 0 {
			g := &gathered{first: d, words: words, details: map[string]string{d.Address: d.Detail}}
			groups[key] = append(groups[key], g)
			order = append(order, g)
		}
	}
	out := make([]*Diagnostic, len(order))
	for i, g := range order {
		out[i] = g.one()
	}
	return out
}

// kindOfProblem returns a key that is the same for diagnostics that may be alike. Text
// of hosts may be alike if it has as many words. Other diagnostics are alike only if
// their details are equal.
func (d *Diagnostic) kindOfProblem(words int) string {
	key := fmt.Sprint(d.Severity, "\x00", d.Summary, "\x00", d.Code, "\x00", d.Phase, "\x00")
	if d.Range != nil {
		key += fmt.Sprint(*d.Range)
	}
	if !d.host || d.Address == "" {
		return key + "\x00" + d.Detail
	}
	return fmt.Sprint(key, "\x00", words)
}

// takes adds a diagnostic if it differs from the others in a few words only, and
// reports whether it did.
func (g *gathered) takes(d *Diagnostic, words []string) bool {
	differing := slices.Clone(g.differing)
	for i, word := range words {
		if word != g.words[i] && !slices.Contains(differing, i) {
			differing = append(differing, i)
		}
	}
	if len(differing) > min(maxDiffering, len(words)/2) {
		return false
	}
	if _, again := g.details[d.Address]; again {
		return g.details[d.Address] == d.Detail
	}
	g.differing = differing
	g.details[d.Address] = d.Detail
	g.first.add(d)
	return true
}

// one returns the diagnostic that stands for all.
func (g *gathered) one() *Diagnostic {
	d := g.first
	if d.Instances == nil {
		return d
	}
	slices.SortFunc(d.Instances, prose.Natural)
	d.Address = d.Instances[0]
	d.Detail = g.details[d.Address]
	if len(g.differing) > 0 {
		slices.Sort(g.differing)
		d.Details = g.details
		d.differing = g.differing
	}
	return d
}

// own returns the words in which an instance differs from the others.
func (d *Diagnostic) own(address string) string {
	words := strings.Fields(d.Details[address])
	var own []string
	for _, i := range d.differing {
		own = append(own, strings.TrimRight(words[i], ".,;:"))
	}
	return strings.Join(own, " ")
}
