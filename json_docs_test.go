package mitoplan_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

const jsonHead = `# JSON

With ` + "`-json`" + `, plan, apply and drift write messages to standard output, one a line, as
things happen. The other commands write one document. Standard output holds nothing
else, even if something is wrong: an error is a message of type
[diagnostic](#diagnostic). If a command could not be run at all, it writes a
[version](#version) and that.

Sensitive values are left out. Contents of files and all other values are exact, even
if text shows them in a readable form.

The schema is [json.schema.json](json.schema.json), in the form of
[JSON Schema](https://json-schema.org) 2020-12, and allows no member that is not listed. This page is
written from it by ` + "`go test . -run TestJSONManual -update`" + `.
`

// schema is a definition in docs/json.schema.json, as far as the manual needs it.
type schema struct {
	Type        any               `json:"type"`
	Ref         string            `json:"$ref"`
	Description string            `json:"description"`
	Properties  map[string]schema `json:"properties"`
	Required    []string          `json:"required"`
	Items       *schema           `json:"items"`
	Additional  json.RawMessage   `json:"additionalProperties"`
	OneOf       []schema          `json:"oneOf"`
	Enum        []string          `json:"enum"`
	Const       string            `json:"const"`
}

// The manual of JSON says what the schema says.
func TestJSONManual(t *testing.T) {
	file, err := os.ReadFile("docs/json.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Defs map[string]schema `json:"$defs"`
	}
	if err := json.Unmarshal(file, &doc); err != nil {
		t.Fatal(err)
	}
	names := inOrder(file, doc.Defs)
	var b strings.Builder
	b.WriteString(jsonHead)
	section := func(title string, belongs func(string) bool) {
		b.WriteString("\n## " + title + "\n")
		for _, name := range names {
			if belongs(name) {
				b.WriteString(definition(name, doc.Defs[name]))
			}
		}
	}
	documents := []string{"plan", "record", "validation", "outputs", "kinds", "version"}
	isMessage := func(name string) bool { return strings.HasPrefix(name, "message_") }
	isDocument := func(name string) bool { return slices.Contains(documents, name) }
	section("Messages", isMessage)
	section("Documents", isDocument)
	section("Parts", func(name string) bool { return name != "message" && !isMessage(name) && !isDocument(name) })
	assertPage(t, "docs/json.md", b.String())
}

// inOrder returns the names of definitions, or of members, in the order of the
// file.
func inOrder(file []byte, defs map[string]schema) []string {
	at := func(name string) int { return strings.Index(string(file), fmt.Sprintf("\n    %q: {", name)) }
	names := make([]string, 0, len(defs))
	for name := range defs {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return at(a) - at(b) })
	return names
}

// definition writes the section of one message, document or part.
func definition(name string, d schema) string {
	var b strings.Builder
	title := strings.TrimPrefix(name, "message_")
	fmt.Fprintf(&b, "\n### %s\n\n%s\n", title, d.Description)
	if len(d.Properties) == 0 {
		return b.String()
	}
	b.WriteString("\n| member | | |\n| --- | --- | --- |\n")
	if title != name {
		b.WriteString("| `@level`, `@message`, `@module`, `@timestamp`, `type` | | as of every message |\n")
	}
	members := make([]string, 0, len(d.Properties))
	for m := range d.Properties {
		members = append(members, m)
	}
	// Members that are always there come first, in the order of the schema.
	place := func(m string) string {
		if i := slices.Index(d.Required, m); i >= 0 {
			return fmt.Sprintf("0%04d", i)
		}
		return "1" + m
	}
	slices.SortFunc(members, func(a, b string) int { return strings.Compare(place(a), place(b)) })
	for _, m := range members {
		if title != name && (strings.HasPrefix(m, "@") || m == "type") {
			continue
		}
		p := d.Properties[m]
		what := p.Description
		if !slices.Contains(d.Required, m) {
			what += "; if there is one"
		}
		if len(p.Enum) > 0 {
			what += ": `" + strings.Join(p.Enum, "`, `") + "`"
		}
		if p.Const != "" {
			what += ": `" + p.Const + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", m, typeOf(p), strings.ReplaceAll(what, "|", `\|`))
	}
	return b.String()
}

func typeOf(p schema) string {
	switch {
	case p.Ref != "":
		return link(p.Ref)
	case len(p.OneOf) > 0:
		var all []string
		for _, o := range p.OneOf {
			all = append(all, link(o.Ref))
		}
		return strings.Join(all, " or ")
	case p.Items != nil:
		return "list of " + typeOf(*p.Items)
	case p.Type == nil:
		return "any"
	}
	s := fmt.Sprint(p.Type)
	if list, ok := p.Type.([]any); ok {
		s = fmt.Sprint(list[0]) + " or " + fmt.Sprint(list[1])
	}
	var values schema
	if len(p.Additional) > 0 && json.Unmarshal(p.Additional, &values) == nil {
		s += " of " + typeOf(values)
	}
	return s
}

func link(ref string) string {
	name := ref[strings.LastIndex(ref, "/")+1:]
	return "[" + name + "](#" + anchor(name) + ")"
}

// anchor returns the anchor of a part. If a message has the same name, it comes
// before the part, and the part has the second anchor of that name.
func anchor(name string) string {
	switch name {
	case "context_status", "diagnostic", "resource_drift":
		return name + "-1"
	}
	return name
}

// closed are members that have one of a few values wherever they are.
var closed = []string{"status", "action", "origin", "severity", "operation", "type", "drift"}

// A member that has one of a few values has them listed.
func TestJSONManualListsValues(t *testing.T) {
	file, err := os.ReadFile("docs/json.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Defs map[string]schema `json:"$defs"`
	}
	if err := json.Unmarshal(file, &doc); err != nil {
		t.Fatal(err)
	}
	found := 0
	for name, def := range doc.Defs {
		for member, m := range def.Properties {
			if m.Type != "string" || !slices.Contains(closed, member) {
				continue
			}
			if found++; len(m.Enum) == 0 && m.Const == "" {
				t.Errorf("the schema does not list the values of %s in %s", member, name)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d members were found", found)
	}
}
