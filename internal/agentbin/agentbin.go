// Package agentbin provides the agent's executable, as an image for each platform, in two
// editions: the usual one, and one with the kinds that few need. It takes the first of
// these that there is: an agent that was embedded at release time; one built now
// with the Go toolchain, and kept in the user's cache directory; mitoplan's own
// executable, if the platform is the same. If there is none, the error says which
// command helps.
//
// Only the controller imports it, because an agent starts its children from its own
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

// Edition says which kinds an agent has.
type Edition string

// The editions. Full has all kinds, and Usual those that are not rare
// (kind.Kind.Rare): it is sent to every host where nothing needs more.
const (
	Usual Edition = "usual"
	Full  Edition = "full"
)

// Source makes one image for each platform, when it is first asked for, and then
// returns the same one. All are of one edition. Any goroutine may use it. Waiting for the
// image of one platform does not delay others.
type Source struct {
	edition  Edition
	embedded fs.FS
	store    *store
	build    *builder
	bound    time.Duration

	mu     sync.Mutex
	images map[connect.Platform]*entry
}

// entry is the image of one platform, which may still be being made.
type entry struct {
	done  chan struct{} // closed when image and err are set
	image *transport.AgentImage
	err   error
	// waiting is how many callers have asked for it and have not given up. The
	// last one to give up cancels. Source.mu guards it.
	waiting int
	cancel  context.CancelFunc
}

// buildBound is how long making one image may take. A build takes about a second
// with warm caches. The first one after a change of the toolchain takes minutes on a
// small machine. transport waits a minute longer, so that the error of a build that
// is too slow arrives.
const buildBound = 10 * time.Minute

// New returns the controller's source of agents of an edition. It reads and builds nothing
// yet.
func New(e Edition) *Source {
	s := newStore()
	return &Source{edition: e, embedded: embedded(), store: s, build: newBuilder(s, e), bound: buildBound, images: map[connect.Platform]*entry{}}
}

// LogTo sets the logger that is told when a build begins, and returns s. It must be
// called before the first use.
func (s *Source) LogTo(log hclog.Logger) *Source {
	s.build.log = log
	return s
}

// Known returns the digests of the images that exist already, without reading any.
// A bootstrap line looks for agents with these digests in the cache of a host.
func (s *Source) Known() map[connect.Platform][32]byte {
	known := map[connect.Platform][32]byte{}
	for _, f := range s.build.built() {
		known[f.platform] = f.sum
	}
	for _, f := range embeddedFiles(s.embedded, s.edition) {
		known[f.platform] = f.sum
	}
	return known
}

// Agent returns the image for a platform, and makes it if necessary. Callers that ask
// for the same platform share the work. It goes on as long as one of them waits, and
// is cancelled when the last one's ctx has ended.
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

// join counts the caller as waiting for an image. If nobody else is, it begins to
// make the image.
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

// leave is called if the caller no longer waits. If it was the last one, leave
// cancels the work and waits for its end.
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

// fill makes one image. An error is not kept, so the next caller tries again.
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

// make builds an agent if none is embedded. It takes the own executable only if the
// build fails, although that would be quicker, for two reasons. Which program a host
// gets must not depend on how busy this machine is. And an agent is a third of the
// controller's size, and stays in the caches of hosts when only the controller
// changes. The own executable has all kinds, so it does for both editions.
func (s *Source) make(ctx context.Context, p connect.Platform) (*transport.AgentImage, error) {
	image, err := fromEmbedded(s.embedded, p, s.edition)
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
