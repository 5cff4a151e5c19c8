package transport

import (
	"context"
	"fmt"
	"time"
)

// spawned reports on a child to the context above that asked for it.
type spawned struct {
	broker  *Broker
	request *Message
	address Address
	name    string
}

func (s *spawned) up(g Greeting) {
	out, err := Marshal(g)
	s.broker.reply(s.request, out, err, 0)
}

func (s *spawned) failed(e *ConnectError) {
	e.LastWords = shorten(e.LastWords, maxText)
	s.broker.reply(s.request, nil, e, 0)
}

func (s *spawned) over(e *LostError) {
	_ = s.broker.sendValue(s.request.Src, handleLost, lostPayload{s.address, e.toSend()})
	if e != nil {
		e.Context = s.name
		s.broker.endPermits(s.address, e)
	}
}

// spawn starts a child that a context above asks for. It gives the child its
// place before the next frame is read: that frame may be for the child.
func (b *Broker) spawn(m *Message) {
	var p spawnPayload
	if err := Unmarshal(m.Data, &p); err != nil {
		b.refuseSpawn(m, "the request cannot be read: "+err.Error())
		return
	}
	k, err := b.connector(p)
	if err != nil {
		b.refuseSpawn(m, err.Error())
		return
	}
	if p.Address == b.self || p.Address.Parent() != b.self {
		b.refuseSpawn(m, "the address is not of a child of this context")
		return
	}
	c := b.newChild(k, time.Duration(p.Timeout), p.Parallelism, p.Shared)
	c.report = &spawned{b, m, p.Address, p.Name}
	b.mu.Lock()
	taken := b.children[p.Address] != nil || b.closing
	if !taken {
		b.add(c, p.Address, p.Name)
	}
	b.mu.Unlock()
	if taken {
		b.refuseSpawn(m, "the address is taken, or the context is ending")
		return
	}
	c.launch(context.Background())
}

// refuseSpawn answers that no child was started, and why.
func (b *Broker) refuseSpawn(m *Message, why string) {
	b.reply(m, nil, &ConnectError{Phase: PhaseSpawn, Cause: why}, 0)
}

// connector decodes the connector of a request. It must be of a kind that this
// process starts.
func (b *Broker) connector(p spawnPayload) (Connector, error) {
	for _, t := range b.opt.Connectors {
		if t.Kind == p.Kind {
			k := t.New()
			if err := Unmarshal(p.Connector, k); err != nil {
				return nil, fmt.Errorf("the arguments of %s cannot be read: %w", p.Kind, err)
			}
			return k, nil
		}
	}
	return nil, fmt.Errorf("this context starts no contexts of kind %q", p.Kind)
}
