package executor

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/webcall"
	"github.com/mitoplan/mitoplan/transport"
)

// talk does what the kind of a call wants done at this end of its pipe; see kind.Kind.Partner.
// Close waits for it.
func (s *Session) talk(partner string, pipe *transport.Pipe) {
	s.pipes.Go(func() {
		if partner == "clock" {
			tellTime(pipe)
		}
	})
}

// tellTime answers each byte with the time, until the call ends.
func tellTime(pipe *transport.Pipe) {
	for b := make([]byte, 1); ; {
		if n, err := pipe.Read(b); n == 0 || err != nil {
			return
		}
		now := binary.BigEndian.AppendUint64(make([]byte, 0, function.ClockBytes), uint64(time.Now().UnixNano()))
		if _, err := pipe.Write(now); err != nil {
			return
		}
	}
}

// askWeb asks an HTTP server until there is an answer, or the call ends for another reason.
func askWeb(ctx context.Context, in function.HTTPIn, pipe *transport.Pipe, res *transport.Result[function.CallReply], hidden bool) (function.CallReply, error) {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	over := make(chan struct{})
	go func() { // it has the result soon after the pipe is closed
		defer close(over)
		_, _ = res.Get(context.Background())
		stop()
	}()
	out, err := webcall.Do(asking, in, pipe, hidden)
	_ = pipe.CloseWrite()
	<-over
	if reply, callErr := res.Get(context.Background()); callErr != nil {
		return reply, callErr
	}
	if err != nil {
		return function.CallReply{}, err
	}
	return function.ReplyWith(out)
}
