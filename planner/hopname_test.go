package planner

import (
	"strings"
	"testing"
)

// A chain shows each block and the name that it was given on one line, whatever
// characters are in the name.
func TestChainShowsNames(t *testing.T) {
	for given, want := range map[string]string{
		"":                              "local > ssh web",
		"edge-7":                        "local > ssh web (edge-7)",
		" two  words ":                  "local > ssh web (two words)",
		"a\nb\x1b[31m\x00\u202ec\u200e": "local > ssh web (a b [31m c)",
		strings.Repeat("é", 40):         "local > ssh web (" + strings.Repeat("é", 32) + "…)",
		"\n\t ":                         "local > ssh web",
	} {
		h := &Hop{Address: "context.ssh.web", given: given}
		if got := strings.Join(h.Chain(), " > "); got != want {
			t.Errorf("the chain with the name %q is %q, want %q", given, got, want)
		}
	}
	if got := (&Hop{Address: "context.ssh.web"}).Name(); got != "" {
		t.Errorf("the name of a context without one is %q", got)
	}
}
