package hostcache

import (
	"sync"
	"time"
)

// Large is the size in bytes from which on the digest of a file is kept. To read less
// takes no time.
const Large = 1 << 20

// Digests are the SHA-256 of large files that agents of this user have read on this
// machine since it was started. They are read when the first one is needed. Any
// goroutine may use them.
type Digests struct {
	dir func() Dir

	mu     sync.Mutex // guards what follows
	loaded bool
	file   digestFile
	known  map[inode]digest
	added  map[inode]digest
	placed map[[32]byte]string
}

// inode is a file, in whatever state.
type inode struct{ dev, ino uint64 }

// digest is what a file held in one state.
type digest struct {
	_ struct{} `cbor:",toarray"`
	File
	Sum [32]byte
	// Path is where the file was.
	Path string
	// Made is when the entry was made, in seconds since 1970.
	Made int64
}

// NewDigests returns the digests that are kept in a directory.
func NewDigests(dir func() Dir) *Digests {
	return &Digests{dir: dir, known: map[inode]digest{}, added: map[inode]digest{}, placed: map[[32]byte]string{}}
}

// Find returns what a file holds, if it was read before in the state that it is in.
func (d *Digests) Find(f File, now time.Time) (sum [32]byte, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.load()
	is, ok := d.known[inode{f.Dev, f.Ino}]
	return is.Sum, ok && is.File == f && f.settled(now)
}

// Add notes what a file holds. began is when reading it began. The file must have been
// in this state then, and when reading ended.
func (d *Digests) Add(f File, sum [32]byte, path string, began time.Time) {
	if !f.settled(began) || len(path) > maxPath {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.load()
	at, is := inode{f.Dev, f.Ino}, digest{File: f, Sum: sum, Path: path, Made: began.Unix()}
	if old, ok := d.known[at]; ok && old.File == f && old.Sum == sum || len(d.added) >= maxDigests {
		return
	}
	d.known[at], d.added[at] = is, is
}

// Placed notes that this process has put a content at a path. That counts for Holder
// alone: another program may have changed the file since, in the same moment.
func (d *Digests) Placed(sum [32]byte, path string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.placed) < maxDigests {
		d.placed[sum] = path
	}
}

// Holder returns a file that held such a content when it was read or written.
func (d *Digests) Holder(sum [32]byte) (path string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.load()
	if path, ok := d.placed[sum]; ok {
		return path, true
	}
	for _, is := range d.known {
		if is.Sum == sum {
			return is.Path, true
		}
	}
	return "", false
}

// load reads what other agents have kept, once.
func (d *Digests) load() {
	if d.loaded {
		return
	}
	d.loaded, d.file = true, digestFile{d.dir(), bootID()}
	for _, is := range d.file.read() {
		d.known[inode{is.Dev, is.Ino}] = is
	}
}

// Save keeps what was added, together with what other agents have kept meanwhile. It
// writes nothing if nothing was added.
func (d *Digests) Save() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.added) == 0 {
		return nil
	}
	err := d.file.merge(d.added)
	clear(d.added)
	return err
}
