package planner

import (
	"crypto/sha256"
	"slices"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// contents are the long arguments of all blocks. What many hosts get is named once, and
// is in memory once. The Planner has one.
type contents struct {
	// open finds a large source by its SHA-256.
	open func(sum [sha256.Size]byte) (name string, open files.Opener, ok bool)
	all  map[contentKey]content
	// excerpts are what is shown of long ones, for all hosts that have the same.
	excerpts resource.Excerpts
}

// contentKey tells contents apart: the same bytes of another argument are another Own.
type contentKey struct {
	arg, data string
	secret    bool
}

// content is one of them.
type content struct {
	own  []resource.Own // alone, as most blocks have one; nobody changes it
	wire any            // the argument
}

// of returns the contents of some arguments, and makes the arguments share them. secret
// says which are kept off the disks on their way. Nobody changes the result.
func (cs *contents) of(b *config.Block, wire map[string]any, secret func(arg string) bool) []resource.Own {
	var out []resource.Own
	attrs := b.Def.Args.Attrs
	for k := range attrs {
		for _, name := range attrs[k].ContentAs() {
			if name == "" || wire[name] == nil {
				continue
			}
			own := cs.own(wire, name, secret(attrs[k].Name))
			if out == nil {
				out = own
				continue
			}
			out = append(slices.Clip(out), own...)
		}
	}
	return out
}

// own is the content of an argument.
func (cs *contents) own(wire map[string]any, arg string, secret bool) []resource.Own {
	if c, ok := wire[arg].(kind.Content); ok {
		return cs.named(c, arg, secret)
	}
	c, known := cs.find(wire[arg], arg, secret)
	if !known {
		own := resource.OwnContent(kind.Text(wireText(wire[arg])))
		own.Arg, own.Blob.Secret = arg, secret
		c = content{own: []resource.Own{own}, wire: *own.Data}
		if cs.all == nil {
			cs.all = map[contentKey]content{}
		}
		cs.all[contentKey{arg, string(*own.Data), secret}] = c
	}
	wire[arg] = c.wire
	return c.own
}

// find looks for a content. It copies none for that.
func (cs *contents) find(data any, arg string, secret bool) (c content, known bool) {
	if b, ok := data.([]byte); ok {
		c, known = cs.all[contentKey{arg, string(b), secret}]
		return c, known
	}
	c, known = cs.all[contentKey{arg, wireText(data), secret}]
	return c, known
}

// named is a content of which only the name is here.
func (cs *contents) named(c kind.Content, arg string, secret bool) []resource.Own {
	own, err := resource.OwnName(c)
	if err != nil {
		return nil
	}
	own.Arg, own.Blob.Secret = arg, secret
	if _, open, ok := cs.open(own.Blob.Sum); ok {
		own.From = open
	}
	return []resource.Own{own}
}

// contentsOf are the contents of arguments of an instance. All of them are secret if a
// program that runs on its host gets to see a secret.
func (p *Planner) contentsOf(i *instance, wire map[string]any, sensitive []string, quiet bool) []resource.Own {
	return p.contents.of(i.block(), wire, func(arg string) bool { return quiet || contains(sensitive, arg) })
}

// Sources are the contents of an action that are in files of the controller, and that its
// host may ask for when it is applied.
func (p *Planner) Sources(a *Action) (out []resource.Own) {
	if i := p.instances[a.Address]; i != nil && a.Sent() {
		for _, own := range i.contents {
			if own.Data == nil {
				out = append(out, own)
			}
		}
	}
	return out
}

// lent are the contents that the effects of actions in other contexts of a machine name:
// of each action those that it was given, and no others.
func (p *Planner) lent(deltas []resource.Delta) []resource.Own {
	var out []resource.Own
	for _, d := range deltas {
		out = append(out, resource.Named(d.Effects, p.instances[d.Address].contents)...)
	}
	return out
}
