package deflate

import (
	"math/bits"
	"slices"
)

// coin is a symbol, or two coins that were put together.
type coin struct {
	weight      int
	symbol      int // -1 for two coins
	left, right *coin
}

// lengthsOf returns how many bits each symbol has in the best prefix code of which no
// symbol has more than limit bits: the package-merge algorithm. A symbol that does not
// occur has none. At least two have some, as some programs take no other code.
func lengthsOf(counts []int, limit int) []uint8 {
	var symbols []*coin
	for i, n := range counts {
		if n > 0 {
			symbols = append(symbols, &coin{weight: n, symbol: i})
		}
	}
	for i := 0; len(symbols) < 2; i++ {
		if counts[i] == 0 {
			symbols = append(symbols, &coin{symbol: i})
		}
	}
	byWeight := func(a, b *coin) int { return a.weight - b.weight }
	slices.SortStableFunc(symbols, byWeight)
	coins := symbols
	for range limit - 1 {
		var pairs []*coin
		for i := 0; i+1 < len(coins); i += 2 {
			pairs = append(pairs, &coin{coins[i].weight + coins[i+1].weight, -1, coins[i], coins[i+1]})
		}
		coins = append(slices.Clone(symbols), pairs...)
		slices.SortStableFunc(coins, byWeight)
	}
	lengths := make([]uint8, len(counts))
	for _, c := range coins[:2*len(symbols)-2] {
		c.count(lengths)
	}
	return lengths
}

// count adds one to the length of each symbol of a coin, each time that it is in it.
func (c *coin) count(lengths []uint8) {
	if c.symbol >= 0 {
		lengths[c.symbol]++
		return
	}
	c.left.count(lengths)
	c.right.count(lengths)
}

// codesOf returns the codes with these lengths (RFC 1951, section 3.2.2), the first bit
// lowest.
func codesOf(lengths []uint8) []uint16 {
	var many, next [16]int // how many have n bits, and the next code of n bits
	for _, n := range lengths {
		many[n]++
	}
	many[0] = 0
	for n := 1; n < len(next); n++ {
		next[n] = (next[n-1] + many[n-1]) * 2
	}
	codes := make([]uint16, len(lengths))
	for i, n := range lengths {
		if n > 0 {
			codes[i] = bits.Reverse16(uint16(next[n])) >> (16 - n)
			next[n]++
		}
	}
	return codes
}
