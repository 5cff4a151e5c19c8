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
// itself, unless files has another. A path that is empty names no file: a host of that
// platform gets an error that says so. A program gives it to transport.RunWith as
// Options.Agents.
func Executables(files map[Platform]string) transport.AgentSource {
	e := executables{{runtime.GOOS, runtime.GOARCH}: self}
	for p, path := range files {
		if e[p] = nil; path != "" {
			e[p] = &ownImage{path: path}
		}
	}
	return e
}

// executables are the images by their platforms, nil where the path of one is empty.
type executables map[Platform]*ownImage

// Agent is the image for a platform.
func (e executables) Agent(_ context.Context, goos, goarch string) (*transport.AgentImage, error) {
	image, named := e[Platform{goos, goarch}]
	switch {
	case image != nil:
		return image.made()
	case named:
		return nil, problem(kind.CodeAgentMissing, "No file for this platform",
			"The host is %[1]s/%[2]s, and the path that connect.Executables was given for that platform is empty. Build the program with GOOS=%[1]s GOARCH=%[2]s CGO_ENABLED=0, and name the file.", goos, goarch)
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
		if image == nil {
			continue
		}
		for _, sum := range image.Known() {
			known[p] = sum
		}
	}
	return known
}
