package resource

import (
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// shown returns the longest content that the reply to a check may hold: nothing, once
// the plan's budget is spent. It takes what the change holds off that budget.
func (p plan) shown(c Change) int64 {
	var sum int64
	count := func(v any) {
		switch c, ok := v.(Content); {
		case ok && (c.Whole || c.arg != "") && c.Size <= ShownContent:
			sum += c.Size
		case ok && (c.Whole || c.arg != ""):
			sum += excerptMax
		}
	}
	for _, m := range []map[string]any{c.Before, c.After} {
		for _, v := range m {
			count(v)
		}
	}
	for _, e := range c.Effects {
		if e.Entry != nil && e.Entry.Content != nil {
			count(*e.Entry.Content)
		}
	}
	if c.Op == NoOp || sum == 0 || p.left.Add(-sum) >= 0 {
		return ShownContent
	}
	p.left.Add(sum)
	return 0
}

// addParts adds what differs to the digests of a change, as long as there is room in the plan for
// it. Of contents that were given with the arguments it adds nothing.
func (p plan) addParts(c, sent Change) {
	if p.parts.Load() <= 0 {
		return
	}
	var sum int64
	for _, side := range []map[string]any{sent.Before, sent.After} {
		for _, v := range side {
			if _, given := v.(Given); given {
				return
			}
		}
	}
	before, after := maps.Clone(sent.Before), maps.Clone(sent.After)
	withExcerpts(c, before, after)
	for _, side := range []map[string]any{before, after} {
		for _, v := range side {
			if d, ok := v.(Digest); ok && d.Excerpt != nil {
				sum += int64(len(d.Excerpt.Text))
			}
		}
	}
	if p.parts.Add(-sum) < 0 {
		p.parts.Add(sum)
		return
	}
	maps.Copy(sent.Before, before)
	maps.Copy(sent.After, after)
}

// results are the results that the reply to a check holds. Content is among them only
// if a block refers to it, and takes its size off the plan's budget.
func (p plan) results(m map[string]any, wanted bool) map[string]any {
	var sum int64
	for _, v := range m {
		if c, ok := v.(Content); ok {
			sum += c.Size
		}
	}
	if sum == 0 || wanted && p.left.Add(-sum) >= 0 {
		return textResults(m)
	}
	if wanted {
		p.left.Add(sum)
	}
	return bareResults(m)
}

// bareResults are results without content.
func bareResults(m map[string]any) map[string]any {
	out := maps.Clone(m)
	maps.DeleteFunc(out, func(_ string, v any) bool { _, ok := v.(Content); return ok })
	return out
}

// textResults returns results with content as text. It leaves out content that is
// unknown, too long or no text.
func textResults(m map[string]any) map[string]any {
	out := maps.Clone(m)
	for name, v := range m {
		c, ok := v.(Content)
		switch {
		case !ok:
		case !c.Unknown && c.Whole && c.Size <= ShownContent && utf8.Valid(c.Data):
			out[name] = kind.Text(c.Data)
		default:
			delete(out, name)
		}
	}
	return out
}

// wire returns a Change as it goes over the wire, with no content in it that
// is longer than shown, and none that nothing is done to: such content is a
// digest under key, with an excerpt if it is text.
func (c Change) wire(shown int64, key []byte) Change {
	before, after := c.wireValues(c.Before, shown, key), c.wireValues(c.After, shown, key)
	if shown > 0 && c.Op != NoOp {
		withExcerpts(c, before, after)
	}
	c.Before, c.After = before, after
	c.Effects = slices.Clone(c.Effects)
	for i, e := range c.Effects {
		if e.Entry != nil && e.Entry.Content != nil && e.Entry.Content.Size > shown {
			c.Effects[i].Entry = e.Entry.asEdit(max(shown, sentContent))
		}
	}
	return c
}

// wireValues are one side of a change. What was given with the arguments is not sent
// back.
func (c Change) wireValues(m map[string]any, shown int64, key []byte) map[string]any {
	if m == nil {
		return nil
	}
	out := make(map[string]any, len(m))
	for name, v := range m {
		content, ok := v.(Content)
		will, _ := c.After[name].(Content)
		switch {
		case !ok:
			out[name] = v
		case content.Unknown:
		case will.arg != "" && will.Equal(content):
			out[name] = Given{Arg: will.arg, Short: c.Op != NoOp && shown == 0}
		case (c.Op != NoOp && content.Size <= shown || will.Form && will.Equal(content)) && content.isText():
			out[name] = kind.Text(content.Data)
		default:
			out[name] = content.digest(key)
		}
	}
	return out
}

// boundEffects cuts the effects of a change that has very many, and adds a warning.
// Another context of the machine that plans something about the rest does not see
// them; its apply then finds that they moved, and refuses.
func (c *Change) boundEffects() {
	if c.FewEffects > 0 && len(c.Effects) > c.FewEffects {
		c.Effects = c.Effects[:c.FewEffects]
	}
	if len(c.Effects) <= sentEffects {
		return
	}
	c.Warnings = append(c.Warnings, *kind.NewProblem("", kind.CodeMany, "Very many things change at once",
		"%d things change with this block. Contexts of other users on this machine are told of the first %d of them. What they plan for the others is based on what is there now, and is refused at apply if that differs by then. Plan again after this apply.", len(c.Effects), sentEffects))
	c.Effects = c.Effects[:sentEffects]
}
