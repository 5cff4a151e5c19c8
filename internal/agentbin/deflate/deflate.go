// Package deflate compresses what is compressed once and sent many times: the images
// of agents. The result is gzip (RFC 1952), which every host can unpack. It is some 6
// percent smaller than that of compress/gzip at its best level, and takes some
// seconds for an agent. It unpacks nothing, and no agent links it.
//
// It looks at all ways to write a block as literals and references, and takes the one
// that costs the fewest bits under the codes that the block will have. Those follow
// from the choice, so it chooses some times, each time with the codes of the last.
//
// Start reading at Gzip.
//   - finder.go: where the bytes at a position have been before
//   - split.go: where a block ends and the next one, with other codes, begins
//   - parse.go: the cheapest way to write a block
//   - symbols.go: what lengths and distances are written as
//   - huffman.go: codes
//   - block.go: how a block is written
package deflate

import (
	"encoding/binary"
	"hash/crc32"
)

// segment is how many bytes are looked at at once, which bounds the memory: some 20
// bytes for each. References go back beyond it.
const segment = 1 << 20

// Gzip returns content in the form of gzip, with no name and no time.
func Gzip(content []byte) []byte {
	fillTables()
	w := &bitWriter{out: append(make([]byte, 0, len(content)/2+64), 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255)}
	f := newFinder(content)
	for from := 0; from == 0 || from < len(content); from += segment {
		to := min(from+segment, len(content))
		s := f.segment(from, to)
		blocks := s.split()
		for i, b := range blocks {
			s.best(b).write(w, to == len(content) && i == len(blocks)-1)
		}
	}
	w.flush()
	out := binary.LittleEndian.AppendUint32(w.out, crc32.ChecksumIEEE(content))
	return binary.LittleEndian.AppendUint32(out, uint32(len(content)))
}
