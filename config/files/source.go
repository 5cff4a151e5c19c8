package files

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
)

// Kept is the most bytes of a source that a Reader keeps, and that a plan file holds.
// A longer one is Large.
const Kept = 1 << 20

// Source is a file of the controller whose bytes go to a host as they are. Its length
// has no bound, so that of a long one there is only the name.
type Source struct {
	Data  []byte
	Large *Large // nil if the bytes are in Data
}

// Source reads a file that goes to a host as it is. Of one that is longer than Kept the
// name is made, by reading it once, however often it is asked for. A snapshot looks
// whether such a file is still what it was, the first time that it is asked for it.
// The error of one that is not is a *ChangedError.
func (r *Reader) Source(path string) (Source, error) {
	key, err := r.key(path)
	if err != nil {
		return Source{}, err
	}
	large, err := r.isLarge(path, key)
	if err != nil {
		return Source{}, err
	}
	if !large {
		b, err := r.Read(path)
		if err != nil || len(b) <= Kept { // it may have grown
			return Source{Data: b}, err
		}
	}
	l, err := r.name(path, key)
	if err != nil {
		return Source{}, fmt.Errorf("reading %s: %w", path, Cause(err))
	}
	return Source{Large: &l.Large}, nil
}

// Look says whether Source can read a file. Of a long one nothing is read.
func (r *Reader) Look(path string) error {
	key, err := r.key(path)
	if err != nil {
		return err
	}
	large, err := r.isLarge(path, key)
	if err != nil {
		return err
	}
	if !large {
		_, err = r.Read(path)
		return err
	}
	if r.snapshot {
		return nil
	}
	f, err := openRegular(r.onDisk(key))
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, Cause(err))
	}
	return f.Close()
}

// isLarge reports whether a source is longer than Kept. A snapshot answers as the
// reader that it was made of.
func (r *Reader) isLarge(path, key string) (bool, error) {
	if b, ok := r.sources[key]; ok {
		return len(b) > Kept, nil
	}
	question := fmt.Sprintf("large(%q)", key)
	if _, ok := r.sources[question]; ok {
		return true, nil
	}
	if r.snapshot {
		return false, fmt.Errorf("the file %s was not read when the plan was made", path)
	}
	info, err := os.Stat(r.onDisk(key))
	if err != nil {
		return false, r.unreadable(path, key, err)
	}
	if large := info.Mode().IsRegular() && info.Size() > Kept; !large {
		return false, nil
	}
	r.sources[question] = []byte("true")
	return true, nil
}

// name is the name of a large file, which is made or looked at the first time.
func (r *Reader) name(path, key string) (*large, error) {
	l := r.large[key]
	if l != nil && (l.open != nil || l.err != nil) {
		return l, l.err
	}
	if b, ok := r.sources[key]; ok { // a function has read it, too
		r.large[key] = &large{Large: Large{sha256.Sum256(b), int64(len(b))}, open: func(at int64) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(b[at:])), nil
		}}
		return r.large[key], nil
	}
	if l == nil && r.snapshot {
		return nil, errors.New("its name was not made with the plan")
	}
	now, err := nameFile(r.onDisk(key), func(done, of int64) error {
		if r.watch == nil {
			return nil
		}
		return r.watch(path, done, of)
	})
	switch {
	case l == nil && err != nil:
		return nil, err
	case l == nil:
		r.large[key] = now
		return now, nil
	}
	return l, l.confirm(now, err)
}

// Large are the names of the large files, by path as in Sources. Those of a snapshot
// need not have been looked at.
func (r *Reader) Large() map[string]Large {
	out := make(map[string]Large, len(r.large))
	for key, l := range r.large {
		out[key] = l.Large
	}
	return out
}

// Hold has a snapshot know these large files. One that has an opener comes from there and
// need not be on the disk. One that has no SHA-256 may be any.
func (r *Reader) Hold(files map[string]Large, openers map[string]Opener) {
	for key, l := range files {
		r.large[key] = &large{Large: l, open: openers[key]}
		r.sources[fmt.Sprintf("large(%q)", key)] = []byte("true")
	}
}

// Watch has f called while a large file is read to name it, with how many bytes of how
// many were read. An error of f ends the reading. nil is nobody.
func (r *Reader) Watch(f func(path string, done, of int64) error) { r.watch = f }

// Open finds a large file by its SHA-256, under the name that it has in Sources. It
// returns false if none has been named so, or looked at.
func (r *Reader) Open(sum [sha256.Size]byte) (name string, open Opener, ok bool) {
	for key, l := range r.large {
		if l.Sum == sum && l.open != nil && (!ok || key < name) {
			name, open, ok = key, l.open, true
		}
	}
	return name, open, ok
}
