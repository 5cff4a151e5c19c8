// Command logging shows what a function logs in another process.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

var work = transport.NewFunc("work", func(_ context.Context, n *transport.Node, steps int) (string, error) {
	for i := range steps {
		n.Log().Info("working", "step", i+1)
	}
	n.Log().Debug("nobody asked for this")
	fmt.Fprintln(n.Stdout(), "This is a line of output.")
	return "done", nil
})

func main() {
	connect.Main(work)
	o := transport.Options{Log: hclog.New(&hclog.LoggerOptions{Level: hclog.Info, Output: os.Stdout, DisableTime: true})}
	err := transport.RunWith(context.Background(), o, func(ctx context.Context, router *transport.Router) error {
		local, err := router.Connect(ctx, connect.Local{}, transport.WithName("worker"))
		if err != nil {
			return err
		}
		result, err := work.Call(ctx, local, 2)
		fmt.Println("result:", result)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}
