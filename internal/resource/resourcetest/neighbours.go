package resourcetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
)

// Neighbour is an action that works beside a case: it makes its thing and takes
// it away again, in the same directory or the same files of accounts.
type Neighbour struct {
	Kind       string
	Make, Undo map[string]any
	// Elsewhere has it work in another agent of the machine.
	Elsewhere bool
}

const (
	// neighbourRounds is how often a case is applied among its neighbours.
	neighbourRounds = 2
	// neighbourTurns is how often each neighbour makes and undoes its thing
	// meanwhile.
	neighbourTurns = 1
)

// amongNeighbours applies a case while its neighbours work, in the same agent
// and in another of the machine. Everybody succeeds, and the case does what its
// check said.
func (c Case) amongNeighbours(t *testing.T) {
	for range neighbourRounds {
		c.Setup(t)
		here, elsewhere := NewService(), NewService()
		said := c.check(t, here)
		var wg sync.WaitGroup
		neighbours := c.Neighbours()
		failed := make([]error, len(neighbours))
		for i, n := range neighbours {
			agent := here
			if n.Elsewhere {
				agent = elsewhere
			}
			wg.Go(func() { failed[i] = n.work(t, agent) })
		}
		did, err := c.apply(t, here, said.Fingerprint)
		wg.Wait()
		if err != nil {
			t.Fatalf("apply: %v", err)
		}
		for i, err := range failed {
			if err != nil {
				t.Errorf("neighbour %d: %v", i, err)
			}
		}
		if did.Op != said.Op || !same(did.Before, said.Before) || !same(did.After, said.After) {
			t.Errorf("check said %s\n%v\n%v\nbut apply did %s\n%v\n%v", said.Op, said.Before, said.After, did.Op, did.Before, did.After)
		}
		if c.Verify != nil {
			c.Verify(t)
		}
		if again := c.check(t, NewService()); again.Op != resource.NoOp {
			t.Errorf("a check after the apply says %s\nbefore %v\nafter  %v", again.Op, again.Before, again.After)
		}
	}
}

func (n Neighbour) work(t *testing.T, s *resource.Service) error {
	for range neighbourTurns {
		for _, args := range []map[string]any{n.Make, n.Undo} {
			_, err := s.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: n.Kind, Args: Encode(t, args)})
			if err != nil {
				return fmt.Errorf("%s %v: %w", n.Kind, args, err)
			}
		}
	}
	return nil
}
