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
