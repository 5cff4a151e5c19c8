package executor

import (
	"cmp"
	"fmt"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// connector makes the transport.Connector of a context's kind, with its
// arguments decoded into it.
func (s *Session) connector(how *planner.Hop) (transport.Connector, error) {
	for _, t := range s.opts.Connectors {
		if t.Kind != how.Kind {
			continue
		}
		c := t.New()
		raw, err := transport.Marshal(how.Args)
		if err != nil {
			return nil, fmt.Errorf("encode arguments: %w", err)
		}
		if err := transport.Unmarshal(raw, c); err != nil {
			return nil, fmt.Errorf("decode arguments: %w", err)
		}
		return c, nil
	}
	return nil, &kind.Problem{Summary: "Unknown context kind", Detail: fmt.Sprintf("This version of mitoplan cannot start a context of kind %q.", how.Kind)}
}

// bounded is a connector whose arguments set bounds, as those of connect.Common
// do.
type bounded interface {
	// Timeout is how long the start may take, 0 if the arguments do not say.
	Timeout() time.Duration
	// Parallel is how many calls run at once in the context, 0 for no limit.
	Parallel() int
}

func (s *Session) connectOptions(h *handle) []transport.ConnectOption {
	chain := h.Chain()
	opts := []transport.ConnectOption{
		transport.WithName(cmp.Or(h.Name(), h.Label())),
		transport.WithLabel(chain[len(chain)-1]),
		transport.WithShared(resource.Shared{Key: h.Key, Paranoid: s.opts.Paranoid}.Encode()),
	}
	if h.Full && s.opts.FullAgents != nil {
		opts = append(opts, transport.WithAgents(s.opts.FullAgents))
	}
	if limit := s.connectTimeout(h.connector); limit > 0 {
		opts = append(opts, transport.WithTimeout(limit))
	}
	if b, ok := h.connector.(bounded); ok && b.Parallel() > 0 {
		opts = append(opts, transport.WithParallelism(b.Parallel()))
	}
	return opts
}

// connectLimit says for people when the start of a context is given up.
func (s *Session) connectLimit(h *handle) string {
	return "given up after " + short(cmp.Or(s.connectTimeout(h.connector), transport.DefaultTimeout)) + " without progress"
}

// connectTimeout is how long a start may go on without progress, from dialling to the
// greeting. It is 0 if neither the context nor the options set it.
func (s *Session) connectTimeout(c transport.Connector) time.Duration {
	if b, ok := c.(bounded); ok && b.Timeout() > 0 {
		return b.Timeout()
	}
	return s.opts.ConnectTimeout
}

// A host whose link was cut is reported as lost within 15 s, because three
// heartbeats may be missed and a session takes some time to end.
const (
	heartbeatInterval = 3 * time.Second
	heartbeatTimeout  = 3 * heartbeatInterval
)

// transportUp makes the broker and the router, if this session has none yet. It
// is called before a context is started.
func (s *Session) transportUp() {
	if s.broker != nil {
		return
	}
	s.broker = transport.NewBroker(transport.Options{
		Log: s.opts.Log, Agents: s.opts.Agents, Frames: s.opts.Frames, Guard: s.opts.Guard, Name: s.opts.Name,
		HeartbeatInterval: heartbeatInterval, HeartbeatTimeout: heartbeatTimeout, Starts: s.opts.Parallelism,
	})
	s.live.Store(s.broker)
	s.router = transport.NewRouter(s.broker)
}
