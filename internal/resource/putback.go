package resource

import (
	"cmp"
	"fmt"

	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// PutBack puts the contents of the arguments into a change that an agent answered
// with: where the change says that an attribute is as it was given, and into its
// effects. own are the contents of the arguments, key is that of the request, and made
// are the excerpts of earlier changes. It returns what is wrong with the change, "" for nothing: an agent says nothing of
// contents but what follows from those that it was given.
func (c *Change) PutBack(def *kind.Kind, args map[string]any, own []Own, key []byte, made *Excerpts) (why string) {
	p := putter{c, def, args, own, key, made}
	for _, side := range []map[string]any{c.Before, c.After} {
		for attr, v := range side {
			if side[attr], why = p.value(attr, v); why != "" {
				return why
			}
		}
	}
	for _, o := range own {
		if why := p.check(def.ShowsIn(o.Arg), o); why != "" {
			return why
		}
	}
	p.traits(c.Traits)
	p.traits(c.Leaves)
	return cmp.Or(p.things(), p.effects())
}

type putter struct {
	c    *Change
	def  *kind.Kind
	args map[string]any
	own  []Own
	key  []byte
	made *Excerpts
}

// value is a value of Before or After as people and plans have it.
func (p putter) value(attr string, v any) (any, string) {
	g, ok := asGiven(v)
	if !ok {
		return v, ""
	}
	for _, o := range p.own {
		if o.Arg == g.Arg && p.def.ShowsIn(o.Arg) == attr {
			return p.shown(attr, o, g), ""
		}
	}
	if a, ok := p.def.Args.Attr(g.Arg); ok && g.Arg == attr && !a.Content && p.args[g.Arg] != nil {
		return p.args[g.Arg], ""
	}
	return nil, fmt.Sprintf("its attribute %s is said to be an argument that it was not given", attr)
}

// shown is a content as it was shown if the agent had sent it.
func (p putter) shown(attr string, o Own, g Given) any {
	if p.c.Op != NoOp && !g.Short && o.Data != nil && o.Blob.Size <= ShownContent && o.text {
		return *o.Data
	}
	d := o.digest(p.key)
	if d.Excerpt = g.Excerpt; d.Excerpt == nil && p.c.Op != NoOp && !g.Short {
		d.Excerpt = p.excerpt(attr, o)
	}
	return d
}

// excerpt is what differs of a long text from what was there, if that is here: it is
// nothing, or a text that was sent.
func (p putter) excerpt(attr string, o Own) *Excerpt {
	if o.Blob.Size <= ShownContent {
		return nil
	}
	was := decoded{encoding: charset.UTF8}
	if v := p.c.Before[attr]; v != nil {
		text, ok := WireText(v)
		if !ok {
			return nil
		}
		was.text, was.encoding = charset.Decode([]byte(text))
	}
	return p.made.of(o, was)
}

// digest is the Digest of a content under a key.
func (o Own) digest(key []byte) Digest {
	return Content{SHA256: o.Blob.Sum[:], Size: o.Blob.Size}.digest(key)
}

// check compares what will be with the content that was given. Nothing may be said of
// it, and a file of the kernel may show it in another form.
func (p putter) check(attr string, o Own) string {
	v := p.c.After[attr]
	if v == nil {
		return ""
	}
	if d, ok := AsDigest(v); ok {
		if want := o.digest(p.key); d.Size == want.Size && string(d.MAC) == string(want.MAC) {
			return ""
		}
	} else if text, ok := WireText(v); ok && o.Data != nil {
		if text == string(*o.Data) {
			return ""
		}
		if p.c.Before[attr] != nil && string(KernelForm([]byte(text), []byte(*o.Data))) == text {
			p.form(attr, text)
			return ""
		}
	}
	return fmt.Sprintf("its attribute %s would not be the content that it was sent", attr)
}

// form replaces what a file of the kernel shows by its digest, if nothing is done.
func (p putter) form(attr, text string) {
	if p.c.Op != NoOp {
		return
	}
	d := ContentOf([]byte(text)).digest(p.key)
	for _, side := range []map[string]any{p.c.Before, p.c.After} {
		if was, ok := WireText(side[attr]); ok && was == text {
			side[attr] = d
		}
	}
}

// things puts in the thing that the block names.
func (p putter) things() string {
	for i, thing := range p.c.Writes {
		if thing != "" {
			continue
		}
		p.c.Writes[i] = namedThing(p.def, func(arg string) (string, bool) { return WireText(p.args[arg]) })
		if p.c.Writes[i] == "" {
			return "it writes what it names, which is nothing"
		}
	}
	return ""
}

// traits puts in the traits of contents that are as they were given.
func (p putter) traits(traits []Trait) {
	for i, t := range traits {
		for _, o := range p.own {
			if t.Part == nil && len(t.Sum) == 0 && p.def.ShowsIn(o.Arg) == t.Attr {
				traits[i].Sum = sum(contentTrait(Content{SHA256: o.Blob.Sum[:], Size: o.Blob.Size}).plain)
			}
		}
	}
}

// effects looks whether the effects name contents that were given, and no others. Each
// gets the name as it was sent, so that an agent cannot have others offered elsewhere.
func (p putter) effects() string {
	for i, e := range p.c.Effects {
		if e.Entry == nil || e.Entry.Content == nil || e.Entry.Content.Blob == nil {
			continue
		}
		o, ok := p.named(*e.Entry.Content)
		if !ok {
			return fmt.Sprintf("its effect on %q names a content that it was not given", e.Thing)
		}
		entry := *e.Entry
		entry.Content = &Content{SHA256: o.Blob.Sum[:], Size: o.Blob.Size, Blob: &o.Blob}
		p.c.Effects[i].Entry = &entry
	}
	return ""
}

func (p putter) named(c Content) (Own, bool) {
	for _, o := range p.own {
		if o.same(*c.Blob) {
			return o, true
		}
	}
	return Own{}, false
}

// Named are those of some contents that effects name.
func Named(effects []Effect, own []Own) []Own {
	var out []Own
	for _, o := range own {
		for _, e := range effects {
			if e.Entry != nil && e.Entry.Content != nil && e.Entry.Content.Blob != nil && *e.Entry.Content.Blob == o.Blob {
				out = append(out, o)
				break
			}
		}
	}
	return out
}
