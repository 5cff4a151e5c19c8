package view

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// What changes along with a thing is named up to a bound and counted beyond it. The
// arguments that decide about it are shown.
func TestAlong(t *testing.T) {
	path := map[string]any{"path": kind.Text("/srv/data")}
	update := func(k int) resource.AlongEntry {
		return resource.AlongEntry{Path: kind.Text(fmt.Sprint("f", k)), Op: resource.Update, Type: resource.TypeFile,
			Before: map[string]string{"owner": "root", "mode": "0644"}, After: map[string]string{"owner": "app", "mode": "0640"}}
	}
	many := func(n int64, more bool) *resource.Along {
		a := &resource.Along{Count: n, More: more}
		for k := range int(min(n, resource.MaxAlong)) {
			a.Entries = append(a.Entries, update(k))
		}
		return a
	}
	del := func(path string, typ resource.EntryType, size int64) resource.AlongEntry {
		return resource.AlongEntry{Path: kind.Text(path), Op: resource.Delete, Type: typ, Size: size}
	}
	for _, c := range []struct {
		name   string
		action planner.Action
		want   []string
		not    string
	}{
		{
			"25 files get an owner",
			planner.Action{Op: planner.Update, Before: path, After: path, Uses: map[string]any{"recurse": true}, Along: many(25, false)},
			[]string{"        recurse = true\n", "        # 25 things in it will change:\n", "      ~ f0  mode = \"0644\" -> \"0640\", owner = \"root\" -> \"app\"\n", "      ~ f24  "}, "more",
		}, {
			"1,228 files",
			planner.Action{Op: planner.Update, Before: path, After: path, Along: many(1228, false)},
			[]string{"# 1,228 things in it will change:", "      ~ f24  ", "        # and 1,203 more\n"}, "f25",
		}, {
			"one thing",
			planner.Action{Op: planner.Update, Before: path, After: path, Along: many(1, false)},
			[]string{"# 1 thing in it will change:"}, "more",
		}, {
			"more than were counted",
			planner.Action{Op: planner.Delete, Before: path, Uses: map[string]any{"recurse": true}, Along: &resource.Along{
				Count: 100000, More: true, Size: 3_200_000, Entries: []resource.AlongEntry{del("a", resource.TypeDirectory, 0), del("a/b\x1b[31m\nc", resource.TypeFile, 1200), del("l", resource.TypeLink, 0), del("p", resource.TypeOther, 0)},
			}},
			[]string{"# more than 100,000 things will be destroyed along with it, with files of more than 3.2 MB:", "      - a/\n", "  1.2 KB\n", "      - l (link)\n", "      - p (device, pipe or socket)\n", "# and more than 99,975 more"}, "\x1b",
		}, {
			"a home",
			planner.Action{Op: planner.Create, After: map[string]any{"path": kind.Text("/x")}, Along: &resource.Along{Count: 1, Entries: []resource.AlongEntry{
				{Path: "/home/app", Op: resource.Create, Type: resource.TypeDirectory, After: map[string]string{"owner": "app", "mode": "0750"}},
			}}},
			[]string{"# 1 thing will be made along with it:", `      + /home/app/  mode = "0750", owner = "app"`}, "more",
		}, {
			"a secret argument that decides",
			planner.Action{Op: planner.Update, Before: path, After: path, Sensitive: []string{"validate"}, Uses: map[string]any{"validate": nil, "force": true}},
			[]string{"force    = true", "validate = (sensitive value)"}, "null",
		},
	} {
		c.action.Address, c.action.Block, c.action.Type, c.action.Kind, c.action.Name = "file.x", "file.x", "resource", "file", "x"
		got := (&Human{}).body(newAction(&c.action, testCatalogue(), nil))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the plan lacks %q:\n%s", c.name, want, got)
			}
		}
		if strings.Contains(got, c.not) {
			t.Errorf("%s: the plan must not have %q:\n%s", c.name, c.not, got)
		}
	}
}
