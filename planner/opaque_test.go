package planner_test

import "testing"

// TestNothingIsComparedAfterAnOpaqueAction: a command may touch anything, so
// that what was read of a file before it is nothing that an apply could hold the
// file against.
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
			t.Errorf("%s: fingerprint %q, before unknown %v", address, a.Fingerprint, a.BeforeUnknown)
		}
	}
}
