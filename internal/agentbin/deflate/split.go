package deflate

import "math"

// piece is the least that a block has, as blocks are made from pieces.
const piece = 4 << 10

// block is a part of a segment that has codes of its own.
type block struct {
	from, to int
	seen     *histogram // what simply taking the longest reference gives
	bits     float64    // what it costs, about
}

// split divides a segment into blocks: it joins neighbours as long as one block costs
// less than two.
func (s *found) split() []block {
	blocks := s.pieces()
	saved := make([]float64, len(blocks)) // by joining a block and the next one
	joined := func(i int) block {
		b := block{from: blocks[i].from, to: blocks[i+1].to, seen: blocks[i].seen.plus(blocks[i+1].seen)}
		b.bits = b.seen.bits()
		return b
	}
	save := func(i int) {
		if i >= 0 && i+1 < len(blocks) {
			saved[i] = blocks[i].bits + blocks[i+1].bits - joined(i).bits
		}
	}
	for i := range blocks {
		save(i)
	}
	for len(blocks) > 1 {
		most := 0
		for i := range len(blocks) - 1 {
			if saved[i] > saved[most] {
				most = i
			}
		}
		if saved[most] <= 0 {
			break
		}
		blocks[most] = joined(most)
		blocks = append(blocks[:most+1], blocks[most+2:]...)
		saved = append(saved[:most+1], saved[most+2:]...)
		save(most - 1)
		save(most)
	}
	return blocks
}

// pieces are the smallest blocks of a segment.
//
//go:norace
func (s *found) pieces() []block {
	var blocks []block
	for from := s.from; from < s.to || from == s.from; from += piece {
		b := block{from: from, to: min(from+piece, s.to), seen: &histogram{}}
		for pos := b.from; pos < b.to; {
			r := refer(1, 1)
			if all := s.at(pos); len(all) > 0 && pos+all[len(all)-1].length() <= b.to {
				r = all[len(all)-1]
			}
			b.seen.add(r, s.data[pos])
			pos += r.length()
		}
		b.seen.literal[endOfBlock]++
		b.bits = b.seen.bits()
		blocks = append(blocks, b)
	}
	return blocks
}

func (s *found) at(pos int) []reference {
	return s.all[s.first[pos-s.from]:s.first[pos-s.from+1]]
}

// bits is about what a block with these symbols costs: their entropy, what follows
// them, and the codes.
func (h *histogram) bits() float64 {
	bits := 100.0
	for symbol, n := range h.distance {
		bits += float64(n * int(distanceCodes[symbol].extra))
	}
	for length := shortest; length <= longest; length++ {
		if c := lengthCodes[length]; int(c.base) == length {
			bits += float64(h.literal[c.symbol] * int(c.extra))
		}
	}
	return bits + entropy(h.literal[:]) + entropy(h.distance[:])
}

// codeBits is about what writing the length of one code costs.
const codeBits = 3.5

func entropy(counts []int) float64 {
	total, bits := 0, 0.0
	for _, n := range counts {
		if n > 0 {
			total += n
			bits += codeBits - float64(n)*math.Log2(float64(n))
		}
	}
	if total > 0 {
		bits += float64(total) * math.Log2(float64(total))
	}
	return bits
}
