package transport

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// fullLine is a connection that was dialled over a stream, whose queue the test empties itself,
// and what became of a write of a MiB into it.
func fullLine(t *testing.T) (tun *tunnel, s *Stream, written chan error) {
	t.Helper()
	b := NewBroker(Options{})
	t.Cleanup(func() { _ = b.Shutdown() })
	b.self = Address{}.Child(1, 0)
	s = queueOf()
	b.up, written = s, make(chan error, 1)
	tun = b.newTunnel(Address{}, "dialled")
	tun.queue = tunnelQueue
	go func() { _, err := tun.Write(make([]byte, 1<<20)); written <- err }()
	synctest.Wait()
	return tun, s, written
}

// What is written to a connection that was dialled over a line waits before that, where the
// frames in it can be overtaken: no more than a piece beside what may wait is queued, though
// the other end gives credit for a MiB.
func TestATunnelQueuesLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tun, s, written := fullLine(t)
		most, turns := 0, 0
		for sent := 0; sent < 1<<20; turns++ {
			most = max(most, s.queued)
			batch, in, _, _ := s.take(nil)
			if len(batch) == 0 {
				_ = s.pace.arrived(s.pace.marks[0].number, time.Now())
			}
			if sent += len(batch); in != nil {
				writeBuffers.Put(in)
			}
			synctest.Wait()
		}
		if most > tunnelQueue+tunnelPiece+100 {
			t.Errorf("%d bytes waited for the line, want %d at most", most, tunnelQueue+tunnelPiece)
		}
		if turns < (1<<20)/(tunnelQueue+tunnelPiece) {
			t.Errorf("small frames had %d turns", turns)
		}
		if err := <-written; err != nil {
			t.Error(err)
		}
		tun.gone()
	})
}

// A write that waits for the line ends with the connection, and at its deadline.
func TestAWriteThatWaitsForTheLineEnds(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*tunnel)
		want error
	}{
		"closed":   {func(tun *tunnel) { _ = tun.Close() }, net.ErrClosed},
		"deadline": {func(tun *tunnel) { _ = tun.SetWriteDeadline(time.Now().Add(time.Second)) }, os.ErrDeadlineExceeded},
		"broken":   {func(tun *tunnel) { tun.reset(errSilent) }, errSilent},
	} {
		synctest.Test(t, func(t *testing.T) {
			tun, _, written := fullLine(t)
			begin := time.Now()
			c.end(tun)
			if err := <-written; !errors.Is(err, c.want) || time.Since(begin) > time.Second {
				t.Errorf("%s: after %s: %v, want %v", name, time.Since(begin), err, c.want)
			}
			tun.gone()
		})
	}
}

// A write that ends while it waits for the line takes no credit for what it has not sent: it
// would be missing to later ones.
func TestAWriteThatSendsNothingTakesNoCredit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tun, _, written := fullLine(t)
		_ = tun.SetWriteDeadline(time.Now().Add(time.Second))
		<-written
		before := tun.credit
		_ = tun.SetWriteDeadline(time.Now().Add(time.Second))
		if n, err := tun.Write(make([]byte, 1<<20)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || tun.credit != before {
			t.Errorf("%d bytes were sent (%v), and %d of credit are gone", n, err, before-tun.credit)
		}
		tun.gone()
	})
}
