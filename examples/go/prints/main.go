// Command prints shows what a function prints in another process.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

var work = transport.NewFunc("work", func(ctx context.Context, _ *transport.Node, lines int) (string, error) {
	for i := range lines {
		fmt.Println("line", i+1)
	}
	cmd := exec.CommandContext(ctx, "echo", "what a program says that it runs")
	cmd.Stdout = os.Stdout
	return "done", cmd.Run()
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
