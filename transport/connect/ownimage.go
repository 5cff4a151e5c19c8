package connect

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Self is the AgentSource that knows one image: the executable of this process.
// An agent starts its children from it without asking its parent. A program
// with functions of its own can only be pushed as itself.
func Self() transport.AgentSource { return self }

var self = &ownImage{}

// ownImage is made from the executable of this process, or from a file, when it is
// first needed.
type ownImage struct {
	path  string // of the file; "" is the executable of this process
	sum   sumOnce
	image imageOnce
}

type sumOnce struct {
	once sync.Once
	sum  [32]byte
	err  error
}

type imageOnce struct {
	once  sync.Once
	image *transport.AgentImage
	err   error
}

// Executable is the path of this process' own program. The kernel's link leads
// to it even after the file was replaced or removed.
func Executable() (string, error) {
	if runtime.GOOS == "linux" {
		return ownProgram, nil
	}
	return os.Executable()
}

// ownProgramError is the error of a process that did not find its own program.
func ownProgramError(doing string, err error) error {
	if runtime.GOOS == "linux" && errors.Is(err, fs.ErrNotExist) {
		return problem(kind.CodeAgentNoProc, "No /proc on the host",
			"An agent makes those of further contexts of its own program, which it finds in /proc, and that is not mounted there. Mount it, for a root directory with: mount -t proc proc ROOT/proc. Or set agent_path.")
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Known is the digest of the own executable, which is read once.
func (o *ownImage) Known() map[Platform][32]byte {
	o.sum.once.Do(func() {
		var content []byte
		if content, o.sum.err = o.read(); o.sum.err == nil {
			o.sum.sum = sha256.Sum256(content)
		}
	})
	if o.sum.err != nil {
		return nil
	}
	return map[Platform][32]byte{{runtime.GOOS, runtime.GOARCH}: o.sum.sum}
}

func (o *ownImage) read() ([]byte, error) {
	path := o.path
	if path == "" {
		var err error
		if path, err = Executable(); err != nil {
			return nil, err
		}
	}
	return os.ReadFile(path)
}

// Agent compresses the own executable, once and as fast as possible: it crosses
// one machine at most, and no network.
func (o *ownImage) Agent(_ context.Context, goos, goarch string) (*transport.AgentImage, error) {
	if goos != runtime.GOOS || goarch != runtime.GOARCH {
		return nil, problem(kind.CodeAgentPlatform, "No agent for this platform",
			"This process runs on %s/%s and has no agent for %s/%s. Reach the other one from here, without via.", runtime.GOOS, runtime.GOARCH, goos, goarch)
	}
	return o.made()
}

// made is the image, which is made once.
func (o *ownImage) made() (*transport.AgentImage, error) {
	o.image.once.Do(func() { o.image.image, o.image.err = o.compress() })
	return o.image.image, o.image.err
}

func (o *ownImage) compress() (*transport.AgentImage, error) {
	content, err := o.read()
	switch {
	case err != nil && o.path == "":
		return nil, ownProgramError("read the executable to push", err)
	case err != nil:
		return nil, fmt.Errorf("read the executable to push: %w", err)
	}
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	z.Write(content)
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress own executable: %w", err)
	}
	return &transport.AgentImage{SHA256: sha256.Sum256(content), Gzip: out.Bytes(), Size: int64(len(content))}, nil
}
