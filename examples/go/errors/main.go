// Command errors shows what is known of the error of a function that ran elsewhere.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

var errFull = errors.New("the shelf is full")

var (
	read = transport.NewFunc("read", func(_ context.Context, _ *transport.Node, path string) ([]byte, error) {
		return os.ReadFile(path)
	})
	store = transport.NewFunc("store", func(_ context.Context, _ *transport.Node, what string) (bool, error) {
		return false, fmt.Errorf("store %s: %w", what, errFull)
	})
	divide = transport.NewFunc("divide", func(_ context.Context, _ *transport.Node, by int) (int, error) {
		return 100 / by, nil
	})
)

func main() {
	transport.KnownErrors(map[string]error{"shelf.full": errFull})
	connect.Main(read, store, divide)
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		outer, err := router.Connect(ctx, connect.Local{}, transport.WithName("outer"))
		if err != nil {
			return err
		}
		inner, err := outer.Connect(ctx, connect.Local{}, transport.WithName("inner"))
		if err != nil {
			return err
		}
		_, err = read.Call(ctx, inner, "/nonexistent")
		fmt.Println(err)
		fmt.Println("no such file:", errors.Is(err, fs.ErrNotExist))

		_, err = store.Call(ctx, inner, "a book")
		fmt.Println("full:", errors.Is(err, errFull))

		_, err = divide.Call(ctx, inner, 0)
		var remote *transport.RemoteError
		fmt.Println(errors.As(err, &remote), remote.Kind, remote.Message, remote.Chain)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
