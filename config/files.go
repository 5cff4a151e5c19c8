package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// MaxSent is the most bytes that the texts of one block's arguments may have
// together. A host is sent all of them in one message, which has at most
// transport.MaxMessage; the rest of that is for what else is in it.
const MaxSent = 63 << 20

// maxReadSize bounds what a function, or source, may read: more could not be
// sent.
const maxReadSize = MaxSent

// FileReader is the one way in which functions read files. What it read, and
// which questions it answered, is recorded in Config.Sources; a reader over a
// snapshot answers from that and never touches the disk.
type FileReader struct {
	dir      string
	snapshot bool
	sources  map[string][]byte
}

// Read returns the content of a regular file. Relative paths begin at the
// configuration's folder.
func (r *FileReader) Read(path string) ([]byte, error) {
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
	b, err := readRegular(r.onDisk(key), maxReadSize)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) && !filepath.IsAbs(key) {
			return nil, fmt.Errorf("reading %s: %w; relative paths begin in the folder of the configuration", path, cause(err))
		}
		return nil, fmt.Errorf("reading %s: %w", path, cause(err))
	}
	r.sources[key] = b
	return b, nil
}

// Exists reports whether a regular file is there.
func (r *FileReader) Exists(path string) (bool, error) {
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
			return nil, fmt.Errorf("looking for %s: %w", path, cause(err))
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s is not a regular file", path)
		}
		return []byte("true"), nil
	})
	return string(b) == "true", err
}

// Glob returns the regular files below a folder that match a pattern, sorted,
// relative to the folder, with slashes.
func (r *FileReader) Glob(path, pattern string) ([]string, error) {
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
			return nil, fmt.Errorf("looking for %s in %s: %w", pattern, path, cause(err))
		}
		slices.Sort(names)
		return []byte(strings.Join(names, "\x00")), nil
	})
	if err != nil || len(b) == 0 {
		return nil, err
	}
	return strings.Split(string(b), "\x00"), nil
}

// answer asks the disk once, or the snapshot.
func (r *FileReader) answer(question string, ask func() ([]byte, error)) ([]byte, error) {
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

// key is a file's name in Sources: relative to the folder where it lies below
// it, else as it was given.
func (r *FileReader) key(path string) (string, error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("%q is not a path", path)
	}
	path, err := expandHome(path)
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

func (r *FileReader) onDisk(key string) string {
	if filepath.IsAbs(key) {
		return key
	}
	return filepath.Join(r.dir, key)
}

func expandHome(path string) (string, error) {
	if path != "~" && !strings.HasPrefix(path, "~/") {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("there is no home folder for %s: %w", path, err)
	}
	return filepath.Join(home, path[1:]), nil
}

// readRegular refuses what has no end (devices, pipes) or is too large.
func readRegular(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(f, limit+1)); err != nil {
		return nil, err
	}
	if int64(b.Len()) > limit {
		return nil, fmt.Errorf("it is larger than %d MiB, the most that this version of mitoplan reads and sends", limit>>20)
	}
	return b.Bytes(), nil
}

// cause is the error without the operation and path that it repeats.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
