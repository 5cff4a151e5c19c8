package planner

import (
	"fmt"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Bounds of what one check may name. What kinds answer is far below them.
const (
	maxThings   = 1000 // that it writes, or restores
	maxWarnings = 100
	maxShown    = 1 << 20 // bytes of an attribute before or after
)

// believed checks the form of an answer. An answer that mitoplan's own agent
// would never give becomes a failure as a whole: whatever gave it is not our
// agent, so no part of it is used.
func (p *Planner) believed(i *instance, r Result) Result {
	why := ""
	if r.Change != nil && !r.replayed {
		why = r.Change.PutBack(i.block().Def, i.wire, i.contents, p.machineKey(i.on.machine), &p.contents.excerpts)
	}
	if why == "" {
		why = wrongAnswer(i, r)
	}
	if why == "" {
		return r
	}
	return Result{Failure: &Failure{
		Summary: "Answer not understood", Chain: p.hop(i.on).Chain(),
		Detail: fmt.Sprintf("The answer about %s did not come from the agent that was sent there, or that agent is broken: %s. Nothing of the answer was used. Find out what runs on that host before you trust it again.", i.addr, why),
	}}
}

// wrongAnswer is what is wrong with the form of an answer, "" for nothing.
func wrongAnswer(i *instance, r Result) string {
	switch {
	case r.Change != nil:
		if why := wrongChange(r.Change); why != "" {
			return why
		}
		if args := i.block().Def.Args; !resource.ValidTraits(r.Change.Traits, args) || !resource.ValidTraits(r.Change.Leaves, args) {
			return "what it found is not in the form of traits"
		}
		return wrongResults(i, r.Change.Results)
	case r.Reply != nil:
		return wrongResults(i, r.Reply.Results)
	}
	return ""
}

// wrongChange is what is wrong with the form of a change, "" for nothing.
func wrongChange(c *resource.Change) string {
	switch c.Op {
	case resource.NoOp, resource.Create, resource.Update, resource.Replace, resource.Delete:
	default:
		return fmt.Sprintf("it would do %q, which is not an operation", clip(string(c.Op)))
	}
	switch {
	case len(c.Writes) > maxThings, len(c.Restores) > maxThings:
		return fmt.Sprintf("it names more than %d things for one block", maxThings)
	case len(c.Uses) > maxThings:
		return fmt.Sprintf("it uses more than %d arguments", maxThings)
	case len(c.Stays) > maxWarnings:
		return fmt.Sprintf("it has more than %d reasons why one thing stays", maxWarnings)
	case c.Kept != nil && (len(c.Kept.Along) > maxThings || len(c.Kept.Backup) > maxThingName):
		return "it keeps more for the end of one thing than any change makes"
	case len(c.Warnings) > maxWarnings:
		return fmt.Sprintf("it has more than %d warnings for one block", maxWarnings)
	}
	for _, side := range []map[string]any{c.Before, c.After} {
		for name, v := range side {
			if len(wireText(v)) > maxShown {
				return fmt.Sprintf("its attribute %s has more than %d bytes, for which an agent sends a digest", clip(name), maxShown)
			}
		}
	}
	for _, e := range c.Effects {
		if !e.Valid() {
			return fmt.Sprintf("an effect on %q does not have the form of one", clip(string(e.Thing)))
		}
	}
	return wrongAlong(c.Along)
}

// wrongResults is what is wrong with the results of an instance.
func wrongResults(i *instance, results map[string]any) string {
	for _, a := range i.block().Def.Results.Attrs {
		v, ok := results[a.Name]
		if _, digest := resource.AsDigest(v); !ok || v == nil || digest {
			continue // content that is long, or that nothing is done to, is a digest
		}
		if most := i.textBound(); len(wireText(v)) > most {
			return fmt.Sprintf("its result %s has more than the %d bytes that were asked for", a.Name, most)
		}
		if _, err := config.FromWire(a.Type, v); err != nil {
			return fmt.Sprintf("its result %s cannot be used: %v", a.Name, err)
		}
	}
	return ""
}

// textDefault is the limit of one text if the arguments of a function do not set one,
// textMost the highest that they can set.
const (
	textDefault = 4 << 20
	textMost    = function.MaxAnswer
)

// textBound is the most bytes that one text among the results may have: what was
// asked for, and its half again, since some are in base64.
func (i *instance) textBound() int {
	n, ok := i.block().Def.Most(i.wire)
	if !ok {
		return textDefault * 3 / 2
	}
	return int(min(n, textMost))*3/2 + 1<<10
}
