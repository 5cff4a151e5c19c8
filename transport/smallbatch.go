package transport

// smallBatch are small frames that go out in one write, and what is to be refunded then.
type smallBatch struct {
	data []byte
	owes []debt
}

// seal begins another batch of small frames if n more bytes would be too much for one write.
// A queue in one piece that grows leaves several times its length to be collected, and a
// neighbour chooses how long it gets. The caller holds mu.
func (s *Stream) seal(n int) {
	if len(s.small) > 0 && len(s.small)+n > writePiece {
		s.sealed = append(s.sealed, smallBatch{s.small, s.owes})
		s.small, s.owes = make([]byte, 0, writePiece), nil
	}
}

// unseal takes the oldest small frames of the queue. The caller holds mu.
func (s *Stream) unseal(spare []byte) (b smallBatch) {
	if len(s.sealed) == 0 {
		b, s.small, s.owes = smallBatch{s.small, s.owes}, spare, nil
		return b
	}
	b, s.sealed[0] = s.sealed[0], smallBatch{}
	if s.sealed = s.sealed[1:]; len(s.sealed) == 0 {
		s.sealed = nil
	}
	return b
}
