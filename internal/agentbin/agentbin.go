// Package agentbin is where the controller gets agents from. For each platform
// it takes the first of: an agent embedded at release time, one built now with
// the Go toolchain and kept in the user's cache folder, its own executable
// where that can run there. Failing all, a problem says which command helps.
//
// Only the controller imports it: an agent starts its children from its own
// image. Start reading at Source.Agent.
package agentbin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// Source hands out agents, one image for each platform, made once. Any
// goroutine may use it; one who waits for an image holds up nobody else.
type Source struct {
	embedded fs.FS
	store    *store
	build    *builder
	bound    time.Duration

	mu     sync.Mutex
	images map[connect.Platform]*entry
}

// entry is one platform's image in the making.
type entry struct {
	done  chan struct{}
	image *transport.AgentImage
	err   error
	// waiting is how many want it; the last one to give up cancels. Source.mu.
	waiting int
	cancel  context.CancelFunc
}

// buildBound is how long making one image may take. A build takes about a
// second with warm caches; the first one after a change of the toolchain takes
// minutes on a small machine. Transports wait a little longer, so that the
// problem that tells of it arrives.
const buildBound = 10 * time.Minute

// New is the controller's source of agents.
func New() *Source {
	s := newStore()
	return &Source{embedded: embedded(), store: s, build: newBuilder(s), bound: buildBound, images: map[connect.Platform]*entry{}}
}

// LogTo tells log when a build is about to hold a context up, and returns s.
// It comes before the first use.
func (s *Source) LogTo(log hclog.Logger) *Source {
	s.build.log = log
	return s
}

// Known tells the digests of the images that exist already, without reading
// one: what a bootstrap line may find on a host.
func (s *Source) Known() map[connect.Platform][32]byte {
	known := map[connect.Platform][32]byte{}
	for _, f := range s.build.built() {
		known[f.platform] = f.sum
	}
	for _, f := range embeddedFiles(s.embedded) {
		known[f.platform] = f.sum
	}
	return known
}

// Agent returns the image for a platform. Making it is shared by all who ask
// meanwhile, goes on while one of them waits, and ends with the last.
func (s *Source) Agent(ctx context.Context, goos, goarch string) (*transport.AgentImage, error) {
	p := connect.Platform{OS: goos, Arch: goarch}
	e := s.join(ctx, p)
	select {
	case <-e.done:
		return e.image, e.err
	case <-ctx.Done():
		s.leave(p, e)
		return nil, context.Cause(ctx)
	}
}

// join waits for an image together with others, or begins to make it.
func (s *Source) join(ctx context.Context, p connect.Platform) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.images[p]
	if e == nil {
		e = &entry{done: make(chan struct{})}
		ctx, e.cancel = context.WithTimeoutCause(context.WithoutCancel(ctx), s.bound, errBound)
		s.images[p] = e
		go s.fill(ctx, p, e)
	}
	e.waiting++
	return e
}

// leave ends what nobody waits for, and sees to it that nothing is left of it.
func (s *Source) leave(p connect.Platform, e *entry) {
	s.mu.Lock()
	e.waiting--
	last := e.waiting == 0
	if last {
		s.drop(p, e)
	}
	s.mu.Unlock()
	if last {
		e.cancel()
		<-e.done
	}
}

// drop forgets an entry, unless another has taken its place. The caller holds
// s.mu.
func (s *Source) drop(p connect.Platform, e *entry) {
	if s.images[p] == e {
		delete(s.images, p)
	}
}

// fill makes one image. A failure is not kept: the next to ask tries again.
func (s *Source) fill(ctx context.Context, p connect.Platform, e *entry) {
	defer close(e.done)
	defer e.cancel()
	e.image, e.err = s.make(ctx, p)
	if e.err != nil {
		s.mu.Lock()
		s.drop(p, e)
		s.mu.Unlock()
	}
}

// make builds where no agent is embedded. Only where that fails it takes the
// own executable, even if that is at hand at once: which program ends up on a
// host must not depend on how busy this machine is, and an agent is a third of
// the controller's size and shared by all versions of it that did not change it.
func (s *Source) make(ctx context.Context, p connect.Platform) (*transport.AgentImage, error) {
	image, err := fromEmbedded(s.embedded, p)
	if image != nil || err != nil {
		return image, err
	}
	image, buildErr := s.build.agent(ctx, p)
	if buildErr == nil {
		return image, nil
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errBound) {
		return nil, cause
	}
	image, ownErr := own(s.store, p)
	switch {
	case ownErr == nil:
		return image, nil
	case context.Cause(ctx) != nil:
		return nil, s.tooSlow(p)
	}
	return nil, missing(p, errors.Join(buildErr, ownErr))
}

// errBound ends a build that took too long.
var errBound = errors.New("the build took too long")

func (s *Source) tooSlow(p connect.Platform) error {
	return &kind.Problem{Code: kind.CodeAgentBuildSlow, Summary: "Building the agent took too long",
		Detail: fmt.Sprintf("The Go toolchain did not build the agent for %s within %v. The machine may be very busy, or the toolchain may wait for the network. Build it by hand to see what happens:\n%s",
			p, s.bound, packCommand(p))}
}

func missing(p connect.Platform, err error) error {
	return &kind.Problem{Code: kind.CodeAgentMissing, Summary: "No agent for the host's platform",
		Detail: fmt.Sprintf("There is none for %s: %v. Build it in the source of mitoplan and embed it:\n%s", p, err, packCommand(p))}
}

func packCommand(p connect.Platform) string {
	return fmt.Sprintf("go run ./internal/agentbin/pack %s && go build ./cmd/mitoplan", p)
}
