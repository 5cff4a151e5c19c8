package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/planner"
)

// unit is what is shown with one body: an action, or what is made of one file in one context, in
// the order in which it is made: the whole of it, if a block has that, and the edits.
type unit struct {
	actions []*Action
	made    *composition // what several actions make of the file; nil for an action alone
}

// units puts what is made of one file in one context together. A unit stands where its first
// action does.
func units(actions []*Action) []unit {
	var files [][]*Action
	at := map[[2]string]int{}
	for _, a := range actions {
		file, ok := a.writtenFile()
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
		if len(edits) > 1 && !slices.ContainsFunc(edits[1:], func(a *Action) bool { return a.edits == "" }) {
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

// writtenFile returns the context and the path of a file of which an action writes the whole or
// edits lines. It returns false if not all is known of these lines, or if more of the file changes
// than what an edit shows of it.
func (a *Action) writtenFile() (file [2]string, ok bool) {
	edit := a.edits != ""
	name := a.edits
	if !edit {
		name = a.claims
	}
	path, _ := a.After[name].(string)
	before, was := textOf(a.Before[fileContent])
	after, is := textOf(a.After[fileContent])
	switch {
	case name == "" || path == "" || a.BeforeUnknown || edit && a.Along != nil:
		return file, false
	case a.op == planner.Create && !edit:
		before, was = text{encoding: charset.UTF8}, true
	case a.op != planner.Update:
		return file, false
	}
	for _, name := range a.attrs {
		secret := a.BeforeSensitive[name] || a.AfterSensitive[name] || a.SensitiveSame[name]
		switch {
		case name != fileContent && !edit:
		case secret || a.AfterUnknown[name], edit && !a.access[name] && name != fileContent && a.Uses[name] == nil && !equal(a.Before[name], a.After[name]):
			return file, false
		}
	}
	return [2]string{a.Context, path}, was && is && before.composes() && after.composes()
}

// fileContent is the attribute of an edit that has the lines of its file.
const fileContent = "content"

// composes reports whether all lines of a text are there that differ.
func (t text) composes() bool { return t.encoding != charset.NoText && t.left == 0 }

// unitBody is the block of a unit. Above the lines that one of several actions changes stands
// which it is.
func (h *Human) unitBody(u unit) string {
	a := u.actions[0]
	if u.made == nil {
		return h.body(a)
	}
	var shown []change
	head, hidden := plural(len(u.actions), "edit", "edits")+" of one file", 0
	if a.edits == "" {
		head = fmt.Sprintf("%s %s %s and %s of it", unbroken(a.Type), quote(a.Kind), quote(a.Name), plural(len(u.actions)-1, "edit", "edits"))
		shown, hidden = h.changes(a)
	} else {
		shown = []change{{name: a.edits, text: whole(a.After[a.edits])}}
	}
	shown = slices.DeleteFunc(shown, func(c change) bool { return c.name == fileContent || a.Uses[c.name] != nil })
	shown = append(shown, h.besides(u)...)
	if !slices.ContainsFunc(u.made.parts, part.changed) { // They only change who may use it.
		return h.block(a, h.symbol(a.op)+" "+head, shown, hidden+1) + h.unitWarnings(u)
	}
	shown = append(shown, change{name: fileContent, symbol: a.attrSymbol(), lines: u.made.lines(func(i int) string { return instanceOf(u.actions[i]) })})
	return h.block(a, h.symbol(a.op)+" "+head, shown, hidden) + h.unitWarnings(u)
}

// besides are what the actions of a unit change besides content, and what decides how they do
// it, each with those that have it, unless all do. What the block of the whole changes is left out.
func (h *Human) besides(u unit) []change {
	type key struct{ name, symbol, text string }
	var order []key
	by := map[key][]string{}
	for _, a := range u.actions {
		for _, name := range a.attrs {
			c, stays := h.change(a, name)
			if name == fileContent || a.Uses[name] == nil && (stays || a.edits == "") {
				continue
			}
			k := key{c.name, c.symbol, c.text}
			if by[k] == nil {
				order = append(order, k)
			}
			by[k] = append(by[k], instanceOf(a))
		}
	}
	out := make([]change, len(order))
	for i, k := range order {
		out[i] = change{name: k.name, symbol: k.symbol, text: k.text}
		if len(by[k]) < len(u.actions) {
			out[i].text += "  # " + prose.List(by[k], 3)
		}
	}
	return out
}

// unitWarnings are those of the actions of a unit, each with its address. What is said of several
// alike is said once, with the first of them.
func (h *Human) unitWarnings(u unit) string {
	var b strings.Builder
	of := map[string][]*Action{}
	for _, a := range u.actions {
		for _, w := range a.Warnings {
			if by := of[w]; len(by) == 0 || by[len(by)-1] != a {
				of[w] = append(by, a)
			}
		}
	}
	for _, a := range u.actions {
		told := *a
		told.Warnings, told.notes = nil, named(a, a.notes)
		for _, w := range a.Warnings {
			if by := of[w]; by != nil {
				told.Warnings = append(told.Warnings, instanceOf(a)+besides(len(by)-1)+": "+w)
			}
			of[w] = nil // It is said.
		}
		b.WriteString(h.warnings(&told))
	}
	return b.String()
}

// besides says after the name of one block how many others something is said of, "" for none.
func besides(others int) string {
	if others == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", others)
}

// named puts the address of an action before what is said of it.
func named(a *Action, said []string) []string {
	out := make([]string, len(said))
	for i, s := range said {
		out[i] = instanceOf(a) + ": " + s
	}
	return out
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
type composition struct {
	parts []part
	// remarks are what is true of all lines and cannot be seen in them.
	remarks []string
}

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
	texts, ok := c.texts(u)
	if !ok {
		return nil
	}
	for i := range u {
		before, after := texts[2*i], texts[2*i+1]
		if n := before.above + lineCount(before.s) + before.below; i == 0 && n > 0 {
			c.parts = []part{{unseen: n}}
		}
		if !c.see(before) || !c.change(i+1, before, after) {
			return nil
		}
	}
	c.cancel()
	return c
}

// texts are the file before and after each action, with LF at the end of all lines if all have CR LF
// there. It returns false if one has another encoding, so that its lines would differ in that alone.
func (c *composition) texts(u []*Action) (out []text, ok bool) {
	lines, crlf := 0, 0
	encoding := charset.NoText // until one is seen that is not empty
	for _, a := range u {
		for _, side := range []map[string]any{a.Before, a.After} {
			t, _ := textOf(side[fileContent])
			if out = append(out, t); t.s == "" {
				continue
			}
			if encoding == charset.NoText {
				encoding = t.encoding
			}
			if first := (text{encoding: encoding}); (t.inUTF16() || first.inUTF16()) && t.encoding != encoding {
				return nil, false
			}
			if strings.ContainsAny(t.s, "\r\n") {
				lines++
			}
			if t.crlf() {
				crlf++
			}
		}
	}
	if (text{encoding: encoding}).inUTF16() {
		c.remarks = append(c.remarks, "(text in "+string(encoding)+")")
	}
	if crlf > 0 && crlf == lines {
		c.remarks = append(c.remarks, crlfRemark)
		for i := range out {
			out[i] = out[i].unix()
		}
	}
	return out, true
}

// cancel takes out of the difference what one action takes away and a later one brings back: a
// file is written once, and those lines stay. A block that has the whole does so with each line
// that edits have made of it.
func (c *composition) cancel() {
	var out []part
	for at := 0; at < len(c.parts); {
		end := at
		for end < len(c.parts) && c.parts[end].changed() {
			end++
		}
		out = append(out, cancelled(c.parts[at:end])...)
		if at = end; at < len(c.parts) {
			out = append(out, c.parts[at])
			at++
		}
	}
	c.parts = out
}

// cancelled is a stretch of lines that come and go without those that do both. The others stay in
// their order.
func cancelled(stretch []part) (out []part) {
	var goes, comes lineSide
	for k, p := range stretch {
		if p.added > 0 {
			comes.add(k, p)
		} else {
			goes.add(k, p)
		}
	}
	if len(goes.at) == 0 || len(comes.at) == 0 || goes.open || comes.open {
		return stretch
	}
	upTo := func(g, c int) { // shows the lines of both sides before these
		for goes.next < g || comes.next < c {
			one := &goes
			if goes.next == g || comes.next < c && comes.at[comes.next] < goes.at[goes.next] {
				one = &comes
			}
			out = append(out, stretch[one.at[one.next]])
			one.next++
		}
	}
	g, c := 0, 0
	stay := func(n int) {
		for ; n > 0; n-- {
			upTo(g, c)
			out = append(out, part{text: stretch[goes.at[g]].text})
			g, c = g+1, c+1
			goes.next, comes.next = g, c
		}
	}
	for _, s := range compareLines(goes.text.String(), comes.text.String()) {
		if stay(s.at - g); s.op == '-' {
			g++
		} else {
			c++
		}
	}
	stay(len(goes.at) - g)
	upTo(len(goes.at), len(comes.at))
	return out
}

// lineSide are the lines of a stretch that go, or those that come.
type lineSide struct {
	at   []int // where they are in the stretch
	text strings.Builder
	next int // how many are shown
	// open is true if one that is not the last has no end: in no file others follow it.
	open bool
}

func (s *lineSide) add(at int, p part) {
	if n := s.text.Len(); n > 0 && s.text.String()[n-1] != '\n' {
		s.open = true
	}
	s.at = append(s.at, at)
	s.text.WriteString(p.text)
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
	for _, r := range c.remarks {
		d.add('#', r)
	}
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
