package resourcetest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Decision is what whoever adds a resource kind has decided on, besides its definition.
type Decision struct {
	// Cases names the test that holds cases of the kind against the contract with Run, with
	// the package of its family before it: "files.TestLink".
	Cases string
	// Traits says of an argument the Attr of the trait that an outside change of it
	// shows in.
	Traits map[string]string
	// Besides are the Attrs of traits that are about no argument.
	Besides []string
	// Elsewhere are the Attrs of traits that only another thing of the kind has than the one
	// that HoldsTraits is given, with the test that holds them.
	Elsewhere map[string]string
	// Without says why an argument has no trait.
	Without map[string]string
}

// Undecided says what is missing or out of date in the decisions on kinds, one sentence
// each. It looks for the tests in the directories beside that of the test that calls it.
func Undecided(kinds []kind.Kind, decided map[string]Decision) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	names := map[string]bool{}
	for _, k := range kinds {
		names[k.Name] = true
		d, ok := decided[k.Name]
		if !ok || !isTest(d.Cases) {
			say("no test holds the kind %s against the contract of resourcetest", k.Name)
		}
		for attr, test := range d.Elsewhere {
			if !isTest(test) {
				say("no test holds the trait %s of %s", attr, k.Name)
			}
		}
		for _, a := range k.Args.Attrs {
			_, shows := d.Traits[a.Name]
			_, none := d.Without[a.Name]
			if shows == none {
				say("say in which trait of %s an outside change of %s shows, or why it need not show", k.Name, a.Name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(d.Traits)) {
			if _, ok := k.Args.Attr(name); !ok {
				say("%s has no argument %s, which has a trait", k.Name, name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(d.Without)) {
			if _, ok := k.Args.Attr(name); !ok || d.Without[name] == "" {
				say("%s has no argument %s, or nothing says why that has no trait", k.Name, name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(decided)) {
		if !names[name] {
			say("there is no kind %s", name)
		}
	}
	return wrong
}

// isTest reports whether a package beside this one has a test of that name.
func isTest(name string) bool {
	family, test, _ := strings.Cut(name, ".")
	files, _ := filepath.Glob(filepath.Join("..", family, "*_test.go"))
	return slices.ContainsFunc(files, func(file string) bool {
		b, err := os.ReadFile(file)
		return err == nil && test != "" && strings.Contains(string(b), "\nfunc "+test+"(t *testing.T) {")
	})
}

// HoldsPage holds that the page of the kind in the manual names the traits that were decided
// on, but for the one that every thing has.
func (d Decision) HoldsPage(t *testing.T, k kind.Kind) {
	t.Helper()
	want := slices.AppendSeq(slices.Clone(d.Besides), maps.Values(d.Traits))
	slices.Sort(want)
	want = slices.Compact(want)
	if got := slices.Sorted(slices.Values(k.Page.Traits)); !slices.Equal(got, want) {
		t.Errorf("Page.Traits of the Manual of %s are %q, and decided on are %q", k.Name, got, want)
	}
}

// HoldsTraits holds that the traits of a change are those that were decided on.
func (d Decision) HoldsTraits(t *testing.T, c resource.Change) {
	t.Helper()
	want := slices.AppendSeq(append([]string{resource.TypeTrait}, d.Besides...), maps.Values(d.Traits))
	var got []string
	for _, tr := range c.Traits {
		got = append(got, tr.Attr)
	}
	want = slices.DeleteFunc(want, func(attr string) bool { return d.Elsewhere[attr] != "" })
	slices.Sort(want)
	slices.Sort(got)
	if got, want = slices.Compact(got), slices.Compact(want); !slices.Equal(got, want) {
		t.Errorf("there are the traits %q, and decided on are %q", got, want)
	}
}
