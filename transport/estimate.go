package transport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
)

// maxDecoded is how many bytes of memory the values of one host may take here:
// those of one payload, and all that are held at once.
const maxDecoded = 64 << 20

// errMalformed is the error of a payload that the scan does not understand,
// although the decoder might.
var errMalformed = errors.New("malformed payload")

// costError says that a payload was not decoded because its values would take
// too much memory.
type costError struct {
	sent  int   // bytes of the payload
	limit int64 // bytes that its values may take
}

func (e *costError) Error() string {
	beside := ""
	if e.limit < maxDecoded {
		beside = ", which is the most that is held of one host at once"
	}
	return fmt.Sprintf("%s would become more than %s of values%s", size(int64(e.sent)), size(maxDecoded), beside)
}

// size is a number of bytes as people read it.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// cost estimates how many bytes of memory it would take to decode a payload
// into a value of type t. It reads the heads of the items and allocates nothing
// itself. As soon as the estimate is beyond the limit, it returns a *costError.
func cost(b []byte, t reflect.Type, limit int64) (int64, error) {
	return (&scanner{b: b, left: limit}).cost(t)
}

// cost is cost for what the scanner has not read.
func (s *scanner) cost(t reflect.Type) (int64, error) {
	limit, sent := s.left, len(s.b)
	s.item(t)
	switch {
	case s.left < 0:
		return 0, &costError{sent, limit}
	case s.bad:
		return 0, errMalformed
	}
	return limit - s.left, nil
}

// SizeOf estimates how many bytes of memory a value takes once it has crossed
// the wire; see Context.Hold.
func SizeOf(v any) int64 {
	b, err := Marshal(v)
	if err != nil || v == nil {
		return 0
	}
	n, err := cost(b, reflect.TypeOf(v), 1<<62)
	if err != nil {
		return 0
	}
	return n
}

// scanner goes through one payload.
type scanner struct {
	b     []byte
	left  int64 // bytes that may still be spent; below 0 it is too much
	depth int
	bad   bool
	plain bool // a tag in an any is bad
}

// spend counts n bytes.
func (s *scanner) spend(n int64) { s.left -= n }

// over reports whether the scan is to stop.
func (s *scanner) over() bool { return s.bad || s.left < 0 }

// Major types of CBOR, RFC 8949 section 3.1.
const (
	majorUint = iota
	majorNegative
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple
)

// head reads the head of the next item: its major type and its argument, which
// is a length for all that has one.
func (s *scanner) head() (major byte, n int64) {
	if len(s.b) == 0 {
		s.bad = true
		return 0, 0
	}
	first := s.b[0]
	major = first >> 5
	s.b = s.b[1:]
	info := first & 31
	if info < 24 {
		return major, int64(info)
	}
	width := 1 << (info - 24)
	if info > 27 || width > len(s.b) {
		s.bad = true // an indefinite length, or the end
		return major, 0
	}
	var raw [8]byte
	copy(raw[8-width:], s.b[:width])
	s.b = s.b[width:]
	u := binary.BigEndian.Uint64(raw[:])
	if major >= majorBytes && major <= majorMap && u > uint64(len(s.b)) {
		s.bad = true // every byte and every element has one byte at least
		return major, 0
	}
	return major, int64(u &^ (1 << 63))
}

// drop passes over the n bytes of a string.
func (s *scanner) drop(n int64) {
	if n > int64(len(s.b)) {
		s.bad = true
		return
	}
	s.b = s.b[n:]
}

// enter counts one level of nesting, and reports whether the scan may go on.
// leave undoes it.
func (s *scanner) enter() bool {
	if s.depth++; s.depth > maxNesting {
		s.bad = true
	}
	return !s.over()
}

func (s *scanner) leave() { s.depth-- }

// skip passes over one item, as the decoder does if it has no place for it.
func (s *scanner) skip() {
	for pending := int64(1); pending > 0 && !s.over(); pending-- {
		switch major, n := s.head(); major {
		case majorBytes, majorText:
			s.drop(n)
		case majorArray:
			pending += n
		case majorMap:
			pending += 2 * n
		case majorTag:
			s.bad = s.bad || !knownTag(n)
			pending++
		}
	}
}

// untag passes over the tag before an item, if there is one, and returns it. Only known
// ones may be there, and no other one behind it.
func (s *scanner) untag() (tag int64) {
	if len(s.b) > 0 && s.b[0]>>5 == majorTag {
		_, tag = s.head()
		s.bad = s.bad || !knownTag(tag) || len(s.b) > 0 && s.b[0]>>5 == majorTag
	}
	return tag
}

// item spends what the next item costs as a value of type t. The size of t
// itself is not counted: whatever holds the value has spent it.
func (s *scanner) item(t reflect.Type) {
	if s.over() {
		return
	}
	if len(s.b) > 0 && (s.b[0] == 0xf6 || s.b[0] == 0xf7) { // null, undefined
		s.b = s.b[1:]
		return
	}
	sh := shapeOf(t)
	if sh.kind == shapeAny {
		s.any()
		return
	}
	s.untag()
	switch sh.kind {
	case shapeOwn:
		before := len(s.b)
		s.skip()
		s.spend(int64(before - len(s.b)))
	case shapePointer:
		s.spend(sh.elemSize)
		s.item(sh.elem)
	case shapeString:
		s.text(0)
	case shapeList, shapeSet, shapeMap, shapeStruct:
		s.container(sh)
	default:
		s.skip()
	}
}

// text spends a string, or passes over an item that is none.
func (s *scanner) text(header int64) {
	if len(s.b) > 0 && s.b[0]>>5 != majorText && s.b[0]>>5 != majorBytes {
		s.skip()
		return
	}
	_, n := s.head()
	s.spend(header + n)
	s.drop(n)
}

// container spends the elements of a list, map or struct.
func (s *scanner) container(sh *shape) {
	if len(s.b) == 0 {
		s.bad = true
		return
	}
	major := s.b[0] >> 5
	isList := sh.kind == shapeList || sh.kind == shapeSet
	fits := major == majorMap && !isList || major == majorArray && isList
	switch {
	case sh.kind == shapeList && (major == majorBytes || major == majorText):
		s.text(0)
		return
	case !fits:
		s.skip()
		return
	}
	_, n := s.head()
	if !s.enter() {
		return
	}
	defer s.leave()
	switch sh.kind {
	case shapeList:
		s.spend(n * sh.elemSize)
		for ; n > 0 && !s.over(); n-- {
			s.item(sh.elem)
		}
	case shapeSet:
		s.spend(mapCost(n, sh.keySize) + n*sh.keySize) // the list, and the map that it becomes
		for ; n > 0 && !s.over(); n-- {
			s.item(sh.key)
		}
	case shapeMap:
		s.spend(mapCost(n, sh.keySize+sh.elemSize))
		for ; n > 0 && !s.over(); n-- {
			s.item(sh.key)
			s.item(sh.elem)
		}
	default:
		for ; n > 0 && !s.over(); n-- {
			s.field(sh)
		}
	}
}

// field spends one pair of a struct. If the struct has no field for a key, the
// decoder remembers the key and not the value.
func (s *scanner) field(sh *shape) {
	before := s.b
	if major, n := s.head(); major == majorText && n <= int64(len(s.b)) && !s.bad {
		name := s.b[:n]
		s.b = s.b[n:]
		if t := sh.fieldType(name); t != nil {
			s.item(t)
			return
		}
	}
	s.b = before
	s.spend(unknownKey)
	s.any()
	s.skip()
}

// any spends an item that is decoded into an any.
func (s *scanner) any() {
	if s.over() {
		return
	}
	tagged := len(s.b) > 0 && s.b[0]>>5 == majorTag
	switch tag := s.untag(); {
	case tagged && s.plain:
		s.bad = true
		return
	case tag == tagError:
		s.spend(errorTaken)
		s.item(remoteType)
		return
	case tag == tagSet:
		s.container(&shape{kind: shapeSet, key: anyType, keySize: interfaceSize})
		return
	case tagged:
		s.spend(taggedSize)
	}
	if len(s.b) > 1 && s.b[0]&^(majorNegative<<5) == 27 && s.b[1] >= 1<<7 {
		s.spend(taggedSize) // it becomes a big.Int
	}
	major, n := s.head()
	switch major {
	case majorBytes, majorText:
		s.spend(stringHeader + n)
		s.drop(n)
	case majorArray:
		if s.enter() {
			s.spend(sliceHeader + n*interfaceSize)
			for ; n > 0 && !s.over(); n-- {
				s.any()
			}
		}
		s.leave()
	case majorMap:
		if s.enter() {
			s.spend(mapCost(n, stringHeader+interfaceSize))
			for ; n > 0 && !s.over(); n-- {
				s.any()
				s.any()
			}
		}
		s.leave()
	default:
		s.spend(number)
	}
}
