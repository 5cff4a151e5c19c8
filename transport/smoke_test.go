package transport_test

import (
	"context"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

type echoIn struct {
	Text string `cbor:"text"`
}

var echo = transport.NewFunc("echo", func(ctx context.Context, n *transport.Node, in echoIn) (string, error) {
	return in.Text + "@" + n.Address().String(), nil
})

func TestSmoke(t *testing.T) {
	b := transport.NewBroker(transport.Options{})
	r := transport.NewRouter(b)
	k := transporttest.Agent{Serve: transport.ServeOptions{Functions: []transport.Function{echo}}}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	a, err := r.Connect(ctx, k)
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.Connect(ctx, k)
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Connect(ctx, k)
	if err != nil {
		t.Fatal(err)
	}
	got, err := echo.Call(ctx, d, echoIn{"x"})
	if err != nil || got != "x@0.1.1.1" {
		t.Fatal(got, err)
	}
	if err := b.Shutdown(); err != nil {
		t.Fatal(err)
	}
}
