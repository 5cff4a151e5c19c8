// Command latency tries a design on a slow line.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

var step = transport.NewFunc("step", func(_ context.Context, _ *transport.Node, n int) (int, error) {
	return n + 1, nil
})

const delay = 50 * time.Millisecond

func main() {
	connect.Main(step)
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		far, err := router.Connect(ctx, transporttest.Slow(connect.Local{}, delay))
		if err != nil {
			return err
		}
		if _, err := far.Ready().Get(ctx); err != nil {
			return err
		}
		began := time.Now()
		for i := range 5 {
			if _, err := step.Call(ctx, far, i); err != nil {
				return err
			}
		}
		fmt.Println("5 calls, each after the result: 5 round trips or more:", time.Since(began) >= 5*2*delay)

		began = time.Now()
		last := step.CallAsync(ctx, far, 0)
		for i := range 99 {
			last = step.CallAsync(ctx, far, i+1, transport.After(last))
		}
		n, err := last.Get(ctx)
		fmt.Println(n, "calls in a chain: fewer round trips than calls:", time.Since(began) < 100*2*delay)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}
