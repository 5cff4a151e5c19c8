package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// addUp sends a Sender of its own back, and returns the sum of what comes by it.
var addUp = transport.NewFunc("add up", func(ctx context.Context, n *transport.Node, answer transport.Sender) (int, error) {
	numbers := transport.NewReceiver(n.Router())
	defer numbers.Close()
	if err := answer.Send(n.Router().Sending(ctx), numbers.Sender()); err != nil {
		return 0, err
	}
	total := 0
	for {
		var i int
		switch err := numbers.Get(ctx, &i); {
		case errors.Is(err, transport.ErrSenderClosed):
			return total, nil
		case err != nil:
			return 0, err
		}
		total += i
	}
})

var adder = transporttest.Agent{Serve: transport.ServeOptions{Functions: []transport.Function{addUp}}}

// What a Broker can do is there in Run, too: to print what waits, and to offer contents.
func ExampleRouter_Broker() {
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		web, err := router.Connect(ctx, reader, transport.WithName("web"))
		if err != nil {
			return err
		}
		text := strings.Repeat("one more line\n", 100_000)
		name := transport.BlobOf([]byte(text), false)
		router.Broker().Offer(web, name, func(offset int64) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(text[offset:])), nil
		})
		fmt.Println(lines.Call(ctx, web, name))

		var waits strings.Builder
		router.Broker().Dump(&waits)
		fmt.Println("the dump names web:", strings.Contains(waits.String(), "(web)"))
		return nil
	})
	fmt.Println(err)
	// Output:
	// 100000 <nil>
	// the dump names web: true
	// <nil>
}

// A Sender that came from another process does not know where it is now: the ctx says it.
// That of Run does so by itself; without Run, Sending makes one.
func ExampleRouter_Sending() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	router := transport.NewRouter(broker)
	c, _ := router.Connect(context.Background(), adder)

	answer := transport.NewReceiver(router, transport.From(c))
	defer answer.Close()
	total := addUp.CallAsync(context.Background(), c, answer.Sender())
	var to transport.Sender
	if err := answer.Get(context.Background(), &to); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(to.Send(context.Background(), 40))
	ctx := router.Sending(context.Background())
	fmt.Println(to.Send(ctx, 40), to.Send(ctx, 2), to.Close(ctx))
	fmt.Println(total.Get(ctx))
	fmt.Println("this is context", router.Address())
	// Output:
	// send: this sender came from another process, and ctx is neither that of a function nor that of Run, nor one of Router.Sending
	// <nil> <nil> <nil>
	// 42 <nil>
	// this is context 0
}
