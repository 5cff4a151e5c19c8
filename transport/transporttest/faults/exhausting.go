package faults

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// SaveIn says what is pulled and where it goes.
type SaveIn struct {
	Blob transport.Blob
	Path string
}

// Jumped lets the wall clock of this process jump. It is nil in a program whose time.Now
// cannot: see the agent.
var Jumped func(by time.Duration)

var (
	// Save pulls a blob into a file.
	Save = transport.NewFunc("faults.save", func(ctx context.Context, n *transport.Node, in SaveIn) (int64, error) {
		r, err := n.Pull(ctx, in.Blob, 0)
		if err != nil {
			return 0, err
		}
		defer r.Close()
		f, err := os.OpenFile(in.Path, os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			return 0, err
		}
		saved, err := io.Copy(f, r)
		return saved, errors.Join(err, f.Close())
	})
	// Eat takes that many bytes of memory. It does not return.
	Eat = transport.NewFunc("faults.eat", func(ctx context.Context, _ *transport.Node, size int) (bool, error) {
		eaten := make([]byte, size)
		for i := 0; i < size; i += os.Getpagesize() {
			eaten[i] = 1
		}
		<-ctx.Done()
		return len(eaten) > 0, ctx.Err()
	})
	// Hoard opens files until this agent may open no more, closes that many again, and
	// keeps the others until it is cancelled.
	Hoard = transport.NewFunc("faults.hoard", func(ctx context.Context, _ *transport.Node, spare int) (int, error) {
		var all []*os.File
		defer func() { closeAll(all) }()
		for {
			f, err := os.Open(os.DevNull)
			if err != nil {
				break
			}
			all = append(all, f)
		}
		closeAll(all[max(0, len(all)-spare):])
		<-ctx.Done()
		return len(all), ctx.Err()
	})
	// Jump lets the wall clock of this agent jump, and says what it shows then.
	Jump = transport.NewFunc("faults.jump", func(_ context.Context, _ *transport.Node, by time.Duration) (time.Time, error) {
		if Jumped == nil {
			return time.Time{}, errors.New("the clock of this program cannot jump")
		}
		Jumped(by)
		return time.Now(), nil
	})
)

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}
