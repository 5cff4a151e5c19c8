package transport

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/go-hclog"
)

// The functions that every context serves. The contexts above call them like
// any other.
var (
	dialFunc  = NewPlainFunc(dialName, dial)
	endFunc   = NewPlainFunc(endName, endChild)
	dumpFunc  = NewPlainFunc(dumpName, dump)
	levelFunc = Func[int32, endOut]{&served{levelName, plainValues, true, setLevel}}
)

// builtins are these functions by their names.
func builtins() map[string]Function {
	m := make(map[string]Function)
	for _, f := range []Function{dialFunc, endFunc, dumpFunc, levelFunc} {
		m[f.FuncName()] = f
	}
	return m
}

// dial opens a connection from this machine and carries its bytes to the
// caller.
func dial(ctx context.Context, n *Node, in dialIn) (dialOut, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, in.Network, in.Addr)
	if err != nil {
		return dialOut{}, err
	}
	n.engine.cpus.all() // what it carries is no call
	t := n.broker.newTunnel(n.caller, in.Addr)
	t.remote, t.queue = in.Handle, tunnelQueue
	n.broker.goroutine(func() { t.carry(conn) })
	return dialOut{Handle: t.handle}, nil
}

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
		return endOut{}, c.endError()
	case <-ctx.Done():
		return endOut{}, ctx.Err()
	}
}

// setLevel changes from which level on this context sends its entries.
func setLevel(_ context.Context, n *Node, of *values, raw []byte) ([]byte, error) {
	var level int32
	return n.run(levelName, of, raw, &level, endOut{}, func() error { n.engine.sink.setLevel(hclog.Level(level)); return nil })
}

// dump says who waits for what in this context, and in those that it has started itself.
func dump(ctx context.Context, n *Node, within int64) (*dumpOut, error) {
	ctx, cancel := context.WithTimeout(ctx, min(time.Duration(within), dumpWait))
	defer cancel()
	contexts := n.broker.dumpContexts()
	contexts = contexts[:min(len(contexts), dumpLines)]
	asked := n.broker.askDumps(ctx, contexts, within)
	out := &dumpOut{Text: n.broker.dumpHere(n.engine), Stacks: stacks()}
	for _, c := range contexts {
		if asked[c] == nil {
			continue // it is among the children that start
		}
		below, err := asked[c].Get(ctx)
		if err != nil || below == nil {
			below = &dumpOut{Text: fmt.Sprint(err)}
		}
		below.Address, below.Name = c.address, c.name
		out.Below = append(out.Below, below)
	}
	return out, nil
}
