package transport_test

import (
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// A host that sends without waiting for credit gets no more than its window into a
// receiver. The rest is dropped, and it is told that it is refused.
func TestASenderThatIgnoresItsWindowIsRefused(t *testing.T) {
	const frames = 2000
	refused := make(chan int, 1)
	onStage(t, func(l *liar) {
		to := senderOf(l.t, l.next(transport.HandleCall).Data)
		for range frames {
			l.send(0, transport.Message{Handle: to, ReplyTo: 4321, Data: append([]byte{0x59, 0x75, 0x30}, make([]byte, 30_000)...)})
		}
		n := 0
		for l.next(4321).Data != nil {
			if n++; n == frames-35 {
				refused <- n
			}
		}
	}, func(t *testing.T, s *stage) {
		r := transport.NewReceiver(s.router)
		defer r.Close()
		stream.CallAsync(s.ctx, s.liar, senderIn{r.Sender(), 1})
		if got := <-refused; got != frames-35 {
			t.Errorf("%d refusals", got)
		}
		if n := transport.Unconsumed(s.liar); n > 2*transport.SenderWindow {
			t.Errorf("%d bytes wait, want a window at most", n)
		}
		for range 35 {
			if err := r.Get(s.ctx, new(any)); err != nil {
				t.Error(err)
			}
		}
		if s.entries.count("did not wait for credit") == 0 {
			t.Errorf("the log is %v", s.entries.all())
		}
	})
}

// Neither credit nor refusals count that come from a host beside the receiver, and neither
// do reports that the receiver's context has ended. The receiver's own host can give no
// more credit than there is in a window.
func TestForgedCreditAndRefusals(t *testing.T) {
	for name, forge := range map[string]func(l *liar, dst transport.Address, handle uint32){
		"credit": func(l *liar, dst transport.Address, handle uint32) {
			l.send(transport.FlagCredit, transport.Message{Dst: dst, Handle: handle, Data: binary.BigEndian.AppendUint32(nil, 1<<31)})
		},
		"a refusal": func(l *liar, dst transport.Address, handle uint32) {
			l.send(transport.FlagDead, transport.Message{Dst: dst, Handle: handle, Data: transport.EncodeError(&transport.RemoteError{Message: "go away"})})
		},
		"a loss": func(l *liar, dst transport.Address, _ uint32) {
			l.send(transport.FlagDead, transport.Message{Dst: dst, Handle: transport.HandleCredit, Data: transport.EncodeLost(l.self.Parent().Child(1, 0))})
		},
	} {
		t.Run(name, func(t *testing.T) {
			forged := make(chan struct{})
			onStage(t, func(l *liar) {
				l.next(transport.HandleCall)
				for handle := range uint32(300) {
					for _, dst := range []transport.Address{{}, l.self.Parent().Child(1, 0)} {
						forge(l, dst, 1000+handle)
					}
				}
				close(forged)
			}, func(t *testing.T, s *stage) {
				to, err := holds.Call(s.ctx, s.victim, none{})
				if err != nil {
					t.Fatal(err)
				}
				poured.Store(0)
				done := make(chan error, 1)
				go func() { done <- pour(transport.RunContext(s.ctx, s.broker), pourIn{to, many(100)}) }()
				synctest.Wait()
				before := poured.Load()
				echo.CallAsync(s.ctx, s.liar, textIn{})
				<-forged
				synctest.Wait()
				if n := poured.Load(); n != before {
					t.Errorf("%d messages more were sent", n-before)
				}
				held.Load().Close()
				if err := <-done; !errors.Is(err, transport.ErrReceiverClosed) {
					t.Errorf("got %v, want what the receiver says", err)
				}
			})
		})
	}
}

// A host that gives credit for what it never took gets one window at a time and one message
// more. It takes no memory of the controller.
func TestCreditOfALyingReceiver(t *testing.T) {
	onStage(t, func(l *liar) {
		m := l.next(transport.HandleCall)
		l.send(0, transport.Message{Handle: m.ReplyTo, Data: transport.EncodeReply(transport.MakeSender(l.self, 1001))})
		m = l.next(1001)
		for range 1000 {
			l.send(transport.FlagCredit, transport.Message{Handle: m.ReplyTo, Data: binary.BigEndian.AppendUint32(nil, 1<<31)})
		}
	}, func(t *testing.T, s *stage) {
		to, err := opens.Call(s.ctx, s.liar, senderIn{N: 1})
		if err != nil {
			t.Fatal(err)
		}
		poured.Store(0)
		done := make(chan error, 1)
		go func() { done <- pour(transport.RunContext(s.ctx, s.broker), pourIn{to, many(100)}) }()
		synctest.Wait()
		if n := transport.Queued(s.liar); n > 3*transport.SenderWindow {
			t.Errorf("%d bytes wait for the host", n)
		}
		time.Sleep(time.Minute)
		if err := s.liar.Shutdown(s.ctx); err != nil {
			t.Fatal(err)
		}
		<-done
	})
}

// Only who passed a sender on can say that the one it was passed on to has ended.
func TestForgedDeathsOfSenders(t *testing.T) {
	onStage(t, func(l *liar) {
		to := senderOf(l.t, l.next(transport.HandleCall).Data)
		for _, a := range []transport.Address{{}, l.self, l.self.Parent().Child(1, 0)} {
			l.send(transport.FlagDead, transport.Message{Handle: to, Data: transport.EncodeLost(a)})
		}
		l.send(transport.FlagDead, transport.Message{Handle: to, Data: []byte{0xff}})
		l.send(0, transport.Message{Handle: to, Data: []byte{0x07}})
	}, func(t *testing.T, s *stage) {
		r := transport.NewReceiver(s.router)
		defer r.Close()
		sendsOn.CallAsync(s.ctx, s.victim, senderIn{r.Sender(), 1})
		synctest.Wait()
		sendsOn.CallAsync(s.ctx, s.liar, senderIn{r.Sender(), 1})
		synctest.Wait()
		for _, want := range []int64{1, 7} {
			var got any
			if err := r.Get(s.ctx, &got); err != nil || got != want {
				t.Errorf("got %v, %v; want %d", got, err, want)
			}
		}
		if n := r.Users(); n != 2 {
			t.Errorf("%d contexts may send, want both", n)
		}
	})
}
