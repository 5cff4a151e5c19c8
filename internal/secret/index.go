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
	byStart map[uint32][]string // longest first
}

const prefix = 4

// add remembers a text of at least prefix bytes.
func (x *index) add(text string) {
	if x.filter == nil {
		x.filter = make([]uint64, 1<<10)
		x.byStart = map[uint32][]string{}
	}
	key := binary.LittleEndian.Uint32([]byte(text[:prefix]))
	list := x.byStart[key]
	if slices.Contains(list, text) {
		return
	}
	at := slices.IndexFunc(list, func(other string) bool { return len(other) < len(text) })
	if at < 0 {
		at = len(list)
	}
	x.byStart[key] = slices.Insert(list, at, text)
	h := hash(key)
	x.filter[h>>6] |= 1 << (h & 63)
}

func hash(key uint32) uint32 { return key * 2654435761 >> 16 }

// find returns where the first known text at or after from begins and ends. Of two
// that begin at the same place it returns the longer one. It returns -1 if there is
// none.
func (x *index) find(text string, from int) (start, end int) {
	if x.filter == nil || len(text) < from+prefix {
		return -1, -1
	}
	key := uint32(text[from])<<8 | uint32(text[from+1])<<16 | uint32(text[from+2])<<24
	for i := from; i+prefix <= len(text); i++ {
		key = key>>8 | uint32(text[i+prefix-1])<<24
		h := hash(key)
		if x.filter[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		for _, known := range x.byStart[key] {
			if len(known) <= len(text)-i && text[i:i+len(known)] == known {
				return i, i + len(known)
			}
		}
	}
	return -1, -1
}
