package planner

import (
	"cmp"
	"slices"
	"strings"
)

// compareInstances puts earlier declarations first, then lower keys.
func compareInstances(a, b *instance) int {
	if a.node != b.node {
		return compareDeclared(a.node, b.node)
	}
	return slices.CompareFunc(a.keys, b.keys, compareNatural)
}

// compareDeclared orders blocks by file name and place in it.
func compareDeclared(a, b *node) int {
	x, y := a.block.Range, b.block.Range
	return cmp.Or(cmp.Compare(x.Filename, y.Filename), cmp.Compare(x.Start.Byte, y.Start.Byte))
}

// compareNatural orders texts as people do: digits count by their value, so
// that h2 comes before h10.
func compareNatural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		var c int
		if isDigit(x[0]) && isDigit(y[0]) {
			var m, n string
			m, x = cutDigits(x)
			n, y = cutDigits(y)
			c = cmp.Or(cmp.Compare(len(m), len(n)), cmp.Compare(m, n))
		} else {
			c = cmp.Compare(x[0], y[0])
			x, y = x[1:], y[1:]
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

// cutDigits cuts the number that a text begins with, leading zeros left out.
func cutDigits(s string) (number, rest string) {
	rest = strings.TrimLeft(s, "0123456789")
	return strings.TrimLeft(s[:len(s)-len(rest)], "0"), rest
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
