// Command later makes calls before their contexts are up, and calls that come after
// others.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

var step = transport.NewFunc("step", func(_ context.Context, _ *transport.Node, n int) (string, error) {
	if n < 0 {
		return "", errors.New("cannot go back")
	}
	return fmt.Sprint("step ", n), nil
})

func main() {
	connect.Main(step)
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		local, err := router.Connect(ctx, connect.Local{}, transport.WithName("worker"))
		if err != nil {
			return err
		}
		// All four leave in one write, as soon as the context is up.
		first := step.CallAsync(ctx, local, 1)
		second := step.CallAsync(ctx, local, 2, transport.After(first))
		wrong := step.CallAsync(ctx, local, -1, transport.After(second))
		never := step.CallAsync(ctx, local, 4, transport.After(wrong))
		for _, r := range []*transport.Result[string]{first, second, wrong, never} {
			text, err := r.Get(ctx)
			fmt.Println(text, err)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
