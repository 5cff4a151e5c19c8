package connect

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Executables is an AgentSource of a program that was built for several platforms. files
// are the paths of the builds on this machine, by their platforms. They are read when they
// are needed, once. For the platform of this process it is the executable of this process
// itself, unless files has another. A program gives it to transport.RunWith as
// Options.Agents.
func Executables(files map[Platform]string) transport.AgentSource {
	e := executables{{runtime.GOOS, runtime.GOARCH}: self}
	for p, path := range files {
		e[p] = &ownImage{path: path}
	}
	return e
}

// executables are the images by their platforms.
type executables map[Platform]*ownImage

// Agent is the image for a platform.
func (e executables) Agent(_ context.Context, goos, goarch string) (*transport.AgentImage, error) {
	if image := e[Platform{goos, goarch}]; image != nil {
		return image.made()
	}
	var have []string
	for p := range maps.Keys(e) {
		have = append(have, p.String())
	}
	slices.Sort(have)
	return nil, problem(kind.CodeAgentPlatform, "No agent for this platform",
		"The host is %s/%s, and this program was built for %s. Build it with GOOS=%s GOARCH=%s CGO_ENABLED=0, and name the file to connect.Executables.",
		goos, goarch, strings.Join(have, ", "), goos, goarch)
}

// Known are the digests of those that can be read.
func (e executables) Known() map[Platform][32]byte {
	known := map[Platform][32]byte{}
	for p, image := range e {
		for _, sum := range image.Known() {
			known[p] = sum
		}
	}
	return known
}
