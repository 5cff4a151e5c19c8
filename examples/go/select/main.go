// Command select waits for whichever of many contexts answers first.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

var rest = transport.NewFunc("rest", func(ctx context.Context, _ *transport.Node, d time.Duration) (string, error) {
	select {
	case <-time.After(d):
		return "rested for " + d.String(), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
})

func main() {
	connect.Main(rest)
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		answers := transport.NewSelect()
		for name, d := range map[string]time.Duration{"slow": time.Hour, "quick": 0} {
			c, err := router.Connect(ctx, connect.Local{}, transport.WithName(name))
			if err != nil {
				return err
			}
			if err := answers.Add(rest.CallAsync(ctx, c, d)); err != nil {
				return err
			}
		}
		first, err := answers.Next(ctx)
		fmt.Println(first.Context.Name(), first.Value, err)
		fmt.Println("still waiting for", answers.Len())
		return nil // which ends the other one
	})
	if err != nil {
		log.Fatal(err)
	}
}
