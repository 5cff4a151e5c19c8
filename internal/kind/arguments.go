package kind

import "slices"

// The methods in this file answer questions about the arguments of one block, in
// their wire form. They look at options of the schema, never at names.

// Reads reports whether a call with these arguments changes nothing.
func (k *Kind) Reads(wire map[string]any) bool {
	return k.ReadOnly || slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool { return a.ReadOnly && wire[a.Name] == true })
}

// Guarded reports whether something on the machine decides whether a call with
// these arguments runs.
func (k *Kind) Guarded(wire map[string]any) bool {
	return slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool { return a.Guard && wire[a.Name] != nil })
}

// Absent reports whether these arguments ask for the thing to be gone.
func (k *Kind) Absent(wire map[string]any) bool {
	return slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool { return a.Absent != "" && wireText(wire[a.Name]) == a.Absent })
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

// Heeded are the attributes of an account that have a say in a context with these
// arguments although they are among Unmoved.
func (k *Kind) Heeded(wire map[string]any) []string {
	var out []string
	for _, a := range k.Args.Attrs {
		if wire[a.Name] == true {
			out = append(out, a.Heeds...)
		}
	}
	return out
}

// Argument is the argument behind a name on the wire: that of the argument
// itself, or that of what is sent with it.
func (k *Kind) Argument(name string) string {
	for _, a := range k.Args.Attrs {
		if a.Sends == name && name != "" {
			return a.Name
		}
	}
	return name
}

// ShowsIn is the attribute of a change that something on the wire shows in: its
// own, or the first that its argument shows in.
func (k *Kind) ShowsIn(name string) string {
	name = k.Argument(name)
	if a, ok := k.Args.Attr(name); ok && len(a.Shows) > 0 {
		return a.Shows[0]
	}
	return name
}

// Parts is the attribute of the thing that its edits change parts of; "" where
// nothing edits such things.
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

// Claims reports whether blocks of the kind are the owners of such things: "path",
// "user" or "group".
func (k *Kind) Claims(thing string) bool {
	return slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool { return a.Claims == thing })
}

// Edits reports whether blocks of the kind change a part of a thing.
func (k *Kind) Edits() bool {
	return slices.ContainsFunc(k.Args.Attrs, func(a Attr) bool { return a.Edits != "" })
}
