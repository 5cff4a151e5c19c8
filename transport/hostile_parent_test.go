package transport_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// An agent drops a frame from its parent that claims to come from below the agent,
// or that is meant for somebody else. Such frames could come from a relay that
// lies.
func TestFramesFromAboveThatAreDropped(t *testing.T) {
	self := transport.Address{}.Child(1, 0)
	table := map[string]struct {
		src, dst transport.Address
		why      string
	}{
		"as itself":          {self, self, "not above"},
		"as a child of it":   {self.Child(1, 0), self, "not above"},
		"for its parent":     {transport.Address{}, transport.Address{}, "wants to go there"},
		"for its sibling":    {transport.Address{}, transport.Address{}.Child(2, 0), "wants to go there"},
		"of another's child": {transport.Address{}, transport.Address{}.Child(1, 7), "wants to go there"},
	}
	for name, c := range table {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := transporttest.Pair(0)
				done := make(chan error, 1)
				go func() { done <- transport.ServeOn(context.Background(), agent().Serve, far, far) }()
				raw := transport.NewRaw(near)
				if _, err := raw.Read(); err != nil {
					t.Fatal(err)
				}
				_ = raw.Write(0, transport.SetupFrame())
				_ = raw.Write(0, &transport.Message{Src: c.src, Dst: c.dst, Handle: transport.HandleCall, ReplyTo: 1001})
				if said := nextEntry(t, raw); !strings.Contains(said, c.why) {
					t.Errorf("the agent logs %q, want %q in it", said, c.why)
				}
				near.Cut()
				<-done
				time.Sleep(time.Minute) // lets the agent's timers end
			})
		})
	}
}

// nextEntry returns the next log entry that the agent sends.
func nextEntry(t *testing.T, raw *transport.Raw) string {
	t.Helper()
	for {
		m, err := raw.Read()
		if err != nil {
			t.Fatal(err)
		}
		if m.Handle == transport.HandleLog {
			return string(m.Data)
		}
	}
}
