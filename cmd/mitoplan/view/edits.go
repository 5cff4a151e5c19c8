package view

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/planner"
)

// unit is what is shown with one body: an action, or edits of one file in one context, in the
// order in which they are made.
type unit struct {
	actions []*Action
	made    *composition // what several edits make of the file; nil for an action alone
}

// units puts edits of one file in one context together. A unit stands where its first action does.
func units(actions []*Action) []unit {
	var files [][]*Action
	at := map[[2]string]int{}
	for _, a := range actions {
		file, ok := a.editedFile()
		if i, known := at[file]; ok && known {
			files[i] = append(files[i], a)
			continue
		}
		if ok {
			at[file] = len(files)
		}
		files = append(files, []*Action{a})
	}
	var out []unit
	for _, edits := range files {
		slices.SortStableFunc(edits, func(a, b *Action) int { return cmp.Compare(a.depth, b.depth) })
		if len(edits) > 1 {
			if c := composed(edits); c != nil {
				out = append(out, unit{edits, c})
				continue
			}
		}
		for _, a := range edits {
			out = append(out, unit{actions: []*Action{a}})
		}
	}
	return out
}

// editedFile returns the context and the path of a file that an action edits. It returns false
// if more than lines of its content change, if not all is known of them, or if there is
// something to say of the action alone.
func (a *Action) editedFile() (file [2]string, ok bool) {
	path, _ := a.After[a.edits].(string)
	if a.op != planner.Update || a.edits == "" || path == "" || a.BeforeUnknown || a.Along != nil || len(a.Warnings)+len(a.notes) > 0 {
		return file, false
	}
	for _, name := range a.attrs {
		switch {
		case a.BeforeSensitive[name] || a.AfterSensitive[name] || a.SensitiveSame[name] || a.AfterUnknown[name] || a.Uses[name] != nil:
			return file, false
		case name != fileContent && !equal(a.Before[name], a.After[name]):
			return file, false
		}
	}
	before, was := textOf(a.Before[fileContent])
	after, is := textOf(a.After[fileContent])
	return [2]string{a.Context, path}, was && is && before.composes() && after.composes()
}

// fileContent is the attribute of an edit that has the lines of its file.
const fileContent = "content"

// composes reports whether a text consists of plain lines, all of which are there that differ.
func (t text) composes() bool {
	return t.encoding == charset.UTF8 && t.left == 0 && !strings.Contains(t.s, "\r")
}

// unitBody is the block of a unit. Above the lines that one of several edits changes stands which
// it is.
func (h *Human) unitBody(u unit) string {
	a := u.actions[0]
	if u.made == nil {
		return h.body(a)
	}
	var b strings.Builder
	b.WriteString(h.symbol(planner.Update) + " " + plural(len(u.actions), "edit", "edits") + " of one file {\n")
	width := max(len(a.edits), len(fileContent))
	h.attribute(&b, change{name: a.edits, text: whole(a.After[a.edits])}, width)
	h.attribute(&b, change{name: fileContent, symbol: "~", lines: u.made.lines(func(i int) string { return instanceOf(u.actions[i]) })}, width)
	b.WriteString("    }\n")
	return b.String()
}

// instanceOf is the address of an action, without a key that only says on which of several hosts
// it is.
func instanceOf(a *Action) string {
	name, context := suffix(a), config.Label(a.Context)
	if on := context[len(config.BlockAddress(context)):]; len(a.Keys) > 0 && on != "" && strings.HasPrefix(name, on) {
		return unbroken(a.Block + name[len(on):])
	}
	return unbroken(a.Address)
}

// composition is a file with all that becomes of its lines.
type composition struct{ parts []part }

// part is one line of a file, or some that no edit has shown.
type part struct {
	// unseen is how many lines it stands for; 0 if it is the one of text.
	unseen int
	text   string
	// added and removed are the number of the edit that does so, from 1; 0 is none.
	added, removed int
}

// composed puts the differences of edits that follow each other together. It returns nil if one
// does not begin with what the edit before it has left.
func composed(u []*Action) *composition {
	c := &composition{}
	for i, a := range u {
		before, _ := textOf(a.Before[fileContent])
		after, _ := textOf(a.After[fileContent])
		if n := before.above + lineCount(before.s) + before.below; i == 0 && n > 0 {
			c.parts = []part{{unseen: n}}
		}
		if !c.see(before) || !c.change(i+1, before, after) {
			return nil
		}
	}
	return c
}

// see takes note of the lines of a text, which the file has at this time. It returns false if
// others are known there, or another number of lines.
func (c *composition) see(t text) bool {
	lines := strings.SplitAfter(t.s, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	var out []part
	at := 0 // in the file as it is now
	seen := func(p part) {
		if p.unseen > 0 {
			out = append(out, p)
		}
	}
	for _, p := range c.parts {
		from, to := at-t.above, at-t.above+max(p.unseen, 1)
		switch {
		case p.removed > 0:
			out = append(out, p)
			continue
		case p.unseen == 0:
			if from >= 0 && from < len(lines) && lines[from] != p.text {
				return false
			}
			out = append(out, p)
		default:
			seen(part{unseen: min(to, 0) - min(from, 0)})
			for i := max(from, 0); i < min(to, len(lines)); i++ {
				out = append(out, part{text: lines[i]})
			}
			seen(part{unseen: max(to, len(lines)) - max(from, len(lines))})
		}
		at += to - from
	}
	c.parts = out
	return at == t.above+len(lines)+t.below
}

// change does to the file what an edit does to its text. All lines of before are seen.
func (c *composition) change(edit int, before, after text) bool {
	if before.above != after.above || before.below != after.below {
		return false
	}
	steps := compareLines(before.s, after.s)
	var out []part
	at, next := 0, 0 // the line of the file, and the next step
	add := func() {
		for ; next < len(steps) && steps[next].op == '+' && steps[next].at == at-before.above; next++ {
			out = append(out, part{text: steps[next].text, added: edit})
		}
	}
	add()
	for _, p := range c.parts {
		if p.removed > 0 {
			out = append(out, p)
			continue
		}
		goes := next < len(steps) && steps[next].op == '-' && steps[next].at == at-before.above
		at += max(p.unseen, 1)
		if goes {
			next++
		}
		switch {
		case !goes:
			out = append(out, p)
		case p.added == 0:
			p.removed = edit
			out = append(out, p)
		}
		add()
	}
	c.parts = out
	return next == len(steps)
}

// surround is how many lines are shown before and after a change, as by diffLines.
const surround = 3

// lines returns the difference, each stretch that one edit changes under what name returns of it.
func (c *composition) lines(name func(edit int) string) []diffLine {
	shown := make([]bool, len(c.parts))
	for _, step := range []int{1, -1} {
		left := 0
		for k := range c.parts {
			if step < 0 {
				k = len(c.parts) - 1 - k
			}
			switch p := c.parts[k]; {
			case p.changed():
				left = surround
			case p.unseen > 0 || left == 0:
				left = 0
			default:
				shown[k] = true
				left--
			}
		}
	}
	d := &differ{}
	by := 0
	for k, p := range c.parts {
		edit := p.added + p.removed
		if edit != by {
			d.flush()
			if by = edit; edit > 0 && d.more == 0 && len(d.out) < maxLines {
				d.add('#', name(edit-1))
			}
		}
		line, closed := strings.CutSuffix(p.text, "\n")
		switch {
		case p.removed > 0:
			d.take('-', line)
		case p.added > 0:
			d.take('+', line)
		case shown[k]:
			d.take(' ', line)
		default:
			d.hidden += max(p.unseen, 1)
			continue
		}
		if !closed {
			d.open()
		}
	}
	d.flush()
	d.finish()
	return d.out
}

func (p part) changed() bool { return p.added+p.removed > 0 }
