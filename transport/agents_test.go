package transport_test

import (
	"context"
	"testing"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// named is a source of agents that is told from others by its name.
type named struct{ name string }

func (named) Agent(context.Context, string, string) (*transport.AgentImage, error) { return nil, nil }

// A context gets its agent from where WithAgents says, and without that from where all
// contexts of the process do. It does not count for a context behind it, which another
// process starts.
func TestAgentsOfOneContext(t *testing.T) {
	b := transport.NewBroker(transport.Options{Agents: named{"all"}})
	defer b.Shutdown()
	r := transport.NewRouter(b)
	var got transport.AgentSource
	agent := transporttest.Agent{Started: func(_ *transporttest.End, s transport.Start) { got = s.Agents }}
	agent.Serve = transport.ServeOptions{Agents: named{"its own"}, Connectors: []transport.ConnectorType{agent.Type()}}
	for want, opts := range map[string][]transport.ConnectOption{
		"all":   {transport.WithAgents(nil)},
		"other": {transport.WithAgents(named{"other"})},
	} {
		got = nil
		c, err := r.Connect(t.Context(), agent, opts...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Ready().Get(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got != (named{want}) {
			t.Errorf("the agent comes from %v, want %s", got, want)
		}
		below, err := c.Connect(t.Context(), agent, opts...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := below.Ready().Get(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got != (named{"its own"}) {
			t.Errorf("the agent behind it comes from %v, want that of its parent", got)
		}
	}
}
