package deflate

// bitWriter writes bits, the lowest of a byte first.
type bitWriter struct {
	out  []byte
	acc  uint64
	bits uint
}

//go:norace
func (w *bitWriter) write(value, bits int) {
	w.acc |= uint64(value) << w.bits
	for w.bits += uint(bits); w.bits >= 8; w.bits -= 8 {
		w.out = append(w.out, byte(w.acc))
		w.acc >>= 8
	}
}

// flush fills the last byte.
func (w *bitWriter) flush() {
	if w.bits > 0 {
		w.out = append(w.out, byte(w.acc))
	}
	w.acc, w.bits = 0, 0
}

// written is a block as it is written.
type written struct {
	histogram
	data       []byte
	references []reference
	lengths    [2][]uint8 // of the codes of literals and distances
	header     []headerCode
	headerBits []uint8
	bits       int // of all
}

// headerCode is a symbol of the code in which the lengths of codes are written, and
// what follows it (RFC 1951, section 3.2.7).
type headerCode struct{ symbol, value, bits int }

// histogramCodes makes the codes for what is in the block, and says what all costs.
func (w *written) histogramCodes() {
	w.lengths = [2][]uint8{lengthsOf(w.literal[:], 15), lengthsOf(w.distance[:], 15)}
	w.header = headerOf(append(append([]uint8(nil), w.lengths[0]...), w.lengths[1]...))
	counts := make([]int, len(codeLengthSort))
	for _, h := range w.header {
		counts[h.symbol]++
		w.bits += h.bits
	}
	w.headerBits = lengthsOf(counts, 7)
	for symbol, n := range counts {
		w.bits += n * int(w.headerBits[symbol])
	}
	for symbol, n := range w.literal {
		w.bits += n * int(w.lengths[0][symbol])
	}
	for symbol, n := range w.distance {
		w.bits += n * (int(w.lengths[1][symbol]) + int(distanceCodes[symbol].extra))
	}
	for length := shortest; length <= longest; length++ {
		if c := lengthCodes[length]; int(c.base) == length {
			w.bits += w.literal[c.symbol] * int(c.extra)
		}
	}
}

// headerOf writes lengths of codes: what is repeated is said once.
func headerOf(lengths []uint8) (header []headerCode) {
	for i := 0; i < len(lengths); {
		n := 1
		for i+n < len(lengths) && lengths[i+n] == lengths[i] {
			n++
		}
		i += n
		length := int(lengths[i-1])
		if length != 0 {
			header = append(header, headerCode{symbol: length})
			n--
		}
		for n > 0 {
			h, k := headerCode{symbol: length}, 1
			switch {
			case length == 0 && n >= 11:
				k = min(n, 138)
				h = headerCode{18, k - 11, 7}
			case length == 0 && n >= 3:
				k = n
				h = headerCode{17, k - 3, 3}
			case length != 0 && n >= 3:
				k = min(n, 6)
				h = headerCode{16, k - 3, 2}
			}
			header = append(header, h)
			n -= k
		}
	}
	return header
}

// write writes the block with its codes (RFC 1951, section 3.2.7).
//
//go:norace
func (w *written) write(to *bitWriter, last bool) {
	final := 0
	if last {
		final = 1
	}
	to.write(final, 1)
	to.write(2, 2)
	to.write(literals-257, 5)
	to.write(distances-1, 5)
	to.write(len(codeLengthSort)-4, 4)
	for _, symbol := range codeLengthSort {
		to.write(int(w.headerBits[symbol]), 3)
	}
	codes := codesOf(w.headerBits)
	for _, h := range w.header {
		to.write(int(codes[h.symbol]), int(w.headerBits[h.symbol]))
		to.write(h.value, h.bits)
	}
	literal, distance := codesOf(w.lengths[0]), codesOf(w.lengths[1])
	at := 0
	for _, r := range w.references {
		if r.length() == 1 {
			symbol := w.data[at]
			to.write(int(literal[symbol]), int(w.lengths[0][symbol]))
		} else {
			l, d := lengthCodes[r.length()], distanceCodes[distanceSlots[r.distance()]]
			to.write(int(literal[l.symbol]), int(w.lengths[0][l.symbol]))
			to.write(r.length()-int(l.base), int(l.extra))
			to.write(int(distance[d.symbol]), int(w.lengths[1][d.symbol]))
			to.write(r.distance()-int(d.base), int(d.extra))
		}
		at += r.length()
	}
	to.write(int(literal[endOfBlock]), int(w.lengths[0][endOfBlock]))
}
