package config

import "github.com/zclconf/go-cty/cty"

// Instance is one instance of a block, for messages.
type Instance struct {
	Keys []Key
	// Off says why the instance is disabled. It is nil if the instance exists.
	Off func() string
	// Idle is true for a call that does not run in this plan. Its results are
	// null.
	Idle bool
}

// Directory knows the instances of blocks. The planner is one; while loading,
// the configuration alone answers, as far as it can.
type Directory interface {
	// Instances are the instances of a block, in order. The result is false while
	// they are not known.
	Instances(address string) ([]Instance, bool)
}

// SetDirectory makes messages about missing keys name the keys that exist. It
// applies to this scope, its parents and all their children.
func (s *Scope) SetDirectory(d Directory) { s.env.directory = d }

func (e *env) instances(address string) ([]Instance, bool) {
	if e.directory == nil {
		return nil, false
	}
	return e.directory.Instances(address)
}

// keyValue is a key as a value of the language.
func keyValue(k Key) cty.Value { return cty.StringVal(k.Text) }

// withKey are the instances that have a key at one place.
func withKey(insts []Instance, at int, text string) (out []Instance) {
	for _, i := range insts {
		if i.Keys[at].Text == text {
			out = append(out, i)
		}
	}
	return out
}

// keysAt are the different keys at one place, in their order.
func keysAt(insts []Instance, at int) (keys []Key) {
	seen := make(map[Key]bool, len(insts))
	for _, i := range insts {
		if !seen[i.Keys[at]] {
			keys = append(keys, i.Keys[at])
		}
		seen[i.Keys[at]] = true
	}
	return keys
}
