// Command streams sends values from a context to this process, and from this process to
// a context.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

type countIn struct {
	To transport.Sender
	N  int
}

var (
	count = transport.NewFunc("count", func(ctx context.Context, _ *transport.Node, in countIn) (bool, error) {
		for i := range in.N {
			if err := in.To.Send(ctx, i+1); err != nil {
				return false, err
			}
		}
		return true, in.To.Close(ctx)
	})
	// sum sends a Sender of its own back, and then the sum of what came to it.
	sum = transport.NewFunc("sum", func(ctx context.Context, n *transport.Node, answer transport.Sender) (int, error) {
		numbers := transport.NewReceiver(n.Router())
		defer numbers.Close()
		if err := answer.Send(ctx, numbers.Sender()); err != nil {
			return 0, err
		}
		total := 0
		for i, err := range transport.Received[int](ctx, numbers) { // until the sender is closed
			if err != nil {
				return 0, err
			}
			total += i
		}
		return total, nil
	})
)

func main() {
	connect.Main(count, sum)
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		local, err := router.Connect(ctx, connect.Local{})
		if err != nil {
			return err
		}
		return errors.Join(up(ctx, router, local), down(ctx, router, local))
	})
	if err != nil {
		log.Fatal(err)
	}
}

// up receives what the context counts.
func up(ctx context.Context, router *transport.Router, local *transport.Context) error {
	numbers := transport.NewReceiver(router, transport.From(local))
	defer numbers.Close()
	done := count.CallAsync(ctx, local, countIn{To: numbers.Sender(), N: 3})
	for i, err := range transport.Received[int](ctx, numbers) {
		if err != nil {
			return err
		}
		fmt.Println("received", i)
	}
	_, err := done.Get(ctx)
	return err
}

// down has the context add what is sent to it.
func down(ctx context.Context, router *transport.Router, local *transport.Context) error {
	answer := transport.NewReceiver(router, transport.From(local))
	defer answer.Close()
	result := sum.CallAsync(ctx, local, answer.Sender())
	var to transport.Sender
	if err := answer.Get(ctx, &to); err != nil {
		return err
	}
	for _, i := range []int{20, 20, 2} {
		if err := to.Send(ctx, i); err != nil {
			return err
		}
	}
	if err := to.Close(ctx); err != nil {
		return err
	}
	total, err := result.Get(ctx)
	fmt.Println("sum:", total)
	for err == nil { // until it is known here that sum has closed its receiver
		err = to.Send(ctx, 0)
	}
	if !errors.Is(err, transport.ErrReceiverClosed) {
		return err
	}
	fmt.Println("sum takes nothing more:", err)
	return nil
}
