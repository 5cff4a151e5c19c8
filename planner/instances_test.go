package planner_test

import (
	"strconv"
	"strings"
	"testing"
)

// The number of instances of a block is bounded, since a host may decide how many
// there are.
func TestTooManyInstances(t *testing.T) {
	for name, each := range map[string]string{
		"count":            "count = 50001\n  path = \"/x${count.index}\"",
		"for_each":         "for_each = zipmap(" + numbers(50_001) + ", " + numbers(50_001) + ")" + "\n  path = \"/x${each.key}\"",
		"on with for_each": "for_each = toset(" + numbers(26_000) + ")" + "\n  path = \"/x${each.key}\"",
	} {
		on := "context.ssh.web[\"a\"]"
		if name == "on with for_each" {
			on = "context.ssh.web"
		}
		plan, p := makePlan(t, hosts+"resource \"file\" \"x\" {\n  on = "+on+"\n  "+each+"\n}\n", &world{})
		diags := p.Diagnostics()
		if len(diags) != 1 || diags[0].Summary != "Too many instances" || !strings.Contains(diags[0].Detail, "at most 50000") {
			t.Errorf("%s: got %v, want \"Too many instances\"", name, diags)
		}
		if len(plan.Actions) > 0 {
			t.Errorf("%s: the plan has %d actions, want none", name, len(plan.Actions))
		}
	}
}

// numbers writes an expression for a list of n numbers as texts, of the kind that a
// host could send.
func numbers(n int) string {
	all := make([]string, n)
	for k := range all {
		all[k] = strconv.Itoa(k)
	}
	return "split(\",\", \"" + strings.Join(all, ",") + "\")"
}
