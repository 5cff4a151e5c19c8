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

// anything is a function whose result may be of any type, so that a liar can answer
// with any value.
var anything = transport.NewFunc("anything", func(context.Context, *transport.Node, none) (any, error) { return nil, nil })

// liar is a child that writes any frames it likes once it has greeted.
type liar struct {
	*transport.Raw
	self transport.Address
	rw   io.ReadWriteCloser
	t    *testing.T
}

// send writes a frame. Without a source, it goes out in the liar's own name.
func (l *liar) send(flags uint8, m transport.Message) {
	if m.Src == (transport.Address{}) {
		m.Src = l.self
	}
	_ = l.Write(flags, &m)
}

// next returns the next frame to the handle and skips all others.
func (l *liar) next(handle uint32) *transport.Message {
	for {
		m, err := l.Read()
		if err != nil {
			return &transport.Message{}
		}
		if m.Handle == handle {
			return m
		}
	}
}

// long sends a payload in fragments.
func (l *liar) long(id uint32, handle uint32, data []byte) {
	for sent := 0; sent < len(data); sent += 32 << 10 {
		l.send(transport.FlagPart|transport.FlagBulk, transport.Message{Handle: handle, Data: part(id, len(data), data[sent:min(len(data), sent+32<<10)])})
	}
}

// part encodes a fragment of message id, which claims a length of total bytes.
func part(id uint32, total int, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, id)
	return append(binary.BigEndian.AppendUint32(b, uint32(total)), data...)
}

// lying makes a connector that starts a liar. When play has returned, the liar
// answers nothing, and its input is discarded until the connection ends.
func lying(t *testing.T, play func(l *liar)) transporttest.Agent {
	k := agent()
	k.Child = func(rw io.ReadWriteCloser, _ transport.Start) int {
		raw := transport.NewRaw(rw)
		self, err := raw.Greet()
		if err != nil {
			return 1
		}
		play(&liar{raw, self, rw, t})
		_, _ = io.Copy(io.Discard, rw)
		return 0
	}
	return k
}

// stage is a controller with an honest host, the victim, and one that lies.
type stage struct {
	broker       *transport.Broker
	router       *transport.Router
	victim, liar *transport.Context
	ctx          context.Context
	entries      *entries
}

// onStage plays an attack in virtual time. It runs check, and then holds that the
// honest host still answers.
func onStage(t *testing.T, play func(l *liar), check func(t *testing.T, s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log, rec := logger()
		b := transport.NewBroker(transport.Options{Log: log})
		s := &stage{broker: b, router: transport.NewRouter(b), ctx: context.Background(), entries: rec}
		var err error
		if s.victim, err = s.router.Connect(s.ctx, agent(), transport.WithName("victim")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.victim.Ready().Get(s.ctx); err != nil {
			t.Fatal(err)
		}
		if s.liar, err = s.router.Connect(s.ctx, lying(t, play), transport.WithName("liar")); err != nil {
			t.Fatal(err)
		}
		check(t, s)
		if _, err := echo.Call(s.ctx, s.victim, textIn{}); err != nil {
			t.Errorf("the honest host does not answer: %v", err)
		}
		_ = b.Shutdown()
	})
}

// ended holds that the liar was ended, and that the cause contains want.
func (s *stage) ended(t *testing.T, want string) {
	t.Helper()
	_, err := s.liar.Lost().Get(s.ctx)
	if e := wantAs[*transport.LostError](t, err); !strings.Contains(e.Cause, want) || e.Context != "liar" {
		t.Errorf("%s was ended: %s; want %q", e.Context, e.Cause, want)
	}
}

// A reply that is short on the wire and enormous when decoded is refused, and ends
// its host.
func TestOneReplyDoesNotExhaustTheController(t *testing.T) {
	maps := bytes.Repeat(append([]byte{0x9a, 0, 2, 0, 0}, bytes.Repeat([]byte{0xa0}, 131_072)...), 12)
	reply := transport.RawReply(append([]byte{0x8c}, maps...))
	onStage(t, func(l *liar) { l.long(1, l.next(transport.HandleCall).ReplyTo, reply) }, func(t *testing.T, s *stage) {
		_, err := anything.Call(s.ctx, s.liar, none{})
		if e := wantAs[*transport.LostError](t, err); !strings.Contains(e.Error(), "context liar") || !strings.Contains(e.Cause, "more than 64 MiB of values") {
			t.Errorf("got %v, want the loss of liar by more than 64 MiB of values", err)
		}
		s.ended(t, "more than 64 MiB of values")
	})
}

// The values that the controller holds of one host are bounded: the fourth value of
// 16 MiB is refused and ends the host.
func TestWhatIsHeldOfOneHostIsBounded(t *testing.T) {
	value := transport.EncodeReply(make([]byte, 16<<20))
	play := func(l *liar) {
		for i := range uint32(4) {
			l.long(i, l.next(transport.HandleCall).ReplyTo, value)
		}
	}
	onStage(t, play, func(t *testing.T, s *stage) {
		for i := range 4 {
			r := anything.CallAsync(s.ctx, s.liar, none{})
			_, err := r.Get(s.ctx)
			if err == nil {
				err = s.liar.Hold(r.Size())
			}
			if (err != nil) != (i == 3) {
				t.Errorf("value %d of 16 MiB: %v with %d bytes held; want an error for the last one only", i, err, transport.Values(s.liar))
			}
		}
		s.ended(t, "more than 64 MiB")
	})
}

// The replies of one host that wait to be taken are bounded. The host goes on when
// they are taken, and is ended when they are not.
func TestRepliesThatNobodyTakes(t *testing.T) {
	value := transport.EncodeReply(make([]byte, 1<<20))
	play := func(l *liar) {
		for i := range uint32(100) {
			l.long(i, l.next(transport.HandleCall).ReplyTo, value)
		}
	}
	t.Run("taken", func(t *testing.T) {
		onStage(t, play, func(t *testing.T, s *stage) {
			var all []*transport.Result[any]
			for range 100 {
				all = append(all, anything.CallAsync(s.ctx, s.liar, none{}))
			}
			synctest.Wait()
			if n := transport.Unconsumed(s.liar); n > transport.MaxUnconsumed+1<<20 {
				t.Errorf("%d bytes wait to be taken, more than a host may have", n)
			}
			for _, r := range all {
				if _, err := r.Get(s.ctx); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait() // the goroutine that delivered the last reply may still subtract its bytes
			if n := transport.Unconsumed(s.liar); n != 0 {
				t.Errorf("all replies were taken, and %d bytes still count against the host", n)
			}
		})
	})
	t.Run("not taken", func(t *testing.T) {
		onStage(t, play, func(t *testing.T, s *stage) {
			var all []*transport.Result[any]
			for range 100 {
				all = append(all, anything.CallAsync(s.ctx, s.liar, none{}))
			}
			begin := time.Now()
			s.ended(t, "sent more than was consumed")
			if d := time.Since(begin); d > 2*transport.HoardTime {
				t.Errorf("the host was ended after %v, want %v at most", d, 2*transport.HoardTime)
			}
			_ = all
		})
	})
}

// A host that begins many long messages and finishes none is ended.
func TestMessagesThatAreNeverFinished(t *testing.T) {
	onStage(t, func(l *liar) {
		for i := range uint32(2000) {
			l.send(transport.FlagPart, transport.Message{Handle: 1001, Data: part(i, 1<<20, make([]byte, 32<<10))})
		}
	}, func(t *testing.T, s *stage) { s.ended(t, "unfinished messages of more than 32 MiB") })
}

// A flood of frames to places where the sender may not send fills no queue, neither
// in the controller nor towards the victim, and is logged in a few lines.
func TestFramesThatNobodyLetGoThere(t *testing.T) {
	for name, c := range map[string]struct {
		flags uint8
		to    func(l *liar) transport.Message
	}{
		"a sibling's receiver": {0, func(l *liar) transport.Message {
			return transport.Message{Dst: l.self.Parent().Child(1, 0), Handle: 1001}
		}},
		"a sibling, in parts": {transport.FlagPart | transport.FlagBulk, func(l *liar) transport.Message {
			return transport.Message{Dst: l.self.Parent().Child(1, 0), Handle: 1001}
		}},
		"a sibling's credit": {0, func(l *liar) transport.Message {
			return transport.Message{Dst: l.self.Parent().Child(1, 0), Handle: transport.HandleCredit}
		}},
		"a sibling's pass": {transport.FlagCredit, func(l *liar) transport.Message {
			return transport.Message{Dst: l.self.Parent().Child(1, 0), Handle: 1001}
		}},
		"nowhere": {0, func(l *liar) transport.Message {
			return transport.Message{Dst: l.self.Parent().Child(77, 0), Handle: 1001, ReplyTo: 1001}
		}},
		"below itself": {0, func(l *liar) transport.Message {
			return transport.Message{Dst: l.self.Child(1, 0), Handle: 1001, ReplyTo: 1001}
		}},
		"itself":          {0, func(l *liar) transport.Message { return transport.Message{Dst: l.self, Handle: 1001, ReplyTo: 1001} }},
		"closed handles":  {0, func(*liar) transport.Message { return transport.Message{Handle: 1 << 20, ReplyTo: 1001} }},
		"fixed handles":   {0, func(*liar) transport.Message { return transport.Message{Handle: transport.HandleCall, ReplyTo: 1001} }},
		"unknown handles": {0, func(*liar) transport.Message { return transport.Message{Handle: 999, ReplyTo: 1001} }},
	} {
		t.Run(name, func(t *testing.T) {
			const frames = 1500
			onStage(t, func(l *liar) {
				for i := range uint32(frames) {
					m := c.to(l)
					m.Data = part(i, 32<<10, make([]byte, 32<<10))
					l.send(c.flags, m)
				}
			}, func(t *testing.T, s *stage) {
				synctest.Wait()
				if n := transport.Queued(s.victim) + transport.Queued(s.liar); n > 64<<10 || transport.Unconsumed(s.liar) > 64<<10 {
					t.Errorf("%d bytes wait to be written, %d to be consumed", n, transport.Unconsumed(s.liar))
				}
				if n := s.entries.count("frame dropped"); n > 2 {
					t.Errorf("%d lines were logged of single frames, want 2 at most", n)
				}
			})
		})
	}
}

// A host that lets the controller give credit for 400,000 messages and reads none
// of it is ended. Until then, what waits to be written to it stays bounded.
func TestCreditThatIsNotRead(t *testing.T) {
	k := lying(t, func(l *liar) {
		deep := l.self
		for range 16 {
			deep = deep.Child(1, 1) // the credit is longer, so that it takes fewer
		}
		for i := range uint32(400_000) {
			l.send(transport.FlagPart, transport.Message{Src: deep, Handle: 1 << 20, Data: part(i, 1, []byte{0})})
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := transport.NewBroker(transport.Options{})
		c, err := transport.NewRouter(b).Connect(context.Background(), deafAgent{k}, transport.WithName("liar"))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := transport.Queued(c); n > transport.MaxUnconsumed+1<<20 || n < transport.MaxUnconsumed/2 {
			t.Errorf("%d bytes wait to be written to the host, want about %d", n, transport.MaxUnconsumed)
		}
		_, err = c.Lost().Get(context.Background())
		if e := wantAs[*transport.LostError](t, err); !strings.Contains(e.Cause, "sent more than was consumed") {
			t.Errorf("got %v, want \"sent more than was consumed\"", err)
		}
		_ = b.Shutdown()
	})
}

// deafAgent is an agent that reads the setup and nothing after it.
type deafAgent struct{ transporttest.Agent }

func (d deafAgent) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	link, err := d.Agent.Start(ctx, s)
	if err == nil {
		dam := &dam{w: link.W, over: make(chan struct{})}
		shut := link.Close
		link.W, link.Close = dam, func() error { close(dam.over); return shut() }
	}
	return link, err
}

// dam is a writer that lets one write through and blocks all later ones.
type dam struct {
	w    io.Writer
	n    int
	over chan struct{}
}

func (d *dam) Write(p []byte) (int, error) {
	if d.n++; d.n > 1 {
		<-d.over
		return 0, io.ErrClosedPipe
	}
	return d.w.Write(p)
}

// The error that a host sends of its own failure is cut to a bounded length.
func TestAnErrorOfAHostIsShort(t *testing.T) {
	long := strings.Repeat("x", 8<<20)
	data := transport.EncodeError(&transport.RemoteError{Kind: long, Message: long, Function: long, Stack: long})
	onStage(t, func(l *liar) { l.long(1, l.next(transport.HandleCall).ReplyTo, data) }, func(t *testing.T, s *stage) {
		_, err := anything.Call(s.ctx, s.liar, none{})
		var e *transport.RemoteError
		if !errors.As(err, &e) {
			s.ended(t, "") // 32 MiB of error is too long already
			return
		}
		if n := len(e.Kind) + len(e.Message) + len(e.Function) + len(e.Stack); n > 256<<10 {
			t.Errorf("the texts of the error have %d bytes, want 256 KiB at most", n)
		}
	})
}

// Shutdown does not wait long for hosts that do not end. The time is virtual, and
// the bounds are the ones that users have.
func TestShutdownDoesNotWaitForLies(t *testing.T) {
	stay := func(l *liar) { _, _ = io.Copy(io.Discard, l.rw) }
	for name, play := range map[string]func(*liar){
		"answers nothing": stay,
		"only heartbeats": func(l *liar) {
			for range 1000 {
				l.send(0, transport.Message{Handle: transport.HandleHeartbeat})
				time.Sleep(100 * time.Millisecond)
			}
		},
		"a frame that is bad": func(l *liar) { l.send(0x80, transport.Message{}); stay(l) },
		"is slow to go": func(l *liar) {
			l.send(0x80, transport.Message{})
			time.Sleep(time.Minute)
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := transport.NewBroker(transport.Options{})
			c, err := transport.NewRouter(b).Connect(context.Background(), lying(t, play), transport.WithName("liar"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Ready().Get(context.Background()); err != nil {
				t.Fatal(err)
			}
			anything.CallAsync(context.Background(), c, none{})
			synctest.Wait()
			begin := time.Now()
			if err := b.Shutdown(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if d := time.Since(begin); d > 3500*time.Millisecond {
				t.Errorf("%s: the shutdown took %v, want 3.5 s at most", name, d)
			}
			time.Sleep(2 * time.Minute)
		})
	}
}

// A host that sends nothing but forbidden frames is ended after 262,144 of them.
func TestWhoSendsNothingButForbiddenFramesIsEnded(t *testing.T) {
	onStage(t, func(l *liar) {
		for range 300_000 {
			// The frames go out in the victim's name. It is not the victim that is
			// ended for them.
			l.send(0, transport.Message{Src: l.self.Parent().Child(1, 0), Handle: transport.HandleSetup})
		}
	}, func(t *testing.T, s *stage) { s.ended(t, "262144 frames that nobody may send") })
}

// Keys of a reply that the decoder's error quotes are made short and clean first.
// The host here sends a key of 64 KiB with an escape sequence.
func TestWhatADecoderQuotesIsClean(t *testing.T) {
	key := append([]byte{0x7a, 0, 1, 0, 0}, "\x1b]0;evil\n"+strings.Repeat("k", 1<<16-9)...)
	twice := append([]byte{0xa2}, bytes.Repeat(append(bytes.Clone(key), 1), 2)...)
	onStage(t, func(l *liar) {
		l.long(1, l.next(transport.HandleCall).ReplyTo, transport.RawReply(twice))
		l.long(2, transport.HandleLost, twice)
	}, func(t *testing.T, s *stage) {
		_, err := anything.Call(s.ctx, s.liar, none{})
		if err == nil || len(err.Error()) > 1<<10 || strings.ContainsAny(err.Error(), "\x1b\n") {
			t.Errorf("the error must be one clean line of 1 KiB at most, and has %d bytes: %.300q", len(err.Error()), err)
		}
		synctest.Wait()
		for _, l := range s.entries.all() {
			if len(l) > 1<<10 || strings.ContainsAny(l, "\x1b\n") {
				t.Errorf("a line of the log must be clean and 1 KiB at most, and has %d bytes: %.300q", len(l), l)
			}
		}
	})
}

// A host that sends in the names of a hundred thousand contexts behind it gets no
// more memory or log lines than one context would.
func TestARelayThatSpeaksForManyStaysBounded(t *testing.T) {
	const many = 100_000
	for name, c := range map[string]struct {
		frame func(l *liar, i uint32) (uint8, transport.Message)
		want  string // why it is ended; "" if it is not
	}{
		"entries": {func(l *liar, i uint32) (uint8, transport.Message) {
			return 0, transport.Message{Src: l.self.Child(i, 0), Handle: transport.HandleLog, Data: transport.EncodeLog("x")}
		}, ""},
		"unfinished messages": {func(l *liar, i uint32) (uint8, transport.Message) {
			return transport.FlagPart, transport.Message{Src: l.self.Child(i, 0), Handle: 1001, Data: part(i, 1<<20, []byte{1})}
		}, "4096 unfinished"},
		"finished messages": {func(l *liar, i uint32) (uint8, transport.Message) {
			return transport.FlagPart, transport.Message{Src: l.self.Child(i, 0), Handle: 1001, Data: part(i, 1, []byte{1})}
		}, ""},
		"losses of its own": {func(l *liar, i uint32) (uint8, transport.Message) {
			return 0, transport.Message{Handle: transport.HandleLost, Data: transport.EncodeLost(l.self.Child(i, 0))}
		}, ""},
		"losses of others": {func(l *liar, i uint32) (uint8, transport.Message) {
			return 0, transport.Message{Handle: transport.HandleLost, Data: transport.EncodeLost(l.self.Parent().Child(i, 0))}
		}, ""},
		"byes": {func(l *liar, _ uint32) (uint8, transport.Message) {
			return 0, transport.Message{Handle: transport.HandleBye}
		}, ""},
		"credit": {func(l *liar, i uint32) (uint8, transport.Message) {
			return 0, transport.Message{Src: l.self.Child(i, 0), Handle: transport.HandleCredit, Data: []byte{0xa1, 0x65, 'b', 'y', 't', 'e', 's', 0x1a, 0xff, 0xff, 0xff, 0xff}}
		}, ""},
		"greetings": {func(l *liar, _ uint32) (uint8, transport.Message) {
			return 0, transport.Message{Handle: transport.HandleGreeting}
		}, ""},
		"garbage": {func(l *liar, i uint32) (uint8, transport.Message) {
			return 0, transport.Message{Src: l.self.Child(i, 0), Handle: i % 1200, ReplyTo: i, Data: bytes.Repeat([]byte{0xff}, int(i%100))}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(l *liar) {
				for i := range uint32(many) {
					flags, m := c.frame(l, i)
					l.send(flags, m)
				}
			}, func(t *testing.T, s *stage) {
				synctest.Wait()
				if c.want != "" {
					s.ended(t, c.want)
				}
				if n, bytes := transport.Waiting(s.liar); n > 5000 || bytes > transport.MaxLogBytes || transport.Unconsumed(s.liar) > transport.MaxUnconsumed {
					t.Errorf("%d items wait, with %d bytes of log entries and %d of frames", n, bytes, transport.Unconsumed(s.liar))
				}
				if n := len(s.entries.all()) - s.entries.count(" x ["); n > 20 {
					t.Errorf("%d lines were logged, want 20 at most", n)
				}
			})
		})
	}
}
