package transport

import "time"

// awaitConsumers is called by the stream's reader after each frame. While too
// much of the neighbour's data waits in this process, it blocks, so that nothing
// more is read from the neighbour. If none of that data is consumed for
// hoardTime, it ends the stream.
func (s *Stream) awaitConsumers() {
	a := s.account
	if !a.full(s.bytes) && !s.uplink.crowded() {
		return
	}
	a.waiting.Store(true)
	defer a.waiting.Store(false)
	late := time.NewTimer(s.patience)
	defer late.Stop()
	for {
		room := s.uplink.roomIfCrowded()
		if !a.full(s.bytes) && room == nil {
			return
		}
		select {
		case <-a.refunds:
		case <-room:
		case <-s.over:
			return
		case <-late.C:
			s.fail(errUnconsumed)
			return
		}
		late.Reset(s.patience)
	}
}
