package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// What the transport itself offers to contexts above, as calls like any other.
var (
	dialFunc = NewFunc("transport.dial", dial)
	endFunc  = NewFunc("transport.end", endChild)
	dumpFunc = NewFunc("transport.dump", dump)
)

func builtins() map[string]Function {
	m := make(map[string]Function)
	for _, f := range []Function{dialFunc, endFunc, dumpFunc} {
		m[f.FuncName()] = f
	}
	return m
}

type dialIn struct {
	Network string `cbor:"network"`
	Addr    string `cbor:"addr"`
	// Handle is the caller's end of the tunnel.
	Handle uint32 `cbor:"handle"`
}

type dialOut struct {
	Handle uint32 `cbor:"handle"`
}

// dial opens a connection from here and carries its bytes to the caller.
func dial(ctx context.Context, n *Node, in dialIn) (dialOut, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, in.Network, in.Addr)
	if err != nil {
		return dialOut{}, err
	}
	t := n.broker.newTunnel(n.caller, in.Addr)
	t.remote = in.Handle
	n.broker.goroutine(func() { t.carry(conn) })
	return dialOut{Handle: t.handle}, nil
}

type endIn struct {
	Address Address `cbor:"address"`
	Within  int64   `cbor:"within"`
}

type endOut struct{}

// endChild ends a child of this context and waits for it.
func endChild(ctx context.Context, n *Node, in endIn) (endOut, error) {
	b := n.broker
	b.mu.Lock()
	c := b.children[in.Address]
	b.mu.Unlock()
	if c == nil {
		return endOut{}, nil
	}
	c.end(min(time.Duration(in.Within), b.opt.ShutdownTimeout))
	select {
	case <-c.done:
		return endOut{}, c.ending()
	case <-ctx.Done():
		return endOut{}, ctx.Err()
	}
}

// askEnd has the context's parent end it.
func (c *Context) askEnd(ctx context.Context) error {
	b := c.broker
	if done, _ := c.lost.o.state(); done {
		return nil
	}
	parent := b.contextAt(c.address.Parent())
	if parent == nil {
		return nil
	}
	within := b.opt.ShutdownTimeout
	ctx, cancel := context.WithTimeout(ctx, within+time.Second)
	defer cancel()
	_, err := endFunc.Call(ctx, parent, endIn{c.address, int64(within * 9 / 10)})
	var lost *LostError
	if errors.As(err, &lost) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("shut down context %s: %w", c.name, err)
	}
	b.endContext(c, nil)
	return nil
}

type dumpIn struct{}

type dumpOut struct {
	Text string `cbor:"text"`
}

// dump says who waits for what in this context.
func dump(_ context.Context, n *Node, _ dumpIn) (dumpOut, error) {
	var b strings.Builder
	n.broker.dumpHere(&b)
	return dumpOut{shorten(b.String(), maxText)}, nil
}

// spawned is the reporter of a child that was asked for from above.
type spawned struct {
	broker  *Broker
	request *Message
	address Address
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
	_ = s.broker.sendValue(s.request.Src, handleLost, lostPayload{s.address, e})
}

// spawn starts a child that a context above asks for. The child has its place
// before the next frame is read: it may be for it.
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
	o := connectOptions{name: p.Name, timeout: time.Duration(p.Timeout), parallelism: p.Parallelism}
	c := b.newChild(k, o)
	c.address, c.name, c.report = p.Address, p.Name, &spawned{b, m, p.Address}
	b.mu.Lock()
	taken := b.children[p.Address] != nil || b.closing
	if !taken {
		b.children[p.Address] = c
	}
	b.mu.Unlock()
	if taken {
		b.refuseSpawn(m, "the address is taken, or the context is ending")
		return
	}
	c.launch(context.Background())
}

func (b *Broker) refuseSpawn(m *Message, why string) {
	b.reply(m, nil, &ConnectError{Phase: "spawn", Cause: why}, 0)
}

// connector decodes a request's connector, of a kind that this process starts.
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

// childLost takes the word of a context about the end of a child of it.
func (b *Broker) childLost(s *Stream, m *Message) {
	var p lostPayload
	if err := Unmarshal(m.Data, &p); err != nil {
		b.dropped(m, err.Error())
		return
	}
	if p.Address.Parent() != m.Src || p.Address == m.Src {
		b.dropped(m, "it speaks of a child that is not its own")
		return
	}
	s.forget(p.Address)
	c := b.contextAt(p.Address)
	if c == nil || c.told.Swap(true) {
		return
	}
	if p.Err == nil {
		c.mail.post(func() { b.endContext(c, nil) })
		return
	}
	p.Err.clean()
	p.Err.Context, p.Err.Chain = c.name, c.chain
	c.mail.post(func() { b.endContext(c, p.Err) })
}
