package faults

import "math/rand/v2"

// garbage is what a line puts in the place of the bytes that pass one way.
type garbage struct {
	random *rand.Rand
	skip   int // how many bytes pass as they are before
}

// newGarbage is the garbage of each way. The same seed makes the same garbage.
func newGarbage(seed uint64, offset int) (ways [2]garbage) {
	for i := range ways {
		ways[i] = garbage{rand.New(rand.NewPCG(seed, uint64(i))), offset}
	}
	return ways
}

// Clean is how many more bytes pass one of the ways before its garbage begins, the most of
// both; 0 if it has begun, or if there is none.
func (l *Line) Clean() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault != Garbage {
		return 0
	}
	return max(l.garbage[0].skip, l.garbage[1].skip)
}

// garble puts garbage over what passes one way: 0 is from the far end, 1 to it.
func (l *Line) garble(way int, b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := &l.garbage[way]
	n := min(g.skip, len(b))
	g.skip -= n
	for i := range b[n:] {
		b[n+i] = byte(g.random.Uint32())
	}
}
