package function

import (
	"strconv"

	"github.com/mitoplan/mitoplan/internal/filesystem"
)

// tarBlock is the unit of an archive, in bytes: each header is one, and contents are filled up.
const tarBlock = 512

// tarType is the type flag of what an archive can have: a file, a link or a directory.
func tarType(t filesystem.Type) byte {
	switch t {
	case filesystem.Link:
		return '2'
	case filesystem.Directory:
		return '5'
	}
	return '0'
}

// tarEntry is one thing in an archive: POSIX.1-2017, pax, "ustar Interchange Format". Numbers and
// texts that its fields do not hold stand in an extended header before it, as in "pax Header
// Block" there. GNU tar, bsdtar and busybox read both.
type tarEntry struct {
	name, link, owner, group string
	typ                      byte
	mode                     uint32
	uid, gid                 uint64
	size, modified           int64 // bytes, and seconds since 1970
}

// encode is the header of an entry, with the extended header that it needs.
func (e tarEntry) encode() []byte {
	var records []byte
	text := func(key, value string, room int) string {
		if len(value) <= room {
			return value
		}
		records = appendRecord(records, key, value)
		return value[:room]
	}
	number := func(key string, n int64, digits int) int64 {
		if n >= 0 && n < 1<<(3*digits) {
			return n
		}
		records = appendRecord(records, key, strconv.FormatInt(n, 10))
		return 0
	}
	h := e
	h.name, h.link = text("path", e.name, 100), text("linkpath", e.link, 100)
	h.owner, h.group = text("uname", e.owner, 31), text("gname", e.group, 31)
	h.uid, h.gid = uint64(number("uid", int64(e.uid), 7)), uint64(number("gid", int64(e.gid), 7))
	h.size, h.modified = number("size", e.size, 11), number("mtime", e.modified, 11)
	if records == nil {
		return h.block()
	}
	extended := tarEntry{name: "pax_header", typ: 'x', mode: 0o644, size: int64(len(records))}
	out := append(extended.block(), records...)
	out = append(out, make([]byte, (tarBlock-len(records)%tarBlock)%tarBlock)...)
	return append(out, h.block()...)
}

// block is a header all of whose values fit.
func (e tarEntry) block() []byte {
	b := make([]byte, tarBlock)
	octal := func(at, digits int, n int64) {
		for k := at + digits - 1; k >= at; k-- {
			b[k] = '0' + byte(n&7)
			n >>= 3
		}
	}
	copy(b, e.name)
	octal(100, 7, int64(e.mode))
	octal(108, 7, int64(e.uid))
	octal(116, 7, int64(e.gid))
	octal(124, 11, e.size)
	octal(136, 11, e.modified)
	copy(b[148:], "        ") // The sum is of a header with blanks in its place.
	b[156] = e.typ
	copy(b[157:], e.link)
	copy(b[257:], "ustar\x0000")
	copy(b[265:], e.owner)
	copy(b[297:], e.group)
	sum := int64(0)
	for _, c := range b {
		sum += int64(c)
	}
	octal(148, 6, sum)
	b[154] = 0
	return b
}

// appendRecord appends a record of an extended header. Its length, in decimal digits, counts them.
func appendRecord(to []byte, key, value string) []byte {
	rest := len(key) + len(value) + len(" =\n")
	n := rest
	for n != rest+len(strconv.Itoa(n)) {
		n = rest + len(strconv.Itoa(n))
	}
	return append(append(strconv.AppendInt(to, int64(n), 10), ' '), key+"="+value+"\n"...)
}
