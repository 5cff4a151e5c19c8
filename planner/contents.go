package planner

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// contents are the long arguments of all blocks. What many hosts get is named once, and
// is in memory once. The Planner has one.
type contents struct {
	all map[string]resource.Own
}

// of returns the contents of some arguments, and makes the arguments share them. secret
// says which are kept off the disks on their way.
func (cs *contents) of(b *config.Block, wire map[string]any, secret func(arg string) bool) []resource.Own {
	var out []resource.Own
	for _, name := range b.Def.Args.Contents() {
		o, ok := cs.own(wire, name)
		if !ok {
			continue
		}
		o.Arg, o.Blob.Secret = name, secret(b.Def.Argument(name))
		out = append(out, o)
	}
	return out
}

func (cs *contents) own(wire map[string]any, name string) (resource.Own, bool) {
	if c, ok := wire[name].(kind.Content); ok {
		o, err := resource.OwnName(c)
		return o, err == nil
	}
	if wire[name] == nil {
		return resource.Own{}, false
	}
	o, known := cs.all[wireText(wire[name])]
	if !known {
		o = resource.OwnContent(kind.Text(wireText(wire[name])))
		if cs.all == nil {
			cs.all = map[string]resource.Own{}
		}
		cs.all[string(*o.Data)] = o
	}
	wire[name] = *o.Data
	return o, true
}

// contentsOf are the contents of arguments of an instance. All of them are secret if a
// program that runs on its host gets to see a secret.
func (p *Planner) contentsOf(i *instance, wire map[string]any, sensitive []string, quiet bool) []resource.Own {
	out := p.contents.of(i.block(), wire, func(arg string) bool { return quiet || contains(sensitive, arg) })
	for k := range out {
		if _, open, ok := p.cfg.OpenSource(out[k].Blob.Sum); ok && out[k].Data == nil {
			out[k].From = open
		}
	}
	return out
}

// keyBytes is the length of a key that is sent to a machine with each request.
const keyBytes = 16

// machineKey is the key that the contexts of one machine make fingerprints and digests
// with. Each machine has a key of its own, so that no host can try values against the
// digests of another. Contexts of one machine share a key, because they can read the
// same things anyway.
func (p *Planner) machineKey(m *machine) []byte {
	if m.key == nil {
		mac := hmac.New(sha256.New, p.opts.Key)
		mac.Write([]byte("machine " + m.name))
		m.key = mac.Sum(nil)[:keyBytes]
	}
	return m.key
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
