package resource

import "slices"

// leave adds the traits of the line that is edited, before and after.
func (l *Line) leave(c *Change) {
	if before, there := c.Before["content"].(Content); there && before.Whole {
		c.found = append(c.found, l.traits(before.Data)...)
	}
	if after, _ := c.After["content"].(Content); after.Whole {
		c.left = append(c.left, l.traits(after.Data)...)
	}
}

// traits are those of the line that is edited in a content: the last one that the
// expression matches, and whether the line itself is there, as far as both are known.
func (l *Line) traits(content []byte) []Trait {
	rows := rowsOf(content)
	re, err := compileLine("regexp", l.Regexp)
	if err != nil {
		return nil
	}
	var out []Trait
	expr := ""
	if re != nil {
		expr = re.String()
		var match []byte
		if i := (&lineEdit{}).lastMatch(rows, re); i >= 0 {
			match = rows[i].text
		}
		out = append(out, trait(LineTrait, expr, []any{match != nil, match}))
	}
	if l.Line != nil && !l.Backrefs {
		there := slices.ContainsFunc(rows, func(r row) bool { return string(r.text) == string(*l.Line) })
		out = append(out, trait(LineTrait, []any{expr, []byte(*l.Line)}, there))
	}
	return out
}
