package files

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"

	"github.com/ulikunitz/xz/lzma"
)

// xzMagic begins each stream of a file of xz.
const xzMagic = "\xfd7zXZ\x00"

// xzReader unpacks a file of xz: one stream or several, each of blocks and of an index of them, as
// the specification has it (The .xz File Format 1.2). A library unpacks what is in a block. The reader
// of whole files that the library has makes a dictionary of any size that an archive asks for, up to
// 4 GiB, anew for each block, even if nothing is in that, and cannot be interrupted meanwhile. Here a
// block of nothing takes none, and there is a bound on all of them together.
type xzReader struct {
	in   *bufio.Reader
	tell func() error // nil: nobody is told
	err  error        // why no more comes; io.EOF at the end of the file
	// windows are the bytes of all dictionaries so far, and most is what they may be; 0 is
	// mostWindows.
	windows, most int64

	// The stream: whether one has begun and not ended, how its blocks are summed, how many there
	// were, and what its index has to say of their sizes.
	open   bool
	check  byte
	blocks uint64
	sizes  hash.Hash

	block *xzBlock // nil between two
}

// mostWindows is how many bytes the dictionaries of all blocks of a file have at most. Each is made
// anew, so that small blocks with large ones take time and no memory.
const mostWindows = 2 * maxRead

// largeWindow is a dictionary whose memory is given back before another is made.
const largeWindow = 32 << 20

// xzBlock is one block.
type xzBlock struct {
	data   *lzma.Reader2
	packed *counted
	sum    hash.Hash // of what is unpacked; nil if the stream has no sums
	size   int64     // of what is unpacked
	head   int64     // of its header
	// What the header says of the sizes; -1 if it says nothing.
	saysPacked, saysSize int64
}

// counted counts what is read.
type counted struct {
	in io.Reader
	n  int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	return n, err
}

// badXZ is the error of a file of xz that is damaged.
func badXZ(what string) error { return errors.New("xz: " + what) }

func (x *xzReader) Read(p []byte) (n int, err error) {
	for n == 0 && len(p) > 0 {
		switch {
		case x.err != nil:
			return 0, x.err
		case x.block == nil:
			x.err = x.next()
		default:
			n, x.err = x.block.read(p)
			if x.err == io.EOF {
				x.err = x.endBlock()
			}
		}
	}
	return n, nil
}

// next begins a block or a stream, or ends one.
func (x *xzReader) next() error {
	if !x.open {
		return x.beginStream()
	}
	size, err := x.in.ReadByte()
	if err != nil {
		return cutOff(err)
	}
	if size == 0 {
		return x.endStream()
	}
	return x.beginBlock(size)
}

// beginStream reads the header of a stream, behind the zeros that may stand between two. It returns
// io.EOF at the end of the file.
func (x *xzReader) beginStream() error {
	for x.sizes != nil { // One has ended.
		next, err := x.in.Peek(4)
		if len(next) == 0 {
			return err
		}
		if !isZero(next) || len(next) < 4 {
			break
		}
		_, _ = x.in.Discard(4)
	}
	head := make([]byte, 12)
	n, err := io.ReadFull(x.in, head)
	if !strings.HasPrefix(xzMagic, string(head[:min(n, len(xzMagic))])) {
		return badXZ("something else stands where a stream would begin")
	}
	if err != nil {
		return cutOff(err)
	}
	if !summed(head[6:8], head[8:]) || head[6] != 0 || head[7] > 15 {
		return badXZ("the header of a stream is wrong")
	}
	x.open, x.check, x.blocks, x.sizes = true, head[7], 0, sha256.New()
	if _, known := newSum(x.check); !known {
		return notRead("it was packed with checksums that this version of mitoplan does not know. Unpack it with xz" + nameThat)
	}
	return nil
}

// newSum sums what is in a block. The sum is nil if there are none.
func newSum(check byte) (sum hash.Hash, known bool) {
	switch check {
	case 0:
		return nil, true
	case 1:
		return crc32.NewIEEE(), true
	case 4:
		return crc64.New(crc64.MakeTable(crc64.ECMA)), true
	case 10:
		return sha256.New(), true
	}
	return nil, false
}

// The parts of the flags of a block, and the only filter that is read, which unpacks.
const (
	moreFilters, reserved, hasPacked, hasSize = 0x03, 0x3c, 0x40, 0x80

	filterLZMA2 = 0x21
)

// beginBlock reads the header of a block, of which the first byte was read.
func (x *xzReader) beginBlock(first byte) error {
	head := make([]byte, 4*(int(first)+1))
	head[0] = first
	if _, err := io.ReadFull(x.in, head[1:]); err != nil {
		return cutOff(err)
	}
	text := head[:len(head)-4]
	if !summed(text, head[len(text):]) {
		return badXZ("the header of a block is damaged")
	}
	flags, in := text[1], bytes.NewReader(text[2:])
	b := &xzBlock{packed: &counted{in: x.in}, head: int64(len(head)), saysPacked: -1, saysSize: -1}
	var err error
	if flags&hasPacked != 0 {
		b.saysPacked, err = number(in)
	}
	if flags&hasSize != 0 && err == nil {
		b.saysSize, err = number(in)
	}
	filter := int64(0)
	if err == nil {
		filter, err = number(in)
	}
	if err != nil { // Its sum was right, so nothing is missing.
		return badXZ("the header of a block is wrong")
	}
	if flags&(moreFilters|reserved) != 0 || filter != filterLZMA2 {
		return notRead("it was packed with a filter of xz that this version of mitoplan does not read, such as one for the code of programs. Unpack it with xz" + nameThat)
	}
	var properties [2]byte // one, which is the size of the dictionary
	if _, err := io.ReadFull(in, properties[:]); err != nil || properties[0] != 1 || !isZero(text[len(text)-in.Len():]) {
		return badXZ("the header of a block is wrong")
	}
	window, err := lzma.DecodeDictCap(properties[1])
	if err != nil {
		return badXZ("the header of a block is wrong")
	}
	if b.saysSize >= 0 {
		window = min(window, b.saysSize) // Nothing is farther back.
	}
	if window > maxWindow {
		return tooFarBack("xz", "one of xz -0 to -9")
	}
	if x.tell != nil {
		if err := x.tell(); err != nil {
			return err
		}
	}
	if window, err = x.windowFor(window); err != nil {
		return err
	}
	b.sum, _ = newSum(x.check)
	b.data, err = lzma.Reader2Config{DictCap: int(window)}.NewReader2(b.packed)
	x.block = b
	return err
}

// windowFor is the size of the dictionary that is made for a block that asks for one. A block of
// nothing, which begins with its end, needs none.
func (x *xzReader) windowFor(asked int64) (int64, error) {
	if next, _ := x.in.Peek(1); len(next) > 0 && next[0] == 0 {
		asked = 0
	}
	asked = max(asked, lzma.MinDictCap)
	if x.windows += asked; x.windows > cmp.Or(x.most, mostWindows) {
		return 0, notRead("it has many small blocks, each of which asks for as much memory as a large one. Pack it again with xz, or unpack it with xz" + nameThat)
	}
	if asked >= largeWindow && x.windows > asked {
		runtime.GC()
	}
	return asked, nil
}

// read reads what is unpacked.
func (b *xzBlock) read(p []byte) (int, error) {
	n, err := b.data.Read(p)
	b.size += int64(n)
	if b.sum != nil {
		b.sum.Write(p[:n])
	}
	switch {
	case err == io.EOF && !b.data.EOS():
		err = io.ErrUnexpectedEOF
	case b.saysSize >= 0 && b.size > b.saysSize:
		err = badXZ("a block holds more than it says")
	}
	return n, err
}

// endBlock reads what stands behind the data of a block, and compares it with what was unpacked.
func (x *xzReader) endBlock() error {
	b := x.block
	x.block = nil
	if b.saysPacked >= 0 && b.saysPacked != b.packed.n || b.saysSize >= 0 && b.saysSize != b.size {
		return badXZ("a block has another size than it says")
	}
	var sum []byte
	if b.sum != nil {
		sum = b.sum.Sum(nil)
	}
	if len(sum) < sha256.Size {
		slices.Reverse(sum) // A CRC is a number, and its lowest byte comes first.
	}
	padding := int(-b.packed.n & 3)
	rest := make([]byte, padding+len(sum))
	if _, err := io.ReadFull(x.in, rest); err != nil {
		return cutOff(err)
	}
	if !isZero(rest[:padding]) || !bytes.Equal(rest[padding:], sum) {
		return badXZ("the checksum of a block is another")
	}
	x.blocks++
	addSizes(x.sizes, b.head+b.packed.n+int64(len(sum)), b.size)
	return nil
}

// addSizes adds what the index says of a block.
func addSizes(to hash.Hash, packed, size int64) {
	to.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(packed)), uint64(size)))
}

// endStream reads the index, of which the first byte was read, and what is behind it.
func (x *xzReader) endStream() error {
	in := &summedReader{in: x.in, n: 1, sum: crc32.ChecksumIEEE([]byte{0})}
	blocks, err := number(in)
	if err != nil {
		return err
	}
	if uint64(blocks) != x.blocks {
		return badXZ("the index has another number of blocks")
	}
	sizes := sha256.New()
	for range blocks {
		packed, err := number(in)
		if err != nil {
			return err
		}
		size, err := number(in)
		if err != nil {
			return err
		}
		addSizes(sizes, packed, size)
	}
	for in.n%4 != 0 {
		switch zero, err := in.ReadByte(); {
		case err != nil:
			return cutOff(err)
		case zero != 0:
			return badXZ("the index is damaged")
		}
	}
	end := make([]byte, 4+12)
	if _, err := io.ReadFull(x.in, end); err != nil {
		return cutOff(err)
	}
	foot := end[4:]
	switch size := (int64(binary.LittleEndian.Uint32(foot[4:])) + 1) * 4; {
	case !bytes.Equal(sizes.Sum(nil), x.sizes.Sum(nil)), in.sum != binary.LittleEndian.Uint32(end):
		return badXZ("the index is another than of these blocks")
	case !summed(foot[4:10], foot[:4]), size != in.n+4, foot[8] != 0, foot[9] != x.check, string(foot[10:]) != "YZ":
		return badXZ("the end of a stream is wrong")
	}
	x.open = false
	return nil
}

// summedReader reads single bytes, and sums them.
type summedReader struct {
	in  io.ByteReader
	n   int64
	sum uint32
}

func (s *summedReader) ReadByte() (byte, error) {
	b, err := s.in.ReadByte()
	if err == nil {
		s.n++
		s.sum = crc32.Update(s.sum, crc32.IEEETable, []byte{b})
	}
	return b, err
}

// number reads a number of any length.
func number(in io.ByteReader) (int64, error) {
	n, err := binary.ReadUvarint(in)
	if err == nil && n > math.MaxInt64 {
		return 0, badXZ("a number is too large")
	}
	return int64(n), cutOff(err)
}

// summed reports whether the CRC32 of a text is the one that is written behind it.
func summed(text, sum []byte) bool {
	return crc32.ChecksumIEEE(text) == binary.LittleEndian.Uint32(sum)
}

func isZero(b []byte) bool { return !slices.ContainsFunc(b, func(c byte) bool { return c != 0 }) }

// cutOff has the end of a file be an error.
func cutOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
