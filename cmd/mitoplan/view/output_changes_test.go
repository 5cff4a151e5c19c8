package view

import "testing"

// That only outputs change is said of a plan that looked at everything, and of no other.
func TestOnlyOutputsIsSaidOfACompletePlan(t *testing.T) {
	for _, complete := range []bool{true, false} {
		p := &Plan{Changed: []string{"greeting"}, Complete: complete}
		if said := p.onlyOutputs(); (said != "") != complete {
			t.Errorf("of a plan that is complete: %v, is said %q", complete, said)
		}
	}
}
