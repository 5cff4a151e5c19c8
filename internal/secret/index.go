package secret

import (
	"encoding/binary"
	"slices"
)

// index finds any of many texts in one pass. At each place it looks up the next
// four bytes. A filter of 64 Ki bits rules out nearly all places before that. The
// time depends on the length of the text and hardly on the number of secrets.
type index struct {
	filter  []uint64
	byStart map[uint32]*starting
}

// starting are the texts that begin with the same four bytes, by their lengths, so
// that any number of them is found with one look for each length.
type starting struct {
	lengths []int // the longest first
	texts   map[string]bool
}

const prefix = 4

// add remembers a text of at least prefix bytes.
func (x *index) add(text string) {
	if x.empty() {
		x.filter = make([]uint64, 1<<10)
		x.byStart = map[uint32]*starting{}
	}
	key := binary.LittleEndian.Uint32([]byte(text[:prefix]))
	same := x.byStart[key]
	if same == nil {
		same = &starting{texts: map[string]bool{}}
		x.byStart[key] = same
	}
	same.texts[text] = true
	if at, known := slices.BinarySearchFunc(same.lengths, len(text), func(a, b int) int { return b - a }); !known {
		same.lengths = slices.Insert(same.lengths, at, len(text))
	}
	h := hash(key)
	x.filter[h>>6] |= 1 << (h & 63)
}

func hash(key uint32) uint32 { return key * 2654435761 >> 16 }

func (x *index) empty() bool { return x.filter == nil }

// find returns where the first known text at or after from begins and ends. Of two
// that begin at the same place it returns the longer one. It returns -1 if there is
// none.
func (x *index) find(text string, from int) (start, end int) {
	if x.empty() || len(text) < from+prefix {
		return -1, -1
	}
	key := uint32(text[from])<<8 | uint32(text[from+1])<<16 | uint32(text[from+2])<<24
	for i := from; i+prefix <= len(text); i++ {
		key = key>>8 | uint32(text[i+prefix-1])<<24
		h := hash(key)
		if x.filter[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		if n := x.byStart[key].longest(text[i:]); n > 0 {
			return i, i + n
		}
	}
	return -1, -1
}

// longest returns the length of the longest text that another one begins with, 0 if
// there is none.
func (s *starting) longest(text string) int {
	if s == nil {
		return 0
	}
	for _, n := range s.lengths {
		if n <= len(text) && s.texts[text[:n]] {
			return n
		}
	}
	return 0
}
