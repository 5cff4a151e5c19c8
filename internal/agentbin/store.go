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

// store keeps images that outlive the process, in the first of some folders
// that is private. Where none is, every process makes its own images. A folder
// comes into being with the first image that is kept: a controller that only
// has local contexts leaves nothing behind.
type store struct{ dirs []string }

// newStore takes the user's cache folder, or, where HOME is not set, a private
// one in the folder for temporary files.
func newStore() *store {
	s := &store{}
	if base, err := os.UserCacheDir(); err == nil {
		s.dirs = append(s.dirs, filepath.Join(base, "mitoplan", "agents"))
	}
	s.dirs = append(s.dirs, filepath.Join(os.TempDir(), "mitoplan-agents-"+strconv.Itoa(os.Getuid())))
	return s
}

// folder is where images are, "" where there is no place for them.
func (s *store) folder() string {
	for _, dir := range s.dirs {
		if private(dir) {
			return dir
		}
	}
	return ""
}

// makeFolder is folder for one who is about to write.
func (s *store) makeFolder() string {
	for _, dir := range s.dirs {
		if os.MkdirAll(dir, 0o700) == nil && private(dir) {
			return dir
		}
	}
	return ""
}

// private tells whether only this user can put files there: what lies in the
// store will run on hosts.
func private(dir string) bool {
	st, err := os.Lstat(dir)
	if err != nil || !st.IsDir() || st.Mode().Perm()&0o022 != 0 {
		return false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Getuid()
}

// list names the files with a prefix.
func (s *store) list(prefix string) []file {
	dir := s.folder()
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

// load reads an image and makes sure that it is what its name says.
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

// save writes whole files only; one that cannot be written is made anew by the
// next process.
func (s *store) save(name string, z []byte) {
	if dir := s.makeFolder(); dir != "" {
		renameio.WriteFile(filepath.Join(dir, name), z, 0o600)
	}
}

// imageOf reads the size from the end of the gzip stream.
func imageOf(sum [32]byte, z []byte) (*transport.AgentImage, error) {
	if len(z) < 18 {
		return nil, fmt.Errorf("an image of %d bytes is none", len(z))
	}
	size := binary.LittleEndian.Uint32(z[len(z)-4:])
	return &transport.AgentImage{SHA256: sum, Gzip: z, Size: int64(size)}, nil
}

// Compress is the form in which images are kept and pushed.
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
