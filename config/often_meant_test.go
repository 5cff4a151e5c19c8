package config_test

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/config"
)

// What is often meant by what cannot stand there is said.
func TestWhatIsOftenMeant(t *testing.T) {
	for src, want := range map[string]string{
		`resource "file" "x" { lifecycle { precondition { condition = true } } }`: "Put the inner block on lines of its own.",
		"context \"local\" \"x\" {\n  host = \"h\"\n}\n":                          `Another machine is a context "ssh"`,
		"context \"local\" \"x\" {\n  agent_path = \"a\"\n}\n":                    `agent_path is "a". It is a path on the host and must begin with /.`,
	} {
		_, diags := config.LoadSources("/cfg", map[string][]byte{"main.mito.hcl": []byte(src)}, realCatalogue())
		if !strings.Contains(diags.Error(), want) {
			t.Errorf("%s is told %v, want %q", src, diags, want)
		}
	}
}
