package transport_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

type pullIn struct {
	Blob   transport.Blob `cbor:"blob"`
	Offset int64          `cbor:"offset,omitempty"`
	// Take is how many bytes are read; 0 is all.
	Take int64 `cbor:"take,omitempty"`
	// Hold makes the function hold what it reads until it is cancelled.
	Hold bool `cbor:"hold,omitempty"`
}

type pullOut struct {
	Read   int64                `cbor:"read"`
	Sum    [32]byte             `cbor:"sum"`
	Reason transport.BlobReason `cbor:"reason,omitempty"`
	Error  string               `cbor:"error,omitempty"`
}

// pulls reads a blob and tells what came.
var pulls = transport.NewFunc("pulls", func(ctx context.Context, n *transport.Node, in pullIn) (out pullOut, err error) {
	sum := sha256.New()
	r, err := n.Pull(ctx, in.Blob, in.Offset)
	if err == nil {
		defer r.Close()
		from := io.Reader(r)
		if in.Take > 0 {
			from = io.LimitReader(r, in.Take)
		}
		out.Read, err = io.Copy(sum, from)
	}
	if in.Hold {
		<-ctx.Done()
		return out, ctx.Err()
	}
	out.Sum = [32]byte(sum.Sum(nil))
	var e *transport.BlobError
	if errors.As(err, &e) {
		out.Reason = e.Reason
		if e.Blob != in.Blob {
			return out, errors.New("the error names another blob")
		}
	}
	if err != nil {
		out.Error = err.Error()
	}
	return out, nil
})

// source has these bytes.
func source(b []byte) transport.BlobSource {
	return func(offset int64) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b[offset:])), nil }
}

// contents are n bytes that differ with the seed.
func contents(n int, seed byte) []byte {
	b := make([]byte, n)
	x := uint32(seed) + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func TestBlobsArePulled(t *testing.T) {
	for _, queues := range []string{"ample", "none"} {
		t.Run(queues, func(t *testing.T) {
			if queues == "none" {
				transporttest.NoQueues(t)
			}
			for depth := 1; depth <= 3; depth++ {
				b, chain := tree(t, transport.Options{}, agent(), depth)
				for _, size := range []int{0, 1, 32 << 10, 5<<20 + 1} {
					data := contents(size, byte(depth))
					for _, secret := range []bool{false, true} {
						blob := transport.BlobOf(data, secret)
						b.Offer(last(chain), blob, source(data))
						out, err := pulls.Call(within(t, 20*time.Second), last(chain), pullIn{Blob: blob})
						if err != nil || out.Error != "" || out.Read != int64(size) || out.Sum != blob.Sum {
							t.Errorf("%d bytes at depth %d: %+v, %v", size, depth, out, err)
						}
						b.Withdraw(last(chain), blob)
						out, err = pulls.Call(within(t, 20*time.Second), last(chain), pullIn{Blob: blob})
						if err != nil || out.Reason != transport.BlobRefused {
							t.Errorf("withdrawn, at depth %d: %+v, %v", depth, out, err)
						}
					}
				}
				_ = b.Shutdown()
			}
		})
	}
}
