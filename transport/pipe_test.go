package transport_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// Functions with a pipe; see main_test.go for what is served.
var (
	// upper writes what it reads in capitals, and answers with how much that was. It
	// fails at the end if it is told to.
	upper = transport.NewFunc("upper", func(_ context.Context, n *transport.Node, fails string) (int, error) {
		p, buf, all := n.Pipe(), make([]byte, 10_000), 0
		for {
			k, err := p.Read(buf)
			if _, werr := p.Write(bytes.ToUpper(buf[:k])); werr != nil && k > 0 {
				return all, werr
			}
			all += k
			switch {
			case err == io.EOF && fails != "":
				return all, errors.New(fails)
			case err == io.EOF:
				return all, nil
			case err != nil:
				return all, err
			}
		}
	})
	// says writes a text and reads nothing.
	says = transport.NewFunc("says", func(_ context.Context, n *transport.Node, text string) (none, error) {
		_, err := io.WriteString(n.Pipe(), text)
		return none{}, err
	})
	// fills writes so many bytes.
	fills = transport.NewFunc("fills", func(_ context.Context, n *transport.Node, bytes int) (none, error) {
		_, err := n.Pipe().Write(make([]byte, bytes))
		return none{}, err
	})
	// drinks reads to the end, and answers with how much that was.
	drinks = transport.NewFunc("drinks", func(_ context.Context, n *transport.Node, _ none) (int64, error) {
		return io.Copy(io.Discard, n.Pipe())
	})
)

// carry writes to a pipe and reads it to its end at the same time.
func carry(p *transport.Pipe, data []byte) (got []byte, err error) {
	wrote := make(chan error, 1)
	go func() {
		_, err := p.Write(data)
		wrote <- errors.Join(err, p.CloseWrite())
	}()
	got, err = io.ReadAll(p)
	return got, errors.Join(err, <-wrote)
}

func TestPipesCarryBytesBothWays(t *testing.T) {
	for _, queues := range []string{"ample", "none"} {
		t.Run(queues, func(t *testing.T) {
			if queues == "none" {
				transporttest.NoQueues(t)
			}
			for depth := 1; depth <= 3; depth++ {
				b, chain := tree(t, transport.Options{}, agent(), depth)
				for _, n := range []int{0, 1, 3<<20 + 7} {
					data := bytes.Repeat([]byte("a"), n)
					r, p := upper.CallPipe(within(t, time.Minute), last(chain), "")
					got, err := carry(p, data)
					if err != nil || !bytes.Equal(got, bytes.ToUpper(data)) {
						t.Errorf("%d bytes at depth %d came back as %d: %v", n, depth, len(got), err)
					}
					if all, err := r.Get(within(t, time.Minute)); err != nil || all != n {
						t.Errorf("the function read %d bytes of %d: %v", all, n, err)
					}
				}
				_ = b.Shutdown()
			}
		})
	}
}

// TestLifeOfAPipe goes through how a call with a pipe can end.
func TestLifeOfAPipe(t *testing.T) {
	lives := map[string]func(t *testing.T, c *transport.Context, end *transporttest.End){
		"the function fails": func(t *testing.T, c *transport.Context, _ *transporttest.End) {
			r, p := upper.CallPipe(context.Background(), c, "no space left")
			got, err := carry(p, []byte("what was written before"))
			if string(got) != "WHAT WAS WRITTEN BEFORE" || err != nil {
				t.Errorf("read %q, %v", got, err)
			}
			if _, err := r.Get(context.Background()); err == nil || !strings.Contains(err.Error(), "no space left") {
				t.Errorf("it ended with %v", err)
			}
		},
		"the function reads nothing": func(t *testing.T, c *transport.Context, _ *transporttest.End) {
			_, p := says.CallPipe(context.Background(), c, "enough")
			_, err := p.Write(make([]byte, 5<<20))
			if err == nil {
				t.Error("5 MiB were written to nobody")
			}
			if got, err := io.ReadAll(p); string(got) != "enough" || err != nil {
				t.Errorf("read %q, %v", got, err)
			}
		},
		"the caller does not want the rest": func(t *testing.T, c *transport.Context, _ *transporttest.End) {
			r, p := says.CallPipe(context.Background(), c, strings.Repeat("much ", 1<<20))
			if _, err := io.ReadFull(p, make([]byte, 100)); err != nil {
				t.Error(err)
			}
			_ = p.Close()
			_, err := r.Get(context.Background())
			wantAs[*transport.CancelledError](t, err)
		},
		"the caller reads later": func(t *testing.T, c *transport.Context, _ *transporttest.End) {
			r, p := says.CallPipe(context.Background(), c, "kept")
			_, err := r.Get(context.Background())
			if got, rerr := io.ReadAll(p); string(got) != "kept" || err != nil || rerr != nil {
				t.Errorf("read %q, %v, %v", got, err, rerr)
			}
		},
		"the connection is cut": func(t *testing.T, c *transport.Context, end *transporttest.End) {
			r, p := upper.CallPipe(context.Background(), c, "")
			if _, err := p.Write([]byte("x")); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			end.Cut()
			got, err := io.ReadAll(p)
			if wantAs[*transport.LostError](t, err); string(got) != "X" {
				t.Errorf("read %q", got)
			}
			_, err = r.Get(context.Background())
			wantAs[*transport.LostError](t, err)
			if _, err := p.Write([]byte("y")); err == nil {
				t.Error("a pipe outlives its context")
			}
		},
		"the call does not run": func(t *testing.T, c *transport.Context, _ *transporttest.End) {
			before := fail.CallAsync(context.Background(), c, textIn{Text: "on purpose"})
			_, p := upper.CallPipe(context.Background(), c, "", transport.After(before))
			_, err := carry(p, []byte("x"))
			wantAs[*transport.SkippedError](t, err)
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_, p = upper.CallPipe(ctx, c, "")
			_, err = io.ReadAll(p)
			wantAs[*transport.CancelledError](t, err)
		},
		"there is no pipe": func(t *testing.T, c *transport.Context, _ *transporttest.End) {
			if n, err := upper.Call(context.Background(), c, ""); n != 0 || err != nil {
				t.Errorf("read %d, %v", n, err)
			}
			if _, err := says.Call(context.Background(), c, "x"); err == nil {
				t.Error("something was written to nobody")
			}
		},
		"bytes are progress": func(t *testing.T, c *transport.Context, _ *transporttest.End) {
			r, p := upper.CallPipe(context.Background(), c, "", transport.Bounded(transport.Bounds{Stall: time.Minute}))
			for range 5 {
				time.Sleep(50 * time.Second)
				if _, err := p.Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(p, make([]byte, 1)); err != nil {
					t.Fatal(err)
				}
			}
			_, err := r.Get(context.Background())
			if e := wantAs[*transport.TimeoutError](t, err); e.Phase != transport.PhaseStalled {
				t.Errorf("it ended with %v", e)
			}
		},
	}
	for name, live := range lives {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var end *transporttest.End
				k := agent()
				k.Started = func(e *transporttest.End, _ transport.Start) { end = e }
				b, chain := tree(t, transport.Options{}, k, 1)
				if _, err := chain[0].Ready().Get(context.Background()); err != nil {
					t.Fatal(err)
				}
				live(t, chain[0], end)
				_ = b.Shutdown()
			})
		})
	}
}

// TestAHostThatFloodsAPipe sends more into a pipe than it has credit for, gives too
// much, and says that a pipe is of others.
func TestAHostThatFloodsAPipe(t *testing.T) {
	onStage(t, func(l *liar) {
		m := l.next(transport.HandleCall)
		var call struct {
			Pipe uint32 `cbor:"p"`
		}
		if err := transport.Unmarshal(m.Data, &call); err != nil || call.Pipe == 0 {
			l.t.Errorf("the call names pipe %d: %v", call.Pipe, err)
		}
		l.send(transport.FlagCredit, transport.Message{Handle: call.Pipe, ReplyTo: 1, Data: binary.BigEndian.AppendUint32(nil, 1<<32-1)})
		for range 100 {
			l.send(transport.FlagBulk, transport.Message{Handle: call.Pipe, ReplyTo: 7, Data: make([]byte, 32<<10)})
		}
	}, func(t *testing.T, s *stage) {
		_, p := upper.CallPipe(s.ctx, s.liar, "")
		synctest.Wait()
		got, err := io.ReadAll(p)
		if len(got) > 1<<20+32<<10 || err == nil || !strings.Contains(err.Error(), "more than it may") {
			t.Errorf("read %d bytes, %v", len(got), err)
		}
	})
}
