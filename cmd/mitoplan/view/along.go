package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// Along lists what changes together with the thing of an action: what is in a
// directory, or the home of an account. It is made from resource.Along, and its
// tags are its JSON form.
type Along struct {
	// Count is how many things change. Entries are the first 100 of them.
	Count int64 `json:"count"`
	// More is true if counting stopped at Count: there are more.
	More bool `json:"more,omitempty"`
	// Bytes is what the files hold that are removed.
	Bytes   int64        `json:"bytes,omitempty"`
	Entries []AlongEntry `json:"entries"`
}

// AlongEntry is one thing that changes along.
type AlongEntry struct {
	// Path is relative to the path of the action, or absolute.
	Path   string            `json:"path"`
	Op     string            `json:"action"`
	Type   string            `json:"type"`
	Bytes  int64             `json:"bytes,omitempty"`
	Before map[string]string `json:"before,omitempty"`
	After  map[string]string `json:"after,omitempty"`
}

func newAlong(a *resource.Along, m *Masker) *Along {
	if a == nil {
		return nil
	}
	out := &Along{Count: a.Count, More: a.More, Bytes: a.Size, Entries: make([]AlongEntry, len(a.Entries))}
	for k, e := range a.Entries {
		out.Entries[k] = AlongEntry{
			Path: m.Text(string(e.Path)), Op: string(e.Op), Type: m.Text(string(e.Type)), Bytes: e.Size,
			Before: m.mapTexts(e.Before), After: m.mapTexts(e.After),
		}
	}
	return out
}

// mapTexts masks the names and the values of a map.
func (m *Masker) mapTexts(texts map[string]string) map[string]string {
	if texts == nil {
		return nil
	}
	out := make(map[string]string, len(texts))
	for name, text := range texts {
		out[m.Text(name)] = m.Text(text)
	}
	return out
}

// maxAlong is how many of these things a text names.
const maxAlong = 25

// along lists what changes along with an action: one line each.
func (h *Human) along(a *Action) string {
	if a.Along == nil || a.Along.Count == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("        " + h.Paint.dim("# "+a.Along.head()) + "\n")
	for _, e := range a.Along.Entries[:min(len(a.Along.Entries), maxAlong)] {
		symbol := fmt.Sprintf("%7s", planner.Op(e.Op).Symbol())
		for i, part := range h.fold(e.String(), len(symbol)+1) {
			if i > 0 {
				symbol = fmt.Sprintf("%7s", continued)
			}
			b.WriteString(h.Paint.symbol(symbol) + " " + part + "\n")
		}
	}
	if more := a.Along.Count - int64(maxAlong); more > 0 {
		b.WriteString("        " + h.Paint.dim("# and "+a.Along.atLeast()+prose.Number(more)+" more") + "\n")
	}
	return b.String()
}

// atLeast begins a number if there are more than were counted.
func (a *Along) atLeast() string {
	if a.More {
		return "more than "
	}
	return ""
}

// head says how many there are, and what becomes of them if that is the same for all.
func (a *Along) head() string {
	n := a.atLeast() + prose.Number(a.Count)
	things := "things"
	if a.Count == 1 && !a.More {
		things = "thing"
	}
	op := ""
	if len(a.Entries) > 0 {
		op = a.Entries[0].Op
	}
	if slices.ContainsFunc(a.Entries, func(e AlongEntry) bool { return e.Op != op }) {
		op = ""
	}
	switch op {
	case "delete":
		holds := ""
		if a.Bytes > 0 {
			holds = ", with files of " + a.atLeast() + prose.Bytes(a.Bytes)
		}
		return n + " " + things + " will be destroyed along with it" + holds + ":"
	case "create":
		return n + " " + things + " will be made along with it:"
	}
	return n + " " + things + " in it will change:"
}

// String is the entry's path, and what becomes of it.
func (e AlongEntry) String() string {
	name := e.Path
	switch e.Type {
	case "directory":
		name += "/"
	case "link", "other":
		name += " (" + strings.Replace(e.Type, "other", "device, pipe or socket", 1) + ")"
	}
	var parts []string
	for _, attr := range sortedKeys(anyMap(e.Before), anyMap(e.After)) {
		was, had := e.Before[attr]
		is := quote(e.After[attr])
		if had {
			is = quote(was) + " -> " + is
		}
		parts = append(parts, attr+" = "+is)
	}
	if e.Op == "delete" && e.Type == "file" {
		parts = append(parts, prose.Bytes(e.Bytes))
	}
	text := unbroken(name)
	if len(parts) > 0 {
		text += "  " + strings.Join(parts, ", ")
	}
	return text
}

func anyMap(m map[string]string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}
