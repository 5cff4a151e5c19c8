package transport

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
)

// ops takes a fuzz input apart into small numbers, one after the other.
type ops struct{ rest []byte }

// next is the next number below n; 0 when nothing is left.
func (o *ops) next(n int) int {
	if len(o.rest) == 0 {
		return 0
	}
	b := int(o.rest[0])
	o.rest = o.rest[1:]
	return b % n
}

// FuzzFragments: whatever fragments come, of several senders and mixed with the ends of
// contexts, what is unfinished is counted exactly, what is whole has the length that was
// announced, and no sender gets back more credit than it used.
func FuzzFragments(f *testing.F) {
	f.Add([]byte{1, 0, 8, 4, 1, 1, 0, 8, 4, 1})
	f.Add([]byte{1, 0, 8, 4, 1, 2, 0, 9, 9, 1, 0, 1, 1, 0, 8, 4, 1})
	f.Add([]byte{1, 0, 8, 4, 1, 1, 0, 9, 4, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		s := assembler{most: 64, others: func() int { return 0 }}
		sent, back := map[Address]int{}, map[Address]int{}
		for o := (ops{b}); len(o.rest) > 0; {
			src := Address{}.Child(uint32(o.next(4)), 0)
			if src.Index() == 0 {
				ended := Address{}.Child(uint32(o.next(4)), 0)
				s.forget(ended)
				delete(sent, ended)
				delete(back, ended)
				continue
			}
			id, total, n := o.next(3), o.next(80), o.next(40)
			m := &Message{Src: src, Handle: uint32(o.next(2)), flags: flagPart | flagBulk}
			m.Data = append([]byte{0, 0, 0, byte(id), 0, 0, 0, byte(total)}, make([]byte, n)...)
			whole, err := s.assemble(m)
			if err != nil {
				return // ends the stream
			}
			if whole != nil && (len(whole.Data) != total || whole.flags&flagPart != 0) {
				t.Fatalf("%d bytes were announced, and the message is %+v", total, whole)
			}
			sent[src] += n
			for to, credit := range s.owed(m, whole != nil) {
				if back[to] += credit; back[to] > sent[to] {
					t.Fatalf("%s sent %d bytes and got %d back", to, sent[to], back[to])
				}
			}
			s.mustBeRight(t)
		}
	})
}

// mustBeRight holds what an assembler counts against what it has.
func (s *assembler) mustBeRight(t *testing.T) {
	t.Helper()
	bytes := 0
	for _, p := range s.parts {
		bytes += len(p.m.Data)
	}
	if bytes != s.bytes || bytes > s.most || len(s.order) != len(s.parts) {
		t.Fatalf("%d bytes in %d messages are unfinished, and %d in %d are counted", bytes, len(s.parts), s.bytes, len(s.order))
	}
	for _, key := range s.order {
		if s.parts[key] == nil {
			t.Fatalf("%v is waited for, and is not there", key)
		}
	}
}

// FuzzMarks: whatever marks a neighbour sends, and however long those take that come back,
// what is under way is counted exactly, and as much as one piece may always be sent in the
// end. Every mark of the neighbour is answered once.
func FuzzMarks(f *testing.F) {
	f.Add([]byte{0, 200, 1, 1, 1, 2, 1, 9, 0, 200, 1, 1, 2, 2, 1, 9}, []byte{0, 0, 0, 1})
	f.Add([]byte{0, 255, 0, 255, 1, 0, 255, 1, 3, 0, 2, 1, 255}, []byte{1})
	f.Fuzz(func(t *testing.T, b, foreign []byte) {
		s := newStream(newFrameReader(bytes.NewReader(nil), aheadOfChild), nil, func() error { return nil })
		s.marked(&Message{Handle: handleMark, Data: foreign})
		if answered := len(s.small) > 0; answered != (len(foreign) == 4) {
			t.Errorf("a mark of %d bytes was answered with % x", len(foreign), s.small)
		}
		s.marked(&Message{Handle: handleMark, Data: foreign, flags: flagCredit}) // of a mark that was not sent
		p, now := &s.pace, time.Unix(0, 0)
		for o := (ops{b}); len(o.rest) > 0; {
			switch o.next(3) {
			case 0:
				p.wrote(o.next(256)<<o.next(16), Address{}.Child(uint32(o.next(3)), 0))
			case 1:
				p.next(now)
			case 2:
				p.arrived(p.last-uint32(o.next(4)), now)
			}
			now = now.Add(time.Duration(o.next(256)) << o.next(40))
			p.mustBeRight(t)
		}
	})
}

// mustBeRight holds what is counted as under way against the marks that are.
func (p *pace) mustBeRight(t *testing.T) {
	t.Helper()
	flight := p.since
	for _, m := range p.marks {
		flight += m.bytes
	}
	window := max(p.window, p.probed) // while the line runs empty, it is 1
	if flight != p.flight || window < paceLeast || window > paceMost || p.lag < 0 || p.least < 0 || p.piece() < leastPiece {
		t.Fatalf("%d bytes are under way: %+v", flight, *p)
	}
}

// FuzzSendWindow: whatever comes to who sends to a receiver, nobody but the receiver gives
// credit back, never more than was used, and nothing but a refusal ends the sending.
func FuzzSendWindow(f *testing.F) {
	f.Add([]byte{0, 0, 9, 1, 0, 0, 0, 5}, []byte{})
	f.Add([]byte{1, 1, 9, 2, 0}, []byte("\xa1ae\xa1am\x61x"))
	b := NewBroker(Options{})
	f.Cleanup(func() { _ = b.Shutdown() })
	receiver := Address{}.Child(1, 0).Child(2, 0)
	f.Fuzz(func(t *testing.T, in, said []byte) {
		x := &b.exchange
		x.mu.Lock()
		s := x.windowTo(permit{receiver, 7})
		x.mu.Unlock()
		defer func() {
			x.mu.Lock()
			delete(x.windows, s.to)
			delete(x.handlers, s.handle)
			x.closed = nil
			x.mu.Unlock()
		}()
		most, refused := s.credit, false
		for o := (ops{in}); len(o.rest) > 0; {
			src := []Address{receiver, receiver.Parent(), receiver.Child(1, 0), Address{}.Child(5, 0)}[o.next(4)]
			before := s.credit
			s.credit -= min(o.next(256), before)
			left := s.credit
			m := &Message{Src: src, Handle: s.handle, flags: []uint8{0, flagCredit, flagDead, flagReset}[o.next(4)]}
			if n := min(o.next(8), len(o.rest)); m.flags == flagCredit {
				m.Data, o.rest = o.rest[:n], o.rest[n:]
			} else {
				m.Data = said
			}
			refused = refused || m.flags == flagDead && src != receiver.Child(1, 0) && src != Address{}.Child(5, 0)
			s.receive(m)
			if s.credit > most || s.credit != left && (src != receiver || m.flags != flagCredit) || (s.err != nil) != refused {
				t.Fatalf("%d of %d credit, %v, after %+v", s.credit, most, s.err, m)
			}
			if x.windows[s.to] != window(s) {
				return // all credit is back
			}
		}
	})
}

// FuzzTunnel: whatever frames the other end of a tunnel sends, what was taken is what came,
// in its order; more credit than there is, is never given; and who floods ends the tunnel.
func FuzzTunnel(f *testing.F) {
	f.Add([]byte{0, 0, 10, 2, 5, 2, 255, 0, 1, 9})
	f.Add([]byte{1, 0, 4, 0, 0, 200, 3, 2, 3})
	b := NewBroker(Options{})
	f.Cleanup(func() { _ = b.Shutdown() })
	f.Fuzz(func(t *testing.T, in []byte) {
		u := b.newTunnel(Address{}.Child(1, 0), "fuzz")
		defer u.Close()
		u.window = 512
		var came, took []byte
		buf := make([]byte, 256)
		for o := (ops{in}); len(o.rest) > 0; {
			m := &Message{Src: u.peer, Handle: u.handle, ReplyTo: uint32(o.next(2))}
			switch o.next(5) {
			case 0:
				m.Data = bytes.Repeat([]byte{byte(len(came))}, o.next(256))
				if u.err == nil {
					came = append(came, m.Data...)
				}
			case 1:
				n := min(o.next(8), len(o.rest))
				m.flags, m.Data, o.rest = flagCredit, o.rest[:n], o.rest[n:]
			case 2:
				u.limit(0, time.Unix(1, 0)) // so that it never waits
				n, _ := u.Read(buf[:o.next(256)])
				took = append(took, buf[:n]...)
				continue
			case 3:
				m.flags = flagFin
			case 4:
				m.flags = []uint8{flagReset, flagDead}[o.next(2)]
			}
			u.receive(m)
			if u.credit > u.most || u.size < 0 || u.owed < 0 || u.err == nil && u.size > u.window {
				t.Fatalf("%d of %d credit, %d bytes of at most %d have come, %d are owed: %v", u.credit, u.most, u.size, u.window, u.owed, u.err)
			}
		}
		if !bytes.HasPrefix(came, took) || len(took)+u.size != len(came) {
			t.Fatalf("%d bytes came, %d of them were taken, and %d are there", len(came), len(took), u.size)
		}
	})
}

// FuzzStack: whatever the stacks of a process say, they are shown in few lines, and few
// functions of each.
func FuzzStack(f *testing.F) {
	f.Add(stacks())
	f.Add("goroutine 7 [chan receive, 5 minutes]:\nmain.f({0x1, 0x2})\n\t/x/y.go:1 +0x1\ncreated by main.main in goroutine 1\n\t/x/y.go:3\n\ngoroutine")
	f.Fuzz(func(t *testing.T, text string) {
		shown := goroutines(text)
		if n := strings.Count(shown, "\n"); n > dumpLines+3 {
			t.Errorf("%d lines are shown:\n%s", n, shown)
		}
		for stack := range strings.SplitSeq(text, "\n\n") {
			if state, where := readStack(stack); strings.ContainsAny(state, "]\n") || strings.Contains(where, "\n") || strings.Count(where, " < ") >= dumpFrames+strings.Count(stack, " < ") {
				t.Errorf("%q is read as %q in %q", stack, state, where)
			}
		}
	})
}

// FuzzUnquote: the value of an assignment loses the quotes around it, and nothing else.
func FuzzUnquote(f *testing.F) {
	for _, s := range []string{"debian", `"12"`, `'a b'`, `"`, `"a'`, ` "x" `, `""`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := unquote(s)
		if trimmed := strings.TrimSpace(s); got != trimmed && `"`+got+`"` != trimmed && "'"+got+"'" != trimmed {
			t.Errorf("%q became %q", s, got)
		}
	})
}

// decimalForm has digits before the point, behind it, or both.
var decimalForm = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// FuzzDecimal: whatever text is read as a decimal number, it is refused, or is written as one
// that is read as the same number, and is sent as it.
func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"-1.50e3", "0", "1e65536", "1e-65536", ".5", "5.", "1e", "-", ".-5", "1_0", "0x1", "+1e+1", "1.-5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDecimal(s)
		if err != nil {
			return
		}
		if !decimalForm.MatchString(s) {
			t.Fatalf("%q is read as %v", s, d)
		}
		written := d.String()
		again, err := ParseDecimal(written)
		if err != nil || again.Rat().Cmp(d.Rat()) != 0 {
			t.Fatalf("%q is written as %q, which is read as %v: %v", s, written, again, err)
		}
		sent, err := Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var came Decimal
		if err := decMode.Unmarshal(sent, &came); err != nil {
			err = taggedMode().Unmarshal(sent, &came)
			if err != nil {
				t.Fatalf("%q is sent as % x, which is refused: %v", s, sent, err)
			}
		}
		if came.Exponent() != d.Exponent() || came.Integer().Cmp(d.Integer()) != 0 {
			t.Errorf("%v is sent as % x, and arrives as %v", d, sent, came)
		}
	})
}
