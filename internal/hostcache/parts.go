package hostcache

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"time"
)

const (
	// LeastPart is the length in bytes from which on the beginning of a content is kept.
	LeastPart = 64 << 10
	// copyTime bounds how long a beginning is copied to be kept. An agent whose parent is
	// gone ends its calls within 3 s.
	copyTime = 1500 * time.Millisecond
	// leastFree is how many bytes have to be free on the disk if whole contents are kept.
	leastFree = 256 << 20
	// partsIn is the directory of the beginnings, in a Dir.
	partsIn = "blobs"
	// partSuffix follows the SHA-256 of the whole content in the name of its beginning,
	// and copyPrefix begins the name of one that is being copied.
	partSuffix, copyPrefix = ".part", "t."
)

// Part opens the beginning of a content that was kept. It returns nil if there is none.
// The bytes may be others than those that were kept: whoever goes on from them has to
// look at the SHA-256 of the whole.
func (d Dir) Part(sum [32]byte) *os.File {
	dir := d.parts()
	if dir == "" {
		return nil
	}
	f, err := openOwn(partName(dir, sum))
	if err != nil {
		return nil
	}
	return f
}

// Drop removes the beginning of a content.
func (d Dir) Drop(sum [32]byte) {
	if dir := d.parts(); dir != "" {
		_ = os.Remove(partName(dir, sum))
	}
}

// Keep keeps the beginning of a content of size bytes that lies in a temporary file of
// this user, at a path. It is moved if that is possible, so that nothing is at the path
// afterwards, and else copied as far as that goes within copyTime. A longer beginning
// that is kept already stays. If there is no room for it and then for the content, or
// anything fails, nothing is kept.
func (d Dir) Keep(sum [32]byte, size int64, part *os.File, at string) {
	if d == "" {
		return
	}
	_ = os.Mkdir(filepath.Join(string(d), partsIn), 0o700)
	dir := d.parts()
	st, err := part.Stat()
	if dir == "" || err != nil {
		return
	}
	n, name := min(st.Size(), partsMost), partName(dir, sum)
	if old, err := os.Lstat(name); n < LeastPart || err == nil && old.Size() >= n {
		return
	}
	makeRoom(dir, n, time.Now())
	if free(dir) >= size && part.Truncate(n) == nil && part.Chmod(0o600) == nil && os.Rename(at, name) == nil {
		// In a directory of somebody else, another file may have come to the path.
		if is, err := os.Lstat(name); err != nil || !os.SameFile(is, st) {
			_ = os.Remove(name)
		}
		return
	}
	if free(dir) >= n+size {
		copyPart(dir, name, part, n)
	}
}

// copyPart copies the first n bytes of a file, or fewer if that takes too long.
func copyPart(dir, name string, part *os.File, n int64) {
	to, err := os.OpenFile(filepath.Join(dir, copyPrefix+rand.Text()[:16]), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return
	}
	defer to.Close()
	began, from := time.Now(), io.NewSectionReader(part, 0, n)
	for err == nil && time.Since(began) < copyTime {
		_, err = io.CopyN(to, from, 1<<20)
	}
	if err != nil && err != io.EOF || os.Rename(to.Name(), name) != nil {
		_ = os.Remove(to.Name())
	}
}

// Remember keeps a whole content for the agents after this one: it takes the place of a
// beginning that never has to go on. As with Keep, whatever fails keeps nothing.
func (d Dir) Remember(sum [32]byte, data []byte) {
	if d == "" {
		return
	}
	_ = os.Mkdir(filepath.Join(string(d), partsIn), 0o700)
	dir := d.parts()
	if dir == "" {
		return
	}
	makeRoom(dir, int64(len(data)), time.Now())
	if free(dir) < leastFree {
		return
	}
	at := filepath.Join(dir, copyPrefix+rand.Text()[:16])
	if os.WriteFile(at, data, 0o600) != nil || os.Rename(at, partName(dir, sum)) != nil {
		_ = os.Remove(at)
	}
}

// Remembered returns a whole content that was kept, nil if there is none with that sum. It is
// kept for longer then.
func (d Dir) Remembered(sum [32]byte, size int64) []byte {
	f := d.Part(sum)
	if f == nil {
		return nil
	}
	defer f.Close()
	data := make([]byte, size)
	if st, err := f.Stat(); err != nil || st.Size() != size {
		return nil
	}
	if _, err := io.ReadFull(f, data); err != nil || sha256.Sum256(data) != sum {
		return nil
	}
	now := time.Now()
	_ = os.Chtimes(f.Name(), now, now)
	return data
}

// parts is the directory of the beginnings; empty if there is none that is private.
func (d Dir) parts() string {
	dir := filepath.Join(string(d), partsIn)
	if d == "" || !private(dir) {
		return ""
	}
	return dir
}

func partName(dir string, sum [32]byte) string {
	return filepath.Join(dir, hex.EncodeToString(sum[:])+partSuffix)
}
