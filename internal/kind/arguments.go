package kind

import (
	"maps"
	"slices"
	"time"
)

// LeastConnectTimeout is the least time that a configuration may give a context to come up:
// less than a login takes over any network, and more than one on this machine.
const LeastConnectTimeout = 100 * time.Millisecond

// The methods in this file answer questions about the arguments of one block, which are
// given in their wire form. They look at the options of the schema, never at names.

// Reads reports whether a call with these arguments changes nothing, neither on its
// machine nor on the controller. unknown names the arguments that may be set or not.
func (k *Kind) Reads(wire map[string]any, unknown []string) bool {
	return k.Harmless(wire, unknown) && !slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool {
		return a.Saves != "" && (wire[a.Name] != nil || slices.Contains(unknown, a.Name))
	})
}

// Harmless reports whether a call with these arguments changes nothing on its machine.
// unknown names the arguments that may be set or not.
func (k *Kind) Harmless(wire map[string]any, unknown []string) bool {
	return k.ReadOnly || slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool {
		return a.ReadOnly && wire[a.Name] == true ||
			a.Harmless != nil && !slices.Contains(unknown, a.Name) && a.harmlessWith(wireText(wire[a.Name]))
	})
}

// harmlessWith reports whether a call with this value of an argument changes nothing. Without
// a value it is "".
func (a *Attr) harmlessWith(value string) bool {
	return value == "" || slices.Contains(a.Harmless, value)
}

// Hides reports whether what a call with these arguments answers is a secret.
func (k *Kind) Hides(wire map[string]any) bool {
	return slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool { return a.Hides && wire[a.Name] == true })
}

// TouchesAnything reports whether a block with these arguments may change anything on its
// machine, and not only its own thing.
func (k *Kind) TouchesAnything(wire map[string]any, unknown []string) bool {
	return k.Opaque && !k.Harmless(wire, unknown) && !slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool { return a.Exact && wire[a.Name] == true })
}

// Saves returns the argument that names a file on the controller to save a result in,
// and the path. attr is nil if none is set.
func (k *Kind) Saves(wire map[string]any) (attr *Attr, path string) {
	for i, a := range k.Args.Attrs {
		if a.Saves != "" && wire[a.Name] != nil {
			return &k.Args.Attrs[i], wireText(wire[a.Name])
		}
	}
	return nil, ""
}

// Null reports whether a result is null because of the arguments alone, whatever the
// machine answers. unknown names the arguments that may be set or not.
func (k *Kind) Null(result Attr, wire map[string]any, unknown []string) bool {
	switch {
	case result.NotWith != "":
		return wire[result.NotWith] != nil
	case result.OnlyWith != "":
		return wire[result.OnlyWith] == nil && !slices.Contains(unknown, result.OnlyWith)
	}
	return false
}

// Most returns the most bytes that one text among the results may have, or that are
// saved. ok is false if these arguments do not say it.
func (k *Kind) Most(wire map[string]any) (n int64, ok bool) {
	for _, a := range k.Args.Attrs {
		if n, ok := wire[a.Name].(int64); ok && a.Most && n >= 0 {
			return n, true
		}
	}
	return 0, false
}

// Guarded reports whether something on the machine decides if a call with these
// arguments runs.
func (k *Kind) Guarded(wire map[string]any) bool {
	return slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool { return a.Guard && wire[a.Name] != nil })
}

// Absent reports whether these arguments ask for the thing to be gone.
func (k *Kind) Absent(wire map[string]any) bool {
	return slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool { return a.Absent != "" && wireText(wire[a.Name]) == a.Absent })
}

// Tree returns the argument that names a directory, or what is unpacked as one, all of which is
// sent. ok is false if there is none. Blocks of such a kind manage many paths below their own.
func (k *Kind) Tree() (attr Attr, ok bool) {
	for _, a := range k.Args.Attrs {
		if a.Tree != "" {
			return a, true
		}
	}
	return Attr{}, false
}

// Gathers reports whether what applies of a block added stays when the block has another value
// since. The record keeps all of it.
func (k *Kind) Gathers() bool {
	return slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool { return a.Gathers })
}

// EndArgs returns those of the arguments that are needed to take away what a block made,
// once the block is gone: the ones that name its thing, which have claims or edits, and
// the ones with the option end. The record keeps them, so no secret is among them: secret
// names those that are needed and cannot be kept, in the order of the definition. Of a directory
// that is sent, the list of what is in it is kept with its path, unless the list or the contents
// are sensitive: the list has the SHA-256 of each file.
func (k *Kind) EndArgs(args map[string]any, sensitive []string) (end map[string]any, secret []string) {
	end = map[string]any{}
	for _, a := range k.Args.Attrs {
		v := args[a.Name]
		switch {
		case v == nil || !a.End && a.Claims == "" && a.Edits == "":
		case a.Secret || slices.Contains(sensitive, a.Name):
			secret = append(secret, a.Name)
		default:
			end[a.Name] = v
			secret := slices.Contains(sensitive, a.Sends) || slices.Contains(sensitive, a.Tree)
			if sent := args[a.Sends]; a.Tree != "" && sent != nil && !secret {
				end[a.Sends] = sent
			}
		}
	}
	return end, secret
}

func wireText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case Text:
		return string(v)
	}
	return ""
}

// Heeded returns those Unmoved attributes of an account that matter all the same to a
// context with these arguments.
func (k *Kind) Heeded(wire map[string]any) []string {
	var out []string
	for _, a := range k.Args.Attrs {
		if wire[a.Name] == true {
			out = append(out, a.Heeds...)
		}
	}
	return out
}

// Leaves reports whether a context with these arguments leaves the machine of its parent.
func (k *Kind) Leaves(wire map[string]any) bool {
	return !k.SameMachine && !slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool {
		names, set := wire[a.Name].([]any)
		return a.SameMachine && wire[a.Name] == true ||
			a.Leaves != "" && set && !slices.ContainsFunc(names, func(v any) bool { return wireText(v) == a.Leaves })
	})
}

// MayLeave returns the argument that decides whether a context leaves the machine of its
// parent. ok is false if that is so for all contexts of the kind, or for none.
func (k *Kind) MayLeave() (attr string, ok bool) {
	for _, a := range k.Args.Attrs {
		if a.SameMachine || a.Leaves != "" {
			return a.Name, true
		}
	}
	return "", false
}

// Argument returns the name of the argument that a name on the wire comes from. That is
// the name itself, or the argument that is sent under it.
func (k *Kind) Argument(name string) string {
	for _, a := range k.Args.Attrs {
		if (a.Sends == name || a.Tree == name) && name != "" {
			return a.Name
		}
	}
	return name
}

// WithoutSent returns the arguments of a block without what those with the option sends
// bring. The names of the files stay. Nobody changes the result: it may be the arguments.
func (k *Kind) WithoutSent(wire map[string]any) map[string]any {
	out := wire
	for _, a := range k.Args.Attrs {
		for _, name := range []string{a.Sends, a.Tree} {
			if _, sent := out[name]; !sent {
				continue
			}
			if len(out) == len(wire) {
				out = maps.Clone(wire)
			}
			delete(out, name)
		}
	}
	return out
}

// ShowsIn returns the attribute of a change in which a name on the wire shows: the
// attribute of that name, or the first one that its argument shows in.
func (k *Kind) ShowsIn(name string) string {
	name = k.Argument(name)
	if a, ok := k.Args.Attr(name); ok && len(a.Shows) > 0 {
		return a.Shows[0]
	}
	return name
}

// Parts returns the attribute whose parts the edits of a thing change. It returns "" if
// nothing edits things of this kind.
func (k *Kind) Parts() string {
	for _, s := range []Schema{k.Args, k.Results} {
		for _, a := range s.Attrs {
			if a.Parts {
				return a.Name
			}
		}
	}
	return ""
}

// Claims reports whether a block of this kind is the owner of a thing of that sort:
// "path", "user" or "group".
func (k *Kind) Claims(thing string) bool {
	return slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool { return a.Claims == thing })
}

// Edits reports whether a block of this kind changes a part of a thing.
func (k *Kind) Edits() bool {
	return slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool { return a.Edits != "" })
}
