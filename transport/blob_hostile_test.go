package transport_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// generated is a blob of that many MiB, all of the same bytes, and a source that
// keeps one of them in memory. each is called for each MiB that is read.
func generated(mib int, each func()) (transport.Blob, transport.BlobSource) {
	piece := contents(1<<20, 3)
	sum := sha256.New()
	for range mib {
		sum.Write(piece)
	}
	size := int64(mib) << 20
	return transport.Blob{Sum: [32]byte(sum.Sum(nil)), Size: size}, func(offset int64) (io.ReadCloser, error) {
		return &generator{piece, offset, size, each}, nil
	}
}

type generator struct {
	piece    []byte
	at, size int64
	each     func()
}

func (g *generator) Read(p []byte) (int, error) {
	if g.at == g.size {
		return 0, io.EOF
	}
	if g.at%(1<<20) == 0 && g.each != nil {
		g.each()
	}
	n := copy(p, g.piece[g.at%(1<<20):])
	g.at += int64(n)
	return n, nil
}

func (*generator) Close() error { return nil }

// pullOf is a request of a child for a blob.
func pullOf(handle uint32, blob transport.Blob, offset int64, asker transport.Address) transport.Message {
	return transport.Message{Handle: transport.HandlePull, ReplyTo: handle, Data: transport.EncodePull(blob, offset, asker, 1<<40)}
}

// TestPullsThatAreDropped has a host pull in the name of others, and without a place
// to answer to.
func TestPullsThatAreDropped(t *testing.T) {
	blob := transport.BlobOf([]byte("of the victim"), false)
	for name, m := range map[string]func(l *liar) (uint8, transport.Message){
		"for its sibling":    func(l *liar) (uint8, transport.Message) { return 0, pullOf(1001, blob, 0, l.self.Parent().Child(1, 0)) },
		"for the controller": func(l *liar) (uint8, transport.Message) { return 0, pullOf(1001, blob, 0, transport.Address{}) },
		"without a handle":   func(l *liar) (uint8, transport.Message) { return 0, pullOf(5, blob, 0, l.self) },
		"as a child of it": func(l *liar) (uint8, transport.Message) {
			m := pullOf(1001, blob, 0, l.self)
			m.Src = l.self.Child(3, 0)
			return 0, m
		},
		"no payload": func(*liar) (uint8, transport.Message) {
			return 0, transport.Message{Handle: transport.HandlePull, ReplyTo: 1001, Data: []byte{1}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(l *liar) {
				l.next(transport.HandleCall)
				flags, frame := m(l)
				l.send(flags, frame)
			}, func(t *testing.T, s *stage) {
				s.broker.Offer(s.victim, blob, func(int64) (io.ReadCloser, error) { t.Error("it is opened"); return nil, io.EOF })
				echo.CallAsync(s.ctx, s.liar, textIn{})
				synctest.Wait()
				if n := s.entries.count("frame dropped"); n != 1 {
					t.Errorf("%d frames were dropped", n)
				}
			})
		})
	}
}

// TestWhoPullsTooMuchHoldsNobodyUp has a host open 10,000 pulls of what it was
// offered, and give no credit: few of them run, they end, and another host has its
// blobs meanwhile.
func TestWhoPullsTooMuchHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const asked = 10_000
		var refused, got atomic.Int64
		bad := lying(t, func(l *liar) {
			l.next(transport.HandleCall)
			blob, _ := generated(4, nil)
			for i := range uint32(asked) {
				l.send(0, pullOf(1001+i, blob, 0, l.self))
			}
			for {
				m, err := l.Read()
				if err != nil {
					return
				}
				if transport.Flags(m)&transport.FlagDead != 0 {
					refused.Add(1)
				}
				got.Add(int64(len(m.Data)))
			}
		})
		b := transport.NewBroker(transport.Options{HeartbeatInterval: time.Hour, HeartbeatTimeout: 3 * time.Hour})
		c, err := next(b, nil, bad)
		victim, err2 := next(b, nil, agent())
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		blob, from := generated(4, nil)
		b.Offer(c, blob, from)
		b.Offer(victim, blob, from)
		echo.CallAsync(context.Background(), c, textIn{})
		synctest.Wait()
		if n := transport.Pulling(b); n != transport.PullsOfOne || refused.Load() != asked-transport.PullsOfOne {
			t.Errorf("%d pulls run, %d were refused", n, refused.Load())
		}
		if most := int64(transport.PullsOfOne*2<<20 + asked*100); got.Load() > most {
			t.Errorf("%d bytes were sent to a host that gives no credit", got.Load())
		}
		if out, err := pulls.Call(context.Background(), victim, pullIn{Blob: blob}); err != nil || out.Sum != blob.Sum {
			t.Errorf("another host: %+v, %v", out, err)
		}
		time.Sleep(transport.PullPatience + time.Minute)
		if n := transport.Pulling(b); n != 0 || refused.Load() != asked {
			t.Errorf("after their time %d pulls run, %d were ended", n, refused.Load())
		}
		_ = b.Shutdown()
	})
}

// TestWhatIsSentIntoAPullEndsIt has a host send contents to the parent's end of a
// pull: nothing of it is kept.
func TestWhatIsSentIntoAPullEndsIt(t *testing.T) {
	blob, from := generated(4, nil)
	onStage(t, func(l *liar) {
		l.next(transport.HandleCall)
		for i := range uint32(8) {
			l.send(0, pullOf(1001+i, blob, 0, l.self))
			for _, flags := range []uint8{transport.FlagBulk, transport.FlagDead, transport.FlagFin} {
				l.send(flags, transport.Message{Handle: 1001 + i, Data: make([]byte, 32<<10)})
			}
			m := l.next(1001 + i)
			l.send(transport.FlagBulk, transport.Message{Handle: m.ReplyTo, Data: make([]byte, 32<<10)})
		}
	}, func(t *testing.T, s *stage) {
		s.broker.Offer(s.liar, blob, from)
		echo.CallAsync(s.ctx, s.liar, textIn{})
		synctest.Wait()
		if n := transport.Pulling(s.broker); n != 0 {
			t.Errorf("%d pulls run", n)
		}
	})
}

// TestAParentThatLies has an agent pull a blob from a parent that does not send what
// it was asked for.
func TestAParentThatLies(t *testing.T) {
	data := contents(3<<19, 1)
	blob := transport.BlobOf(data, false)
	self := transport.Address{}.Child(1, 0)
	type answer = func(flags uint8, data []byte)
	long := func(send answer, data []byte) {
		for ; len(data) > 0; data = data[min(len(data), 32<<10):] {
			send(transport.FlagBulk, data[:min(len(data), 32<<10)])
		}
	}
	other := bytes.Clone(data)
	other[len(other)-1]++
	for name, c := range map[string]struct {
		lie    func(send answer)
		reason transport.BlobReason
		said   string
	}{
		"less":   {func(send answer) { long(send, data[:1<<20]); send(transport.FlagFin, nil) }, transport.BlobChanged, "changed"},
		"none":   {func(send answer) { send(transport.FlagFin, nil) }, transport.BlobChanged, "changed"},
		"more":   {func(send answer) { long(send, data); send(0, []byte{0}); send(transport.FlagFin, nil) }, transport.BlobChanged, "changed"},
		"other":  {func(send answer) { long(send, other); send(transport.FlagFin, nil) }, transport.BlobChanged, "changed"},
		"no end": {func(send answer) { long(send, data[:1<<20]) }, "", "timed out after 5m"},
		"a reason of its own": {func(send answer) {
			send(transport.FlagDead, transport.EncodeNoBlob("\x1b[31mthe disk is full"))
		}, transport.BlobUnavailable, "cannot be read"},
		"no reason":         {func(send answer) { send(transport.FlagDead, []byte{0xff}) }, "", "gives no reason"},
		"a reset":           {func(send answer) { long(send, data[:1<<20]); send(transport.FlagReset, nil) }, "", "reset by the other end"},
		"another beginning": {func(send answer) { send(transport.FlagBulk, make([]byte, 60<<10)); long(send, data) }, "", ""},
		"much credit": {func(send answer) {
			send(transport.FlagCredit, binary.BigEndian.AppendUint32(nil, 1<<31))
			send(transport.FlagFin, nil)
		}, transport.BlobChanged, ""},
		"what it asks": {func(send answer) { long(send, data); send(transport.FlagFin, nil) }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := transporttest.Pair(0)
				done := make(chan error, 1)
				go func() { done <- transport.ServeOn(context.Background(), agent().Serve, far, far) }()
				raw := transport.NewRaw(near)
				if _, err := raw.Read(); err != nil {
					t.Fatal(err)
				}
				_ = raw.Write(0, transport.SetupFrame())
				ended := make(chan struct{})
				beats := make(chan struct{})
				out := make(chan *transport.Message, 64)
				go func() {
					defer close(beats)
					for m := range out {
						_ = raw.Write(transport.Flags(m), m)
					}
				}()
				go func() {
					for {
						select {
						case <-time.After(5 * time.Second):
							out <- &transport.Message{Dst: self, Handle: transport.HandleHeartbeat}
						case <-ended:
							close(out)
							return
						}
					}
				}()
				out <- &transport.Message{Dst: self, Handle: transport.HandleCall, ReplyTo: 1001, Data: transport.EncodeCall(pulls, pullIn{Blob: blob}, 1001)}
				var got pullOut
				for {
					m, err := raw.Read()
					if err != nil {
						t.Fatal(err)
					}
					if m.Handle == transport.HandlePull && transport.Flags(m) == 0 {
						to := m.ReplyTo
						c.lie(func(flags uint8, data []byte) {
							frame := &transport.Message{Dst: self, Handle: to, ReplyTo: 2001, Data: data}
							out <- transport.WithFlags(frame, flags)
						})
					}
					if m.Handle == 1001 && transport.Flags(m)&transport.FlagCredit == 0 {
						if err := transport.DecodeReply(m.Data, &got); err != nil {
							t.Fatal(err)
						}
						break
					}
				}
				if name == "what it asks" && (got.Error != "" || got.Sum != blob.Sum) || name != "what it asks" && (got.Error == "" || c.reason != "" && got.Reason != c.reason || !strings.Contains(got.Error, c.said)) {
					t.Errorf("got %+v", got)
				}
				close(ended)
				<-beats
				near.Cut()
				<-done
				time.Sleep(time.Hour) // its timers
			})
		})
	}
}

// slow is an agent that is sent so many bytes a second.
type slow struct {
	transporttest.Agent
	rate int
}

// Start starts the agent.
func (k slow) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	l, err := k.Agent.Start(ctx, s)
	if err == nil {
		l.W = &slowWriter{l.W, k.rate}
	}
	return l, err
}

type slowWriter struct {
	w    io.Writer
	rate int
}

func (w *slowWriter) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		piece := p[n:min(len(p), n+1024)]
		time.Sleep(time.Duration(len(piece)) * time.Second / time.Duration(w.rate))
		var k int
		k, err = w.w.Write(piece)
		n += k
	}
	return n, err
}

// TestSmallFramesOvertakeABlob makes a call while a blob is on its way over a slow
// line, and looks at how much waits for the line.
func TestSmallFramesOvertakeABlob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := transport.NewBroker(transport.Options{})
		c, err := next(b, nil, slow{agent(), 64 << 10})
		if err != nil {
			t.Fatal(err)
		}
		blob, from := generated(4, nil)
		b.Offer(c, blob, from)
		r := pulls.CallAsync(context.Background(), c, pullIn{Blob: blob})
		for range 5 {
			time.Sleep(10 * time.Second)
			begin := time.Now()
			if _, err := echo.Call(context.Background(), c, textIn{}); err != nil || time.Since(begin) > 4*time.Second {
				t.Errorf("a call beside a blob took %s: %v", time.Since(begin), err)
			}
			if n := transport.Queued(c); n > transport.PullQueue+64<<10 {
				t.Errorf("%d bytes wait", n)
			}
		}
		if out, err := r.Get(context.Background()); err != nil || out.Sum != blob.Sum {
			t.Errorf("%+v, %v", out, err)
		}
		_ = b.Shutdown()
	})
}

// TestBlobsOverAVerySlowLine pulls several at once over 8 KB/s: no bound of time is
// met while bytes come.
func TestBlobsOverAVerySlowLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := transport.NewBroker(transport.Options{})
		c, err := next(b, nil, slow{agent(), 8 << 10})
		if err != nil {
			t.Fatal(err)
		}
		var all []*transport.Result[pullOut]
		var blobs []transport.Blob
		for i := range byte(40) {
			data := contents(300<<10, i)
			blob := transport.BlobOf(data, false)
			b.Offer(c, blob, source(data))
			blobs, all = append(blobs, blob), append(all, pulls.CallAsync(context.Background(), c, pullIn{Blob: blob}, transport.Bounded(transport.Bounds{Stall: time.Minute})))
		}
		for i, r := range all {
			if out, err := r.Get(context.Background()); err != nil || out.Sum != blobs[i].Sum {
				t.Errorf("blob %d: %+v, %v", i, out, err)
			}
		}
		_ = b.Shutdown()
	})
}

// TestAnyBlobTakesTheSameMemory has a blob of 64 MiB go through a hop that keeps it
// to two contexts, all in this process.
func TestAnyBlobTakesTheSameMemory(t *testing.T) {
	b, chain := tree(t, transport.Options{}, agent(), 1)
	var kids []*transport.Context
	for range 2 {
		c, err := next(b, chain, agent())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Ready().Get(within(t, 10*time.Second)); err != nil {
			t.Fatal(err)
		}
		kids = append(kids, c)
	}
	base, peak := memory(), int64(0)
	n := 0
	blob, from := generated(64, func() {
		if n++; n%8 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, int64(m.HeapAlloc+m.StackInuse))
		}
	})
	var all []*transport.Result[pullOut]
	for _, c := range kids {
		b.Offer(c, blob, from)
		all = append(all, pulls.CallAsync(context.Background(), c, pullIn{Blob: blob}))
	}
	for _, r := range all {
		if out, err := r.Get(within(t, time.Minute)); err != nil || out.Sum != blob.Sum {
			t.Errorf("%+v, %v", out, err)
		}
	}
	t.Logf("%d KiB at most, for three processes", (peak-base)>>10)
	if peak-base > 32<<20 {
		t.Errorf("a blob of 64 MiB takes %d KiB", (peak-base)>>10)
	}
}

// peak is the most memory that the process of a context ever had, in KiB.
var peak = transport.NewFunc("peak", func(context.Context, *transport.Node, none) (int, error) {
	b, err := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	n := 0
	_, _ = fmt.Sscan(rest, &n)
	return n, err
})

// BenchmarkBlob pulls a blob of 1 GiB, over one line and over two.
func BenchmarkBlob(b *testing.B) {
	for _, depth := range []int{1, 2} {
		b.Run([]string{1: "direct", 2: "hop"}[depth], func(b *testing.B) {
			broker, chain := tree(b, transport.Options{}, transporttest.Process{}, depth)
			c := up(b, chain)
			blob, from := generated(1<<10, nil)
			broker.Offer(c, blob, from)
			b.SetBytes(blob.Size)
			b.ReportAllocs()
			for b.Loop() {
				if out, err := pulls.Call(context.Background(), c, pullIn{Blob: blob}); err != nil || out.Sum != blob.Sum {
					b.Fatal(out, err)
				}
			}
			for i, c := range chain {
				kib, err := peak.Call(context.Background(), c, none{})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(kib)/1024, fmt.Sprintf("MiB-peak-%d", i+1))
			}
		})
	}
}
