// Command profile looks where the functions of a context wait for each other.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

var shelf sync.Mutex

// keep keeps the shelf to itself for a while.
func keep() {
	shelf.Lock()
	defer shelf.Unlock()
	time.Sleep(20 * time.Millisecond)
}

var (
	store = transport.NewFunc("store", func(context.Context, *transport.Node, struct{}) (bool, error) {
		keep()
		return true, nil
	})
	// watch has the context note from now on what waits, and for what.
	watch = transport.NewFunc("watch", func(_ context.Context, _ *transport.Node, on bool) (bool, error) {
		rate := 0
		if on {
			rate = 1
		}
		runtime.SetBlockProfileRate(rate)
		runtime.SetMutexProfileFraction(rate)
		return on, nil
	})
	// profile is one of goroutine, heap, allocs, block and mutex, as text. With 0 in place of 1
	// it is a file for go tool pprof.
	profile = transport.NewFunc("profile", func(_ context.Context, _ *transport.Node, name string) ([]byte, error) {
		p := pprof.Lookup(name)
		if p == nil {
			return nil, fmt.Errorf("there is no profile %q", name)
		}
		var out bytes.Buffer
		err := p.WriteTo(&out, 1)
		return out.Bytes(), err
	})
)

func main() {
	connect.Main(store, watch, profile)
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		local, err := router.Connect(ctx, connect.Local{}, transport.WithName("worker"))
		if err != nil {
			return err
		}
		if _, err := watch.Call(ctx, local, true); err != nil {
			return err
		}
		stored := transport.NewSelect()
		for range 10 {
			if err := stored.Add(store.CallAsync(ctx, local, struct{}{})); err != nil {
				return err
			}
		}
		for _, err := range stored.All(ctx) {
			if err != nil {
				return err
			}
		}
		for _, name := range []string{"block", "mutex"} {
			text, err := profile.Call(ctx, local, name)
			if err != nil {
				return err
			}
			fmt.Println(name, "profile has keep:", strings.Contains(string(text), "main.keep"))
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
