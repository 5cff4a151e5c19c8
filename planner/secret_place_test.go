package planner_test

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
)

// Addresses show which contexts a block is on, under which keys, and what a context
// is reached through. So none of these may depend on a secret.
func TestSecretInAPlace(t *testing.T) {
	const contexts = `
variable "s" {}
context "local" "here" {}
context "ssh" "web" {
  for_each = { a = "10.0.0.1" }
  host     = each.value
}
`
	for _, block := range []string{
		`resource "file" "x" {
			on = { (var.s) = context.local.here }
			path = "/x"
		}`,
		`resource "file" "x" {
			on = context.ssh.web[var.s]
			path = "/x"
		}`,
		`resource "file" "x" {
			on = { for k, c in context.ssh.web : k => c if k == var.s }
			path = "/x"
		}`,
		`resource "file" "x" {
			for_each = toset(["a"])
			on = context.ssh.web[each.key == "x" ? "a" : var.s]
			path = "/x"
		}`,
		`resource "file" "x" {
			on = context.local.here
			for_each = { (var.s) = 1 }
			path = "/x"
		}`,
		`context "sudo" "x" { via = context.ssh.web[var.s] }
		resource "file" "x" {
			on = context.sudo.x
			path = "/x"
		}`,
	} {
		for _, m := range []config.Mark{config.Sensitive, config.Ephemeral} {
			vars := map[string]cty.Value{"s": cty.StringVal("a").Mark(m)}
			plan, p := makePlan(t, contexts+block, &world{}, func(o *planner.Options) { o.Vars = vars })
			diags := p.Diagnostics()
			if len(diags) != 1 || !strings.Contains(diags[0].Summary+diags[0].Detail, "address") {
				t.Errorf("%s: %v", block, diags)
			}
			if len(ops(plan)) > 0 {
				t.Errorf("%s: the plan does something: %q", block, ops(plan))
			}
		}
	}
}
