package transport

import "time"

const (
	// echoBit is set in the number of a mark that asks for an echo.
	echoBit = 1 << 31
	// echoEvery is how often it is looked whether the echo has come.
	echoEvery = 250 * time.Millisecond
)

// echoes are the numbers of the latest echo that a neighbour was asked for, and of the latest
// that came.
type echoes struct{ asked, answered uint32 }

// ask asks the neighbour for an echo, and returns its number.
func (s *Stream) ask() uint32 {
	s.mu.Lock()
	s.asked++
	number := s.asked
	s.mu.Unlock()
	_ = s.send(s.markFrame(echoBit|number), false)
	return number
}

// echoed reports whether an echo has come, or one that was asked for later.
func (s *Stream) echoed(number uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answered >= number
}

// speaks reports whether something came from the neighbour so lately that it is not silent
// itself. Through two connections, one in the other, a slow line brings it in pieces of 64 KiB.
func (s *Stream) speaks(now time.Time) bool {
	return s.cause() == nil && now.Sub(s.frames.life.at(now)) < s.timeout
}

// lastHeard is when something came from the neighbour last, as the latest pulse saw it.
func (s *Stream) lastHeard() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read
}
