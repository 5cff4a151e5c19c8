// Command programs runs programs in a context, and ends the context while one runs.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/process"
)

type ran struct {
	Exit process.Exit
	Said string
}

var shell = transport.NewFunc("shell", func(ctx context.Context, _ *transport.Node, script string) (ran, error) {
	var out bytes.Buffer
	e, err := process.Run(ctx, process.Spec{Argv: []string{"sh", "-c", script}, Stdout: &out})
	return ran{e, out.String()}, err
})

func main() {
	connect.Main(shell)
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		local, err := router.Connect(ctx, connect.Local{}, transport.WithName("worker"))
		if err != nil {
			return err
		}
		r, err := shell.Call(ctx, local, "echo a line; exit 3")
		fmt.Printf("%q %v %v\n", r.Said, r.Exit, err)

		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		_, err = shell.Call(short, local, "sleep 1000 & setsid sleep 1000 & wait") // nothing of this is left
		fmt.Println(err)

		// The agent is killed, which is the parent of this shell, and what the shell has
		// started ends all the same.
		_, err = shell.Call(ctx, local, "setsid sleep 1000 & kill -9 $PPID; wait")
		fmt.Println(err)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
