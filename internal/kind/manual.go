package kind

import (
	"fmt"
	"reflect"
	"strings"
)

// Manual holds the texts about a kind: its page of docs/kinds, and hints for people
// who come from other tools. Each struct of arguments or results has a method Manual
// with the texts of its own fields. So has each struct that is embedded in one.
//
// No text of a manual is in an agent. Only WithManual calls these methods, and no agent
// calls WithManual, so the linker leaves them out. Struct tags are in every program
// that has the struct, which is why no text is kept in tags.
type Manual struct {
	// Doc is one or two sentences about the kind.
	Doc string
	// OtherNames are the names that other tools give to the kind, between spaces.
	OtherNames string
	// Hints are sentences about words that are no argument of the kind. They are for
	// words if the name of one argument would not be enough.
	Hints map[string]string
	// End says in sentences what becomes of a thing that an apply made, once it is taken
	// away, and what cannot be taken back. Every resource kind has it.
	End string
	// Attrs are the texts of arguments or results, by name.
	Attrs map[string]Entry
	// Page is the rest of the kind's page of the manual.
	Page Page
}

// Page is what a kind's page of the manual says beyond the other texts. All of it is
// sentences, but for the example and the traits. A page of a function has no Drift, since a
// call is no thing, and that of a context has neither that nor, if there is nothing special
// about it, Reads.
type Page struct {
	// Example is a configuration that can be applied as it stands. A test does so.
	Example string
	// Reads says what a plan reads of the machine.
	Reads string
	// Drift says when a thing of the kind counts as changed outside.
	Drift string
	// Ansible and Pyinfra name what corresponds to the kind in these tools, and say how it
	// differs from that.
	Ansible, Pyinfra string
	// Limits says what the kind cannot do, and what was tried with a program that takes the
	// place of a real one.
	Limits string
	// Traits are the attributes by which a record tells how an apply left the thing.
	Traits []string
}

// Entry holds the texts about one argument or result.
type Entry struct {
	// Doc says what it is, in sentences.
	Doc string
	// OtherNames are the names that other tools give to it, between spaces.
	OtherNames string
	// Values are the words that other tools have for each of its values, between
	// spaces. They are used for an argument with the option oneof.
	Values map[string]string
	// Instead says what to do about a value that is not allowed.
	Instead map[string]string
	// List says how to write the value, to somebody who gave a list as one string, or
	// several where there is one.
	List string
	// InsteadOfVia says what to write instead of via, beside the value of the option
	// alone. It is the beginning of a sentence.
	InsteadOfVia string
}

// documented is implemented by a struct of arguments or results that has a Manual.
type documented interface{ Manual() Manual }

// WithManual returns a copy of the definition with the texts of its manual. An agent
// does not call it; see Manual. It panics on a text for a field that does not exist.
// That is a mistake in the definition, which every test that uses the kind finds.
func WithManual(k Kind) Kind {
	if d, ok := k.New().(documented); ok {
		m := d.Manual()
		k.Doc, k.OtherNames, k.Hints, k.End, k.Page = m.Doc, strings.Fields(m.OtherNames), m.Hints, m.End, m.Page
	}
	k.Args = withEntries(k.Args, entriesOf(reflect.TypeOf(k.New())))
	k.Results = withEntries(k.Results, entriesOf(reflect.TypeOf(k.results)))
	return k
}

// entriesOf returns the texts of the fields of a struct, with those of embedded
// structs. The text of the struct itself replaces that of an embedded one.
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

// withEntries returns a schema with the texts of its attributes.
func withEntries(s Schema, entries map[string]Entry) Schema {
	attrs := make([]Attr, len(s.Attrs))
	for i, a := range s.Attrs {
		e := entries[a.Name]
		a.Doc, a.OtherNames, a.Values, a.Instead, a.List, a.InsteadOfVia = e.Doc, strings.Fields(e.OtherNames), e.Values, e.Instead, e.List, e.InsteadOfVia
		attrs[i] = a
	}
	for name := range entries {
		if _, ok := s.Attr(name); !ok {
			panic(fmt.Sprintf("kind: a manual has a text for %q, which is no field", name))
		}
	}
	return Schema{Attrs: attrs}
}
