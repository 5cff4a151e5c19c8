package tree

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
)

// ErrManifest is that bytes are no manifest.
var ErrManifest = errors.New("the list of the files is not in the form of one")

// Decode reads a manifest. It takes none that Encode would not make: a path leads nowhere but into
// the directory, and no two entries have the same.
func Decode(b []byte) (Manifest, error) {
	if len(b) < 2 || len(b) > MaxBytes || b[0] != version || b[1] > 1 {
		return Manifest{}, ErrManifest
	}
	d := decoder{rest: b[2:]}
	m := Manifest{Private: b[1] == 1}
	for len(d.rest) > 0 && !d.bad {
		if len(m.Entries) == MaxEntries {
			return Manifest{}, ErrManifest
		}
		m.Entries = append(m.Entries, d.entry())
	}
	if d.bad {
		return Manifest{}, ErrManifest
	}
	return m, nil
}

// decoder reads entries. It is bad from the first one on that is wrong.
type decoder struct {
	rest []byte
	bad  bool
	size int64
	// dirs are the paths of the directories that the next entry may be in, and last the name of
	// the entry before in each of them.
	dirs, last []string
}

func (d *decoder) entry() (e Entry) {
	depth := d.number()
	e.Sort = Sort(d.byte())
	flags := d.byte()
	name := d.text(maxName)
	e.Runs, e.Private = flags&flagRuns != 0, flags&flagPrivate != 0
	if flags > flagRuns|flagPrivate || e.Runs && e.Sort != File || e.Private && e.Sort == Link || depth > uint64(len(d.dirs)) || !isName(name) {
		d.bad = true
		return e
	}
	if e.Path = name; depth > 0 {
		e.Path = d.dirs[depth-1] + "/" + name
	}
	if d.last = d.last[:min(uint64(len(d.last)), depth+1)]; uint64(len(d.last)) == depth {
		d.last = append(d.last, "")
	}
	if len(e.Path) > maxPath || name <= d.last[depth] {
		d.bad = true
	}
	d.last[depth], d.dirs = name, d.dirs[:depth]
	switch e.Sort {
	case Directory:
		d.dirs = append(d.dirs, e.Path)
	case File:
		e.Size = d.length()
		copy(e.Sum[:], d.bytes(uint64(len(e.Sum))))
	case Link:
		e.Target = d.text(maxPath)
		d.bad = d.bad || e.Target == "" || strings.Contains(e.Target, "\x00")
	default:
		d.bad = true
	}
	return e
}

// isName reports whether a text may be the name of an entry of a directory.
func isName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}

// length is the size of a file. All of them together are no more than a size can be.
func (d *decoder) length() int64 {
	n := d.number()
	if n > math.MaxInt64 || int64(n) > math.MaxInt64-d.size {
		d.bad = true
		return 0
	}
	d.size += int64(n)
	return int64(n)
}

func (d *decoder) number() uint64 {
	n, used := binary.Uvarint(d.rest)
	if used <= 0 || used != len(binary.AppendUvarint(nil, n)) {
		d.bad = true
		return 0
	}
	d.rest = d.rest[used:]
	return n
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) text(most uint64) string {
	n := d.number()
	if n > most {
		d.bad = true
		return ""
	}
	return string(d.bytes(n))
}

// bytes are the next n bytes, nil if there are not so many.
func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.bad = true
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}
