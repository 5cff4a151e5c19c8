// Command greet runs a function of its own in another process.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

var greet = transport.NewFunc("greet", func(_ context.Context, n *transport.Node, name string) (string, error) {
	return "Hello, " + name + ", from context " + n.Address().String() + ".", nil
})

func main() {
	connect.Main(greet) // in a child it serves greet and never returns
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		local, err := router.Connect(ctx, connect.Local{})
		if err != nil {
			return err
		}
		text, err := greet.Call(ctx, local, "Mary")
		fmt.Println(text)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}
