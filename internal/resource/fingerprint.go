package resource

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

var canonical = func() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// fingerprint is the keyed digest of what a Change found before it, and where. It has one
// part for all of it and a short one for each attribute, so that what moved
// can be named; if none of these did, the path leads elsewhere:
//
//	HEX OF ALL;content=1a2b3c4d;mode=5e6f7a8b
func fingerprint(key []byte, c Change) string {
	if c.Unsure {
		return ""
	}
	state := maps.Clone(c.Before)
	if state == nil {
		state = map[string]any{"absent": true}
	}
	for name, v := range c.Seen {
		state["seen "+name] = v
	}
	var b strings.Builder
	all := maps.Clone(state)
	all["written"] = c.Writes
	b.WriteString(hex.EncodeToString(mac(key, all)))
	for _, name := range slices.Sorted(maps.Keys(state)) {
		part := mac(key, map[string]any{name: state[name]})
		b.WriteString(";" + name + "=" + hex.EncodeToString(part[:4]))
	}
	return b.String()
}

func mac(key []byte, state map[string]any) []byte {
	plain := make(map[string]any, len(state))
	for name, v := range state {
		if c, ok := v.(Content); ok {
			v = map[string]any{"sha256": c.SHA256, "size": c.Size}
		}
		plain[name] = v
	}
	b, err := canonical.Marshal(plain)
	if err != nil {
		panic(err) // A kind put something into Before that is no wire value.
	}
	h := hmac.New(sha256.New, key)
	h.Write(b)
	return h.Sum(nil)
}

// SameValues reports whether the attributes of a thing, in their wire form, are the same.
func SameValues(a, b map[string]any) bool {
	x, errX := canonical.Marshal(a)
	y, errY := canonical.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// compare returns a problem that names the difference between what was planned and what
// is there.
func compare(want, got string, c Change) error {
	if hmac.Equal([]byte(want), []byte(got)) {
		return nil
	}
	before, now := partsOf(want), partsOf(got)
	moved := differing(before, now)
	what := ledElsewhere
	switch _, missing := now["absent"]; {
	case slices.Equal(moved, existence) && missing:
		what = "it is no longer there"
	case slices.Equal(moved, existence):
		what = "it was not there, and now it is"
	case len(moved) > 0:
		what = "what differs is its " + prose.List(moved, prose.All)
	}
	return changedSince(c.Writes, what)
}

// ledElsewhere is what differs if a link on the way to a path has changed.
const ledElsewhere = "its path led elsewhere then"

func changedSince(things []kind.Thing, what string) error {
	return kind.NewProblem("", kind.CodeMoved, "Changed since it was planned",
		"%s is not as the plan saw it: %s. Nothing was written. Plan again to see what is there now.", thingNames(things), what)
}

// thingNames returns things as people know them: "/etc/x", "user app".
func thingNames(things []kind.Thing) string {
	out := make([]string, len(things))
	for i, thing := range things {
		out[i] = thing.Label()
	}
	return prose.List(out, prose.All)
}

func partsOf(fp string) map[string]string {
	out := map[string]string{}
	for _, part := range strings.Split(fp, ";")[1:] {
		name, sum, _ := strings.Cut(part, "=")
		out[strings.TrimPrefix(name, "seen ")] = sum
	}
	return out
}

// existence is named as the difference if something exists only before or only now.
var existence = []string{"existence"}

func differing(a, b map[string]string) []string {
	_, wasNot := a["absent"]
	if _, isNot := b["absent"]; wasNot != isNot {
		return existence
	}
	var names []string
	for name := range a {
		if a[name] != b[name] {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
