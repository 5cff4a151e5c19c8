package ssh

import (
	"context"
	"crypto/sha256"

	"github.com/mitoplan/mitoplan/internal/agentbin"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// image is a source of one executable. It is compressed once, as that takes longer
// than a start.
type image transport.AgentImage

func imageOf(content []byte) *image {
	return &image{SHA256: sha256.Sum256(content), Gzip: agentbin.Compress(content, 9), Size: int64(len(content))}
}

func (i *image) Agent(context.Context, string, string) (*transport.AgentImage, error) {
	return (*transport.AgentImage)(i), nil
}

func (i *image) Known() map[connect.Platform][32]byte {
	return map[connect.Platform][32]byte{{OS: "linux", Arch: "amd64"}: i.SHA256}
}
