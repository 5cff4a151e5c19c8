package controller_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/transport"
)

// New of a definition returns the interface that its role needs, and a new value at
// each call.
func TestDefinitionsMakeWhatTheirRoleNeeds(t *testing.T) {
	wants := map[kind.Role]reflect.Type{
		kind.RoleContext:  reflect.TypeFor[transport.Connector](),
		kind.RoleResource: reflect.TypeFor[resource.Resource](),
		kind.RoleFunction: reflect.TypeFor[function.Function](),
	}
	for _, k := range controller.Kinds() {
		if v := k.New(); !reflect.TypeOf(v).Implements(wants[k.Role]) || v == k.New() && reflect.TypeOf(v).Elem().Size() > 0 {
			t.Errorf("%s %s makes a %T", k.Role, k.Name, v)
		}
	}
}

// Every kind, argument and result has a text in the manual. The words of other tools
// for values are given only for values that exist.
func TestManualsAreComplete(t *testing.T) {
	for _, k := range controller.Kinds() {
		if k.Doc == "" {
			t.Errorf("%s %s has no text", k.Role, k.Name)
		}
		for _, a := range slices.Concat(k.Args.Attrs, k.Results.Attrs) {
			if a.Doc == "" {
				t.Errorf("%s.%s has no text", k.Name, a.Name)
			}
			for value := range a.Values {
				if !slices.Contains(a.OneOf, value) {
					t.Errorf("%s.%s has words for a value %q, which it cannot have", k.Name, a.Name, value)
				}
			}
		}
	}
}

// A name is that of one kind in its role, of one argument and of one result in its
// kind. The later one would replace the other without a word.
func TestNamesMeanOneThing(t *testing.T) {
	kinds := map[kind.Role][]string{}
	for _, k := range controller.Kinds() {
		if k.Name == "" || slices.Contains(kinds[k.Role], k.Name) {
			t.Errorf("two of the %ss have the name %q, or it is none", k.Role, k.Name)
		}
		kinds[k.Role] = append(kinds[k.Role], k.Name)
		for _, list := range [][]kind.Attr{k.Args.Attrs, k.Results.Attrs} {
			attrs := map[string]bool{}
			for _, a := range list {
				if attrs[a.Name] {
					t.Errorf("%s.%s is there twice", k.Name, a.Name)
				}
				attrs[a.Name] = true
			}
		}
	}
}

// The options of tags have values that mean something. An argument that says where a
// context leads to, and is neither its host nor its port, describes itself.
func TestTagsHaveValuesThatThereAre(t *testing.T) {
	allowed := map[string][]string{
		"claims, edits or needs": {"", kind.PathOf, kind.UserOf, kind.GroupOf, kind.ScriptOf},
		"form":                   {"", "mode", "umask"},
		"describes":              {"", "host", "user", "port", "name"},
	}
	for _, k := range controller.Kinds() {
		for _, a := range k.Args.Attrs {
			for option, values := range map[string][]string{
				"claims, edits or needs": {a.Claims, a.Edits, a.Needs}, "form": {a.Form}, "describes": {a.Describes},
			} {
				for _, v := range values {
					if !slices.Contains(allowed[option], v) && (option != "describes" || v != a.Name) {
						t.Errorf("%s.%s has the option %s with %q, which means nothing", k.Name, a.Name, option, v)
					}
				}
			}
		}
	}
}

// A word of another tool means one thing. No two kinds of a role share such a word, nor
// do two arguments of a kind, and no such word is a name that mitoplan uses itself.
func TestWordsMeanOneThing(t *testing.T) {
	type place struct {
		role kind.Role
		word string
	}
	kinds := map[place]string{}
	for _, k := range controller.Kinds() {
		for _, w := range k.OtherNames {
			if other := kinds[place{k.Role, w}]; other != "" {
				t.Errorf("%q means %s and %s", w, other, k.Name)
			}
			kinds[place{k.Role, w}] = k.Name
		}
		args := map[string]string{}
		for _, a := range k.Args.Attrs {
			for _, w := range a.OtherNames {
				_, taken := k.Args.Attr(w)
				if args[w] != "" || taken || k.Hints[w] != "" {
					t.Errorf("%s: %q means %s and something else", k.Name, w, a.Name)
				}
				args[w] = a.Name
			}
			values := map[string]string{}
			for value, words := range a.Values {
				for _, w := range strings.Fields(words) {
					if values[w] != "" || slices.Contains(a.OneOf, w) || a.Instead[w] != "" {
						t.Errorf("%s.%s: %q means %s and something else", k.Name, a.Name, w, value)
					}
					values[w] = value
				}
			}
		}
	}
}

// A definition names other kinds and arguments only if they exist.
func TestDefinitionsNameWhatThereIs(t *testing.T) {
	var accounts kind.Kind
	for _, k := range controller.Kinds() {
		if k.Claims("user") {
			accounts = k
		}
	}
	for _, k := range controller.Kinds() {
		names := slices.Clone(k.Unmoved)
		for _, a := range k.Args.Attrs {
			names = append(names, a.Heeds...)
			for _, other := range a.Conflicts {
				if _, ok := k.Args.Attr(other); !ok {
					t.Errorf("%s.%s is in conflict with %q, which is no argument", k.Name, a.Name, other)
				}
			}
			if a.Absent != "" && !slices.Contains(a.OneOf, a.Absent) {
				t.Errorf("%s.%s is never %q", k.Name, a.Name, a.Absent)
			}
			if a.Sends != "" && !sent(k, a.Sends) {
				t.Errorf("%s.%s sends %q, which nothing takes", k.Name, a.Name, a.Sends)
			}
		}
		for _, name := range names {
			if _, ok := accounts.Attr(name); !ok {
				t.Errorf("%s names %q, which is no attribute of an account", k.Name, name)
			}
		}
	}
}

// sent reports whether the arguments of a kind have a field that is filled by the
// content sent under a name.
func sent(k kind.Kind, name string) bool {
	for _, f := range reflect.VisibleFields(reflect.TypeOf(k.New()).Elem()) { // embedded ones, too
		if n, _, _ := strings.Cut(f.Tag.Get("cbor"), ","); n == name && f.Tag.Get("mito") == "sent" {
			return true
		}
	}
	return false
}

// A context that leaves the machine of its parent has a required argument that says where
// it leads to. Without one, a plan takes another place for a thing that was changed.
func TestContextsSayWhereTheyLeadTo(t *testing.T) {
	for _, k := range controller.Kinds() {
		says := func(a kind.Attr) bool {
			return a.Required && a.Describes != "" && a.Describes != "user" && a.Describes != "name"
		}
		if k.Role == kind.RoleContext && k.Leaves(nil) && !slices.ContainsFunc(k.Args.Attrs, says) {
			t.Errorf("no argument of the context kind %s has the option describes that says where it leads to", k.Name)
		}
	}
}
