package files

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"
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
// name is made, by reading it once, however often it is asked for. A snapshot has the
// name and does not look at the file until it is opened.
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

// Named is the large source with a name as in Sources. It may be the contents of a directory or of
// an archive.
func (r *Reader) Named(name string) (Large, error) {
	if _, ok := wholeOf(name); !ok {
		s, err := r.Source(name)
		if err == nil && s.Large == nil {
			err = fmt.Errorf("the file %s has only %d bytes now", name, len(s.Data))
		}
		if err != nil {
			return Large{}, err
		}
		return *s.Large, nil
	}
	l, err := r.name(name, name)
	if err != nil {
		return Large{}, fmt.Errorf("reading %s: %w", name, Cause(err))
	}
	return l.Large, nil
}

// Again reads what had no more than Kept bytes, by its name in Sources, as a snapshot lacks it: a
// file, or the list or the contents of a directory or an archive. Relative paths begin in dir.
func Again(dir, name string) ([]byte, error) {
	r := NewReader(dir)
	w, ok := wholeOf(name)
	list := false
	if !ok {
		w, list = listOf(name)
	}
	if !ok && !list {
		return ReadRegular(r.onDisk(name), MaxSize)
	}
	s, err := r.scan(name, w)
	switch {
	case err != nil:
		return nil, err
	case list:
		return s.manifest, nil
	case s.contents.Size > Kept:
		return nil, fmt.Errorf("it has %d bytes now, more than a plan has of it", s.contents.Size)
	}
	return s.data, nil
}

// isLarge reports whether a source is longer than Kept. A snapshot answers as the
// reader that it was made of.
func (r *Reader) isLarge(path, key string) (bool, error) {
	if b, ok := r.sources[key]; ok {
		return len(b) > Kept, nil
	}
	question := largeName(key)
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

// largeName is the name among the sources of the answer that a source is longer than Kept.
func largeName(key string) string { return fmt.Sprintf("large(%q)", key) }

// name is the name of a large file, which is made the first time.
func (r *Reader) name(path, key string) (*large, error) {
	l := r.large[key]
	if l != nil && l.open != nil {
		return l, nil
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
	now, err := r.read(path, key)
	if err != nil {
		return nil, err
	}
	r.large[key] = now
	return now, nil
}

// read reads a large file, or the files of a directory or an archive, to name it.
func (r *Reader) read(path, key string) (*large, error) {
	if w, ok := wholeOf(key); ok {
		t, err := r.scan(path, w)
		if err != nil {
			return nil, err
		}
		return t.large(), nil
	}
	return nameFile(r.onDisk(key), func(done, of int64) error {
		if r.watch == nil {
			return nil
		}
		return r.watch(path, done, of)
	})
}

// later opens a large file of the disk whose name a plan file has. It looks whether it is
// still that file when it is opened first.
func (r *Reader) later(key string, l Large) Opener {
	look := sync.OnceValues(func() (Opener, error) { return l.confirmed(r.read(key, key)) })
	return func(offset int64) (io.ReadCloser, error) {
		open, err := look()
		if err != nil {
			return nil, err
		}
		return open(offset)
	}
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
// need not be on the disk. Others have to be there, as they were, when they are opened:
// the error of one that is not is a *ChangedError. One that has no SHA-256 may be any,
// and is named when it is asked for.
func (r *Reader) Hold(files map[string]Large, openers map[string]Opener) {
	for key, l := range files {
		open := openers[key]
		if open == nil && l.Sum != [sha256.Size]byte{} {
			open = r.later(key, l)
		}
		r.large[key] = &large{Large: l, open: open}
		r.sources[largeName(key)] = []byte("true")
	}
}

// HoldLists has a snapshot know these lists of directories and archives, by their names in Sources.
func (r *Reader) HoldLists(lists map[string][]byte) { maps.Copy(r.sources, lists) }

// Watch has f called while a large file is read to name it, with how many bytes of how
// many were read. An error of f ends the reading. nil is nobody.
func (r *Reader) Watch(f func(path string, done, of int64) error) { r.watch = f }

// Open finds a large file by its SHA-256, under the first name that it has in Sources.
// What opens it takes any file of that SHA-256 that is there. It returns false if none
// has been named so.
func (r *Reader) Open(sum [sha256.Size]byte) (name string, open Opener, ok bool) {
	var names []string
	for key, l := range r.large {
		if l.Sum == sum && l.open != nil {
			names = append(names, key)
		}
	}
	if len(names) == 0 {
		return "", nil, false
	}
	slices.Sort(names)
	all := make([]Opener, len(names))
	for i, key := range names {
		all[i] = r.large[key].open
	}
	return names[0], firstOf(all), true
}

// firstOf opens the first file that can be opened, all of which hold the same.
func firstOf(all []Opener) Opener {
	if len(all) == 1 {
		return all[0]
	}
	return func(offset int64) (io.ReadCloser, error) {
		var first error
		for _, open := range all {
			in, err := open(offset)
			if err == nil {
				return in, nil
			}
			first = cmp.Or(first, err)
		}
		return nil, first
	}
}
