package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// madeDirectory is the effect of making a directory.
func madeDirectory(p string) resource.Effect {
	return resource.Effect{Thing: kind.PathThing(p), Entry: &resource.Entry{Type: resource.TypeDirectory}}
}

// Some order follows from an account, although no argument names it. What is in its
// home directory, or is that directory, comes after the account. The account comes
// after the directory above its home. The order of declaration does not matter.
func TestWhatAnAccountBrings(t *testing.T) {
	account := "resource \"user\" \"app\" {\n  on = context.sudo.root\n  name = \"app\"\n}\n"
	directory := func(name, p, on string) string {
		return "resource \"directory\" \"" + name + "\" {\n  on = context." + on + "\n  path = \"" + p + "\"\n}\n"
	}
	blocks := []string{
		account,
		directory("base", "/srv", "ssh.h"),
		directory("home", "/srv/app", "sudo.root"),
		directory("in", "/srv/app/.ssh", "sudo.root"),
		directory("other", "/srv/apple", "sudo.root"),
	}
	want := map[string][]string{
		"user.app": {"directory.base"}, "directory.home": {"directory.base", "user.app"},
		"directory.in": {"directory.base", "directory.home", "user.app"}, "directory.other": {"directory.base"}, "directory.base": nil,
	}
	for _, order := range [][]int{{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 0, 3, 1, 4}} {
		src := oneHost
		for _, k := range order {
			src += blocks[k]
		}
		w := &world{answers: map[string]planner.Result{"user.app": {Change: &resource.Change{
			Op: resource.Create, Writes: []kind.Thing{"user:app"},
			Effects: []resource.Effect{{Thing: "user:app", User: &resource.User{Name: "app"}}, madeDirectory("/srv/app"), madeDirectory("/srv/app/.config")},
		}}}}
		plan, p := makePlan(t, src, w)
		noErrors(t, p)
		for _, a := range plan.Actions {
			got := slices.Sorted(slices.Values(a.DependsOn))
			if !slices.Equal(got, want[a.Address]) {
				t.Errorf("declared in the order %v, %s comes after %q, want %q", order, a.Address, got, want[a.Address])
			}
		}
	}
}

// If blocks of two contexts need the same missing directory, the block that stands
// first makes it. So its owner does not depend on which host is faster. Blocks of
// one context do not wait for each other.
func TestADirectoryAboveOfTwoContexts(t *testing.T) {
	block := func(name, on string) string {
		return "resource \"directory\" \"" + name + "\" {\n  on = context." + on + "\n  path = \"/tmp/new/" + name + "\"\n}\n"
	}
	answer := func(name string) planner.Result {
		return planner.Result{Change: &resource.Change{
			Op: resource.Create, Writes: []kind.Thing{kind.PathThing("/tmp/new/" + name)},
			Effects: []resource.Effect{madeDirectory("/tmp/new"), madeDirectory("/tmp/new/" + name)},
		}}
	}
	for src, want := range map[string]string{
		block("a", "sudo.root") + block("b", "ssh.h"):                           "directory.b after directory.a",
		block("b", "ssh.h") + block("a", "sudo.root"):                           "directory.a after directory.b",
		block("a", "sudo.root") + block("b", "sudo.root"):                       "",
		block("a", "sudo.root") + block("c", "sudo.root") + block("b", "ssh.h"): "directory.b after directory.a; directory.b after directory.c",
	} {
		w := &world{answers: map[string]planner.Result{"directory.a": answer("a"), "directory.b": answer("b"), "directory.c": answer("c")}}
		plan, p := makePlan(t, oneHost+src, w)
		noErrors(t, p)
		var got []string
		for _, a := range plan.Actions {
			for _, q := range slices.Sorted(slices.Values(a.DependsOn)) {
				got = append(got, a.Address+" after "+q)
			}
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%s\ngives %q, want %q", src, got, want)
		}
	}
}
