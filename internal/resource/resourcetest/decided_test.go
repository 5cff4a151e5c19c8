package resourcetest_test

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// link is a kind that somebody has just added.
type link struct {
	Path   kind.Text `cbor:"path" mito:"required,claims=path"`
	Target kind.Text `cbor:"target" mito:"required"`
}

// TestAKindThatNobodyDecidedOn: the guard says of a new kind that it has no case, and of
// each argument that nobody decided on its trait; and it says what is out of date.
func TestAKindThatNobodyDecidedOn(t *testing.T) {
	kinds := []kind.Kind{kind.Of(kind.RoleResource, "link", func() any { return &link{} }, struct{}{})}
	whole := func() resourcetest.Decision {
		return resourcetest.Decision{
			Cases: "files.TestLink", Traits: map[string]string{"target": "target"}, Without: map[string]string{"path": "it names the thing"},
		}
	}
	for name, c := range map[string]struct {
		change func(d *resourcetest.Decision)
		want   string
	}{
		"all is decided on":   {func(*resourcetest.Decision) {}, ""},
		"no case":             {func(d *resourcetest.Decision) { d.Cases = "" }, "no test holds the kind link"},
		"a case that is gone": {func(d *resourcetest.Decision) { d.Cases = "files.TestChain" }, "no test holds the kind link"},
		"no trait":            {func(d *resourcetest.Decision) { d.Traits = nil }, "outside change of target"},
		"no reason":           {func(d *resourcetest.Decision) { d.Without = nil }, "outside change of path"},
		"an empty reason":     {func(d *resourcetest.Decision) { d.Without["path"] = "" }, "nothing says why"},
		"both":                {func(d *resourcetest.Decision) { d.Traits["path"] = "path" }, "outside change of path"},
		"an old trait":        {func(d *resourcetest.Decision) { d.Traits["to"] = "to" }, "no argument to"},
		"an old reason":       {func(d *resourcetest.Decision) { d.Without["to"] = "x" }, "no argument to"},
	} {
		t.Run(name, func(t *testing.T) {
			d := whole()
			c.change(&d)
			got := resourcetest.Undecided(kinds, map[string]resourcetest.Decision{"link": d})
			if c.want == "" && got != nil || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got := resourcetest.Undecided(kinds, nil); len(got) != 3 {
		t.Errorf("of a kind that nobody decided on it says %q, want three things", got)
	}
	if got := resourcetest.Undecided(nil, map[string]resourcetest.Decision{"link": whole()}); len(got) != 1 || got[0] != "there is no kind link" {
		t.Errorf("of a kind that is gone it says %q", got)
	}
}
