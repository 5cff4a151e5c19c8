package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/config"
)

// What is recorded of a thing is about the place where its context led at the last
// apply: a host, a container, the namespaces of a process. If the context leads to
// another place now, the record says nothing of the thing that is there. It is not yet
// applied there, and nobody changed it outside.

// leadsTo says where the machine of a context is, by the arguments on the way to it:
// "pid 12, through host 10.0.0.11". It is "" for the machine of the controller, and if
// that is not known or is a secret.
func (rec *record) leadsTo(ctx *instance) string {
	var way []string
	for c := ctx; c != nil; c = c.via {
		if c.via != nil && c.machine == c.via.machine {
			continue
		}
		var words []string
		for _, l := range landmarks(c) {
			words = append(words, l.arg+" "+l.text)
		}
		if len(words) > 0 {
			way = append(way, strings.Join(words, ", "))
		}
	}
	text := strings.Join(way, ", through ")
	if len(text) > maxThingName || rec.secrets.Holds(text) {
		return ""
	}
	return text
}

// isElsewhere reports whether what is recorded of an instance, or of a thing that was in
// the context where the instance is, is about another place than that is now.
func (rec *record) isElsewhere(i *instance, r Recorded) bool {
	return r.Machine != "" && r.Machine != i.machine.name || !rec.inPlace(i.on, r)
}

// inPlace reports whether a context leads to where something was recorded. What is known of
// a place are the arguments of the contexts on the way; without any, the machine's name.
func (rec *record) inPlace(ctx *instance, r Recorded) bool {
	now := rec.leadsTo(ctx)
	if now == "" || r.LeadsTo == "" {
		return r.Machine == "" || ctx != nil && ctx.machine != nil && r.Machine == ctx.machine.name
	}
	return now == r.LeadsTo
}

// elsewhere reports whether a block of a thing was last applied in another place.
func (rec *record) elsewhere(s *sighting) bool {
	return slices.ContainsFunc(s.members, func(m *instance) bool {
		r, ok := rec.lookup(m.addr)
		return ok && rec.isElsewhere(m, r)
	})
}

// warnElsewhere warns of the contexts whose things differ, and that lead elsewhere than
// at the last apply.
func (p *Planner) warnElsewhere(plan *Plan) {
	for _, d := range plan.Drifts {
		for _, address := range slices.Concat(d.Addresses, d.Beside) {
			i := p.instances[address]
			r, ok := p.record.lookup(address)
			ctx := p.instances[i.machine.name]
			if !ok || ctx == nil || r.Machine != i.machine.name || !p.record.isElsewhere(i, r) {
				continue
			}
			var attr string
			if way := landmarks(ctx); len(way) > 0 {
				attr = way[0].arg
			}
			p.problems.warn(ctx, &Failure{
				Summary: "Context leads elsewhere than at the last apply", Attr: attr,
				Detail: fmt.Sprintf("%s led to %s, and leads to %s now. What the record has of things there is not about this place: they count as not yet applied, and not as changed outside.",
					config.Label(ctx.addr), r.LeadsTo, p.record.leadsTo(i.on)),
			})
		}
	}
}

// landmark is an argument of a context that says where it leads to, and its value.
type landmark struct{ arg, text string }

// landmarks are those of the arguments that are set and no secrets.
func landmarks(ctx *instance) (out []landmark) {
	said := parts(ctx)
	for _, a := range ctx.block().Def.Args.Attrs {
		if text := said[a.Describes]; text != "" && isLandmark(a) {
			out = append(out, landmark{a.Name, text})
		}
	}
	return out
}

// parts are the texts of the arguments that say where a context leads to and how it
// is called, by the option describes of their tags. The text is empty if the
// argument is not set, is sensitive, or is a port that is the default.
func parts(i *instance) map[string]string {
	parts := map[string]string{}
	for _, a := range i.block().Def.Args.Attrs {
		if a.Describes == "" {
			continue
		}
		t := asText(i.wire[a.Name])
		if contains(i.sensitive, a.Name) || a.Describes == "port" && t == a.Default {
			t = ""
		}
		parts[a.Describes] = t
	}
	return parts
}

// asText returns the value of an argument as it is shown in a line, or "" if there is
// none.
func asText(v any) string {
	switch v := v.(type) {
	case int64:
		return fmt.Sprint(v)
	case []any:
		return strings.Join(wireTexts(v), " ")
	}
	return wireText(v)
}
