// Command slog logs to a handler of slog, whose level it changes while it runs.
package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/logger"
)

var work = transport.NewFunc("work", func(_ context.Context, n *transport.Node, task string) (bool, error) {
	n.Log().Info("looking", "task", task)
	n.Log().Warn("late", "task", task)
	return true, nil
})

func main() {
	connect.Main(work)
	var level slog.LevelVar
	level.Set(slog.LevelInfo)
	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: &level, ReplaceAttr: withoutTime})
	o := transport.Options{Log: logger.Slog(handler)}
	err := transport.RunWith(context.Background(), o, func(ctx context.Context, router *transport.Router) error {
		local, err := router.Connect(ctx, connect.Local{}, transport.WithName("worker"))
		if err != nil {
			return err
		}
		if _, err := work.Call(ctx, local, "first"); err != nil {
			return err
		}
		level.Set(slog.LevelWarn) // from now on, less is shown
		_, err = work.Call(ctx, local, "second")
		fmt.Println("error:", err)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}

// withoutTime leaves out the times, which no manual can show.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
