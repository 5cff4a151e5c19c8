package planner_test

import (
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
)

// A text that an argument makes of a secret is reported as a secret before any host
// gets it.
func TestSecretsAreLearnedBeforeTheyAreSent(t *testing.T) {
	const src = `
variable "pw" {}
context "local" "here" {}
call "command" "login" {
  on   = context.local.here
  argv = ["login", "--as=root", "--password=${var.pw}"]
}
`
	var learned []string
	w := &world{}
	var sent int
	_, _ = makePlan(t, src, w, func(o *planner.Options) {
		o.Vars = map[string]cty.Value{"pw": cty.StringVal("hunter2-very-secret").Mark(config.Sensitive)}
		o.Learned = func(secrets ...string) { learned, sent = append(learned, secrets...), len(w.asked) }
	})
	if !slices.Equal(learned, []string{"--password=hunter2-very-secret"}) || slices.Contains(w.asked[:sent], "call call.command.login") {
		t.Errorf("learned %q after the steps %q", learned, w.asked[:sent])
	}
}
