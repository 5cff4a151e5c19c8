package agentbin

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

var errDynamic = errors.New("the own executable is linked dynamically (build with CGO_ENABLED=0)")

// own makes an image of the running program, which can also run as an agent. It
// returns an error if the platform is another one, or if the program needs
// libraries that the host may lack.
func own(s *store, p connect.Platform) (*transport.AgentImage, error) {
	if p.OS != runtime.GOOS || p.Arch != runtime.GOARCH {
		return nil, fmt.Errorf("the own executable is for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	path, err := connect.Executable()
	if err != nil {
		return nil, err
	}
	return fromFile(s, path, p)
}

// fromFile makes an image of an executable. It keeps the compressed form in the
// store, because compressing the controller takes longer than sending it.
func fromFile(s *store, path string, p connect.Platform) (*transport.AgentImage, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !static(content) {
		return nil, errDynamic
	}
	sum := sha256.Sum256(content)
	const prefix = "own-"
	for _, f := range s.list(prefix) {
		if f.sum == sum {
			if image, err := s.load(f); err == nil {
				return image, nil
			}
		}
	}
	z := Compress(content, gzip.DefaultCompression)
	s.save(prefix+FileName(p, Full, sum), z)
	return imageOf(sum, z)
}

// static reports whether an executable needs no dynamic loader. It is true for every
// executable that is not ELF.
func static(content []byte) bool {
	f, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return true
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}
