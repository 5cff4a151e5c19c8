package planner_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// TestWhatADeferredInstanceWaitsFor holds that the reason of a deferral names what
// is really waited for, once. Of a collection it names the member with the same
// key. Of contexts that are reached through each other, it names what the first of
// them waits for.
func TestWhatADeferredInstanceWaitsFor(t *testing.T) {
	const users = `
context "ssh" "h" { host = "h" }
context "sudo" "root" { via = context.ssh.h }
resource "user" "svc" {
  on       = context.sudo.root
  for_each = toset(["a", "b"])
  name     = each.key
}
locals {
  names = { for key, u in user.svc : key => u.name }
}
`
	const file = `
resource "file" "x" {
  on   = context.sudo.svc
  path = "/srv/${on.user}"
}
`
	each := func(user string) string {
		return users + file + `
context "sudo" "svc" {
  via      = context.ssh.h
  for_each = toset(["a", "b"])
  user     = ` + user + "\n}\n"
	}
	tests := []struct {
		name, source string
		want         map[string]string
	}{
		{"by key", each("user.svc[each.key].name"), map[string]string{
			`file.x["a"]`: `context.sudo.svc["a"] waits for user.svc["a"]`, `file.x["b"]`: `context.sudo.svc["b"] waits for user.svc["b"]`}},
		{"through a local value", each("local.names[each.key]"), map[string]string{
			`file.x["a"]`: `context.sudo.svc["a"] waits for user.svc["a"]`, `file.x["b"]`: `context.sudo.svc["b"] waits for user.svc["b"]`}},
		{"of all", users + `
context "sudo" "all" {
  via  = context.ssh.h
  user = join("", [for u in user.svc : u.name])
}
resource "file" "x" {
  on   = context.sudo.all
  path = "/srv/x"
}
`, map[string]string{"file.x": "context.sudo.all waits for user.svc"}},
		{"through other contexts", users + `
context "sudo" "one" {
  via  = context.ssh.h
  user = user.svc["b"].name
}
context "sudo" "two" {
  via  = context.sudo.one
  user = "root"
}
context "sudo" "three" {
  via  = context.sudo.two
  user = user.svc["a"].name
}
resource "file" "x" {
  on   = context.sudo.two
  path = "/srv/x"
}
resource "file" "y" {
  on   = context.sudo.three
  path = "/srv/y"
}
call "command" "z" {
  on   = context.sudo.three
  argv = ["true"]
}
`, map[string]string{
			"file.x":         `context.sudo.two waits for user.svc["b"]`,
			"file.y":         `context.sudo.three waits for user.svc["b"]`,
			"call.command.z": `context.sudo.three waits for user.svc["b"]`,
		}},
		{"a value that an apply tells", `
context "ssh" "h" { host = "h" }
call "command" "who" {
  on   = context.ssh.h
  argv = ["who"]
}
context "sudo" "one" {
  via  = context.ssh.h
  user = call.command.who.stdout
}
context "sudo" "two" {
  via  = context.sudo.one
  user = "root"
}
resource "file" "x" {
  on   = context.sudo.two
  path = "/srv/x"
}
`, map[string]string{"file.x": "context.sudo.two waits for call.command.who"}},
		{"by the argument that is not known", `
context "ssh" "h" { host = "h" }
resource "file" "other" {
  on   = context.ssh.h
  path = "/srv/other"
}
call "command" "late" {
  on   = context.ssh.h
  argv = ["who"]
}
locals {
  said = call.command.late.stdout
}
resource "file" "switched" {
  on      = context.ssh.h
  path    = "/srv/a"
  content = file.other.path
  enabled = local.said == "x"
}
resource "file" "many" {
  on       = context.ssh.h
  path     = "/srv/b${each.key}"
  content  = file.other.path
  for_each = toset([call.command.late.stdout])
}
resource "file" "placed" {
  on      = call.command.late.stdout == "" ? context.ssh.h : null
  path    = "/srv/c"
  content = file.other.path
}
resource "file" "after" {
  on    = context.ssh.h
  path  = "/srv/d${count.index}"
  count = length(file.many)
}
`, map[string]string{
			"file.switched": "waits for call.command.late",
			"file.many":     "for_each waits for call.command.late",
			"file.placed":   "on waits for call.command.late",
			"file.after":    "count waits for file.many",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plan, p := makePlan(t, tt.source, &world{})
			noErrors(t, p)
			for address, want := range tt.want {
				a := plan.Action(address)
				if a == nil {
					t.Errorf("%s is not in the plan", address)
				} else if a.Reason != want {
					t.Errorf("%s waits because of %q, want %q", address, a.Reason, want)
				}
			}
		})
	}
}

// A call that its guard lets run changes something. What comes after it waits, even
// before it is decided whether something triggers the call.
func TestContextWaitsForAGuardedCall(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, `
context "ssh" "h" { host = "h" }
call "command" "make" {
  on      = context.ssh.h
  argv    = ["adduser", "app"]
  creates = "/home/app"
}
context "sudo" "app" {
  via        = context.ssh.h
  user       = "app"
  depends_on = [call.command.make]
}
resource "file" "x" {
  on   = context.sudo.app
  path = "/home/app/x"
}`, w)
	noErrors(t, p)
	if slices.Contains(w.asked, "context context.sudo.app") {
		t.Errorf("the context was asked for before the call has run: %q", w.asked)
	}
	wantOps(t, plan, "> call.command.make", "? file.x")
}

// What a call waits for may be brought about, or undone, by what it comes after. So it waits
// in the apply if any of that changes, whatever is so now.
func TestWhatIsWaitedForComesAfterChanges(t *testing.T) {
	const src = `
context "ssh" "h" { host = "h" }
resource "file" "conf" {
  on   = context.ssh.h
  path = "/etc/app.conf"
}
call "wait_for" "up" {
  on         = context.ssh.h
  port       = 80
  depends_on = [file.conf]
}`
	holds := planner.Result{Reply: &function.CallReply{}}
	same := planner.Result{Change: &resource.Change{Op: resource.NoOp}}
	for name, tt := range map[string]struct {
		answers map[string]planner.Result
		want    []string
	}{
		"it holds, and nothing changes":        {map[string]planner.Result{"file.conf": same, "call.wait_for.up": holds}, nil},
		"it does not hold":                     {map[string]planner.Result{"file.conf": same}, []string{"> call.wait_for.up"}},
		"it holds before something that comes": {map[string]planner.Result{"call.wait_for.up": holds}, []string{"+ file.conf", "> call.wait_for.up"}},
	} {
		t.Run(name, func(t *testing.T) {
			plan, p := makePlan(t, src, &world{answers: tt.answers})
			noErrors(t, p)
			wantOps(t, plan, tt.want...)
		})
	}
	plan, _ := makePlan(t, src, &world{answers: map[string]planner.Result{"call.wait_for.up": holds}})
	if a := plan.Action("call.wait_for.up"); a.Reason != "waits for what comes before it" {
		t.Errorf("the reason is %q", a.Reason)
	}
}

// Of a call of http the method decides whether it runs while planning; one that is not known yet
// may be any.
func TestTheMethodDecidesWhetherACallReads(t *testing.T) {
	for name, tt := range map[string]struct {
		more  string
		asked bool
		want  []string
	}{
		"without":       {"", true, nil},
		"GET":           {`method = "GET"`, true, nil},
		"POST":          {`method = "POST"`, false, []string{"! call.http.x"}},
		"not yet known": {"method = trimspace(call.command.seed.stdout)", false, []string{"! call.http.x"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{answers: map[string]planner.Result{"call.http.x": {Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"status": int64(200)}}}}}
			plan, p := makePlan(t, `
context "ssh" "h" { host = "h" }
call "command" "seed" {
  on   = context.ssh.h
  argv = ["seed"]
}
call "http" "x" {
  on  = context.ssh.h
  url = "http://h/"
  `+tt.more+`
}`, w)
			noErrors(t, p)
			if asked := slices.Contains(w.asked, "read call.http.x"); asked != tt.asked {
				t.Errorf("asked while planning: %v, want %v: %q", asked, tt.asked, w.asked)
			}
			wantOps(t, plan, append([]string{"! call.command.seed"}, tt.want...)...)
		})
	}
}

// What a command prints that is marked as a secret is none that an output may show.
func TestOutputThatIsASecret(t *testing.T) {
	const src = `
context "ssh" "h" { host = "h" }
call "command" "key" {
  on        = context.ssh.h
  argv      = ["key"]
  read_only = true
  sensitive = %s
}
output "key" {
  value = call.command.key.stdout
}`
	answers := map[string]planner.Result{"call.command.key": answered("s3cr3t-value")}
	if _, p := makePlan(t, fmt.Sprintf(src, "false"), &world{answers: answers}); p.Diagnostics().HasErrors() {
		t.Errorf("it is no secret: %v", p.Diagnostics())
	}
	if _, p := makePlan(t, fmt.Sprintf(src, "true"), &world{answers: answers}); !p.Diagnostics().HasErrors() {
		t.Error("an output shows a secret")
	}
}

// It may be known late on which machine a context is, long after the arguments of
// its blocks. The claims of these blocks count all the same.
func TestClaimsOfAContextThatIsPlacedLate(t *testing.T) {
	w := &world{answers: map[string]planner.Result{
		"call.command.which": {Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"stdout": kind.Text("x")}}},
	}}
	plan, p := makePlan(t, `
context "ssh" "a" { host = "a" }
context "ssh" "b" { host = "b" }
call "command" "which" {
  on        = context.ssh.a
  argv      = ["which"]
  read_only = true
}
context "sudo" "late" {
  via = call.command.which.stdout == "x" ? context.ssh.a : context.ssh.b
}
resource "file" "x" {
  on   = context.sudo.late
  path = "/srv/x"
}
resource "directory" "srv" {
  on   = context.ssh.a
  path = "/srv"
}`, w)
	noErrors(t, p)
	if got := plan.Action("file.x").DependsOn; !slices.Contains(got, "directory.srv") {
		t.Errorf("file.x comes after %q", got)
	}
}
