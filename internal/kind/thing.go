package kind

import (
	"encoding/hex"
	"path"
	"strings"
	"unicode/utf8"
)

// Thing names something on a machine that blocks can be about: "path:/etc/motd",
// "user:app", "group:ops". Two blocks of one machine whose arguments give the same
// Thing are about the same thing. The zero Thing is none.
//
// A Thing is a text, even if the name of a file is not UTF-8: it stands in
// messages, in plan files and in the state. Things are made by ThingOf and PathThing
// and taken apart by the methods, never by hand.
type Thing string

// The sorts of a Thing. Attr.Claims, Attr.Edits, Attr.Needs, Attr.Reads and
// Attr.Over use the same words.
const (
	PathOf  = "path"
	UserOf  = "user"
	GroupOf = "group"
	// ScriptOf is what only the programs of its block know.
	ScriptOf = "script"
	// MountOf is what is mounted at a path.
	MountOf = "mount"
	// LocaleOf is a locale that programs find.
	LocaleOf = "locale"
)

// BlocksTell reports whether only the blocks about a thing of this sort know whether it is there: it
// is nothing that a path or an account shows.
func BlocksTell(what string) bool { return what == ScriptOf || what == MountOf || what == LocaleOf }

// ThingOf returns the thing that an argument names: a path, which is cleaned of "." and
// "..", the name of a user, group or locale, or where something is mounted.
func ThingOf(what, name string) Thing {
	if what == PathOf {
		return PathThing(path.Clean(name))
	}
	return Thing(what + ":" + escape(name))
}

// PathThing returns the thing of a clean path.
func PathThing(p string) Thing { return Thing(PathOf + ":" + escape(p)) }

// Parts returns the sort and the name: "path" and "/etc/motd". Both are "" for the zero
// Thing. For a text that ThingOf did not make, all of it is the name.
func (t Thing) Parts() (what, name string) {
	what, name, _ = strings.Cut(string(t), ":")
	return what, unescape(name)
}

// Path returns the path. If the thing is not a path, it is "", and ok is false.
func (t Thing) Path() (p string, ok bool) {
	name, ok := strings.CutPrefix(string(t), PathOf+":")
	if !ok {
		return "", false
	}
	return unescape(name), true
}

// Text returns the thing with the original bytes of its name: "path:/etc/motd".
func (t Thing) Text() string { return unescape(string(t)) }

// Phrase returns the thing as it stands in a sentence: "path /etc/motd", "user app".
func (t Thing) Phrase() string {
	what, name := t.Parts()
	return what + " " + name
}

// Label returns the thing as it stands in a list, where a path needs no word for its
// sort: "/etc/motd", "user app". It returns "" for the zero Thing.
func (t Thing) Label() string {
	if t == "" {
		return ""
	}
	if p, ok := t.Path(); ok {
		return p
	}
	return t.Phrase()
}

// Things is a set of things, such as all users or everything in a directory.
type Things struct{ prefix string }

// ThingsOf returns the set of all things of one sort, such as PathOf.
func ThingsOf(what string) Things { return Things{what + ":"} }

// ThingsIn returns the set of all paths in a directory, however deep.
func ThingsIn(dir string) Things {
	return Things{string(PathThing(strings.TrimSuffix(dir, "/") + "/"))}
}

// Has reports whether a thing is in the set.
func (s Things) Has(t Thing) bool { return strings.HasPrefix(string(t), s.prefix) }

// escape makes the name of a path usable in a Thing if it is not UTF-8. Each byte that
// is not becomes NUL and two hexadecimal digits. Since no path has a NUL, no two paths
// become the same name. A directory stays a prefix of the paths in it.
func escape(p string) string {
	if utf8.ValidString(p) {
		return p
	}
	var b strings.Builder
	for len(p) > 0 {
		r, n := utf8.DecodeRuneInString(p)
		if r == utf8.RuneError && n == 1 {
			b.WriteString("\x00" + hex.EncodeToString([]byte(p[:1])))
		} else {
			b.WriteString(p[:n])
		}
		p = p[n:]
	}
	return b.String()
}

// unescape returns the name that was given to escape.
func unescape(s string) string {
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	parts := strings.Split(s, "\x00")
	for k, part := range parts[1:] {
		if len(part) < 2 {
			return s
		}
		raw, err := hex.DecodeString(part[:2])
		if err != nil {
			return s
		}
		parts[k+1] = string(raw) + part[2:]
	}
	return strings.Join(parts, "")
}
