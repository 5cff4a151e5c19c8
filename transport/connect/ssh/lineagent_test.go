package ssh

import (
	"context"
	"io"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// What the agents of the benchmarks of a line serve: this test program is their agent.
var (
	echoes = transport.NewFunc("echoes", func(_ context.Context, _ *transport.Node, in []byte) ([]byte, error) {
		return in, nil
	})
	pours = transport.NewFunc("pours", func(_ context.Context, n *transport.Node, size int64) (int64, error) {
		return io.Copy(n.Pipe(), io.LimitReader(zeros{}, size))
	})
	drinks = transport.NewFunc("drinks", func(_ context.Context, n *transport.Node, _ int64) (int64, error) {
		return io.Copy(io.Discard, n.Pipe())
	})
)

// serveLines serves if this process was started as an agent of these benchmarks.
func serveLines() { connect.Main(echoes, pours, drinks) }

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
