// Package manual makes the pages of the manual of kinds from their definitions. docs/kinds
// and the command kinds show the same pages, each in its own form, so the package says what
// stands on a page and in which order, and nothing of how it looks.
//
// It does no I/O, and no agent links it. Start reading at Of. Read the files in this order:
//
//	manual.go         the pages
//	find.go           which page a word leads to
package manual

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// Page is the page of one kind.
type Page struct {
	// Title is the name of the kind, and Role what it is, such as "resource kind".
	Title, Role string
	// Text says in sentences what the kind is for.
	Text     string
	Sections []Section
}

// Section is a part of a page. It has one of a text, an example, a list, and nothing else
// but a text before them.
type Section struct {
	Heading string
	Text    string
	// Example is a configuration.
	Example string
	Entries []Entry
}

// Entry is an argument, a result, or another tool, and what there is to say of it.
type Entry struct {
	// Name is that of an argument or result, and Type its type. Type is "" for anything else.
	Name, Type string
	Text       string
}

// roles say what a kind is, in the order of the manual.
var roles = []struct {
	role       kind.Role
	is, plural string
}{
	{kind.RoleContext, "context kind", "Context kinds"},
	{kind.RoleResource, "resource kind", "Resource kinds"},
	{kind.RoleFunction, "function", "Functions"},
}

// Part is one part of the index: the kinds of one role, by name.
type Part struct {
	Heading string
	Kinds   []kind.Kind
}

// Index sorts kinds into the parts of the manual.
func Index(kinds []kind.Kind) (parts []Part) {
	for _, r := range roles {
		p := Part{Heading: r.plural}
		for _, k := range kinds {
			if k.Role == r.role {
				p.Kinds = append(p.Kinds, k)
			}
		}
		slices.SortFunc(p.Kinds, func(a, b kind.Kind) int { return strings.Compare(a.Name, b.Name) })
		parts = append(parts, p)
	}
	return parts
}

// Of makes the page of a kind.
func Of(k kind.Kind) Page {
	p := Page{Title: k.Name, Text: Text(k)}
	for _, r := range roles {
		if r.role == k.Role {
			p.Role = r.is
		}
	}
	add := func(s Section) {
		if s.Text != "" || s.Example != "" || len(s.Entries) > 0 {
			p.Sections = append(p.Sections, s)
		}
	}
	add(Section{Heading: "Example", Example: k.Page.Example})
	add(Section{Heading: "Arguments", Text: noArguments(k), Entries: entries(Arguments(k))})
	add(Section{Heading: "Results", Entries: entries(k.Results.Attrs)})
	add(Section{Heading: "What is read", Text: Reads(k)})
	add(Section{Heading: "What drift means", Text: Drift(k)})
	add(Section{Heading: "When it is taken away", Text: sentence(k.End)})
	add(Section{Heading: "In other tools", Text: words(k), Entries: []Entry{{Name: "Ansible", Text: k.Page.Ansible}, {Name: "pyinfra", Text: k.Page.Pyinfra}}})
	add(Section{Heading: "Limits", Text: Limits(k)})
	return p
}

// Text says in sentences what a kind is for, and when it acts.
func Text(k kind.Kind) string {
	text := k.Doc
	if k.Opaque && !slices.ContainsFunc(k.Args.Attrs, func(a kind.Attr) bool { return a.Exact }) {
		text += " It may touch anything on its machine."
	}
	if k.ReadOnly {
		if slices.ContainsFunc(k.Args.Attrs, func(a kind.Attr) bool { return a.Saves != "" && a.Required }) {
			return text + " It only reads there, and writes a file on the controller, so it runs when the plan is applied."
		}
		text += " It only reads, so it runs while planning."
	}
	return text
}

// Summary is the first sentence about a kind.
func Summary(k kind.Kind) string {
	first, _, more := strings.Cut(k.Doc, ". ")
	if more {
		first += "."
	}
	return first
}

// Arguments are what a block may set.
func Arguments(k kind.Kind) []kind.Attr {
	return slices.DeleteFunc(slices.Clone(k.Args.Attrs), func(a kind.Attr) bool { return a.Computed })
}

func noArguments(k kind.Kind) string {
	if len(Arguments(k)) == 0 {
		return "It has none."
	}
	return ""
}

// Reads says what a plan reads. What a context reports is the same for all of them.
func Reads(k kind.Kind) string {
	if k.Role != kind.RoleContext {
		return k.Page.Reads
	}
	return strings.TrimSpace(k.Page.Reads + " When it comes up, its agent reports the results above. A context that no block needs is not started, and nothing of it is read.")
}

// Drift says when something counts as changed outside. That is said of each resource kind,
// and is the same for all calls and all contexts.
func Drift(k kind.Kind) string {
	switch {
	case k.Role == kind.RoleContext:
		return "A context is no thing that drifts. If it leads elsewhere than at the last apply, a plan and a drift warn of that, and the record says nothing of what is there."
	case k.ReadOnly:
		return "A call is no thing that drifts. It runs for a drift as for a plan, so what is made of its results is compared with what they are now."
	case k.Role == kind.RoleFunction:
		return "A call is no thing that drifts: a drift runs only what changes nothing, and what is made of other results is compared with how the last apply left it."
	}
	return k.Page.Drift
}

// Limits says what a kind cannot do. Of a rare kind it says first what it costs, and then what
// its blocks come after without being told to.
func Limits(k kind.Kind) string {
	text := ""
	if k.Rare {
		text = "Few need this kind, so the usual agent lacks it: contexts in which a block of it may be get the full agent, which is larger. "
	}
	if len(k.Settings) > 0 {
		files := prose.List(k.Settings, len(k.Settings))
		text += fmt.Sprintf("Its blocks come after all blocks of %s on their machine, since what is there decides what they make: if one of those fails, they are skipped. ", files)
	}
	return strings.TrimSpace(text + k.Page.Limits)
}

// words lists what other tools call a kind.
func words(k kind.Kind) string {
	if len(k.OtherNames) == 0 {
		return ""
	}
	return "These words lead here, too: " + strings.Join(k.OtherNames, ", ") + "."
}

// sentence begins with a capital: the text about an end goes on after a heading elsewhere.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func entries(attrs []kind.Attr) (out []Entry) {
	for _, a := range attrs {
		out = append(out, Entry{Name: a.Name, Type: a.Type.String(), Text: a.Doc + Notes(a)})
	}
	return out
}

// Notes writes what else the definition says of an argument.
func Notes(a kind.Attr) string {
	var notes string
	if a.Required {
		notes += " Required."
	}
	if a.Secret {
		notes += " A secret."
	}
	if len(a.OneOf) > 0 {
		notes += " One of `" + strings.Join(a.OneOf, "`, `") + "`."
	}
	if a.Default != "" {
		notes += " Default `" + a.Default + "`."
	}
	if len(a.Conflicts) > 0 {
		notes += " Not together with `" + strings.Join(a.Conflicts, "`, `") + "`."
	}
	return notes
}
