// Package files reads the files of the controller that a configuration names,
// and remembers what it read.
//
// A Reader belongs to one configuration and is the only way in which its
// expressions and arguments see the disk. Everything that it answers is kept by
// name, so that a plan file can hold it: a reader of such a snapshot gives the
// same answers on another day. It does not touch the disk, but for the sources that
// are too large to be kept: of these it keeps the SHA-256, and looks whether they are
// still the same. The package reads regular files only, never more than a bound into
// memory, and writes nothing but what an archive holds, into a file without a name.
//
// Read the files in this order: tree.go unpack.go archive.go xz.go zstd.go spool.go source.go reader.go target.go large.go
// regular.go notmade.go.
package files

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Reader reads files for one configuration. What it read, and which questions it
// answered, is in Sources, by name. A reader over a snapshot answers from there:
// what the snapshot lacks is an error. A Reader belongs to one goroutine.
type Reader struct {
	dir      string
	snapshot bool
	sources  map[string][]byte
	large    map[string]*large
	watch    func(path string, done, of int64) error
	// targets are the paths of what was read, when there were targetsOf names.
	targets map[string]bool
	trees   []targetTree
	// damaged are the errors of archives, by the names of their lists: none is unpacked again for that.
	damaged   map[string]error
	targetsOf int
}

// NewReader makes a reader of the disk. Relative paths begin in dir, the
// directory of the configuration.
func NewReader(dir string) *Reader {
	return &Reader{dir: dir, sources: map[string][]byte{}, large: map[string]*large{}, damaged: map[string]error{}}
}

// NewSnapshot makes a reader that answers from the Sources of an earlier one.
func NewSnapshot(dir string, sources map[string][]byte) *Reader {
	r := NewReader(dir)
	r.snapshot = true
	maps.Copy(r.sources, sources)
	return r
}

// IsSnapshot reports a reader that answers as an earlier one.
func (r *Reader) IsSnapshot() bool { return r.snapshot }

// Dir is the directory in which relative paths begin.
func (r *Reader) Dir() string { return r.dir }

// Sources are the files that were read, by path relative to Dir (absolute if
// they lie outside of it), and the answers to questions such as
// fileexists("x"). The map grows while the reader is used.
func (r *Reader) Sources() map[string][]byte { return r.sources }

// Read returns the content of a regular file of at most MaxSize bytes.
func (r *Reader) Read(path string) ([]byte, error) {
	key, err := r.key(path)
	if err != nil {
		return nil, err
	}
	if b, ok := r.sources[key]; ok {
		return b, nil
	}
	if r.snapshot {
		return nil, fmt.Errorf("the file %s was not read when the plan was made", path)
	}
	b, err := ReadRegular(r.onDisk(key), MaxSize)
	if err != nil {
		return nil, r.unreadable(path, key, err)
	}
	r.sources[key] = b
	return b, nil
}

// unreadable is the error of a file that cannot be read.
func (r *Reader) unreadable(path, key string, err error) error {
	if errors.Is(err, fs.ErrNotExist) && !filepath.IsAbs(key) {
		return fmt.Errorf("reading %s: %w; relative paths start at the directory of the configuration", path, Cause(err))
	}
	return fmt.Errorf("reading %s: %w", path, Cause(err))
}

// Exists reports whether a regular file is there.
func (r *Reader) Exists(path string) (bool, error) {
	key, err := r.key(path)
	if err != nil {
		return false, err
	}
	b, err := r.answer(fmt.Sprintf("fileexists(%q)", key), func() ([]byte, error) {
		info, err := os.Stat(r.onDisk(key))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return []byte("false"), nil
		case err != nil:
			return nil, fmt.Errorf("looking for %s: %w", path, Cause(err))
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s is not a regular file", path)
		}
		return []byte("true"), nil
	})
	return string(b) == "true", err
}

// Glob returns the regular files below a directory that match a pattern: sorted,
// relative to the directory, with slashes. ** in a pattern matches any number of
// directories.
func (r *Reader) Glob(path, pattern string) ([]string, error) {
	key, err := r.key(path)
	if err != nil {
		return nil, err
	}
	if !doublestar.ValidatePattern(pattern) {
		return nil, fmt.Errorf("the pattern %q is not valid", pattern)
	}
	b, err := r.answer(fmt.Sprintf("fileset(%q, %q)", key, pattern), func() ([]byte, error) {
		names, err := doublestar.Glob(os.DirFS(r.onDisk(key)), filepath.ToSlash(filepath.Clean(pattern)), doublestar.WithFilesOnly())
		if err != nil {
			return nil, fmt.Errorf("looking for %s in %s: %w", pattern, path, Cause(err))
		}
		slices.Sort(names)
		return []byte(strings.Join(names, "\x00")), nil
	})
	if err != nil || len(b) == 0 {
		return nil, err
	}
	return strings.Split(string(b), "\x00"), nil
}

// answer asks the disk the first time, and remembers the answer. A snapshot has
// the answer or fails.
func (r *Reader) answer(question string, ask func() ([]byte, error)) ([]byte, error) {
	if b, ok := r.sources[question]; ok {
		return b, nil
	}
	if r.snapshot {
		return nil, fmt.Errorf("%s was not asked when the plan was made", question)
	}
	b, err := ask()
	if err == nil {
		r.sources[question] = b
	}
	return b, err
}

// key is a file's name in Sources: relative to the directory if it lies below
// it, otherwise as it was given.
func (r *Reader) key(path string) (string, error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("%q is not a path", path)
	}
	path, err := ExpandHome(path)
	if err != nil {
		return "", err
	}
	path = filepath.Clean(path)
	if !filepath.IsAbs(path) {
		return path, nil
	}
	dir, err := filepath.Abs(r.dir)
	if err != nil {
		return path, nil
	}
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return rel, nil
	}
	return path, nil
}

func (r *Reader) onDisk(key string) string {
	if filepath.IsAbs(key) {
		return key
	}
	return filepath.Join(r.dir, key)
}
