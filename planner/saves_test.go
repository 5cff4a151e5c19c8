package planner_test

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/planner"
)

const webHosts = `
context "ssh" "web" {
  for_each = toset(["a", "b"])
  host     = each.key
}
`

// TestTwoCallsThatSaveOneFile are refused while planning, in words, whether they are
// blocks or instances of one.
func TestTwoCallsThatSaveOneFile(t *testing.T) {
	dump := func(name, args string) string {
		return "call \"command\" \"" + name + "\" {\n  argv = [\"dump\"]\n" + args + "\n}\n"
	}
	for name, c := range map[string]struct{ src, want string }{
		"two blocks":          {dump("x", "on = context.ssh.web[\"a\"]\nstdout_file = \"out\"") + dump("y", "on = context.ssh.web[\"b\"]\nstdout_file = \"./out\""), "call.command.x (main.mito.hcl:"},
		"instances":           {dump("x", "on = context.ssh.web[\"a\"]\nfor_each = toset([\"1\", \"2\"])\nstdout_file = \"out\""), "each.key"},
		"counted":             {dump("x", "on = context.ssh.web[\"a\"]\ncount = 2\nstdout_file = \"out\""), "count.index"},
		"a map of hosts":      {dump("x", "on = context.ssh.web\nstdout_file = \"out\""), "on.key"},
		"different kinds":     {dump("x", "on = context.ssh.web[\"a\"]\nstdout_file = \"out\"") + "call \"read_file\" \"y\" {\n on = context.ssh.web[\"a\"]\n path = \"/x\"\n save_as = \"out\"\n}", "call.read_file.y"},
		"one that only reads": {dump("x", "on = context.ssh.web[\"a\"]\nstdout_file = \"out\"\nread_only = true") + dump("y", "on = context.ssh.web[\"a\"]\nstdout_file = \"out\""), "call.command.y"},
		"one for each host":   {dump("x", "on = context.ssh.web\nstdout_file = \"out-${on.key}\""), ""},
		"one of two is off":   {dump("x", "on = context.ssh.web[\"a\"]\nstdout_file = \"out\"") + dump("y", "on = context.ssh.web[\"b\"]\nstdout_file = \"out\"\nenabled = false"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, p := makePlan(t, webHosts+c.src, &world{})
			diags := p.Diagnostics()
			switch {
			case c.want == "" && diags.HasErrors():
				t.Error(diags)
			case c.want == "":
			case len(diags) != 1 || diags[0].Summary != "Two calls save one file" || !strings.Contains(diags[0].Detail, c.want):
				t.Errorf("it says %v", diags)
			}
		})
	}
}

// TestACallThatSavesIsAnAction: it never runs while planning, whatever it says of
// itself, and one that only reads makes nothing unknown that comes after it.
func TestACallThatSavesIsAnAction(t *testing.T) {
	const src = `
context "ssh" "h" { host = "h" }
variable "later" { default = "x" }
call "command" "first" {
  on   = context.ssh.h
  argv = ["true"]
}
call "command" "dump" {
  on          = context.ssh.h
  argv        = ["dump"]
  stdout_file = "out"
  read_only   = true
}
call "read_file" "known" {
  on      = context.ssh.h
  path    = "/x"
  save_as = "fetched"
}
call "read_file" "late" {
  on      = context.ssh.h
  path    = "/x"
  save_as = call.command.first.stdout
}
call "read_file" "none" {
  on      = context.ssh.h
  path    = "/x"
  save_as = null
}
resource "file" "after" {
  on         = context.ssh.h
  path       = "/after"
  content    = "x"
  depends_on = [call.command.dump]
}
call "command" "told" {
  on           = context.ssh.h
  argv         = ["true"]
  triggered_by = [call.read_file.known]
}
`
	w := &world{answers: map[string]planner.Result{"call.read_file.none": {Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"content": kind.Text("x")}}}}}
	plan, p := makePlan(t, src, w)
	noErrors(t, p)
	wantOps(t, plan, "! call.command.first", "! call.command.dump", "! call.read_file.known", "! call.read_file.late", "+ file.after", "> call.command.told")
	for _, asked := range w.asked {
		if strings.HasPrefix(asked, "read ") && asked != "read call.read_file.none" {
			t.Errorf("planning ran %s", asked)
		}
	}
	for _, a := range plan.Actions {
		if a.Address == "file.after" && a.BeforeUnknown {
			t.Error("what comes after a command that changes nothing is unknown")
		}
	}
	drift, p := makePlan(t, src, &world{}, func(o *planner.Options) { o.Drift = true })
	noErrors(t, p)
	for _, a := range drift.Actions {
		if a.Type == "call" && a.Op != planner.NoOp && a.Address != "call.read_file.none" {
			t.Errorf("a drift would do %s %s", a.Address, a.Op)
		}
	}
}

// TestPathsToSave: where a result cannot be saved is said while planning.
func TestPathsToSave(t *testing.T) {
	for path, want := range map[string]string{
		`""`:     `"" is not a path`,
		`"sub/"`: "names a directory",
		`"out"`:  "",
	} {
		_, p := makePlan(t, `
context "ssh" "h" { host = "h" }
call "command" "dump" {
  on          = context.ssh.h
  for_each    = toset([`+path+`])
  stdout_file = each.key
  argv        = ["dump"]
}`, &world{})
		diags := p.Diagnostics()
		if want == "" && diags.HasErrors() || want != "" && (len(diags) != 1 || !strings.Contains(diags[0].Detail, want) || diags[0].Subject.Start.Line != 6) {
			t.Errorf("%s: %v", path, diags)
		}
	}
}
