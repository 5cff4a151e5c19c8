package edit

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// IniArgs are the arguments of the kind ini that say what becomes of a content.
type IniArgs struct {
	// Section is nil for what stands before all sections.
	Section *string     `cbor:"section,omitempty"`
	Key     string      `cbor:"key"`
	Value   *kind.Text  `cbor:"value,omitempty"`
	Values  []kind.Text `cbor:"values,omitempty"`
	// Has are keys and values that tell the section from others of its name.
	Has map[string]kind.Text `cbor:"has,omitempty"`
	// Match is first or last, if one of several sections is meant.
	Match string `cbor:"match,omitempty"`
	// Comments is set if a comment may stand behind a value.
	Comments bool   `cbor:"comments,omitempty"`
	NoSpaces bool   `cbor:"tight,omitempty"`
	State    string `cbor:"state,omitempty"`
}

// Apply makes the edit.
func (a *IniArgs) Apply(content []byte) ([]byte, error) {
	e, p := a.Compile()
	if p != nil {
		return nil, p
	}
	out, p := e.Apply(content)
	if p != nil {
		return nil, p
	}
	return out, nil
}

// Compile makes an edit from the arguments.
func (a *IniArgs) Compile() (*Ini, *kind.Problem) {
	if all := a.Problems(); len(all) > 0 {
		return nil, &all[0]
	}
	e := &Ini{key: a.Key, match: a.Match, tight: a.NoSpaces, syntax: iniSyntax{a.Comments}, from: "value"}
	if a.Values != nil {
		e.from = "values"
	}
	if a.Section != nil {
		e.section = *a.Section
		e.named = true
	}
	for _, name := range slices.Sorted(maps.Keys(a.Has)) {
		e.has = append(e.has, iniPair{name, iniValue{text: []byte(a.Has[name])}})
	}
	if a.State != "absent" {
		e.want = a.wanted()
	}
	return e, nil
}

// wanted are the values that the key is to have.
func (a *IniArgs) wanted() []iniValue {
	switch {
	case a.Value != nil:
		return []iniValue{{text: []byte(*a.Value)}}
	case a.Values == nil:
		return []iniValue{{bare: true}}
	}
	var out []iniValue
	for _, v := range a.Values {
		out = append(out, iniValue{text: []byte(v)})
	}
	return out
}

// Problems returns what is wrong with the arguments.
func (a *IniArgs) Problems() []kind.Problem {
	var out []kind.Problem
	if a.Section != nil && !headerReads(*a.Section) {
		out = append(out, *kind.NewProblem("section", kind.CodeIni, "No name of a section",
			"section is %q, and a header with that would be read as something else. Write the name alone, without brackets, blanks around it and line ends. Leave section out for what stands before all sections.", *a.Section))
	}
	if a.Section == nil && (len(a.Has) > 0 || a.Match != "") {
		attr := "match"
		if len(a.Has) > 0 {
			attr = "section_has"
		}
		out = append(out, *kind.NewProblem(attr, kind.CodeIni, "No section to tell from others",
			"%s says which of several sections is meant, and section is not set: the key stands before all sections then. Set section, or remove %s.", attr, attr).Unless("section"))
	}
	for _, name := range append(slices.Sorted(maps.Keys(a.Has)), a.Key) {
		attr := "section_has"
		if name == a.Key {
			attr = "key"
		}
		if !a.keyReads(name) {
			out = append(out, *kind.NewProblem(attr, kind.CodeIni, "No name of a key",
				"The key is %q, and a line with that would be read as something else: as a comment, a header, or another key. Write the name alone, without blanks around it, an equals sign and line ends.", name))
		}
	}
	if len(out) > 0 {
		return out
	}
	check := func(attr, name string, values ...kind.Text) {
		for _, v := range values {
			if p := a.badValue(attr, name, string(v)); p != nil {
				out = append(out, *p)
				return
			}
		}
	}
	if a.Value != nil {
		check("value", a.Key, *a.Value)
	}
	check("values", a.Key, a.Values...)
	for _, name := range slices.Sorted(maps.Keys(a.Has)) {
		check("section_has", name, a.Has[name])
	}
	if _, fixed := a.Has[a.Key]; fixed {
		out = append(out, *kind.NewProblem("section_has", kind.CodeIni, "The key tells the section",
			"section_has names %q, by which the section is found, and key is the same. A change of it would be one of another section. Tell the section by another key.", a.Key))
	}
	return out
}

func headerReads(name string) bool {
	got, ok := headerOf([]byte("[" + name + "]"))
	return ok && name != "" && string(got) == name && !strings.ContainsAny(name, "\n\r")
}

func (a *IniArgs) keyReads(name string) bool {
	k, ok := iniSyntax{a.Comments}.parse([]byte(name + " = v"))
	return ok && string(k.name) == name && string(k.value.text) == "v" && !strings.ContainsAny(name, "\n\r")
}

// badValue returns why a value would be read as another one.
func (a *IniArgs) badValue(attr, name, value string) *kind.Problem {
	if strings.ContainsAny(value, "\n\r") {
		return kind.NewProblem(attr, kind.CodeIni, "More than one line", "%s contains a line end, and a value is one line here. Take the line end out, or write the file whole.", attr)
	}
	k, ok := iniSyntax{a.Comments}.parse([]byte(name + " = " + value))
	if ok && bytes.Equal(k.value.text, []byte(value)) {
		return nil
	}
	why := "Blanks around a value are not read. Put it in quotes, if the program that reads the file knows them, or take the blanks away."
	if a.Comments {
		why = "Blanks around a value are not read, and what follows a blank and # or ; is a comment, as inline_comments is true. Put it in quotes, or take that away."
	}
	return kind.NewProblem(attr, kind.CodeIni, "The value would be read as another", "%s would not be read as it is given. %s", attr, kind.Rule(why))
}

// length is how many bytes the texts have.
func (a *IniArgs) length() int {
	n := len(a.Key)
	if a.Section != nil {
		n += len(*a.Section)
	}
	if a.Value != nil {
		n += len(*a.Value)
	}
	for _, v := range a.Values {
		n += len(v)
	}
	for name, v := range a.Has {
		n += len(name) + len(v)
	}
	return n
}
