package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

const oneHost = `
context "ssh" "h" { host = "h" }
context "sudo" "root" { via = context.ssh.h }
`

// lineBlock writes a line resource for /etc/x, with more arguments.
func lineBlock(name, more string) string {
	return fmt.Sprintf("resource \"line\" %q {\n  on   = context.sudo.root\n  path = \"/etc/x\"\n  line = \"%s\"\n%s\n}\n", name, name, more)
}

// chainOf returns the actions in the order in which they edit one path. It holds
// that each comes after the one before it and after nothing else.
func chainOf(t *testing.T, plan *planner.Plan) []string {
	t.Helper()
	after := map[string]string{} // which action comes after which; the first comes after ""
	for _, a := range plan.Actions {
		if len(a.DependsOn) > 1 {
			t.Errorf("%s comes after %q", a.Address, a.DependsOn)
		}
		after[strings.Join(a.DependsOn, "")] = a.Address
	}
	var out []string
	for next, ok := after[""]; ok; next, ok = after[out[len(out)-1]] {
		out = append(out, next)
	}
	return out
}

func TestOrderOfEdits(t *testing.T) {
	whole := "resource \"file\" \"x\" {\n  on   = context.sudo.root\n  path = \"/etc/./x\"\n content = \"x\"\n}\n"
	for name, tt := range map[string]struct{ src, want string }{
		"as declared":         {lineBlock("b", "") + lineBlock("a", "") + lineBlock("c", ""), "line.b line.a line.c"},
		"the whole first":     {lineBlock("b", "") + whole + lineBlock("a", ""), "file.x line.b line.a"},
		"depends_on wins":     {lineBlock("a", "depends_on = [line.c]") + lineBlock("b", "") + lineBlock("c", ""), "line.c line.a line.b"},
		"only where it says":  {lineBlock("a", "") + lineBlock("b", "depends_on = [line.d]") + lineBlock("c", "") + lineBlock("d", ""), "line.a line.d line.b line.c"},
		"through another":     {lineBlock("a", "depends_on = [call.command.mid]") + lineBlock("b", "") + "call \"command\" \"mid\" {\n  on = context.sudo.root\n  argv = [\"true\"]\n  depends_on = [line.b]\n}\n", "line.b call.command.mid line.a"},
		"a reference":         {lineBlock("a", "insert_after = line.b.line") + lineBlock("b", ""), "line.b line.a"},
		"said already":        {lineBlock("a", "") + lineBlock("b", "depends_on = [line.a]"), "line.a line.b"},
		"count by value":      {lineBlock("a", "count = 12"), "line.a[0] line.a[1] line.a[2] line.a[3] line.a[4] line.a[5] line.a[6] line.a[7] line.a[8] line.a[9] line.a[10] line.a[11]"},
		"keys by their value": {lineBlock("a", `for_each = toset(["h10", "h2", "h1", "h02", "g", "h2b"])`), `line.a["g"] line.a["h1"] line.a["h02"] line.a["h2"] line.a["h2b"] line.a["h10"]`},
		"blocks before keys":  {lineBlock("a", `for_each = toset(["2", "10"])`) + lineBlock("b", `for_each = toset(["1"])`), `line.a["2"] line.a["10"] line.b["1"]`},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{}
			plan, p := makePlan(t, oneHost+tt.src, w)
			noErrors(t, p)
			if diff := cmp.Diff(strings.Fields(tt.want), chainOf(t, plan)); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

// The edits of several configuration files are ordered by the names of the files.
func TestOrderOfEditsOfSeveralFiles(t *testing.T) {
	cfg := loadFiles(t, map[string]string{
		"b.mito.hcl": oneHost + lineBlock("b", ""),
		"c.mito.hcl": lineBlock("c", ""),
		"a.mito.hcl": lineBlock("a1", "") + lineBlock("a0", ""),
	})
	p := planner.New(cfg, options())
	if diff := cmp.Diff([]string{"line.a1", "line.a0", "line.b", "line.c"}, chainOf(t, drive(t, p, &world{}))); diff != "" {
		t.Error(diff)
	}
	noErrors(t, p)
}

// A chain of edits costs one edge and one check for each member, and no further
// round.
func TestLongChainIsOneTurn(t *testing.T) {
	const n = 300
	w := &world{}
	plan, p := makePlan(t, oneHost+lineBlock("x", fmt.Sprintf("count = %d", n)), w)
	noErrors(t, p)
	edges := 0
	for _, a := range plan.Actions {
		edges += len(a.DependsOn)
	}
	if edges != n-1 || w.rounds != 1 || len(w.asked) != n+2 {
		t.Errorf("got %d edges, %d rounds and %d steps; want %d, 1 and %d", edges, w.rounds, len(w.asked), n-1, n+2)
	}
}

// Each machine has an order of its own. The same path on two machines is no
// conflict.
func TestEditsOnTwoMachines(t *testing.T) {
	plan, p := makePlan(t, hosts+`
resource "line" "x" {
  on       = context.sudo.web
  for_each = { A = "1", B = "2" }
  path     = "/p"
  line     = "${each.key} ${each.value}"
  create   = true
}`, &world{})
	noErrors(t, p)
	for _, key := range []string{"a", "b"} {
		a, b := plan.Action(fmt.Sprintf("line.x[%q][%q]", key, "A")), plan.Action(fmt.Sprintf("line.x[%q][%q]", key, "B"))
		if len(a.DependsOn) != 0 || !slices.Equal(b.DependsOn, []string{a.Address}) {
			t.Errorf("on %s, A comes after %q and B after %q", key, a.DependsOn, b.DependsOn)
		}
	}
}

// Edits of one file stand in two contexts of one machine. The effects of one
// context go to the other with the check that first needs them, and are not sent
// again.
func TestEditsInTwoContexts(t *testing.T) {
	src := oneHost
	for k, on := range []string{"ssh.h", "sudo.root", "sudo.root", "ssh.h"} {
		src += strings.Replace(lineBlock(fmt.Sprint("l", k), ""), "sudo.root", on, 1)
	}
	p := planner.New(load(t, src), options())
	w := &world{}
	steps := map[string]*planner.Step{}
	for !p.Finished() {
		for _, s := range p.Next() {
			steps[s.Address] = s
			p.Done(s, w.answer(s))
		}
	}
	noErrors(t, p)
	got := map[string][]string{}
	for _, addr := range []string{"line.l0", "line.l1", "line.l2", "line.l3"} {
		got[addr] = append([]string{}, steps[addr].After...)
		for _, d := range steps[addr].Deltas {
			got[addr] = append(got[addr], "delta "+d.Address+" after "+strings.Join(d.After, ","))
		}
	}
	want := map[string][]string{
		"line.l0": {},
		"line.l1": {"line.l0", "delta line.l0 after "},
		"line.l2": {"line.l1"},
		"line.l3": {"line.l2", "delta line.l1 after line.l0", "delta line.l2 after line.l1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// An edit whose path becomes known late takes its place by declaration. What comes
// after it and was checked already is checked again.
func TestEditKnownLate(t *testing.T) {
	late := strings.Replace(lineBlock("b", ""), `"/etc/x"`, `"/etc/${on.os == "linux" ? "x" : "y"}"`, 1)
	w := &world{}
	plan, p := makePlan(t, oneHost+lineBlock("a", "")+late+lineBlock("c", ""), w)
	noErrors(t, p)
	if a, b, c := plan.Action("line.a"), plan.Action("line.b"), plan.Action("line.c"); len(a.DependsOn) != 0 || !slices.Equal(b.DependsOn, []string{"line.a"}) || !slices.Contains(c.DependsOn, "line.b") {
		t.Errorf("a after %q, b after %q, c after %q", a.DependsOn, b.DependsOn, c.DependsOn)
	}
	if n := count(w.asked, "check line.c"); n != 2 {
		t.Errorf("line.c was checked %d times, want 2: %q", n, w.asked)
	}
}

// An edit can fail because the resource that makes its file was not known yet. When
// that is known, the edit is looked at again, with everything that was skipped
// because of it.
func TestEditFailedBeforeTheWholeWasKnown(t *testing.T) {
	src := oneHost + lineBlock("a", "") + lineBlock("b", "") + `
resource "file" "x" {
  on      = context.sudo.root
  path    = "/etc/${on.os == "linux" ? "x" : "y"}"
  content = "x"
}
call "command" "after" {
  on         = context.sudo.root
  argv       = ["true"]
  depends_on = [line.b]
}`
	p := planner.New(load(t, src), options())
	w := &world{}
	checked := map[string]bool{}
	for !p.Finished() {
		for _, s := range p.Next() {
			r := w.answer(s)
			if s.Type == planner.StepCheck {
				if s.Kind == "line" && !checked["file.x"] {
					r = planner.Result{Failure: &planner.Failure{Attr: "path", Summary: "The file does not exist"}}
					if s.Address == "line.b" {
						r.Failure = &planner.Failure{Kind: planner.FailureSkipped, Summary: "Skipped"}
					}
				}
				checked[s.Address] = true
			}
			p.Done(s, r)
		}
	}
	plan := p.Plan()
	noErrors(t, p)
	wantOps(t, plan, "+ line.a", "+ line.b", "+ file.x", "! call.command.after")
	if !plan.Complete {
		t.Error("the plan is not complete, but in the end nothing failed")
	}
}

// Only a host knows that two paths are one file. Its word orders the edits.
func TestEditsOfOneFileUnderTwoNames(t *testing.T) {
	other := strings.Replace(lineBlock("b", ""), `/etc/x`, `/etc/link`, 1)
	thing := []kind.Thing{"path:/etc/x"}
	for name, tt := range map[string]struct {
		src   string
		order []string
	}{
		"two edits":            {lineBlock("a", "") + other, []string{"line.a", "line.b"}},
		"the other way round":  {other + lineBlock("a", ""), []string{"line.b", "line.a"}},
		"the whole, then edit": {other + "resource \"file\" \"x\" {\n  on   = context.sudo.root\n  path = \"/etc/x\"\n content = \"x\"\n}\n", []string{"file.x", "line.b"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{answers: map[string]planner.Result{"line.b": {Change: &resource.Change{Op: resource.Update, Writes: thing}}}}
			plan, p := makePlan(t, oneHost+tt.src, w)
			noErrors(t, p)
			if diff := cmp.Diff(tt.order, chainOf(t, plan)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// If a context cannot be reached, later edits of the same file are skipped with the
// edits in it.
func TestEditAfterAnUnreachableOneIsSkipped(t *testing.T) {
	src := oneHost + lineBlock("a", "") + strings.Replace(lineBlock("b", ""), "sudo.root", "ssh.h", 1)
	w := &world{answers: map[string]planner.Result{
		"context.sudo.root": {Failure: &planner.Failure{Summary: "No password"}},
		"line.a":            {Failure: &planner.Failure{Kind: planner.FailureBehind, Summary: "Unreachable"}},
	}}
	plan, _ := makePlan(t, src, w)
	wantOps(t, plan)
	if plan.Complete {
		t.Error("the plan is complete, but edits were skipped")
	}
}

func count(list []string, s string) int {
	n := 0
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

func BenchmarkEditsOfOneFile(b *testing.B) {
	for _, n := range []int{100, 1000, 4000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			cfg := load(b, oneHost+lineBlock("x", fmt.Sprintf("count = %d", n)))
			b.ReportAllocs()
			for b.Loop() {
				p := planner.New(cfg, options())
				if plan := drive(b, p, &world{}); len(plan.Actions) != n {
					b.Fatalf("%d actions", len(plan.Actions))
				}
			}
		})
	}
}
