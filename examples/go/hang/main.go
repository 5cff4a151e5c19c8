// Command hang calls a function that never returns.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

var (
	hang = transport.NewFunc("hang", func(context.Context, *transport.Node, struct{}) (string, error) {
		select {} // it does not even look at its ctx
	})
	ping = transport.NewFunc("ping", func(context.Context, *transport.Node, struct{}) (string, error) {
		return "pong", nil
	})
)

func main() {
	connect.Main(hang, ping)
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		local, err := router.Connect(ctx, connect.Local{}, transport.WithName("worker"))
		if err != nil {
			return err
		}
		if _, err := local.Ready().Get(ctx); err != nil {
			return err
		}
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		_, err = hang.Call(short, local, struct{}{})
		fmt.Println(err)
		fmt.Println("too late:", errors.Is(err, context.DeadlineExceeded))

		text, err := ping.Call(ctx, local, struct{}{}) // the context itself is well
		fmt.Println(text, err)
		end, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		fmt.Println("ended:", local.Shutdown(end))
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
