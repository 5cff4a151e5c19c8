package deflate

import "math"

// passes is how often a block is parsed, at most.
const passes = 8

// unit is what one bit costs, so that parts of bits count.
const unit = 256

// costs are what symbols cost, with what follows them.
type costs struct {
	literal  [256]uint32
	length   [longest + 1]uint32
	distance [distances]uint32
}

// costsOf are the costs under the best codes for these symbols. One that does not occur
// costs as if it occurred seldom.
func costsOf(h *histogram) *costs {
	c := &costs{}
	literal, distance := pricesOf(h.literal[:]), pricesOf(h.distance[:])
	copy(c.literal[:], literal)
	for length := shortest; length <= longest; length++ {
		code := lengthCodes[length]
		c.length[length] = literal[code.symbol] + uint32(code.extra)*unit
	}
	for symbol := range c.distance {
		c.distance[symbol] = distance[symbol] + uint32(distanceCodes[symbol].extra)*unit
	}
	return c
}

func pricesOf(counts []int) []uint32 {
	total := 0
	for _, n := range counts {
		total += n
	}
	prices := make([]uint32, len(counts))
	for i, n := range counts {
		bits := math.Log2(float64(total+2)) - math.Log2(max(float64(n), 0.5))
		prices[i] = uint32(min(max(bits, 1), 15) * unit)
	}
	return prices
}

// best is a block, written in the cheapest way that was found.
func (s *found) best(b block) *written {
	var least *written
	seen := b.seen
	for range passes {
		w := s.parse(b, costsOf(seen))
		if least != nil && w.bits >= least.bits {
			break
		}
		least, seen = w, &w.histogram
	}
	return least
}

// parse chooses from the end on: at each position what makes the way to the end of the
// block cheapest.
//
//go:norace
func (s *found) parse(b block, c *costs) *written {
	n := b.to - b.from
	toEnd := make([]uint32, n+1)
	chosen := make([]reference, n)
	for i := n - 1; i >= 0; i-- {
		least := c.literal[s.data[b.from+i]] + toEnd[i+1]
		chosen[i] = refer(1, 1)
		length := shortest
		for _, r := range s.at(b.from + i) {
			far := c.distance[distanceSlots[r.distance()]]
			for most := min(r.length(), n-i); length <= most; length++ {
				if cost := far + c.length[length] + toEnd[i+length]; cost < least {
					least, chosen[i] = cost, refer(length, r.distance())
				}
			}
		}
		toEnd[i] = least
	}
	w := &written{data: s.data[b.from:b.to]}
	for i := 0; i < n; i += chosen[i].length() {
		w.add(chosen[i], w.data[i])
		w.references = append(w.references, chosen[i])
	}
	w.literal[endOfBlock]++
	w.histogramCodes()
	return w
}
