package planner_test

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/secret"
	"github.com/mitoplan/mitoplan/planner"
)

// TestWeakPasswordsLeaveOwnWords: mitoplan's own words in a refusal lose nothing to a password
// that is spelt like one. What the program printed does.
func TestWeakPasswordsLeaveOwnWords(t *testing.T) {
	const (
		summary = "Wrong password for the user"
		detail  = "The password of user root was not accepted."
		words   = "su: Authentication failure (password of user root)"
	)
	for _, password := range []string{"password", "user", "Authentication", "failure", "accepted", "root"} {
		failure := &planner.Failure{Summary: summary, Detail: detail + " " + words, Own: detail, Kind: planner.FailureLost}
		_, p := makePlan(t, `
variable "s" {
  type      = string
  sensitive = true
}
context "local" "here" {}
context "su" "root" {
  via      = context.local.here
  password = var.s
}
resource "file" "x" {
  on      = context.su.root
  path    = "/etc/x"
  content = "x"
}
`, &world{answers: map[string]planner.Result{"context.su.root": {Failure: failure}}}, func(o *planner.Options) {
			o.Vars = map[string]cty.Value{"s": cty.StringVal(password).Mark(config.Sensitive)}
		})
		want := detail + " " + strings.ReplaceAll(words, password, secret.Hidden)
		if d := p.Diagnostics(); len(d) != 1 || d[0].Summary != summary || d[0].Detail != want {
			t.Errorf("password %q: %v, want %q: %q", password, d, summary, want)
		} else if own := d[0].Extra.(planner.Location).Own; !strings.HasPrefix(own, detail) {
			t.Errorf("password %q: own is %q, want %q", password, own, detail)
		}
	}
}
