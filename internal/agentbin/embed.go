package agentbin

import (
	"embed"
	"encoding/hex"
	"io/fs"
	"strings"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

//go:embed agents
var agents embed.FS

func embedded() fs.FS {
	sub, err := fs.Sub(agents, "agents")
	if err != nil {
		panic(err)
	}
	return sub
}

// file is an image in a file. Its name is OS_ARCH-SHA256.gz, or OS_ARCH-full-SHA256.gz; for
// one in the store it is the whole path.
type file struct {
	name     string
	platform connect.Platform
	edition  Edition
	sum      [32]byte
}

// FileName returns the name of an image's file among the embedded ones and in caches.
func FileName(p connect.Platform, e Edition, sum [32]byte) string {
	name := p.OS + "_" + p.Arch + "-"
	if e == Full {
		name += string(Full) + "-"
	}
	return name + hex.EncodeToString(sum[:]) + ".gz"
}

// parseName is the inverse of FileName. It returns false for any other name.
func parseName(name string) (file, bool) {
	f := file{name: name, edition: Usual}
	stem, ok := strings.CutSuffix(name, ".gz")
	target, digest, ok2 := strings.Cut(stem, "-")
	goos, arch, ok3 := strings.Cut(target, "_")
	if rest, is := strings.CutPrefix(digest, string(Full)+"-"); is {
		digest, f.edition = rest, Full
	}
	sum, err := hex.DecodeString(digest)
	if !ok || !ok2 || !ok3 || err != nil || len(sum) != 32 || goos == "" || arch == "" {
		return file{}, false
	}
	f.platform, f.sum = connect.Platform{OS: goos, Arch: arch}, [32]byte(sum)
	return f, true
}

// embeddedFiles are the embedded images of an edition.
func embeddedFiles(fsys fs.FS, edition Edition) []file {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil
	}
	var files []file
	for _, e := range entries {
		if f, ok := parseName(e.Name()); ok && f.edition == edition {
			files = append(files, f)
		}
	}
	return files
}

// fromEmbedded returns the embedded image for a platform, or nil if there is none.
// The content is trusted like the rest of the program and is not checked.
func fromEmbedded(fsys fs.FS, p connect.Platform, e Edition) (*transport.AgentImage, error) {
	for _, f := range embeddedFiles(fsys, e) {
		if f.platform != p {
			continue
		}
		z, err := fs.ReadFile(fsys, f.name)
		if err != nil {
			return nil, err
		}
		return imageOf(f.sum, z)
	}
	return nil, nil
}
