package files

import (
	"slices"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// leave adds the traits of the line that is edited, before and after.
func (l *Line) leave(c *resource.Change) {
	if before, there := c.Before["content"].(resource.Content); there && before.Whole {
		c.Found = append(c.Found, l.traits(before.Data)...)
	}
	if after, _ := c.After["content"].(resource.Content); after.Whole {
		c.Left = append(c.Left, l.traits(after.Data)...)
	}
}

// traits are those of the line that is edited in a content: the last one that the
// expression matches, and whether the line itself is there, as far as both are known.
func (l *Line) traits(content []byte) []resource.Trait {
	rows := edit.RowsOf(content)
	re, err := edit.CompileLine("regexp", l.Regexp)
	if err != nil {
		return nil
	}
	var out []resource.Trait
	expr := ""
	if re != nil {
		expr = re.String()
		var match []byte
		if i := (&edit.Lines{}).LastMatch(rows, re); i >= 0 {
			match = rows[i].Text
		}
		out = append(out, resource.MatchTrait(expr, match))
	}
	if l.Line != nil && !l.Backrefs {
		there := slices.ContainsFunc(rows, func(r edit.Row) bool { return string(r.Text) == string(*l.Line) })
		out = append(out, resource.ThereTrait(expr, string(*l.Line), there))
	}
	return out
}
