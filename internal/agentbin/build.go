package agentbin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// buildFlags make the same agent from the same source, wherever it is built, because
// hosts find it in their caches by its digest. Inlining is off: an agent mostly
// waits for the machine, and it is sent over a network, where it is a tenth smaller
// that way. Functions begin where the one before ends, which saves what lies between.
var buildFlags = []string{"-trimpath", "-buildvcs=false", "-gcflags=all=-l", "-ldflags=-s -w -buildid= -funcalign=1 -X=runtime.godebugDefault=" + quickStart}

// usualTag is the build tag of the usual edition. It leaves out what internal/resource/kinds/rare.go
// lists.
const usualTag = "mitoplan_usual"

// flags are buildFlags with what makes the edition.
func (e Edition) flags() []string {
	if e == Usual {
		return append(slices.Clone(buildFlags), "-tags="+usualTag)
	}
	return buildFlags
}

// agent is what an agent of the edition is called.
func (e Edition) agent() string {
	if e == Full {
		return "agent with all kinds"
	}
	return "agent"
}

// quickStart are settings of GODEBUG that leave out of an agent's start what an agent has no
// use for. Many live for a few milliseconds, and most of that is their start. The runtime
// would look again and again for quotas of control groups (containermaxprocs,
// updatemaxprocs); it looks once in any case. And it would make room for profiles in each
// thread (profstackdepth), and record the first one.
const quickStart = "containermaxprocs=0,updatemaxprocs=0,profstackdepth=0"

// classicCollector gives an agent the garbage collector that Go had before 1.26. The one of
// 1.26 keeps its marks at the end of each span of the heap, and marks a value when it is
// made while it collects. For an agent, whose heap is small, that is 27 page faults more of
// 395 at its start, 37 KB more to send and to map, and a seventh more of a processor where
// many calls are on their way at once.
const classicCollector = "GOEXPERIMENT=nogreenteagc"

// builder makes agents of one edition with the Go toolchain. It keeps them in the store under
// the build id, a digest of source, toolchain and flags.
type builder struct {
	edition Edition
	store   *store
	log     hclog.Logger
	id      func() (string, error)
	src     func() (source, error)
}

func newBuilder(s *store, e Edition) *builder {
	b := &builder{edition: e, store: s, log: hclog.NewNullLogger(), src: sync.OnceValues(findSource)}
	b.id = sync.OnceValues(b.identify)
	return b
}

// identify returns the build id. It returns an error if there is no toolchain or no
// source.
func (b *builder) identify() (string, error) {
	src, err := b.src()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), b.edition.flags(), classicCollector, src.version)
	if src.dir != "" {
		if err := hashSource(h, src.dir); err != nil {
			return "", err
		}
	}
	return "built-" + hex.EncodeToString(h.Sum(nil)[:8]) + "-", nil
}

// hashSource writes every file that may be part of an agent into h.
func hashSource(h io.Writer, dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != dir && (strings.HasPrefix(name, ".") || name == "testdata" || name == "docs" || name == "examples") {
				return fs.SkipDir
			}
			return nil
		}
		if name != "go.mod" && name != "go.sum" && (!strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go")) {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintln(h, strings.TrimPrefix(path, dir), len(content))
		_, err = h.Write(content)
		return err
	})
}

// built returns the images in the store that have the current build id.
func (b *builder) built() []file {
	id, err := b.id()
	if err != nil {
		return nil
	}
	return b.store.list(id)
}

// agent returns the image for a platform, and builds it if the store has none. A lock
// makes sure that processes that need the same image build it only once.
func (b *builder) agent(ctx context.Context, p connect.Platform) (*transport.AgentImage, error) {
	id, err := b.id()
	if err != nil {
		return nil, err
	}
	if image := b.stored(id, p); image != nil {
		return image, nil
	}
	b.log.Info(fmt.Sprintf("building the %s for %s (once)", b.edition.agent(), p))
	if dir := b.store.makeDirectory(); dir != "" {
		lock := flock.New(filepath.Join(dir, "build.lock"))
		if ok, err := lock.TryLockContext(ctx, lockPoll); ok && err == nil {
			defer lock.Close()
		}
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if image := b.stored(id, p); image != nil {
			return image, nil
		}
	}
	src, err := b.src()
	if err != nil {
		return nil, err
	}
	content, err := src.build(ctx, p, b.edition)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	z := Compress(content, 9)
	b.store.save(id+FileName(p, b.edition, sum), z)
	return imageOf(sum, z)
}

func (b *builder) stored(id string, p connect.Platform) *transport.AgentImage {
	for _, f := range b.store.list(id) {
		if f.platform == p {
			if image, err := b.store.load(f); err == nil {
				return image
			}
		}
	}
	return nil
}

// Build makes one agent from the source in dir and returns its content.
func Build(ctx context.Context, dir string, p connect.Platform, e Edition) ([]byte, error) {
	tmp, err := os.MkdirTemp("", "mitoplan-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	out := filepath.Join(tmp, "agent")
	args := append(append([]string{"build"}, e.flags()...), "-o", out, "./cmd/mitoplan-agent")
	if err := goCommand(ctx, dir, p, args); err != nil {
		return nil, err
	}
	return readAgent(out)
}

// readAgent returns an agent that the toolchain wrote, as it is sent.
func readAgent(name string) ([]byte, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return withoutLines(content), nil
}

// interruptGrace is how long an interrupted toolchain has to end.
const interruptGrace = 2 * time.Second

// goCommand runs the toolchain for a platform. One that has no other collector does without
// the choice.
func goCommand(ctx context.Context, dir string, p connect.Platform, args []string, env ...string) error {
	err := runGo(ctx, dir, p, args, append(env, classicCollector))
	if err != nil && strings.Contains(err.Error(), "unknown GOEXPERIMENT") {
		return runGo(ctx, dir, p, args, append(env, "GOEXPERIMENT="))
	}
	return err
}

func runGo(ctx context.Context, dir string, p connect.Platform, args, env []string) error {
	tool, err := toolchain()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Dir = dir
	// An interrupted toolchain removes its temporary files. A program that it
	// started may hold its output open, so the wait for that is bounded.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = interruptGrace
	cmd.Env = append(connect.Environ(), "CGO_ENABLED=0", "GOOS="+p.OS, "GOARCH="+p.Arch, "GOFLAGS=", "GOWORK=off")
	cmd.Env = append(cmd.Env, env...)
	if os.Getenv("HOME") == "" && os.Getenv("GOCACHE") == "" {
		cache, err := os.MkdirTemp("", "mitoplan-gocache-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(cache)
		cmd.Env = append(cmd.Env, "GOCACHE="+cache)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w: %s", args[0], err, last(out, 2000))
	}
	return nil
}

func last(b []byte, n int) string {
	return strings.TrimSpace(string(b[max(0, len(b)-n):]))
}

// toolchain returns the path of the program go. It looks in PATH and then in the
// directory where Go is usually installed.
func toolchain() (string, error) {
	for _, name := range []string{"go", "/usr/local/go/bin/go"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Go toolchain here")
}
