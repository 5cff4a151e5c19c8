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

	mu     sync.Mutex
	images map[connect.Platform]*entry
}

// entry is one platform's image in the making.
type entry struct {
	done  chan struct{}
	image *transport.AgentImage
	err   error
}

// New is the controller's source of agents.
func New() *Source {
	s := newStore()
	return &Source{embedded: embedded(), store: s, build: newBuilder(s), images: map[connect.Platform]*entry{}}
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
// meanwhile, and goes on when one of them gives up.
func (s *Source) Agent(ctx context.Context, goos, goarch string) (*transport.AgentImage, error) {
	p := connect.Platform{OS: goos, Arch: goarch}
	s.mu.Lock()
	e := s.images[p]
	if e == nil {
		e = &entry{done: make(chan struct{})}
		s.images[p] = e
		go s.fill(context.WithoutCancel(ctx), p, e)
	}
	s.mu.Unlock()
	select {
	case <-e.done:
		return e.image, e.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// fill makes one image. A failure is not kept: the next to ask tries again.
func (s *Source) fill(ctx context.Context, p connect.Platform, e *entry) {
	e.image, e.err = s.make(ctx, p)
	if e.err != nil {
		s.mu.Lock()
		delete(s.images, p)
		s.mu.Unlock()
	}
	close(e.done)
}

func (s *Source) make(ctx context.Context, p connect.Platform) (*transport.AgentImage, error) {
	image, err := fromEmbedded(s.embedded, p)
	if image != nil || err != nil {
		return image, err
	}
	return s.buildOrOwn(ctx, p)
}

// buildPatience is how long a build may hold up a host that the own executable
// can serve too. With warm caches a build takes about a second; the first one
// after a change of the toolchain takes minutes, which no connect waits for.
const buildPatience = 4 * time.Second

// buildOrOwn builds. What is not built in time is kept for the next process.
func (s *Source) buildOrOwn(ctx context.Context, p connect.Platform) (*transport.AgentImage, error) {
	built := make(chan entry, 1)
	go func() {
		image, err := s.build.agent(ctx, p)
		built <- entry{image: image, err: err}
	}()
	t := time.NewTimer(buildPatience)
	defer t.Stop()
	select {
	case b := <-built:
		if b.err == nil {
			return b.image, nil
		}
		image, err := own(s.store, p)
		if err != nil {
			return nil, missing(p, errors.Join(b.err, err))
		}
		return image, nil
	case <-t.C:
	}
	if image, err := own(s.store, p); err == nil {
		return image, nil
	}
	b := <-built
	if b.err != nil {
		return nil, missing(p, b.err)
	}
	return b.image, nil
}

func missing(p connect.Platform, err error) error {
	return &kind.Problem{Code: "agent_missing", Summary: "No agent for the host's platform",
		Detail: fmt.Sprintf("There is none for %s: %v. Build it in the source of mitoplan and embed it:\n"+
			"go run ./internal/agentbin/pack %s && go build ./cmd/mitoplan", p, err, p)}
}
