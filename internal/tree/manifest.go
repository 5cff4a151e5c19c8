package tree

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

// Unfinished reports whether a name is one of those that mitoplan gives to what is not complete yet, and
// removes where it finds them. They are in no tree.
func Unfinished(name string) bool {
	return strings.HasPrefix(name, ".mitoplan-") && strings.HasSuffix(name, ".tmp")
}

// Sort is what an entry is.
type Sort byte

// The sorts of entries. There are no others: devices, sockets and pipes are in no tree.
const (
	File      Sort = 'f'
	Directory Sort = 'd'
	Link      Sort = 'l'
)

// Entry is one thing in a tree.
type Entry struct {
	// Path is relative to the directory, without a slash at either end.
	Path string
	Sort Sort
	// Runs is set if the owner of a file may run it, Private if nobody else may read it, or look
	// into the directory.
	Runs, Private bool
	// Size and Sum are those of the content of a file; Sum is its SHA-256.
	Size int64
	Sum  [sha256.Size]byte
	// Target is where a link points.
	Target string
}

// Manifest is all that is in a directory.
type Manifest struct {
	// Private is set if nobody but its owner may look into the directory itself.
	Private bool
	// Entries are in the order of the bytes of manifests; see the package comment.
	Entries []Entry
}

// The bounds of a manifest.
const (
	// MaxEntries is the most entries that a tree has.
	MaxEntries = 100_000
	// MaxBytes is the most bytes that a manifest has.
	MaxBytes = 60 << 20
	maxName  = 255  // bytes, as NAME_MAX
	maxPath  = 4096 // bytes, as PATH_MAX
)

const version = 1

// The flags of an entry.
const (
	flagRuns    = 1
	flagPrivate = 2
)

// Size is how many bytes the contents of the files have together.
func (m Manifest) Size() (n int64) {
	for _, e := range m.Entries {
		n += e.Size
	}
	return n
}

// Encode is the manifest as bytes. Its entries are in order.
func (m Manifest) Encode() []byte {
	out := []byte{version, 0}
	if m.Private {
		out[1] = 1
	}
	for _, e := range m.Entries {
		flags := byte(0)
		if e.Runs {
			flags |= flagRuns
		}
		if e.Private {
			flags |= flagPrivate
		}
		out = binary.AppendUvarint(out, uint64(strings.Count(e.Path, "/")))
		out = append(out, byte(e.Sort), flags)
		out = appendText(out, e.Path[strings.LastIndexByte(e.Path, '/')+1:])
		switch e.Sort {
		case File:
			out = binary.AppendUvarint(out, uint64(e.Size))
			out = append(out, e.Sum[:]...)
		case Link:
			out = appendText(out, e.Target)
		}
	}
	return out
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}
