package planner_test

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// TestResultsThatAreNullAreKnown: of a call that saves a result, the plan shows as null
// what will be null, and as unknown only what the host has yet to say.
func TestResultsThatAreNullAreKnown(t *testing.T) {
	const src = `
context "ssh" "h" { host = "h" }
call "command" "first" {
  on   = context.ssh.h
  argv = ["true"]
}
call "command" "saved" {
  on          = context.ssh.h
  argv        = ["dump"]
  stdout_file = "out"
}
call "command" "late" {
  on          = context.ssh.h
  argv        = ["dump"]
  stdout_file = call.command.first.stdout
}
call "read_file" "fetched" {
  on      = context.ssh.h
  path    = "/x"
  save_as = "fetched"
}
`
	outputs := map[string]bool{ // whether each is known to be null
		"call.command.first.stdout":             false,
		"call.command.first.stdout_size":        true,
		"call.command.first.stdout_sha256":      true,
		"call.command.saved.stdout":             true,
		"call.command.saved.stderr":             false,
		"call.command.saved.stdout_size":        false,
		"call.command.late.stdout":              false,
		"call.command.late.stdout_size":         false,
		"call.read_file.fetched.content":        true,
		"call.read_file.fetched.content_base64": true,
		"call.read_file.fetched.size":           false,
	}
	for ref, null := range outputs {
		t.Run(ref, func(t *testing.T) {
			plan, p := makePlan(t, src+"output \"o\" { value = { it = "+ref+" } }\n", &world{})
			noErrors(t, p)
			if len(plan.Outputs) != 1 {
				t.Fatalf("outputs: %v", plan.Outputs)
			}
			switch it := plan.Outputs[0].Value; {
			case null && !it.RawEquals(cty.ObjectVal(map[string]cty.Value{"it": cty.NullVal(it.Type().AttributeType("it"))})):
				t.Errorf("%#v, it will be null", it)
			case !null && it.IsWhollyKnown():
				t.Errorf("%#v, it is not known yet", it)
			}
		})
	}
}
