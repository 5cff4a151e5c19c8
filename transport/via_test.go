package transport_test

import (
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/transport"
)

func TestAContextKnowsWhatItWasStartedThrough(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 3)
	if chain[0].Via() != nil || chain[1].Via() != chain[0] || chain[2].Via() != chain[1] {
		t.Errorf("the contexts were started through %v, %v, %v", chain[0].Via(), chain[1].Via(), chain[2].Via())
	}
	if got := last(chain).Chain(); !slices.Equal(got, []string{"hop1", "hop2", "hop3"}) {
		t.Errorf("the chain of names is %q", got)
	}
}
