package deflate

// The bounds of a reference in DEFLATE (RFC 1951, section 3.2.5).
const (
	shortest = 3
	longest  = 258
	window   = 1 << 15
)

// depth is how many earlier places are looked at for one position.
const depth = 300

const hashBits = 16

// reference is a length and a distance: bytes that have been there before. One byte
// that has not is a reference of length 1.
type reference uint32

func refer(length, distance int) reference { return reference(length<<16 | distance - 1) }

func (r reference) length() int   { return int(r >> 16) }
func (r reference) distance() int { return int(r&0xffff) + 1 }

// finder finds earlier places of the same bytes. For every hash of four bytes it has a
// binary tree of the positions in the window, sorted by what follows there. The newest
// position is the root, so what is found first is the nearest.
type finder struct {
	data   []byte
	threes []int32 // the newest position of a hash of three bytes
	roots  []int32 // the newest position of a hash of four bytes
	below  []int32 // for each position in the window, the one that sorts before and the one after
}

func newFinder(data []byte) *finder {
	f := &finder{data: data, threes: make([]int32, 1<<hashBits), roots: make([]int32, 1<<hashBits), below: make([]int32, 2*window)}
	for i := range f.roots {
		f.threes[i], f.roots[i] = -1, -1
	}
	return f
}

// found are the references that could be made in a segment.
type found struct {
	data     []byte
	from, to int
	// first is, for each position from from on, where its references begin; they are
	// sorted by length, and each is the nearest of its length.
	first []int32
	all   []reference
}

// segment finds all references for the positions of one segment. Segments are looked
// at in order.
//
//go:norace
func (f *finder) segment(from, to int) *found {
	s := &found{data: f.data, from: from, to: to, first: make([]int32, 0, to-from+1), all: make([]reference, 0, 4*(to-from))}
	skip := 0
	for pos := from; pos < to; pos++ {
		s.first = append(s.first, int32(len(s.all)))
		before := len(s.all)
		s.all = f.at(pos, min(longest, len(f.data)-pos), s.all)
		if skip > 0 { // It is inside of a reference of the greatest length, which will be taken.
			s.all = s.all[:before]
			skip--
		} else if n := len(s.all); n > before && s.all[n-1].length() == longest {
			skip = longest - 1
		}
	}
	s.first = append(s.first, int32(len(s.all)))
	return s
}

// at appends the references that could be made at a position, and remembers the
// position. A reference has at most limit bytes.
//
//go:norace
func (f *finder) at(pos, limit int, out []reference) []reference {
	if limit < 4 {
		return out
	}
	here := f.data[pos : pos+limit]
	oldest := int32(max(pos-window, -1))
	three := (uint32(here[0]) | uint32(here[1])<<8 | uint32(here[2])<<16) * 0x9e3779b1 >> (32 - hashBits)
	four := (uint32(here[0]) | uint32(here[1])<<8 | uint32(here[2])<<16 | uint32(here[3])<<24) * 0x9e3779b1 >> (32 - hashBits)
	best := shortest - 1
	if at := f.threes[three]; at > oldest && f.data[at] == here[0] && f.data[at+1] == here[1] && f.data[at+2] == here[2] {
		best = shortest
		out = append(out, refer(best, pos-int(at)))
	}
	f.threes[three] = int32(pos)

	at := f.roots[four]
	f.roots[four] = int32(pos)
	less, more := &f.below[pos%window*2], &f.below[pos%window*2+1]
	n, withLess, withMore := 0, 0, 0
	for left := depth; at > oldest && left > 0; left-- {
		there := f.data[at : int(at)+limit]
		children := f.below[at%window*2:][:2:2]
		for n < limit && there[n] == here[n] {
			n++
		}
		if n > best {
			best = n
			out = append(out, refer(n, pos-int(at)))
		}
		if n == limit { // It takes the place of the one that it equals.
			*less, *more = children[0], children[1]
			return out
		}
		if there[n] < here[n] {
			*less, less = at, &children[1]
			at, withLess = *less, n
		} else {
			*more, more = at, &children[0]
			at, withMore = *more, n
		}
		n = min(withLess, withMore)
	}
	*less, *more = -1, -1
	return out
}
