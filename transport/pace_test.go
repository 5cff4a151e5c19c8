package transport

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"time"
)

// TestPieces: a long frame that is cut is whole again at the other side, whatever comes
// between its pieces, and what is written of it is refunded to the last byte.
func TestPieces(t *testing.T) {
	a := Address{}.Child(7, 1)
	for _, n := range []int{0, 1, 4096, 4097, chunk, 60 << 10} {
		from := newAccount()
		m := &Message{Dst: a.Child(1, 0), Src: a, Handle: 1000, ReplyTo: 2000, Data: bytes.Repeat([]byte("0123456"), n/7+1)[:n], flags: flagBulk | flagFin, from: from}
		from.charge(m.size())
		f := encodeBulk(m)
		var wire []byte
		pieces := 0
		for taken := 0; f.left > 0; pieces++ {
			var k int
			wire, k = f.appendPiece(wire, 4096)
			wire = (&Message{Handle: handleHeartbeat}).appendTo(wire)
			from.refund(k)
			if taken += k; k == 0 || f.left == 0 && taken != m.size() {
				t.Fatalf("a frame of %d bytes: %d were taken of it", m.size(), taken)
			}
		}
		if want := max(1, (n+4095)/4096); pieces != want {
			t.Errorf("%d bytes: %d pieces, want %d", n, pieces, want)
		}
		r := newFrameReader(bytes.NewReader(wire), aheadOfChild)
		beats, got := 0, (*Message)(nil)
		for {
			m, err := r.read()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if m.Handle == handleHeartbeat {
				beats++
				continue
			}
			got = m
		}
		if got == nil || beats != pieces || !bytes.Equal(got.Data, m.Data) || got.flags != m.flags || got.Dst != m.Dst || got.Src != m.Src || got.Handle != 1000 || got.ReplyTo != 2000 {
			t.Errorf("%d bytes arrived as %+v, with %d heartbeats", n, got, beats)
		}
		if left := from.bytes.Load(); left != 0 {
			t.Errorf("%d bytes are not refunded", left)
		}
	}
}

// TestPiecesThatAreRefused: pieces that no frame is made of end the stream.
func TestPiecesThatAreRefused(t *testing.T) {
	frame := func(flags uint8, handle uint32, n int) []byte {
		return (&Message{Handle: handle, flags: flags, Data: make([]byte, n)}).appendTo(nil)
	}
	for name, wire := range map[string][]byte{
		"a small frame":    frame(flagMore, 1000, 1),
		"another handle":   slices.Concat(frame(flagBulk|flagMore, 1000, 1), frame(flagBulk, 1001, 1)),
		"other flags":      slices.Concat(frame(flagBulk|flagMore, 1000, 1), frame(flagBulk|flagFin, 1000, 1)),
		"too much":         slices.Concat(frame(flagBulk|flagMore, 1000, 40<<10), frame(flagBulk|flagMore, 1000, 40<<10)),
		"a short fragment": slices.Concat(frame(flagBulk|flagPart|flagMore, 1000, 1), frame(flagBulk|flagPart, 1000, 1)),
	} {
		if m, err := newFrameReader(bytes.NewReader(wire), aheadOfChild).read(); !errors.Is(err, errFrame) {
			t.Errorf("%s: got %+v, %v, want a bad frame", name, m, err)
		}
	}
}

// TestPace: as much is under way as the line carries in a moment, whatever the line is, and
// no less than keeps it busy.
func TestPace(t *testing.T) {
	for name, c := range map[string]struct {
		rate  float64 // bytes per second
		delay time.Duration
		later time.Duration // what the delay is after 10 s, 0 for the same
		least int
		most  int
	}{
		"8 KB/s, far":      {8 << 10, 600 * time.Millisecond, 0, 8 << 10, 16 << 10},
		"8 KB/s, near":     {8 << 10, 0, 0, 8 << 10, 16 << 10},
		"64 KB/s":          {64 << 10, 100 * time.Millisecond, 0, 24 << 10, 96 << 10},
		"1 MB/s":           {1 << 20, 100 * time.Millisecond, 0, 120 << 10, 240 << 10},
		"100 MB/s, 100 ms": {100 << 20, 100 * time.Millisecond, 0, 10 << 20, paceMost},
		"40 MB/s":          {40e6, 200 * time.Microsecond, 0, 100 << 10, 160 << 10},
		"40 MB/s, 50 ms":   {40e6, 50 * time.Millisecond, 0, 2e6, 3_100_000},
		"40 MB/s, 200 ms":  {40e6, 200 * time.Millisecond, 0, 8e6, 12_200_000},
		"100 MB/s":         {100 << 20, 100 * time.Microsecond, 0, 200 << 10, 256 << 10},
		"1 GB/s":           {1 << 30, 50 * time.Microsecond, 0, 1 << 20, 1200 << 10},
		"over another way": {100 << 20, 100 * time.Microsecond, 600 * time.Millisecond, 12 << 20, paceMost},
	} {
		p, now := newPace(), time.Now()
		begin, free, trips, sent := now, now, 0, 0 // free: when the line has carried all
		var back []time.Time                       // when each mark comes back
		for now.Sub(begin) < 2*time.Minute && trips < 100_000 {
			if c.later > 0 && now.Sub(begin) > 10*time.Second {
				c.delay = c.later
			}
			for more := true; more; {
				if free.Before(now) {
					free = now
				}
				if more = p.hasRoom(now); more {
					n := p.piece()
					p.wrote(n, Address{})
					sent += n
					free = free.Add(time.Duration(float64(n) / c.rate * float64(time.Second)))
				}
				if _, ok := p.next(now); ok {
					back = append(back, free.Add(c.delay))
				}
			}
			now, back = back[0], back[1:]
			p.arrived(p.marks[0].number, now)
			trips++
		}
		if p.window < c.least || p.window > c.most {
			t.Errorf("%s: the window is %d after %d marks, want %d to %d", name, p.window, trips, c.least, c.most)
		}
		if rate := float64(sent) / now.Sub(begin).Seconds(); rate < min(c.rate, paceMost/c.delay.Seconds())*.85 {
			t.Errorf("%s: %.0f bytes were sent a second", name, rate)
		}
	}
}

// TestMarksThatWereNotWritten: a number that no mark has changes nothing, nor has one
// that has come back before.
func TestMarksThatWereNotWritten(t *testing.T) {
	p, now := newPace(), time.Now()
	for p.hasRoom(now) {
		p.wrote(4<<10, Address{})
		p.next(now)
	}
	for _, number := range []uint32{0, 1 << 31, 1<<32 - 1, p.last + 1} {
		if p.arrived(number, now); p.flight != paceFirst {
			t.Errorf("mark %d, which was not written, took %d bytes off", number, paceFirst-p.flight)
		}
	}
	p.arrived(1, now)
	p.arrived(1, now)
	if want := paceFirst - 4<<10; p.flight != want {
		t.Errorf("%d bytes are under way, want %d", p.flight, want)
	}
}

// TestALineThatBecomesSlow: what is under way when a line becomes slow, and so has to arrive
// before anything that is sent then, is little, however much the line carried before that,
// and what a burst needed once does not count.
func TestALineThatBecomesSlow(t *testing.T) {
	const slow = 16 << 10
	for name, c := range map[string]struct {
		line   float64 // bytes a second, until it becomes slow
		source int     // bytes a second
		burst  int     // bytes that are there at the beginning
		most   int
	}{
		"a source that is slower than it":      {100 << 20, 4 << 20, 0, 128 << 10},
		"such a source, after a burst":         {100 << 20, 4 << 20, 64 << 20, 160 << 10},
		"a source that is as quick as it is":   {4 << 20, 4 << 20, 1 << 30, 160 << 10},
		"a quick line and a source that is so": {40 << 20, 40 << 20, 1 << 30, 272 << 10},
	} {
		l := &simulated{pace: newPace(), now: time.Unix(0, 0), rate: c.line, delay: time.Millisecond}
		for l.sent = -c.burst; l.now.Before(time.Unix(10, 0)); {
			l.step(c.source)
		}
		under, fell := 0, l.now
		for l.rate = slow; l.now.Sub(fell) < time.Second; {
			under = max(under, l.flight)
			l.step(c.source)
		}
		if under > c.most {
			t.Errorf("%s: up to %d bytes are under way on a line that has become slow, want %d at most", name, under, c.most)
		}
	}
}

// simulated is a line and what is written to it, in steps of a millisecond.
type simulated struct {
	pace
	now   time.Time
	rate  float64 // bytes a second
	delay time.Duration
	free  time.Time // when it has carried all
	back  []time.Time
	sent  int // of what the source has given
}

// step writes what a source of a rate has given by then, as far as there is room, and takes
// back the marks that have come.
func (l *simulated) step(rate int) {
	for len(l.back) > 0 && !l.back[0].After(l.now) {
		l.arrived(l.marks[0].number, l.now)
		l.back = l.back[1:]
	}
	if l.free.Before(l.now) {
		l.free = l.now
	}
	given := int(l.now.Sub(time.Unix(0, 0)).Seconds() * float64(rate))
	for l.sent < given && l.hasRoom(l.now) {
		n := min(l.piece(), given-l.sent)
		l.wrote(n, Address{})
		l.sent += n
		l.free = l.free.Add(time.Duration(float64(n) / l.rate * float64(time.Second)))
		if _, ok := l.next(l.now); ok {
			l.back = append(l.back, l.free.Add(l.delay))
		}
	}
	if _, ok := l.next(l.now); ok {
		l.back = append(l.back, l.free.Add(l.delay))
	}
	l.now = l.now.Add(time.Millisecond)
}
