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
// A Thing is a text, also where the name of a file is not UTF-8: it stands in
// messages, in plan files and in the state. Things are made by ThingOf and PathThing
// and taken apart by the methods, never by hand.
type Thing string

// What a Thing can be. Attr.Claims, Attr.Edits and Attr.Needs name the same.
const (
	PathOf  = "path"
	UserOf  = "user"
	GroupOf = "group"
)

// ThingOf is the thing that an argument names: a path, which is cleaned of "." and
// "..", or the name of a user or group.
func ThingOf(what, name string) Thing {
	if what == PathOf {
		return PathThing(path.Clean(name))
	}
	return Thing(what + ":" + escape(name))
}

// PathThing is the thing of a clean path.
func PathThing(p string) Thing { return Thing(PathOf + ":" + escape(p)) }

// Parts are what it is, and its name: "path" and "/etc/motd". Both are "" of the
// zero Thing, and the name alone of what ThingOf did not make.
func (t Thing) Parts() (what, name string) {
	what, name, _ = strings.Cut(string(t), ":")
	return what, unescape(name)
}

// Path is the path that it is; ok is false where it is something else.
func (t Thing) Path() (p string, ok bool) {
	name, ok := strings.CutPrefix(string(t), PathOf+":")
	return unescape(name), ok
}

// Text is the thing as it is, with the bytes of its name: "path:/etc/motd".
func (t Thing) Text() string { return unescape(string(t)) }

// Phrase is the thing in a sentence: "path /etc/motd", "user app".
func (t Thing) Phrase() string {
	what, name := t.Parts()
	return what + " " + name
}

// Label is the thing where a path needs no word for what it is: "/etc/motd", "user
// app"; "" of none.
func (t Thing) Label() string {
	if t == "" {
		return ""
	}
	if p, ok := t.Path(); ok {
		return p
	}
	return t.Phrase()
}

// Things are all things of a sort.
type Things struct{ prefix string }

// ThingsOf are all of one sort, PathOf for example.
func ThingsOf(what string) Things { return Things{what + ":"} }

// ThingsIn are all paths in a directory, however deep.
func ThingsIn(dir string) Things {
	return Things{string(PathThing(strings.TrimSuffix(dir, "/") + "/"))}
}

// Has reports whether a thing is one of them.
func (s Things) Has(t Thing) bool { return strings.HasPrefix(string(t), s.prefix) }

// escape makes a path that is not UTF-8, as a file may have, fit to stand in the
// name of a thing: each byte that is none becomes NUL and two hexadecimal digits.
// No path has a NUL, so that no other path is escaped to the same. Directories stay
// prefixes.
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

// unescape is the name that escape was given.
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
