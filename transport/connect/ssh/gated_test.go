package ssh

import (
	"net"
	"sync/atomic"
)

// gated is a connection that silently drops what is written to it once it is shut,
// like a network with an unplugged cable.
type gated struct {
	net.Conn
	shut atomic.Bool
}

func (g *gated) Write(p []byte) (int, error) {
	if g.shut.Load() {
		return len(p), nil
	}
	return g.Conn.Write(p)
}
