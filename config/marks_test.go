package config

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// A value that a host echoed is hidden, but an output made of it is not refused.
// The configuration could not know that it would be a secret.
func TestAnEchoedValueIsHiddenAndNotRefused(t *testing.T) {
	c, diags := LoadSources("/cfg", map[string][]byte{"main.mito.hcl": []byte(`
		variable "x" {}
		output "plain" { value = "it said ${var.x}" }
		output "opened" { value = nonsensitive(var.x) }
		output "asked" { value = issensitive(var.x) }
	`)}, Catalogue{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	s := NewScope(c, map[string]cty.Value{"x": cty.StringVal("a secret").Mark(Echoed)})
	for name, want := range map[string]bool{"plain": true, "opened": false, "asked": true} {
		v, diags := c.Outputs[name].Eval(s)
		if diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
		}
		if name == "asked" {
			if v, _ = v.Unmark(); v.False() {
				t.Error("issensitive() is false for an echoed value")
			}
			continue
		}
		if got := IsSensitive(v); got != want {
			t.Errorf("%s: sensitive is %v, want %v", name, got, want)
		}
	}
}
