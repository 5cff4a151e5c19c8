package kind_test

import (
	"testing"
	"unicode/utf8"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// A thing is written in one way, and gives back what it was made of.
func TestThings(t *testing.T) {
	for _, tt := range []struct {
		what, name         string
		thing              kind.Thing
		is, path, text     string
		phrase, label      string
		isPath, isUnderEtc bool
	}{
		{what: "path", name: "/etc/motd", thing: "path:/etc/motd", is: "/etc/motd", path: "/etc/motd", text: "path:/etc/motd", phrase: "path /etc/motd", label: "/etc/motd", isPath: true, isUnderEtc: true},
		{what: "path", name: "/etc/./x/../motd/", thing: "path:/etc/motd", is: "/etc/motd", path: "/etc/motd", text: "path:/etc/motd", phrase: "path /etc/motd", label: "/etc/motd", isPath: true, isUnderEtc: true},
		{what: "path", name: "/etc", thing: "path:/etc", is: "/etc", path: "/etc", text: "path:/etc", phrase: "path /etc", label: "/etc", isPath: true},
		{what: "path", name: "/etcetera", thing: "path:/etcetera", is: "/etcetera", path: "/etcetera", text: "path:/etcetera", phrase: "path /etcetera", label: "/etcetera", isPath: true},
		{what: "path", name: "/a:b", thing: "path:/a:b", is: "/a:b", path: "/a:b", text: "path:/a:b", phrase: "path /a:b", label: "/a:b", isPath: true},
		{what: "path", name: "/etc/caf\xe9", thing: "path:/etc/caf\x00e9", is: "/etc/caf\xe9", path: "/etc/caf\xe9", text: "path:/etc/caf\xe9", phrase: "path /etc/caf\xe9", label: "/etc/caf\xe9", isPath: true, isUnderEtc: true},
		{what: "user", name: "app", thing: "user:app", is: "app", text: "user:app", phrase: "user app", label: "user app"},
		{what: "group", name: "ops", thing: "group:ops", is: "ops", text: "group:ops", phrase: "group ops", label: "group ops"},
	} {
		t.Run(string(tt.thing), func(t *testing.T) {
			got := kind.ThingOf(tt.what, tt.name)
			what, name := got.Parts()
			path, isPath := got.Path()
			if got != tt.thing || !utf8.ValidString(string(got)) {
				t.Errorf("it is %q", got)
			}
			if what != tt.what || name != tt.is || isPath != tt.isPath || path != tt.path {
				t.Errorf("it says %q %q, path %q %v", what, name, path, isPath)
			}
			if got.Text() != tt.text || got.Phrase() != tt.phrase || got.Label() != tt.label {
				t.Errorf("people read %q, %q, %q", got.Text(), got.Phrase(), got.Label())
			}
			if kind.ThingsIn("/etc").Has(got) != tt.isUnderEtc || !kind.ThingsOf(tt.what).Has(got) {
				t.Error("it is not among those that it belongs to")
			}
			if isPath && !kind.ThingsIn("/").Has(got) {
				t.Error("it is not below /")
			}
		})
	}
	if what, name := kind.Thing("").Parts(); what+name+kind.Thing("").Label()+kind.Thing("").Text() != "" {
		t.Error("no thing has a name")
	}
}

// FuzzThing: whatever the name of a file on a host, its thing is text and gives the name
// back. Whatever a host sends as a thing, it is a path or none.
func FuzzThing(f *testing.F) {
	for _, s := range []string{"/etc/motd", "/caf\xe9", "/\xff\xfe/x", "/a\xc3", "/é", "/x\\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		kind.Thing(name).Path()
		kind.Thing("file:" + name).Path()
		for i := range len(name) {
			if name[i] == 0 {
				return // no path has one
			}
		}
		thing := kind.PathThing(name)
		if p, ok := thing.Path(); !ok || p != name || !utf8.ValidString(string(thing)) {
			t.Errorf("%q became %q, and that %q", name, thing, p)
		}
	})
}
