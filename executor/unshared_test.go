package executor

import (
	"bytes"
	"testing"

	"github.com/mitoplan/mitoplan/planner"
)

// If a later plan has a context on another machine than the one that it was started for,
// each request brings the key of that machine.
func TestOtherKeysAreBrought(t *testing.T) {
	first, second := []byte("the first key"), []byte("the second key")
	for name, c := range map[string]struct{ started, step, want []byte }{
		"the same":  {first, first, nil},
		"a copy":    {first, bytes.Clone(first), nil},
		"another":   {first, second, second},
		"none then": {nil, first, first},
	} {
		h := &handle{Hop: &planner.Hop{Key: c.started}}
		if got := h.unshared(c.step); !bytes.Equal(got, c.want) {
			t.Errorf("%s: the request brings %q, want %q", name, got, c.want)
		}
	}
}
