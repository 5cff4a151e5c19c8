package config

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// NoSuchInstance is the summary of every diagnostic about a reference to an instance
// that does not exist.
const NoSuchInstance = "No such instance"

// WhichInstances says why an address leads to no instance, and which keys there are.
// insts are all instances of its block. It is "" if the address leads to one of them,
// or to several because it has fewer keys than they have.
func WhichInstances(given Address, insts []Instance) string {
	at := Address{Block: given.Block}
	for n, key := range given.Keys {
		if len(insts) > 0 && n == len(insts[0].Keys) {
			return tooManyKeys(at, "")
		}
		under := insts
		if insts = withKey(under, n, key.Text); len(insts) == 0 {
			return lacksInstance(at, key, keysAt(under, n))
		}
		at.Keys = append(at.Keys, insts[0].Keys[n])
	}
	return ""
}

// maxKeys bounds how many keys a message names.
const maxKeys = 5

// lacksInstance is about a key that no instance has. It names the keys that there
// are; if not all of them, the nearest.
func lacksInstance(at Address, given Key, keys []Key) string {
	if len(keys) == 0 {
		return fmt.Sprintf("%s has no instances: its for_each, count or on is empty.", at)
	}
	near, noun := prose.DidYouMean(meant(at, given, keys)), "key"
	if len(keys) > 1 {
		noun = "keys"
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name()
	}
	if len(keys) > maxKeys {
		names = nearestFirst(given, keys)
	}
	return fmt.Sprintf("%s has no instance with the key %s.%s It has the %s %s.", at, given.name(), near, noun, prose.List(names, maxKeys))
}

// tooManyKeys is about a key behind the address of a single instance. tail is what
// follows the key.
func tooManyKeys(at Address, tail string) string {
	if len(at.Keys) > 0 {
		return fmt.Sprintf("%s is a single instance, which has no further key. Write %s%s.", at, at, tail)
	}
	return fmt.Sprintf("%s has a single instance, which has no key. Write %s%s.", at, at, tail)
}

// meant is the address of the instance that was probably meant, "" if none is close.
func meant(at Address, given Key, keys []Key) string {
	if given.Index { // a number is not mistyped but too large
		return ""
	}
	texts := make([]string, len(keys))
	for k := range keys {
		texts[k] = oneLine(keys[k].Text)
	}
	best := slices.Index(texts, prose.Closest(strings.Trim(oneLine(given.Text), `'"`), texts))
	if best < 0 {
		return ""
	}
	return Address{Block: at.Block, Keys: append(slices.Clip(at.Keys), keys[best])}.String()
}

// name is the key without its brackets.
func (k Key) name() string { return strings.Trim(k.String(), "[]") }

// nearestFirst orders keys by how similar they are to one; numbers stay in
// their order.
func nearestFirst(given Key, keys []Key) []string {
	keys = slices.Clone(keys)
	distance := func(k Key) int {
		if k.Index {
			return 0
		}
		return prose.Mistakes(oneLine(given.Text), oneLine(k.Text))
	}
	sort.SliceStable(keys, func(a, b int) bool { return distance(keys[a]) < distance(keys[b]) })
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name()
	}
	return names
}
