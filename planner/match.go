package planner

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// match returns the instances that a reference means, seen from one instance. If
// both blocks expand over the same collection, it is the one with the same key;
// if the reference has a literal key, the one with that key; otherwise all of
// them.
func match(i *instance, r ref) []*instance {
	switch {
	case r.Key != cty.NilVal:
		return withKey(r.to, keyString(r.Key))
	case r.All || r.viaLocal || !r.to.onMap && !r.to.perEach:
		return r.to.insts
	case i.node.onMap && r.to.onMap && r.to.onKeys[i.onKey]:
		return sameEach(i, r.to, withKey(r.to, i.onKey))
	case !i.node.onMap && !r.to.onMap && i.node.perEach && r.to.perEach:
		return sameEach(i, r.to, r.to.insts)
	}
	return r.to.insts
}

// withKey are the instances whose first key it is.
func withKey(n *node, key string) []*instance {
	if n.onMap && n.perEach {
		return n.firstKey(key)
	}
	if q := n.byKey[keyOf([]string{key})]; q != nil {
		return []*instance{q}
	}
	return nil
}

// firstKey indexes instances by their first key, once.
func (n *node) firstKey(key string) []*instance {
	if n.byFirst == nil {
		n.byFirst = map[string][]*instance{}
		for _, i := range n.insts {
			n.byFirst[i.keys[0]] = append(n.byFirst[i.keys[0]], i)
		}
	}
	return n.byFirst[key]
}

// sameEach reduces candidates to the one that has i's for_each key, if both
// blocks have that key.
func sameEach(i *instance, to *node, candidates []*instance) []*instance {
	if !i.node.perEach || !to.perEach {
		return candidates
	}
	if q := to.byKey[keyOf(i.keys)]; q != nil {
		return []*instance{q}
	}
	return candidates
}

// addressed are the instances of a block with their keys alone.
func (n *node) addressed() []config.Instance {
	out := make([]config.Instance, len(n.insts))
	for k, i := range n.insts {
		out[k].Keys = i.configKeys()
	}
	return out
}

// configKeys are the keys of an instance as addresses have them.
func (i *instance) configKeys() []config.Key {
	keys := make([]config.Key, len(i.keys))
	for k, text := range i.keys {
		keys[k] = config.Key{Text: text, Index: i.node.counted && k == len(i.keys)-1}
	}
	return keys
}

// maxNear is how many names an error lists.
const maxNear = 10
