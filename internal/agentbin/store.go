package agentbin

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/google/renameio/v2"
	"github.com/mitoplan/mitoplan/transport"
)

// store keeps images on disk for later processes, in the first of some directories
// that is private. If none is, every process makes its own images. The directory is
// made when the first image is kept, so that a controller that needs none leaves
// nothing behind.
type store struct{ dirs []string }

// newStore returns a store in the user's cache directory or, if that cannot be used,
// in a private directory among the temporary files.
func newStore() *store {
	s := &store{}
	if base, err := os.UserCacheDir(); err == nil {
		s.dirs = append(s.dirs, filepath.Join(base, "mitoplan", "agents"))
	}
	s.dirs = append(s.dirs, filepath.Join(os.TempDir(), "mitoplan-agents-"+strconv.Itoa(os.Getuid())))
	return s
}

// directory returns the directory that images are in, "" if there is none.
func (s *store) directory() string {
	for _, dir := range s.dirs {
		if private(dir) {
			return dir
		}
	}
	return ""
}

// makeDirectory is like directory, and makes the directory if it is missing.
func (s *store) makeDirectory() string {
	for _, dir := range s.dirs {
		if os.MkdirAll(dir, 0o700) == nil && private(dir) {
			return dir
		}
	}
	return ""
}

// private reports whether only this user can write to a directory. That matters
// because what is in the store will run on hosts.
func private(dir string) bool {
	st, err := os.Lstat(dir)
	if err != nil || !st.IsDir() || st.Mode().Perm()&0o022 != 0 {
		return false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Getuid()
}

// list returns the images whose file names begin with a prefix.
func (s *store) list(prefix string) []file {
	dir := s.directory()
	if dir == "" {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var files []file
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), prefix)
		if !ok {
			continue
		}
		if f, ok := parseName(rest); ok {
			f.name = filepath.Join(dir, e.Name())
			files = append(files, f)
		}
	}
	return files
}

// load reads an image, and returns an error if its digest is not the one in its name.
func (s *store) load(f file) (*transport.AgentImage, error) {
	z, err := os.ReadFile(f.name)
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(z))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	if [32]byte(h.Sum(nil)) != f.sum {
		return nil, fmt.Errorf("%s is damaged", f.name)
	}
	return imageOf(f.sum, z)
}

// save writes an image as a whole. If that fails, the next process makes the image
// again.
func (s *store) save(name string, z []byte) {
	if dir := s.makeDirectory(); dir != "" {
		renameio.WriteFile(filepath.Join(dir, name), z, 0o600)
	}
}

// imageOf makes an image of its compressed form. The size is in the last four bytes
// of a gzip stream (RFC 1952).
func imageOf(sum [32]byte, z []byte) (*transport.AgentImage, error) {
	if len(z) < 18 {
		return nil, fmt.Errorf("an image of %d bytes is none", len(z))
	}
	size := binary.LittleEndian.Uint32(z[len(z)-4:])
	return &transport.AgentImage{SHA256: sum, Gzip: z, Size: int64(size)}, nil
}

// Compress returns content in the form in which images are kept and sent: gzip.
func Compress(content []byte, level int) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, level)
	if err != nil {
		panic(err)
	}
	w.Write(content)
	w.Close()
	return out.Bytes()
}
