package planner_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// Some values decide what a plan is about. If such a value is new at every apply,
// even if only through another block, that is an error on its line, and the plan
// does not wait for it.
func TestVolatileWhereThePlanDepends(t *testing.T) {
	for name, tt := range map[string]struct{ src, want string }{
		"a path":     {"resource \"file\" \"x\" {\n  on   = context.sudo.root\n  path = \"/x/${file.v.content}\"\n}", `"path" of file.x`},
		"an owner":   {"resource \"file\" \"x\" {\n  on    = context.sudo.root\n  path  = \"/x\"\n  owner = file.v.content\n}", `"owner" of file.x`},
		"for_each":   {"resource \"file\" \"x\" {\n  for_each = toset([file.v.content])\n  on   = context.sudo.root\n  path = \"/x\"\n}", `"for_each" of file.x`},
		"on":         {"resource \"file\" \"x\" {\n  on   = file.v.content == \"\" ? context.sudo.root : context.sudo.y\n  path = \"/x\"\n}", `"on" of file.x`},
		"on, each":   {"resource \"file\" \"x\" {\n  for_each = { a = context.sudo.y }\n  on   = file.v.content == \"\" ? each.value : context.sudo.root\n  path = \"/x\"\n}", `"on" of file.x`},
		"a host":     {"context \"ssh\" \"x\" { host = file.v.content }\nresource \"file\" \"x\" {\n  on   = context.ssh.x\n  path = \"/x\"\n}", `"host" of context.ssh.x`},
		"via":        {"context \"sudo\" \"x\" { via = file.v.content == \"\" ? context.sudo.y : context.sudo.root }\nresource \"file\" \"x\" {\n  on   = context.sudo.x\n  path = \"/x\"\n}", `"via" of context.sudo.x`},
		"an element": {"resource \"file\" \"x\" {\n  for_each = { a = file.v.content }\n  on   = context.sudo.root\n  path = \"/${each.value}\"\n}", `"path" of file.x`},
	} {
		t.Run(name, func(t *testing.T) {
			_, p := makePlan(t, oneHost+"context \"sudo\" \"y\" { via = context.ssh.h }\nresource \"file\" \"v\" {\n  on = context.sudo.root\n  path = \"/v\"\n  content = uuid()\n}\n"+tt.src, &world{})
			diags := p.Diagnostics()
			if len(diags) != 1 || !strings.Contains(diags[0].Detail, tt.want+" depends on timestamp()") {
				t.Errorf("want one problem with %q: %v", tt.want+" depends on timestamp()", diags)
			}
		})
	}
}

// Everywhere else a value may be new at every apply.
func TestVolatileIsKnownAtApply(t *testing.T) {
	plan, p := makePlan(t, oneHost+`
locals { id = uuid() }
resource "file" "a" {
  on      = context.sudo.root
  path    = "/a"
  content = "${local.id} ${uuid()} ${timestamp()}"
  lifecycle {
    precondition {
      condition     = timecmp(timestamp(), "2000-01-01T00:00:00Z") > 0
      error_message = "too early"
    }
  }
}
resource "file" "b" {
  on      = context.sudo.root
  path    = "/b"
  content = "${file.a.content} ${local.id}"
}
call "command" "c" {
  on       = context.sudo.root
  argv     = ["echo", uuid()]
  triggers = file.a.content
}
resource "file" "c" {
  for_each = { k = uuid() }
  on       = context.sudo.root
  path     = "/c"
  content  = each.value
}
output "o" { value = file.a.content }
`, &world{})
	noErrors(t, p)
	if got := plan.Action("file.b").Volatile; len(got) != 1 || got[0] != "content" {
		t.Errorf("the volatile arguments are %q, want content", got)
	}
	if !plan.Outputs[0].Volatile {
		t.Error("an output of a volatile value is not volatile")
	}
	a := applyPlan(t, p, plan, &world{})
	noErrors(t, p)
	var content [2]string
	for k, addr := range []string{"file.a", "file.b"} {
		content[k] = wireString(a.steps[addr].Args["content"])
	}
	id, _, _ := strings.Cut(content[0], " ")
	if want := content[0] + " " + id; content[1] != want || !strings.HasSuffix(content[0], " 2026-01-02T03:04:05Z") {
		t.Errorf("the contents are %q and %q, want the same id and time in both", content[0], content[1])
	}
	outputs, diags := p.Outputs()
	if diags.HasErrors() || outputs[0].Value.AsString() != content[0] {
		t.Errorf("the output is %#v, %v; want the content that was written", outputs[0].Value, diags)
	}
	if each := a.steps[`file.c["k"]`]; len(wireString(each.Args["content"])) != 36 {
		t.Errorf("the content from each.value is no uuid: %+v", each)
	}
	if call := a.end("call.command.c"); call.Recorded == nil || call.Recorded.Triggers == "" {
		t.Errorf("the triggers of the call are not recorded: %+v", call)
	}
}

func wireString(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return string(v.(cbor.ByteString))
}

// A drift is what differs apart from volatile values.
func TestDriftNeverCountsTheVolatile(t *testing.T) {
	src := oneHost + `
resource "file" "a" {
  on      = context.sudo.root
  path    = "/etc/x"
  mode    = "0644"
  content = timestamp()
}
` + lineBlock("top", "")
	before := map[string]any{"path": kind.Text("/etc/x"), "mode": "0644", "content": kind.Text("old")}
	thing := []kind.Thing{"path:/etc/x"}
	for name, tt := range map[string]struct {
		action resource.Op
		mode   string
		drift  bool
		want   []string
		silent int // of how many things the plan says that they were not compared
	}{
		"only that":           {resource.Update, "0644", true, nil, 2},
		"something else, too": {resource.Update, "0600", true, []string{"~ file.a"}, 2},
		"it is gone":          {resource.Create, "0644", true, []string{"+ file.a", "~ line.top"}, 0},
		"a plan":              {resource.Update, "0644", false, []string{"~ file.a", "~ line.top"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := &resource.Change{Op: tt.action, Before: before, After: map[string]any{"path": kind.Text("/etc/x"), "mode": tt.mode}, Writes: thing}
			top := &resource.Change{Op: resource.Update, Before: map[string]any{"path": kind.Text("/etc/x")}, After: map[string]any{"path": kind.Text("/etc/x")}, Writes: thing}
			w := &world{answers: map[string]planner.Result{"file.a": {Change: c}, "line.top": {Change: top}}}
			plan, p := makePlan(t, src, w, func(o *planner.Options) { o.Drift = tt.drift })
			noErrors(t, p)
			wantOps(t, plan, tt.want...)
			if plan.NotCompared.Count != tt.silent || plan.Complete != (tt.silent == 0) {
				t.Errorf("not compared are %+v, want %d; complete is %v", plan.NotCompared, tt.silent, plan.Complete)
			}
		})
	}
}

// The plan does not claim that an attribute matches if nobody compared it. It names
// these attributes of each thing.
func TestDriftNamesWhatItDidNotCompare(t *testing.T) {
	const n = 150
	w := &world{}
	answer := func(addr string) {
		if w.answers == nil {
			w.answers = map[string]planner.Result{}
		}
		w.answers[addr] = planner.Result{Change: &resource.Change{Op: resource.NoOp}}
	}
	for k := range n {
		answer(fmt.Sprintf("file.a[%d]", k))
	}
	answer("user.u")
	answer("file.plain")
	plan, p := makePlan(t, oneHost+`
resource "user" "u" {
  on       = context.sudo.root
  name     = "u"
  comment  = bcrypt("x")
}
resource "file" "plain" {
  on      = context.sudo.root
  path    = "/plain"
  content = "x"
}
resource "file" "a" {
  count   = 150
  on      = context.sudo.root
  path    = "/a${count.index}"
  content = uuid()
}`, w, func(o *planner.Options) { o.Drift = true })
	noErrors(t, p)
	wantOps(t, plan)
	got := plan.NotCompared
	if got.Count != n+1 || len(got.Things) != 100 || plan.Complete {
		t.Fatalf("%d are not compared and %d are named, complete is %v; want %d, 100 and false", got.Count, len(got.Things), plan.Complete, n+1)
	}
	if want := (planner.Uncompared{Address: "user.u", Attributes: []string{"comment"}}); !reflect.DeepEqual(got.Things[0], want) {
		t.Errorf("the first is %+v, want %+v", got.Things[0], want)
	}
}

// A drift says of nothing that it matches if a check of it failed, not even of what
// is as the last apply left it and would be written anew.
func TestDriftChecksPostconditionsOfWhatStays(t *testing.T) {
	for name, c := range map[string]struct {
		condition string
		drift     bool
		want      string // the problem, "" for none
	}{
		"it does not hold":               {`self.path == "nowhere"`, true, "Postcondition failed"},
		"it holds":                       {`self.path == "/etc/x"`, true, ""},
		"only an apply can tell":         {`self.content == "x"`, true, ""},
		"a plan, which says it will run": {`self.path == "nowhere"`, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			src := oneHost + `
resource "file" "a" {
  on      = context.sudo.root
  path    = "/etc/x"
  content = timestamp()
  lifecycle {
    postcondition {
      condition     = ` + c.condition + `
      error_message = "It is elsewhere."
    }
  }
}
`
			before := map[string]any{"path": kind.Text("/etc/x"), "content": kind.Text("old")}
			change := &resource.Change{Op: resource.Update, Before: before, After: map[string]any{"path": kind.Text("/etc/x")}, Writes: []kind.Thing{"path:/etc/x"}}
			plan, p := makePlan(t, src, &world{answers: map[string]planner.Result{"file.a": {Change: change}}}, func(o *planner.Options) { o.Drift = c.drift })
			var got string
			for _, d := range p.Diagnostics() {
				got += d.Summary
			}
			if got != c.want || plan.Complete && got != "" {
				t.Errorf("got the problem %q, want %q; complete is %v", got, c.want, plan.Complete)
			}
		})
	}
}
