package executor_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/pull"
	"github.com/mitoplan/mitoplan/transport"
)

// readsInput is a call that reads its stdin_file to its end, as a command does. In virtual
// time no program can run.
var readsInput = transport.NewFunc(call, func(ctx context.Context, n *transport.Node, req function.CallRequest) (function.CallReply, error) {
	var in struct {
		Input kind.Content `cbor:"stdin_content"`
	}
	if err := cbor.Unmarshal(req.Args, &in); err != nil {
		return function.CallReply{}, err
	}
	blob, err := pull.Blob(in.Input)
	if err != nil {
		return function.CallReply{}, err
	}
	r, err := pull.Open(ctx, n, in.Input.Data, blob)
	if err != nil {
		return function.CallReply{}, err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return function.CallReply{WouldRun: true, Results: map[string]any{"exit_code": 0}}, err
})

// Blocks with the same content share a host and a line of 64 KB/s. Each has a timeout of
// 5 s, and each content takes 40 s.
const (
	sharedFile = `
resource "file" "NAME" {
  on      = context.local.h
  path    = "$DIR/NAME"
  source  = "data.txt"
  timeout = "5s"
}`
	sharedInput = `
call "command" "NAME" {
  on         = context.local.h
  argv       = ["sha256sum"]
  stdin_file = "data.txt"
  timeout    = "5s"
  MORE
}`
)

func named(block, name, more string) string {
	return strings.NewReplacer("NAME", name, "MORE", more).Replace(block)
}

// TestBlocksThatShareAContentDoNotTimeOut: the time in which a content moves is given to
// every block that waits for it, whether it crosses once for all of them or once for each.
func TestBlocksThatShareAContentDoNotTimeOut(t *testing.T) {
	const rate, size = 64 << 10, 40 * 64 << 10
	for name, c := range map[string]struct {
		src  string
		took time.Duration
	}{
		"a file, and then a call that reads it": {named(sharedFile, "big", "") + named(sharedInput, "in", "triggered_by = [file.big]"), 80 * time.Second},
		"two calls at once":                     {named(sharedInput, "one", "") + named(sharedInput, "two", ""), 80 * time.Second},
		"two files at once":                     {named(sharedFile, "one", "") + named(sharedFile, "two", ""), 40 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t)
				l.rate, l.replace = rate, []transport.Function{readsInput}
				l.write("data.txt", megabytes(3, "shared")[:size])
				s := l.open(l.fromDisk("context \"local\" \"h\" {}\n"+c.src, nil))
				p := l.plan(s)
				began := time.Now()
				_, diags := l.apply(t.Context(), s, p)
				if took := time.Since(began); diags.HasErrors() || took < c.took-5*time.Second || took > c.took+10*time.Second {
					t.Errorf("it took %s, want some %s: %v", took, c.took, diags)
				}
			})
		})
	}
}

// TestProgressOfASharedContent: two calls that read one file at once are half through it
// when half of both has moved, and none of them shows what moved for the other.
func TestProgressOfASharedContent(t *testing.T) {
	const rate, size = 64 << 10, 40 * 64 << 10
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.rate, l.replace = rate, []transport.Function{readsInput}
		l.write("data.txt", megabytes(3, "shared")[:size])
		looked := 0
		l.told = func(e executor.Event) {
			if e.Type == executor.ApplyStart {
				time.AfterFunc(40*time.Second, func() {
					if done, of, ok := e.Moved(); !ok || of != size || done < size*3/10 || done > size*7/10 {
						t.Errorf("%s: %d of %d bytes have moved, %v, want some half", e.Address, done, of, ok)
					}
					l.set(func() { looked++ })
				})
			}
		}
		s := l.open(l.fromDisk("context \"local\" \"h\" {}\n"+named(sharedInput, "one", "")+named(sharedInput, "two", ""), nil))
		if _, diags := l.apply(t.Context(), s, l.plan(s)); diags.HasErrors() || looked != 2 {
			t.Errorf("the progress was looked at %d times: %v", looked, diags)
		}
	})
}
