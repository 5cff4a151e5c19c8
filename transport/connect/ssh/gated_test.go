package ssh

import (
	"net"
	"sync/atomic"
)

// gated is a connection that swallows what is written once it is shut, as a
// network does whose cable was pulled.
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
