package deflate

import "sync"

// The alphabets of DEFLATE (RFC 1951, section 3.2.5): literals, the end of a block and
// lengths in one, distances in another.
const (
	endOfBlock = 256
	literals   = 286
	distances  = 30
)

// coded is how a length or a distance is written: a symbol, and some bits after it.
type coded struct {
	symbol uint16
	extra  uint8 // how many bits follow
	base   uint16
}

// The tables are filled once, by whoever compresses first: most programs that link
// this compress nothing.
var (
	lengthCodes   [longest + 1]coded
	distanceCodes [distances]coded
	distanceSlots [window + 1]uint8 // which symbol each distance has
)

var fillTables = sync.OnceFunc(func() {
	lengthCodes, distanceCodes = makeLengths(), makeDistances()
	for symbol, c := range distanceCodes {
		for i := range 1 << c.extra {
			distanceSlots[int(c.base)+i] = uint8(symbol)
		}
	}
})

// codeLengthSort is the order in which the lengths of the code of lengths are written.
var codeLengthSort = [19]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

func makeLengths() (codes [longest + 1]coded) {
	length := shortest
	for symbol := endOfBlock + 1; symbol < literals-1; symbol++ {
		extra := max((symbol-endOfBlock-1)/4-1, 0)
		for i := range 1 << extra {
			codes[length+i] = coded{uint16(symbol), uint8(extra), uint16(length)}
		}
		length += 1 << extra
	}
	codes[longest] = coded{literals - 1, 0, longest} // It has a symbol of its own.
	return codes
}

func makeDistances() (codes [distances]coded) {
	base := 1
	for symbol := range codes {
		extra := max(symbol/2-1, 0)
		codes[symbol] = coded{uint16(symbol), uint8(extra), uint16(base)}
		base += 1 << extra
	}
	return codes
}

// histogram is how often each symbol of a block occurs.
type histogram struct {
	literal  [literals]int
	distance [distances]int
}

//go:norace
func (h *histogram) add(r reference, literal byte) {
	if r.length() == 1 {
		h.literal[literal]++
		return
	}
	h.literal[lengthCodes[r.length()].symbol]++
	h.distance[distanceSlots[r.distance()]]++
}

func (h *histogram) plus(o *histogram) *histogram {
	sum := *h
	for i, n := range o.literal {
		sum.literal[i] += n
	}
	for i, n := range o.distance {
		sum.distance[i] += n
	}
	return &sum
}
