package transport_test

import (
	"fmt"
	"testing"

	"github.com/mitoplan/mitoplan/transport"
)

// A context that is printed, whatever the verb, is its name and its address.
func TestAContextIsShownByNameAndAddress(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 1)
	for _, verb := range []string{"%v", "%+v", "%s"} {
		if got := fmt.Sprintf(verb, chain[0]); got != "hop1 (0.1)" {
			t.Errorf("%s shows %q, want the name and the address", verb, got)
		}
	}
	if got := fmt.Sprint((*transport.Context)(nil)); got != "no context" {
		t.Errorf("a nil context is shown as %q", got)
	}
}

// Secrets are equal if their texts are, wherever they come from.
func TestSecretsAreEqualIfTheirTextsAre(t *testing.T) {
	for _, c := range []struct {
		a, b transport.Secret
		want bool
	}{
		{transport.NewSecret("hunter2"), transport.NewSecret("hunter2"), true},
		{transport.NewSecret("hunter2"), transport.NewSecret("hunter3"), false},
		{transport.NewSecret("hunter2"), transport.NewSecret("hunter"), false},
		{transport.NewSecret(""), transport.Secret{}, true},
	} {
		if got := c.a.Equal(c.b); got != c.want {
			t.Errorf("%q and %q are equal: %v", c.a.Reveal(), c.b.Reveal(), got)
		}
	}
}
