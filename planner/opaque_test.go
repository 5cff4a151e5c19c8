package planner_test

import "testing"

// TestNothingIsComparedAfterAnOpaqueAction: a command may touch anything. So an
// apply cannot compare a file that comes after a command with what was read before
// the command.
func TestNothingIsComparedAfterAnOpaqueAction(t *testing.T) {
	src := `
context "ssh" "web" {
  host = "10.0.0.1"
}
resource "file" "before" {
  on   = context.ssh.web
  path = "/etc/before"
}
call "command" "any" {
  on         = context.ssh.web
  argv       = ["any"]
  depends_on = [file.before]
}
resource "file" "after" {
  on         = context.ssh.web
  path       = "/etc/after"
  depends_on = [call.command.any]
}
`
	plan, p := makePlan(t, src, &world{})
	noErrors(t, p)
	for address, want := range map[string]string{"file.before": "f", "file.after": ""} {
		a := plan.Action(address)
		if a.Fingerprint != want || a.BeforeUnknown != (want == "") {
			t.Errorf("%s: the fingerprint is %q, want %q; before unknown is %v", address, a.Fingerprint, want, a.BeforeUnknown)
		}
	}
}

// TestAnExactScriptIsNotOpaque: the scripts of a block may touch anything, so that nothing that
// comes after them is compared with what was read before; with exact they touch their own
// thing alone.
func TestAnExactScriptIsNotOpaque(t *testing.T) {
	for exact, want := range map[string]string{"false": "", "true": "f"} {
		plan, p := makePlan(t, `
context "ssh" "web" {
  host = "10.0.0.1"
}
resource "script" "any" {
  on    = context.ssh.web
  name  = "any"
  read  = "echo null"
  apply = "true"
  exact = `+exact+`
}
resource "file" "after" {
  on         = context.ssh.web
  path       = "/etc/after"
  depends_on = [script.any]
}
`, &world{})
		noErrors(t, p)
		if a := plan.Action("file.after"); a.Fingerprint != want || a.BeforeUnknown != (want == "") {
			t.Errorf("exact = %s: the fingerprint is %q, want %q; before unknown is %v", exact, a.Fingerprint, want, a.BeforeUnknown)
		}
	}
}
