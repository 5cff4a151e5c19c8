package transport

// The payloads of a call and of its result are encoded by hand where they are plain: the
// encoder of package cbor would read what it is given as encoded already once more.

// encode is Marshal(p). In is one value that was encoded here.
func (p *callPayload) encode() ([]byte, error) {
	if p.After != nil || p.Settled != nil || p.Timeout != 0 || p.Pipe != 0 || len(p.In) == 0 {
		return Marshal(p)
	}
	b := make([]byte, 0, callHeads+len(p.Func)+len(p.In))
	b = appendPair(append(b, 0xa2), 'f', 3, uint32(len(p.Func)), p.Func)
	b = append(append(b, 0x61, 'i'), p.In...)
	if p.Low != 0 {
		b[0]++ // another pair
		b = appendPair(b, 'l', 0, p.Low, "")
	}
	return b, nil
}

// encode is Marshal(p). Out is one value that was encoded here.
func (p *replyPayload) encode() ([]byte, error) {
	if p.Err != nil || len(p.Out) == 0 {
		return Marshal(p)
	}
	return append(append(make([]byte, 0, 3+len(p.Out)), 0xa1, 0x61, 'o'), p.Out...), nil
}

// callHeads is how much a call takes at most beside its texts.
const callHeads = 1 + 2 + 5 + 2 + 2 + 5

// appendPair appends a pair of a map: a key of one letter, and a value that begins with its
// major type and a number as short as it can be.
func appendPair(b []byte, key, major byte, n uint32, rest string) []byte {
	head := [...]byte{0x61, key, major << 5, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	at := 3
	switch {
	case n < 24:
		head[2] |= byte(n)
		at = len(head)
	case n < 1<<8:
		head[2] |= 24
		at = 6
	case n < 1<<16:
		head[2] |= 25
		at = 5
	default:
		head[2] |= 26
	}
	return append(append(append(b, head[:3]...), head[at:]...), rest...)
}
