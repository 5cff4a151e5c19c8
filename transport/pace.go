package transport

import (
	"encoding/binary"
	"slices"
	"time"
)

// Bounds of what is under way to a neighbour.
const (
	// paceFirst is how much bulk is under way before anything is known of a line.
	paceFirst = 16 << 10
	paceLeast = 8 << 10
	paceMost  = 16 << 20
	// growth is how many times what has arrived in its time may be under way next.
	growth = 8
	// farGrowth is the same for a line that is so long that the time says little: it may be
	// full already.
	farGrowth = 2
	// lagGoal is how much longer bulk may take to arrive than a small frame alone, on a line
	// that carries no more than slowBytes in that time; nearGoal and nearBytes are the same for
	// a quicker line. Whatever is under way when a line becomes slow has to arrive before
	// anything else does: nearBytes are 4 s on a line that carries 30 KB/s then.
	lagGoal   = 500 * time.Millisecond
	slowBytes = 64 << 10
	nearGoal  = 50 * time.Millisecond
	nearBytes = 128 << 10
	// busyGoal and busyBytes are the same for a line that carries more than 64 MB/s. What keeps
	// it busy are the processes at its ends, each of which takes some time to be woken.
	busyGoal  = 2 * time.Millisecond
	busyBytes = 1 << 20
	// rateDecay is the part that is taken off the best rate with each mark: one that is late
	// because a process had to wait for its processor says nothing of the line.
	rateDecay = 1. / 32
	// markEvery is after which time a mark is written, however little came before it, but
	// for leastPiece.
	markEvery = 10 * time.Millisecond
	// leastPatience is how late the oldest mark may be until no more bulk is written. If
	// marks took longer lately, it is lateMarks times as long as the latest took.
	leastPatience = 100 * time.Millisecond
	lateMarks     = 4
	// keptMarks is after how many marks a window is halved if less than a quarter of it was
	// used in that time.
	keptMarks = 32
	// probeEvery is how long the shortest round trip is believed.
	probeEvery = 30 * time.Second
	// leastPiece is the least that is written of bulk before small frames get their
	// turn.
	leastPiece = 4 << 10
)

// pace bounds how much bulk is under way to a neighbour, so that a small frame that is
// sent after it arrives within a second or two, however slow the line is. That bulk was
// written does not say that it has arrived: the buffers on the way hold megabytes. So
// marks are written between the bulk, which the neighbour sends back as soon as it has
// read them. A stream has one; its mutex guards it.
type pace struct {
	window       int       // bytes of bulk that may be under way
	flight       int       // bytes of bulk that are not known to have arrived
	since        int       // those of them that were written after the last mark
	to           []Address // where those go
	last         uint32
	marks        []mark        // that have not come back, the oldest first
	least        time.Duration // the shortest round trip of a mark; 0 before there is one
	lag          time.Duration // that of the latest mark that came back
	rate         float64       // bytes a second that the line carried lately, at its best
	sure         time.Time     // when least was measured
	probed       int           // the window after the line has run empty; 0 if it need not
	wroteAt      time.Time     // when the last mark was written
	used, marked int           // the most that was under way in the marks that are counted in marked
}

// mark is a place in what was written.
type mark struct {
	number uint32
	at     time.Time
	bytes  int       // of bulk since the mark before
	to     []Address // where that goes
	flight int       // bytes of bulk that were under way then
}

func newPace() pace { return pace{window: paceFirst} }

// hasRoom reports whether more bulk may be written now. It is asked only if there is some.
// If the oldest mark does not come back as soon as others did, the line has become slow, and
// what is written would only wait there, where nothing can overtake it. The next mark that
// comes back says more.
func (p *pace) hasRoom(now time.Time) bool {
	if p.flight >= p.window {
		return false
	}
	return len(p.marks) == 0 || now.Sub(p.marks[0].at) <= max(leastPatience, lateMarks*p.lag)
}

// piece is how much bulk is written at once, before small frames get their turn. A
// longer frame is cut.
func (p *pace) piece() int { return min(max(p.window/8, leastPiece), bulkFlush) }

// wrote notes that n bytes of bulk are being written, to a context.
func (p *pace) wrote(n int, to Address) {
	p.flight += n
	p.since += n
	if !slices.Contains(p.to, to) && len(p.to) < 100 {
		p.to = append(p.to, to)
	}
}

// next returns the number of a mark that is to be written after the bulk; ok is false
// if there is none.
func (p *pace) next(now time.Time) (number uint32, ok bool) {
	if p.since == 0 || p.since < min(p.window, busyBytes)/4 && (p.since < leastPiece || now.Sub(p.wroteAt) < markEvery) {
		return 0, false
	}
	p.last++
	p.marks = append(p.marks, mark{p.last, now, p.since, p.to, p.flight})
	p.since, p.to, p.wroteAt = 0, nil, now
	return p.last, true
}

// arrived is called when a mark has come back. It returns where the bulk goes that has
// arrived. Marks come back in their order; any other number says nothing.
//
// What was under way when the mark was written took that time at most. So the line
// carries at least that much in it, and what it carries in the shortest time, and some
// more, may be under way without making anything wait for long.
func (p *pace) arrived(number uint32, now time.Time) []Address {
	if len(p.marks) == 0 || p.marks[0].number != number {
		return nil
	}
	m := p.marks[0]
	p.marks = p.marks[1:]
	p.flight -= m.bytes
	p.lag = max(now.Sub(m.at), time.Microsecond)
	p.measure(m, now)
	if p.probed == 0 {
		p.adapt(m)
		p.forgo(m)
	}
	return m.to
}

// measure learns the shortest time of a mark: that of one with no more than a piece
// under way. If there was none for long, the line is left to run empty, because it may
// be longer than it was, as by another route.
func (p *pace) measure(m mark, now time.Time) {
	switch {
	case m.flight <= leastPiece:
		p.least, p.sure = p.lag, now
		if p.probed > 0 {
			p.window, p.probed = p.probed, 0
		}
	case p.lag < p.least:
		p.least, p.sure = p.lag, now
	case p.probed == 0 && now.Sub(p.sure) > max(probeEvery, 20*p.least):
		p.window, p.probed = 1, p.window
	}
}

// adapt sets the window by how long it took what was under way to arrive. A window of
// which half was not used does not grow, and gets smaller only if that was too much: what its
// source sends says little of the line.
func (p *pace) adapt(m mark) {
	rate, best := float64(m.flight)/p.lag.Seconds(), p.rate*(1-rateDecay)
	if p.rate = rate; p.lag < 2*p.least+nearGoal {
		p.rate = max(rate, best)
	}
	spare := p.spare()
	fits := p.rate*p.least.Seconds() + spare
	if rate >= best && (p.lag-p.least).Seconds()*rate <= spare/2 {
		fits = max(fits, float64(m.flight)*farGrowth) // nothing waited on the way
	}
	switch used := m.flight > p.window/2; {
	case used && fits > float64(p.window):
		p.window = max(p.window, int(min(fits, float64(growth*m.flight), paceMost)))
	case used || fits < float64(m.flight):
		p.window = max(int(fits), m.flight/growth, paceLeast)
	}
}

// spare is how much more may be under way than the line carries in the shortest time. On a
// long line times differ by some part of that, and a window that is not larger would be taken
// for the line's rate.
func (p *pace) spare() float64 {
	return max(
		min(p.rate*lagGoal.Seconds(), slowBytes),
		min(p.rate*nearGoal.Seconds(), nearBytes),
		min(p.rate*busyGoal.Seconds(), busyBytes),
		p.rate*p.least.Seconds()/2)
}

// forgo makes the window smaller if it was not used for long. What a burst needed once would
// be filled when the line becomes slow.
func (p *pace) forgo(m mark) {
	p.used = max(p.used, m.flight)
	if p.marked++; p.marked < keptMarks {
		return
	}
	if p.used < p.window/4 {
		p.window = min(p.window, max(p.window/2, paceFirst))
	}
	p.used, p.marked = 0, 0
}

// markFrame is the frame of a mark.
func (s *Stream) markFrame(number uint32) *Message {
	return &Message{Src: s.self, Dst: s.peer, Handle: handleMark, Data: binary.BigEndian.AppendUint32(nil, number)}
}

// marked takes a mark off the stream: one of the neighbour is sent back, one of this
// process has come back.
func (s *Stream) marked(m *Message) {
	if len(m.Data) != 4 {
		return
	}
	number := binary.BigEndian.Uint32(m.Data)
	if m.flags&flagCredit == 0 {
		back := s.markFrame(number)
		back.flags, back.from = flagCredit, s.account
		_ = s.send(back, false)
		return
	}
	var to []Address
	s.mu.Lock()
	if n := number &^ echoBit; n != number {
		s.answered = max(s.answered, min(n, s.asked))
	} else {
		to = s.pace.arrived(number, time.Now())
	}
	s.mu.Unlock()
	s.wakeWriter()
	for _, a := range to {
		s.moved(a)
	}
}

// lag is how long bulk takes to arrive at the neighbour and to be told of, as far as is
// known; 0 if none was sent.
func (s *Stream) lag() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pace.lag
}
