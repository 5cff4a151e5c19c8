package planner_test

import (
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// become are contexts that refer to the account in some way, with blocks in them.
func become(user string) string {
	return `
context "ssh" "h" { host = "h" }
context "sudo" "root" { via = context.ssh.h }
resource "user" "app" {
  on   = context.sudo.root
  name = "app"
}
` + user + `
resource "file" "x" {
  on   = context.sudo.app
  path = "/srv/x"
}
call "command" "run" {
  on   = context.sudo.app
  argv = ["true"]
}
call "command" "guarded" {
  on      = context.sudo.app
  argv    = ["true"]
  creates = "/srv/y"
}
call "command" "look" {
  on        = context.sudo.app
  argv      = ["true"]
  read_only = true
}
`
}

const (
	byReference = `
context "sudo" "app" {
  via  = context.ssh.h
  user = user.app.name
}`
	byName = `
context "sudo" "app" {
  via  = context.ssh.h
  user = "app"
}`
	byOrder = `
context "sudo" "app" {
  via        = context.ssh.h
  user       = "app"
  depends_on = [user.app]
}`
	asLogin = `
context "sudo" "app" {
  via   = context.ssh.h
  user  = user.app.name
  login = true
}`
	bySSH = `
context "ssh" "app" {
  host = "h"
  user = user.app.name
}
context "sudo" "app" { via = context.ssh.app }`
	behindIt = `
context "sudo" "first" {
  via  = context.ssh.h
  user = user.app.name
}
context "sudo" "app" { via = context.sudo.first }`
)

func updated(name string, before, after any) *resource.Change {
	c := &resource.Change{Op: resource.Update, Before: map[string]any{"name": "app"}, After: map[string]any{"name": "app"}, Writes: []kind.Thing{"user:app"}}
	if before != nil {
		c.Before[name] = before
	}
	if after != nil {
		c.After[name] = after
	}
	return c
}

// accountChanges are what checks can say of an account.
var accountChanges = map[string]*resource.Change{
	"none":        {Op: resource.NoOp, Writes: []kind.Thing{"user:app"}},
	"create":      {Op: resource.Create, After: map[string]any{"name": "app", "comment": "A"}, Writes: []kind.Thing{"user:app"}},
	"delete":      {Op: resource.Delete, Before: map[string]any{"name": "app"}, Writes: []kind.Thing{"user:app"}},
	"replace":     {Op: resource.Replace, Before: map[string]any{"comment": "A"}, After: map[string]any{"comment": "B"}, Writes: []kind.Thing{"user:app"}},
	"comment":     updated("comment", "A", "B"),
	"shell":       updated("shell", "/bin/sh", "/bin/bash"),
	"password":    updated("password_hash", "none", "set"),
	"locked":      updated("locked", false, true),
	"expires":     updated("expires", "never", "2031-02-03"),
	"uid":         updated("uid", int64(1), int64(2)),
	"group":       updated("group", "app (1)", "ops (2)"),
	"groups":      updated("groups", []any{"a"}, []any{"a", "b"}),
	"home":        updated("home", "/home/app", "/srv/app"),
	"home made":   updated("create_home", false, true),
	"known later": updated("comment", "A", nil),
	"uid later":   updated("uid", int64(1), nil),
	"not told":    updated("comment", "A", "A"),
}

// A context waits for an account only if the account is made. A change that leaves
// the account who it is does not hold the context up, but the apply still makes it
// before what is in the context.
func TestAContextWaitsOnlyForAnAccountThatIsMade(t *testing.T) {
	sudo := []string{"comment", "shell", "password", "locked", "expires", "known later"}
	tests := []struct {
		name, source string
		goesOn       []string
	}{
		{"by reference", byReference, sudo},
		{"by name", byName, sudo},
		{"depends_on", byOrder, nil},
		{"through it", behindIt, sudo},
		{"ssh", bySSH, []string{"comment", "known later"}},
	}
	for _, tt := range tests {
		for change, c := range accountChanges {
			for _, drift := range []bool{false, true} {
				name := tt.name + "/" + change
				if drift {
					name += "/drift"
				}
				t.Run(name, func(t *testing.T) {
					w := &world{answers: map[string]planner.Result{"user.app": {Change: c}}}
					plan, p := makePlan(t, become(tt.source), w, func(o *planner.Options) { o.Drift = drift })
					noErrors(t, p)
					quiet := c.Op == resource.NoOp
					wantThere(t, plan, quiet || slices.Contains(tt.goesOn, change), !quiet)
				})
			}
		}
	}
}

func wantThere(t *testing.T, plan *planner.Plan, there, after bool) {
	t.Helper()
	for _, address := range []string{"file.x", "call.command.run", "call.command.guarded"} {
		a := plan.Action(address)
		switch {
		case a == nil:
			t.Errorf("%s is not in the plan", address)
		case (a.Op != planner.Defer) != there:
			t.Errorf("%s is %s because of %q; want it planned: %v", address, a.Op, a.Reason, there)
		case there && slices.Contains(a.DependsOn, "user.app") != after:
			t.Errorf("%s comes after %q; want it after user.app: %v", address, a.DependsOn, after)
		}
	}
	if a := plan.Action("call.command.look"); (a == nil || a.Op != planner.Defer) != there {
		t.Errorf("the call that reads is %+v; want it planned: %v", a, there)
	}
	if plan.Action("user.app") == nil {
		t.Error("the account is not in the plan")
	}
}

// The order that the configuration gives is kept: what it puts before the change of
// the account stays there.
func TestAnAccountMayComeAfterACallOfItsContext(t *testing.T) {
	w := &world{answers: map[string]planner.Result{"user.app": {Change: accountChanges["comment"]}}}
	plan, p := makePlan(t, `
context "ssh" "h" { host = "h" }
context "sudo" "app" {
  via  = context.ssh.h
  user = "app"
}
call "command" "first" {
  on   = context.sudo.app
  argv = ["true"]
}
resource "user" "app" {
  on         = context.ssh.h
  name       = "app"
  depends_on = [call.command.first]
}
`, w)
	noErrors(t, p)
	if a := plan.Action("call.command.first"); a == nil || a.Op != planner.Always || len(a.DependsOn) > 0 {
		t.Errorf("got %+v, want a call that runs always and comes after nothing", a)
	}
}

// A change that may stop a login is waited for. A context of sudo -i starts the
// login shell, for example.
func TestWhatMayStopALoginIsWaitedFor(t *testing.T) {
	for change, there := range map[string]bool{"shell": false, "comment": true, "locked": true} {
		w := &world{answers: map[string]planner.Result{"user.app": {Change: accountChanges[change]}}}
		plan, p := makePlan(t, become(asLogin), w)
		noErrors(t, p)
		wantThere(t, plan, there, true)
	}
}
