package kind

import (
	"fmt"
	"reflect"
	"strings"
)

// Manual is what people are told of a kind: its part of docs/kinds.md, and the
// hints for whoever comes from another tool. The struct of a kind's arguments
// has a method Manual, and so has each struct that is embedded in it, and the
// struct of its results. Each says the texts of its own fields.
//
// No text of a manual is in an agent. Only WithManual calls the methods, and no
// agent calls that, so that the linker leaves them out. A struct's tags, on the
// other hand, are in every program that has the struct: no text stands there.
type Manual struct {
	// Doc is one or two sentences about the kind.
	Doc string
	// Words are the names that other tools give to the kind, between spaces.
	Words string
	// Hints are sentences for words that are no argument of the kind, where
	// naming one argument would not say enough.
	Hints map[string]string
	// Attrs are the texts of arguments or results, by name.
	Attrs map[string]Entry
}

// Entry is what people are told of one argument or result.
type Entry struct {
	// Doc is what it is, in sentences.
	Doc string
	// Words are the names that other tools give to it, between spaces.
	Words string
	// Values are the words, between spaces, that other tools have for each of its
	// values. They count for an argument with the option oneof.
	Values map[string]string
	// Instead says what to do about a value that it cannot have.
	Instead map[string]string
	// List says how it is written, to somebody who gave a list as one string.
	List string
}

// documented is what has a Manual: a struct of arguments or results.
type documented interface{ Manual() Manual }

// WithManual returns the definition with the texts of its manual. An agent does
// not call it; see Manual. It panics on a text for what is no field: that is a
// mistake in the definition, found by every test that touches it.
func WithManual(k Kind) Kind {
	if d, ok := k.New().(documented); ok {
		m := d.Manual()
		k.Doc, k.Words, k.Hints = m.Doc, strings.Fields(m.Words), m.Hints
	}
	k.Args = withEntries(k.Args, entriesOf(reflect.TypeOf(k.New())))
	k.Results = withEntries(k.Results, entriesOf(reflect.TypeOf(k.results)))
	return k
}

// entriesOf are the texts of a struct's fields, the embedded ones included.
// What a struct says itself counts more than what is embedded in it.
func entriesOf(t reflect.Type) map[string]Entry {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	out := map[string]Entry{}
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous && f.Type.Kind() == reflect.Struct {
			for name, e := range entriesOf(f.Type) {
				out[name] = e
			}
		}
	}
	if d, ok := reflect.New(t).Interface().(documented); ok {
		for name, e := range d.Manual().Attrs {
			out[name] = e
		}
	}
	return out
}

// withEntries is a schema with the texts of its attributes.
func withEntries(s Schema, entries map[string]Entry) Schema {
	attrs := make([]Attr, len(s.Attrs))
	for i, a := range s.Attrs {
		e := entries[a.Name]
		a.Doc, a.Words, a.Values, a.Instead, a.List = e.Doc, strings.Fields(e.Words), e.Values, e.Instead, e.List
		attrs[i] = a
	}
	for name := range entries {
		if _, ok := s.Attr(name); !ok {
			panic(fmt.Sprintf("kind: a manual has a text for %q, which is no field", name))
		}
	}
	return Schema{Attrs: attrs}
}
