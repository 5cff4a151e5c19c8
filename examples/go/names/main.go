// Command names shows what contexts are called in the process list.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// title is what a process list shows of the process, without who started it.
var title = transport.NewFunc("title", func(context.Context, *transport.Node, struct{}) (string, error) {
	words, err := os.ReadFile("/proc/self/cmdline")
	name, _, _ := strings.Cut(string(words), "\x00")
	return name[:strings.LastIndex(name[:strings.LastIndex(name, ":")], ":")], err
})

func main() {
	connect.Main(title)
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		unnamed, err := router.Connect(ctx, connect.Local{})
		if err != nil {
			return err
		}
		named, err := router.Connect(ctx, connect.Local{Common: connect.Common{Name: "i-have-a-name"}})
		if err != nil {
			return err
		}
		for _, c := range []*transport.Context{unnamed, named} {
			text, err := title.Call(ctx, c, struct{}{})
			if err != nil {
				return err
			}
			fmt.Println(text)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
