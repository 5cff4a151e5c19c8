package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// An answer that no honest agent would give is not used, whatever is wrong with it.
// It becomes a problem that says what is wrong.
func TestAnswersThatAreNotUsed(t *testing.T) {
	many := func(n int) (all []kind.Thing) {
		for k := range n {
			all = append(all, kind.PathThing(fmt.Sprint("/srv/", k)))
		}
		return all
	}
	change := func(f func(*resource.Change)) planner.Result {
		c := &resource.Change{Op: resource.Create, Writes: []kind.Thing{"path:/etc/x"}}
		f(c)
		return planner.Result{Change: c}
	}
	along := func(n int, e resource.AlongEntry) planner.Result {
		return change(func(c *resource.Change) {
			c.Along = &resource.Along{Count: int64(n), Entries: slices.Repeat([]resource.AlongEntry{e}, n)}
		})
	}
	effect := func(e resource.Effect) planner.Result {
		return change(func(c *resource.Change) { c.Effects = []resource.Effect{e} })
	}
	reply := func(results map[string]any) planner.Result {
		return planner.Result{Reply: &function.CallReply{WouldRun: true, Results: results}}
	}
	const src = `
context "local" "here" {}
resource "file" "x" {
  on   = context.local.here
  path = "/etc/x"
}
call "command" "c" {
  on        = context.local.here
  argv      = ["true"]
  read_only = true
}
call "command" "few" {
  on         = context.local.here
  argv       = ["true"]
  max_output = 100
  read_only  = true
}`
	told := func(address string, r planner.Result) string {
		_, p := makePlan(t, src, &world{answers: map[string]planner.Result{address: r}})
		return problems(p)
	}
	for name, c := range map[string]struct {
		address string
		answer  planner.Result
		why     string
	}{
		"no operation":          {"file.x", change(func(c *resource.Change) { c.Op = "explode" }), "not an operation"},
		"many writes":           {"file.x", change(func(c *resource.Change) { c.Writes = many(1001) }), "more than 1000 things"},
		"restores many":         {"file.x", change(func(c *resource.Change) { c.Restores = many(1001) }), "more than 1000 things"},
		"many warnings":         {"file.x", change(func(c *resource.Change) { c.Warnings = make([]kind.Problem, 101) }), "more than 100 warnings"},
		"a content too long":    {"file.x", change(func(c *resource.Change) { c.Before = map[string]any{"content": strings.Repeat("x", 2<<20)} }), "for which an agent sends a digest"},
		"an effect of nothing":  {"file.x", effect(resource.Effect{Thing: "path:/etc/x"}), "does not have the form"},
		"an effect of no thing": {"file.x", effect(resource.Effect{Thing: "x", Entry: &resource.Entry{}}), "does not have the form"},
		"a path with a user":    {"file.x", effect(resource.Effect{Thing: "path:/x", User: &resource.User{}}), "does not have the form"},
		"a user with an entry":  {"file.x", effect(resource.Effect{Thing: "user:root", Entry: &resource.Entry{}}), "does not have the form"},
		"a use of many":         {"file.x", change(func(c *resource.Change) { c.Uses = make([]string, 1001) }), "more than 1000 arguments"},
		"many along":            {"file.x", along(101, resource.AlongEntry{}), "names 101 things"},
		"fewer than are named":  {"file.x", change(func(c *resource.Change) { c.Along = &resource.Along{Entries: make([]resource.AlongEntry, 1)} }), "names 1 things"},
		"no operation along":    {"file.x", along(1, resource.AlongEntry{Op: "explode", Type: resource.TypeFile}), "not an operation"},
		"no sort along":         {"file.x", along(1, resource.AlongEntry{Op: resource.Delete, Type: "x"}), "not a sort of thing"},
		"a long path along":     {"file.x", along(1, resource.AlongEntry{Op: resource.Delete, Type: resource.TypeFile, Path: kind.Text(strings.Repeat("x", 5000))}), "is too long"},
		"a long owner along":    {"file.x", along(1, resource.AlongEntry{Op: resource.Update, Type: resource.TypeFile, After: map[string]string{"owner": strings.Repeat("x", 5000)}}), "is too long"},
		"a result that is none": {"call.command.c", reply(map[string]any{"exit_code": "no"}), "its result exit_code"},
		"too long a text":       {"call.command.c", reply(map[string]any{"stdout": strings.Repeat("x", 7<<20)}), "more than the"},
		"more than asked for":   {"call.command.few", reply(map[string]any{"stdout": strings.Repeat("x", 3000)}), "more than the 1174 bytes"},
		"a list for a text":     {"call.command.c", reply(map[string]any{"stdout": []any{1}}), "its result stdout"},
	} {
		if got := told(c.address, c.answer); !strings.HasPrefix(got, "Answer not understood: ") || !strings.Contains(got, c.why) {
			t.Errorf("%s: told %q, want an answer that is not understood because of %q", name, got, c.why)
		}
	}
	for name, answer := range map[string]planner.Result{
		"a change":    effect(resource.Effect{Thing: "path:/etc/x", Entry: &resource.Entry{}}),
		"a user":      effect(resource.Effect{Thing: "user:app", User: &resource.User{}}),
		"a reply":     reply(map[string]any{"stdout": kind.Text("x"), "exit_code": int64(0)}),
		"a long text": reply(map[string]any{"stdout": map[string]any{"mac": make([]byte, 32), "size": int64(1 << 20)}}),
	} {
		address := "file.x"
		if answer.Reply != nil {
			address = "call.command.c"
		}
		if got := told(address, answer); got != "" {
			t.Errorf("%s: an honest answer was refused: %q", name, got)
		}
	}
}
