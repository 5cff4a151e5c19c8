package system_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestTimezone: the link leads to the zone, and the file beside it names it if there is one.
func TestTimezone(t *testing.T) {
	const info = "/usr/share/zoneinfo/"
	if _, err := os.Stat(info + "Europe/Berlin"); err != nil {
		t.Skip("no time zones here")
	}
	f := newTestDir(t)
	relative, err := filepath.Rel(f.Path, info+"Europe/Berlin")
	must(t, err)
	link := func(to string) func(t *testing.T) {
		return func(t *testing.T) { must(t, os.Symlink(to, f.At("localtime"))) }
	}
	says := func(zone string) func(t *testing.T) {
		return func(t *testing.T) { f.Write(t, "timezone", zone, 0o644) }
	}
	for _, c := range []struct {
		name   string
		before []func(t *testing.T)
		want   resource.Op
		whole  bool
		says   string
		leads  string
	}{
		{name: "is made", whole: true, want: resource.Create},
		{name: "another zone", whole: true, before: []func(t *testing.T){link(info + "Etc/UTC"), says("Etc/UTC\n")}, want: resource.Update, says: "Europe/Berlin\n"},
		{name: "as it should be", before: []func(t *testing.T){link(info + "Europe/Berlin"), says("Europe/Berlin")}, want: resource.NoOp, says: "Europe/Berlin"},
		{name: "relative", before: []func(t *testing.T){link(relative)}, want: resource.NoOp, leads: relative},
		{name: "only named otherwise", before: []func(t *testing.T){link(info + "Europe/Berlin"), says("Etc/UTC\n")}, want: resource.Update, says: "Europe/Berlin\n"},
		{name: "a copy of a zone", before: []func(t *testing.T){func(t *testing.T) { f.Write(t, "localtime", "TZif2", 0o644) }}, want: resource.Update},
		{name: "another name of the zone", before: []func(t *testing.T){link(info + "posix/Europe/Berlin")}, want: resource.Update},
		{name: "a link that leads nowhere", before: []func(t *testing.T){link("/nowhere")}, want: resource.Update},
	} {
		t.Run(c.name, func(t *testing.T) {
			holding := briefly
			if c.whole {
				holding = resourcetest.Run
			}
			holding(t, resourcetest.Case{
				Kind: "timezone", Args: args{"name": "Europe/Berlin", "path": f.Arg("localtime")}, Want: c.want, Snapshot: f.Snapshot,
				Setup: func(t *testing.T) {
					f.Empty(t)
					for _, one := range c.before {
						one(t)
					}
				},
				Neighbours: func() []resourcetest.Neighbour {
					return []resourcetest.Neighbour{{Kind: "file", Make: args{"path": f.Arg("y")}, Undo: args{"path": f.Arg("y"), "state": "absent"}, Elsewhere: true}}
				},
				Verify: func(t *testing.T) {
					leads := c.leads
					if leads == "" {
						leads = info + "Europe/Berlin"
					}
					f.Leads(t, "localtime", leads)
					if c.says == "" {
						f.Gone(t, "timezone")
					} else {
						f.Holds(t, "timezone", c.says, 0o644)
					}
				},
			})
		})
	}
}

// TestTimezoneProblems: what is no zone of this machine is told while planning, with the one
// that is meant.
func TestTimezoneProblems(t *testing.T) {
	if _, err := os.Stat("/usr/share/zoneinfo/Europe/Berlin"); err != nil {
		t.Skip("no time zones here")
	}
	f := newTestDir(t)
	f.Empty(t)
	zone := func(name string) args { return args{"name": name, "path": f.Arg("localtime")} }
	var list []badArgs
	for _, name := range []string{"", "/etc/passwd", "../../../etc/passwd", "Europe/../UTC", "Europe/", "a b", "A\n"} {
		list = append(list, badArgs{zone(name), "name", "name"})
	}
	for _, name := range []string{"europe/berlin", "Europe", "CEST2", "zone.tab", "Europe/Berlin/Mitte"} {
		list = append(list, badArgs{zone(name), "name", kind.CodeUnknownZone})
	}
	if to, err := os.Readlink("/usr/share/zoneinfo/localtime"); err == nil && to == "/etc/localtime" {
		list = append(list, badArgs{zone("localtime"), "name", kind.CodeUnknownZone})
	}
	must(t, os.Mkdir(f.At("d"), 0o755))
	problems(t, "timezone", append(list,
		badArgs{args{"name": "UTC", "path": f.Arg("d")}, "path", kind.CodeInTheWay},
		badArgs{args{"name": "UTC", "path": f.Arg("no/x")}, "path", kind.CodeNoParent},
		badArgs{args{"name": "UTC", "path": text("x")}, "path", kind.CodePath},
	))
	_, err := resourcetest.Check(t, newService(), "p", step{Address: "a", Kind: "timezone", Args: zone("Europe/berlin")})
	if err == nil || !strings.Contains(err.Error(), "Did you mean Europe/Berlin?") {
		t.Errorf("the zone that is meant is not named: %v", err)
	}
	// What comes before may install the zones: then it is a warning.
	s := newService()
	mustCheck(t, s, "q", step{Address: "m", Kind: "file", Args: args{"path": f.Arg("m")}})
	c := mustCheck(t, s, "q", step{Address: "a", Kind: "timezone", Args: zone("Mars/Olympus"), After: []string{"m"}})
	if c.Op != resource.Create || !strings.Contains(warned(c), string(kind.CodeUnknownZone)) {
		t.Errorf("a zone that may come is planned as %s, %q", c.Op, warned(c))
	}
}
