package planner_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// What a check does not say of what will be is unknown, and not null.
func TestWhatACheckLeavesOutIsUnknown(t *testing.T) {
	text := func(path, content string) map[string]any {
		m := map[string]any{"path": kind.Text(path)}
		if content != "" {
			m["content"] = kind.Text(content)
		}
		return m
	}
	const file = "resource \"file\" \"x\" {\n  on = context.local.h\n  path = \"/x\"\n"
	const edit = "resource \"line\" \"x\" {\n  on = context.local.h\n  path = \"/x\"\n  line = "
	for name, c := range map[string]struct {
		src    string
		change resource.Change
		want   string
	}{
		"an edit of it":          {edit + "\"a\"\n}\n", resource.Change{Op: resource.Update, Before: text("/x", "old"), After: text("/x", "")}, "content"},
		"an edit of an unknown":  {edit + "\"a\"\n}\n", resource.Change{Op: resource.Update, Before: text("/x", ""), After: text("/x", "")}, "content"},
		"an unknown edit":        {edit + "call.command.c.stdout\n}\n", resource.Change{Op: resource.Create, After: text("/x", "")}, "line content"},
		"a known edit":           {edit + "\"a\"\n}\n", resource.Change{Op: resource.Update, Before: text("/x", "old"), After: text("/x", "old\na")}, ""},
		"base64 that is unknown": {file + "content_base64 = call.command.c.stdout\n}\n", resource.Change{Op: resource.Update, Before: text("/x", "old"), After: text("/x", "")}, "content_base64 content"},
		"a source":               {file + "content = call.command.c.stdout\n}\n", resource.Change{Op: resource.Update, Before: text("/x", "old"), After: text("/x", "")}, "content"},
		"a removal":              {file + "state = \"absent\"\n}\n", resource.Change{Op: resource.Delete, Before: text("/x", "old")}, ""},
		"nothing to do":          {edit + "\"a\"\n}\n", resource.Change{Op: resource.NoOp, Before: text("/x", ""), After: text("/x", "")}, ""},
		"no content is managed":  {file + "owner = \"root\"\n}\n", resource.Change{Op: resource.Update, Before: text("/x", ""), After: text("/x", "")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			src := "context \"local\" \"h\" {}\ncall \"command\" \"c\" {\n  on = context.local.h\n  argv = [\"x\"]\n  triggers = [1]\n}\n" + c.src
			address := "file.x"
			if strings.Contains(c.src, `"line"`) {
				address = "line.x"
			}
			p := planner.New(load(t, src), options())
			plan := drive(t, p, &world{answers: map[string]planner.Result{address: {Change: &c.change}}})
			if diff := cmp.Diff(strings.Fields(c.want), plan.Action(address).Unknown, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
