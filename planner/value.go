package planner

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// values makes what the expressions of a configuration see of its blocks, as far
// as that is known. The Planner has one. It asks no host and decides nothing: it
// turns instances into values and builds the scopes that expressions are
// evaluated in.
type values struct {
	*graph
	scope *config.Scope
	// facts is the schema of what a context says when it starts.
	facts kind.Schema
	// planMade is true once an apply has begun. No block settles any more then, and
	// one that -target left out in part never does.
	planMade bool
}

func newValues(g *graph, vars map[string]cty.Value, facts kind.Schema) *values {
	v := &values{graph: g, scope: config.NewScope(g.cfg, vars), facts: facts}
	for _, n := range g.nodes {
		v.scope.Set(n.addr, cty.DynamicVal)
	}
	return v
}

// scopeOf is what the words of an instance's expressions mean.
func (vs *values) scopeOf(i *instance) *config.Scope {
	for _, r := range i.node.refs {
		vs.refresh(r.to)
	}
	s := vs.ownNames(i)
	vs.narrow(i, s)
	return s
}

// ownNames is a scope with the words that belong to the instance: on, each and
// count.
func (vs *values) ownNames(i *instance) *config.Scope {
	s := vs.scope.Child()
	if i.on != nil {
		v := vs.contextValue(i.on, i.onKey)
		s.On = &v
	}
	s.Each, s.Count, s.Instance = i.each, i.count, i.addr
	return s
}

// narrow is for an instance that names single members of a collection by key. It
// puts these members into the scope as they are now. So a slow host delays only
// what refers to it, and not what refers to its siblings.
func (vs *values) narrow(i *instance, s *config.Scope) {
	for n := range i.node.named {
		members, ok := vs.namedBy(i, n, s)
		if !ok {
			continue
		}
		attrs := make(map[string]cty.Value, len(members))
		for key, insts := range members {
			if n.onMap && n.perEach {
				attrs[key] = vs.collect(n, insts, 1)
			} else {
				attrs[key] = vs.instanceValue(insts[0])
			}
		}
		s.Set(n.addr, cty.ObjectVal(attrs))
	}
}

// namedBy are the members of a node's collection that an instance names, by
// key. It returns false if they cannot be told from the whole.
func (vs *values) namedBy(i *instance, n *node, s *config.Scope) (map[string][]*instance, bool) {
	if !n.expanded() || n.counted || !n.onMap && !n.perEach {
		return nil, false
	}
	out := map[string][]*instance{}
	for _, r := range i.node.named[n] {
		key, ok := keyOfRef(r, s)
		if !ok {
			return nil, false
		}
		insts := withKey(n, key)
		if len(insts) == 0 || insts[0].verdict == disabled {
			return nil, false
		}
		out[key] = insts
	}
	return out, true
}

func keyOfRef(r ref, s *config.Scope) (string, bool) {
	v := r.Key
	if r.KeyExpr != nil {
		var diags hcl.Diagnostics
		if v, diags = config.EvalExpr(r.KeyExpr, s, cty.String); diags.HasErrors() {
			return "", false
		}
	}
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() {
		return "", false
	}
	return keyString(v), true
}

// refresh brings the value that references to a node see up to date, if that has
// to be done now; see nodeValue.
func (vs *values) refresh(n *node) {
	switch {
	case vs.planMade:
		vs.rebuild(n)
	case n.needsValue():
		vs.scope.Set(n.addr, vs.valueOf(n))
		n.valueBuilt()
	}
}

// rebuild brings the value that references to a node see up to date, also if some of
// its instances have not settled.
func (vs *values) rebuild(n *node) {
	if n.value != valueCurrent {
		vs.scope.Set(n.addr, vs.valueOf(n))
		n.value = valueCurrent
	}
}

// valueOf is the value of a block: of its one instance, or an object or
// tuple of them.
func (vs *values) valueOf(n *node) cty.Value {
	switch {
	case !n.expanded():
		return cty.DynamicVal
	case n.onMap && n.perEach:
		outer := map[string]cty.Value{}
		for _, key := range n.orderedOnKeys() {
			outer[key] = vs.collect(n, n.firstKey(key), 1)
		}
		return cty.ObjectVal(outer)
	case n.onMap || n.perEach:
		return vs.collect(n, n.insts, 0)
	case len(n.insts) == 0 || n.insts[0].verdict == disabled:
		return cty.NullVal(cty.DynamicPseudoType)
	}
	return vs.instanceValue(n.insts[0])
}

func (n *node) orderedOnKeys() []string {
	var out []string
	seen := map[string]bool{}
	for _, i := range n.insts {
		if !seen[i.keys[0]] {
			seen[i.keys[0]] = true
			out = append(out, i.keys[0])
		}
	}
	return out
}

// collect makes an object of instances by the key at that position; a tuple
// for count.
func (vs *values) collect(n *node, insts []*instance, at int) cty.Value {
	attrs := make(map[string]cty.Value, len(insts))
	var elems []cty.Value
	for _, i := range insts {
		if i.verdict == disabled {
			continue
		}
		v := vs.instanceValue(i)
		attrs[i.keys[at]] = v
		elems = append(elems, v)
	}
	if n.counted && (at == 1 || !n.onMap) {
		return cty.TupleVal(elems)
	}
	return cty.ObjectVal(attrs)
}

func (vs *values) instanceValue(i *instance) cty.Value {
	if i.isContext() {
		key := ""
		if len(i.keys) > 0 {
			key = i.keys[0]
		}
		return vs.contextValue(i, key)
	}
	def := i.block().Def
	attrs := make(map[string]cty.Value, len(def.Args.Attrs)+len(def.Results.Attrs))
	if i.missed {
		return missedValue(def)
	}
	vs.argValues(i, attrs)
	results, known := i.results()
	_, hidden := i.hidden()
	for _, a := range def.Results.Attrs {
		v := cty.NullVal(config.CtyType(a.Type))
		if i.wire == nil || !def.Null(a, i.wire, i.unknown) {
			v = resultValue(a, results, known)
		}
		if a.Passing {
			v = v.Mark(config.Passing)
		}
		attrs[a.Name] = mark(v, i.resultMark(a, hidden))
	}
	return cty.ObjectVal(attrs)
}

// missedValue is the value of an instance whose action an apply did not carry out: how it is now is
// not known.
func missedValue(def *kind.Kind) cty.Value {
	attrs := map[string]cty.Value{}
	for _, s := range []kind.Schema{def.Args, def.Results} {
		for _, a := range s.Attrs {
			v := cty.UnknownVal(config.CtyType(a.Type))
			if a.Secret {
				v = v.Mark(config.Sensitive)
			}
			attrs[a.Name] = v
		}
	}
	return cty.ObjectVal(attrs)
}

// results are what the machine said of the instance, and whether those that
// are missing will stay so.
func (i *instance) results() (map[string]any, bool) {
	switch {
	case i.applied != nil:
		return i.applied, true
	case i.change != nil:
		return i.change.Results, false
	case i.answered():
		return i.reply.Results, true
	case i.idle():
		return nil, true
	}
	return nil, false
}

func resultValue(a kind.Attr, results map[string]any, known bool) cty.Value {
	t := config.CtyType(a.Type)
	raw, ok := results[a.Name]
	switch {
	case ok && raw != nil:
		v, err := config.FromWire(a.Type, raw)
		if err != nil {
			return cty.DynamicVal
		}
		return v
	case ok || known:
		return cty.NullVal(t)
	}
	return cty.UnknownVal(t)
}

// argValues adds the instance's own arguments as far as they are known. The secrets
// of a context are left out: nothing may refer to them.
func (vs *values) argValues(i *instance, attrs map[string]cty.Value) {
	args := i.block().Def.Args.Attrs
	for k := range args {
		a := &args[k]
		if a.Secret && i.isContext() {
			continue
		}
		v := i.args.Get(a.Name)
		if v == cty.NilVal {
			v = cty.UnknownVal(config.CtyType(a.Type))
		}
		if a.Secret {
			v = v.Mark(config.Sensitive)
		}
		attrs[a.Name] = v
	}
}

// contextValue returns a context as a value: its arguments except for secrets, what its
// agent reported, and its address, by which the context is found again from the value.
func (vs *values) contextValue(i *instance, key string) cty.Value {
	if i.value != cty.NilVal && i.valueKey == key {
		return i.value
	}
	i.value, i.valueKey = vs.makeContextValue(i, key), key
	return i.value
}

func (vs *values) makeContextValue(i *instance, key string) cty.Value {
	attrs := make(map[string]cty.Value, len(i.block().Def.Args.Attrs)+len(vs.facts.Attrs)+4)
	vs.argValues(i, attrs)
	for _, a := range vs.facts.Attrs {
		if leadsThere(i.block().Def.Args, a.Name) {
			continue
		}
		attrs[a.Name] = resultValue(a, i.facts, false)
		if a.Passing {
			attrs[a.Name] = attrs[a.Name].Mark(config.Passing)
		}
		if i.echoed[a.Name] {
			attrs[a.Name] = attrs[a.Name].Mark(config.Echoed)
		}
	}
	attrs["address"] = cty.StringVal(i.addr)
	attrs["key"] = cty.StringVal(key)
	attrs["kind"] = cty.StringVal(i.block().Kind)
	if name, set := attrs["name"]; !set || name.IsNull() {
		attrs["name"] = cty.StringVal(i.block().Name)
	}
	return cty.ObjectVal(attrs)
}

// leadsThere reports whether an argument of a context says where it leads to. It is not
// hidden behind a fact of the same name, as the pid of nsenter would be behind that of its
// agent.
func leadsThere(args kind.Schema, name string) bool {
	a, ok := args.Attr(name)
	return ok && isLandmark(a)
}

// isLandmark reports whether an argument says where a context leads to.
func isLandmark(a kind.Attr) bool {
	return a.Describes != "" && a.Describes != "user" && a.Describes != "name"
}

// contextOf returns the context that a value is; nil if it is none.
func (vs *values) contextOf(v cty.Value) *instance {
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() || !v.Type().IsObjectType() || !v.Type().HasAttribute("address") {
		return nil
	}
	a, _ := v.GetAttr("address").Unmark()
	if a.IsNull() || !a.IsKnown() || a.Type() != cty.String {
		return nil
	}
	i := vs.instances[a.AsString()]
	if i == nil || i.block().Type != config.ContextBlock {
		return nil
	}
	return i
}
