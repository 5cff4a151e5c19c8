package viewtest

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Seen is what of the schema real outputs have: the members of each definition, and the values
// of those that have one of a few. The zero value has seen nothing. One goroutine uses it.
type Seen struct{ parts map[string]bool }

// Add takes what a command wrote with -json: lines, or the document of that name. It has to
// conform.
func (s *Seen) Add(document string, out []byte) error {
	if document != "" {
		if err := Document(document, out); err != nil {
			return err
		}
		return s.value(document, out)
	}
	if err := Lines(out); err != nil {
		return err
	}
	sc := bufio.NewScanner(bytes.NewReader(out))
	sc.Buffer(nil, len(out)+1)
	for sc.Scan() {
		_, rest, _ := strings.Cut(sc.Text(), `"type":"`)
		kind, _, _ := strings.Cut(rest, `"`)
		if err := s.value("message_"+kind, sc.Bytes()); err != nil {
			return err
		}
	}
	return sc.Err()
}

// value takes one value of a definition.
func (s *Seen) value(name string, text []byte) error {
	doc, err := document()
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	if s.parts == nil {
		s.parts = map[string]bool{}
	}
	s.walk(doc["$defs"].(map[string]any), name, map[string]any{"$ref": "#/$defs/" + name}, v)
	return nil
}

// walk notes what a value has of a schema. at is where that stands: a definition, or a
// member of one.
func (s *Seen) walk(defs map[string]any, at string, schema map[string]any, v any) {
	if ref, ok := schema["$ref"].(string); ok {
		at = ref[strings.LastIndex(ref, "/")+1:]
		schema = defs[at].(map[string]any)
	}
	for _, one := range anyList(schema["oneOf"]) {
		one := one.(map[string]any)
		if ref, _ := one["$ref"].(string); validate(ref[strings.LastIndex(ref, "/")+1:], v) == nil {
			s.walk(defs, at, one, v)
		}
	}
	if text, ok := v.(string); ok && schema["enum"] != nil {
		s.parts[at+" = "+text] = true
	}
	switch v := v.(type) {
	case []any:
		items, _ := schema["items"].(map[string]any)
		for _, item := range v {
			s.walk(defs, at, items, item)
		}
	case map[string]any:
		members, _ := schema["properties"].(map[string]any)
		for name, value := range v {
			if member, ok := members[name].(map[string]any); ok {
				s.parts[at+"."+name] = true
				s.walk(defs, at+"."+name, member, value)
			} else if other, ok := schema["additionalProperties"].(map[string]any); ok {
				s.walk(defs, at, other, value)
			}
		}
	}
}

// Unseen is what the schema documents and no output had, in order. A member that all messages
// have is told as one.
func (s *Seen) Unseen() ([]string, error) {
	doc, err := document()
	if err != nil {
		return nil, err
	}
	all := map[string]bool{}
	for name, def := range doc["$defs"].(map[string]any) {
		listParts(name, def.(map[string]any), all)
	}
	maps.DeleteFunc(all, func(part string, _ bool) bool { return s.parts[part] })
	return slices.Sorted(maps.Keys(all)), nil
}

// listParts lists the members that a schema documents, and their values.
func listParts(at string, schema map[string]any, all map[string]bool) {
	for _, value := range anyList(schema["enum"]) {
		all[fmt.Sprintf("%s = %v", at, value)] = true
	}
	if items, ok := schema["items"].(map[string]any); ok {
		listParts(at, items, all)
	}
	members, _ := schema["properties"].(map[string]any)
	for name, member := range members {
		all[at+"."+name] = true
		listParts(at+"."+name, member.(map[string]any), all)
	}
}

func anyList(v any) []any {
	list, _ := v.([]any)
	return list
}
