package config

import (
	"slices"
	"strconv"

	"github.com/zclconf/go-cty/cty"
)

// static expands blocks as far as possible without variables and hosts. It is the
// Directory while loading: wrong keys are found with it before any host is asked.
type static struct {
	cfg   *Config
	scope *Scope
	// insts are the instances of the blocks whose keys are known.
	insts map[string][]Instance
	state map[string]bool // the blocks that were looked at
}

// expandStatic sets the values of the blocks whose instances are known. The keys are
// right, and the values below them are unknown.
func expandStatic(c *Config, s *Scope) {
	st := &static{cfg: c, scope: s, insts: map[string][]Instance{}, state: map[string]bool{}}
	s.SetDirectory(st)
	for _, bs := range [][]*Block{c.Contexts, c.Resources, c.Calls} {
		for _, b := range bs {
			st.block(b)
		}
	}
}

// Instances are the ones that are known so far.
func (st *static) Instances(address string) ([]Instance, bool) {
	insts, ok := st.insts[address]
	return insts, ok
}

// block expands one block, after the blocks that its keys depend on.
func (st *static) block(b *Block) {
	address := b.Address()
	if st.state[address] {
		return
	}
	st.state[address] = true
	st.needs(b.refs)
	axes, sure := b.axes(st.cfg)
	if !sure {
		return
	}
	keys := [][]Key{nil}
	for _, ax := range axes {
		along, known := st.along(b, ax)
		if !known || len(along)*len(keys) > maxStatic {
			return
		}
		var longer [][]Key
		for _, k := range keys {
			for _, next := range along {
				longer = append(longer, append(slices.Clip(k), next))
			}
		}
		keys = longer
	}
	insts := make([]Instance, len(keys))
	for i := range keys {
		insts[i] = Instance{Keys: keys[i], Off: st.off(b, keys[i], axes)}
	}
	if len(axes) == 0 && insts[0].Off == nil {
		return // one instance, of which nothing is known
	}
	st.insts[address] = insts
	st.scope.Set(address, valueOf(insts, axes, nil))
}

// maxStatic bounds how many instances are expanded while loading. The planner
// expands all.
const maxStatic = 1000

// needs expands what a block refers to, also through locals.
func (st *static) needs(refs []Reference) {
	for _, r := range refs {
		if st.state[r.Address] {
			continue
		}
		if b := st.cfg.byAddress[r.Address]; b != nil && b.Def != nil {
			st.block(b)
		}
		if local := st.cfg.Local(r.Address); local != nil {
			st.state[r.Address] = true
			st.needs(local.refs)
		}
	}
}

// along are the keys of one axis, if they are known.
func (st *static) along(b *Block, ax axis) (keys []Key, known bool) {
	switch ax.word {
	case "each.key":
		each, known, diags := b.EvalForEach(st.scope)
		if !known || diags.HasErrors() {
			return nil, false
		}
		for _, e := range each {
			keys = append(keys, Key{Text: e.Key.AsString()})
		}
		return keys, true
	case "count.index":
		n, known, diags := b.EvalCount(st.scope)
		if !known || diags.HasErrors() || n > maxStatic {
			return nil, false
		}
		for i := range n {
			keys = append(keys, Key{Text: strconv.Itoa(i), Index: true})
		}
		return keys, true
	}
	if m, ok := st.cfg.mentionOf(b.On); ok && m.ref.Kind == RefContext && len(m.steps) == 0 {
		insts, known := st.insts[m.ref.Address]
		if !known {
			return nil, false
		}
		return keysAt(insts, 0), len(insts) == 0 || len(insts[0].Keys) == 1
	}
	v, diags := b.EvalPlace(st.scope, "on", b.On)
	if diags.HasErrors() || !v.IsKnown() || v.IsNull() || !v.CanIterateElements() {
		return nil, false
	}
	for it := v.ElementIterator(); it.Next(); {
		key, _ := it.Element()
		keys = append(keys, Key{Text: stepKey(cty.IndexStep{Key: key})})
	}
	return keys, v.Type().IsObjectType() || v.Type().IsMapType()
}

// off says why an instance is disabled, if that depends on its own key alone. It is
// nil if the instance is enabled or nothing is known.
func (st *static) off(b *Block, keys []Key, axes []axis) func() string {
	if b.Enabled == nil {
		return nil
	}
	s := st.scope.Child()
	on := cty.DynamicVal
	s.On = &on
	if n := len(axes); n > 0 && axes[n-1].word == "each.key" {
		s.Each = &Each{Key: keyValue(keys[n-1]), Value: cty.DynamicVal}
	} else if n > 0 && axes[n-1].word == "count.index" {
		at, _ := strconv.Atoi(keys[n-1].Text)
		s.Count = &at
	}
	enabled, known, diags := b.EvalEnabled(s)
	if !known || enabled || diags.HasErrors() {
		return nil
	}
	return func() string { return b.WhyDisabled(s) }
}

// valueOf is the object, or tuple, of the instances under some keys.
func valueOf(insts []Instance, axes []axis, under []Key) cty.Value {
	at := len(under)
	if at == len(axes) {
		if insts[0].Off != nil {
			return cty.NullVal(cty.DynamicPseudoType)
		}
		return cty.DynamicVal
	}
	attrs, elems := map[string]cty.Value{}, []cty.Value{}
	groups := map[Key][]Instance{}
	for _, i := range insts {
		groups[i.Keys[at]] = append(groups[i.Keys[at]], i)
	}
	for _, k := range keysAt(insts, at) {
		own := groups[k]
		if at == len(axes)-1 && own[0].Off != nil {
			continue
		}
		v := valueOf(own, axes, append(slices.Clip(under), k))
		attrs[k.Text] = v
		elems = append(elems, v)
	}
	if axes[at].word == "count.index" {
		return cty.TupleVal(elems)
	}
	return cty.ObjectVal(attrs)
}

// surelyEnabled reports whether enabled is true whatever the instance is.
func (b *Block) surelyEnabled(s *Scope) bool {
	enabled, known, diags := b.EvalEnabled(s.Child())
	return enabled && known && !diags.HasErrors()
}
