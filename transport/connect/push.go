package connect

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// push is an agent that is being sent to a host. It is written on a goroutine of its
// own, while it is still being made, and then while the conversation reads what the host
// says of it. That it is written says little: on a slow line most of it is in buffers
// then. The push is over when the host answers.
type push struct {
	w       io.Writer
	agent   chan agent // when it is there; closed if it never is
	arrived func(int64)
	done    func()
	written chan error
}

// agent is what a host that asked for one gets: a line that tells of it, and its bytes.
type agent struct {
	head  string
	bytes []byte
}

const (
	// pushPiece is how much of an agent is written at once. A packet of ssh is as long as
	// one write, 32 KiB at most, and has arrived only with its last byte: at 4 KB/s those
	// would take 8 s of the 10 s in which something must arrive.
	pushPiece = 8 << 10
	// reportEvery is how often a host says how much has arrived.
	reportEvery = 2 * time.Second
	// signs is how many times in its silence a host is told that its agent is still being
	// made.
	signs = 6
)

// silence is how long a host waits for more of what it asked for, before it ends the
// shell that asked, and removes what has come. Its sshd would keep them for hours. It is
// longer than this side waits for a host, which may be twice limit where this machine is
// busy.
func silence(limit time.Duration) time.Duration {
	return max(time.Minute, 3*limit)
}

// push answers "need SYS MACHINE ENCODING". It returns at once when it has the image.
func (b *Bootstrap) push(ctx context.Context, w io.Writer, rest string) (*push, error) {
	i := strings.LastIndexByte(rest, ' ')
	if i < 0 {
		return nil, notUnderstood(rest)
	}
	p, err := platformOf(rest[:i])
	if err != nil {
		return nil, err
	}
	b.log.Debug("no cached agent: one is asked for", "platform", rest[:i], "as", rest[i+1:])
	out := &push{w: w, agent: make(chan agent, 1), written: make(chan error, 1)}
	go func() { out.written <- out.write(b.pushScript(), b.silence/signs) }()
	defer close(out.agent)
	b.phase(transport.PhaseImage)
	image, err := b.image(ctx, p)
	if err != nil {
		return nil, err
	}
	if b.log.IsDebug() {
		b.log.Debug("agent is there to be sent", "platform", p.OS+"/"+p.Arch, "build", agentName(image.SHA256), "size", strconv.FormatInt(image.Size, 10))
	}
	payload := image.Gzip
	if rest[i+1:] == "raw" {
		if payload, err = unzip(image); err != nil {
			return nil, err
		}
	}
	if err := b.slots.Push(ctx, int64(len(payload))); err != nil {
		return nil, err
	}
	b.phase(transport.PhasePush)
	if b.log.IsDebug() {
		b.log.Debug("agent is sent", "bytes", strconv.Itoa(len(payload)))
	}
	out.arrived, out.done = b.toldOfPush(int64(len(payload)))
	out.agent <- agent{fmt.Sprintf("%x %d\n", image.SHA256, len(payload)), payload}
	return out, nil
}

// write sends the sh that takes the agent, a sign of life every so often, and then the
// agent when it is there.
func (p *push) write(script string, every time.Duration) error {
	_, err := io.WriteString(p.w, script+"\n")
	alive := time.NewTicker(every)
	defer alive.Stop()
	for err == nil {
		select {
		case <-alive.C:
			_, err = io.WriteString(p.w, "\n")
		case a := <-p.agent:
			return a.write(p.w)
		}
	}
	return err
}

// write sends the agent, piece by piece.
func (a agent) write(w io.Writer) error {
	_, err := io.WriteString(w, a.head)
	for piece := range slices.Chunk(a.bytes, pushPiece) {
		if err == nil {
			_, err = w.Write(piece)
		}
	}
	return err
}

// toldOfPush tells the start that an agent is being sent, if there is one that wants
// to know: see transport.Start.
func (b *Bootstrap) toldOfPush(size int64) (arrived func(int64), done func()) {
	if b.sending == nil {
		return func(int64) {}, func() {}
	}
	return b.sending(size)
}

// report takes what the host says has arrived. Words that are no number, and those of
// a host that was sent nothing, say nothing.
func (p *push) report(n string) {
	if p == nil {
		return
	}
	if n, err := strconv.ParseInt(n, 10, 64); err == nil {
		p.arrived(n)
	}
}

// pushed is called when the host has answered something else than how much it has:
// the push is over. A host that did not read all of it holds the start up here, until
// the caller of Greet closes the stream.
func (c *conversation) pushed() error {
	if c.push == nil {
		return nil
	}
	err := <-c.push.written
	c.b.log.Debug("no more of the agent is read")
	c.push.done()
	c.b.slots.Pushed()
	c.push = nil
	if err != nil {
		return fmt.Errorf("push agent: %w", err)
	}
	return nil
}

// imageBound is how long an agent may take to be made here. That does not count against
// the host, whose own time is for answering.
const imageBound = 11 * time.Minute

// pauseClock stops the clock of the start for at most bound, if there is one.
func (b *Bootstrap) pauseClock(bound time.Duration) (resume func()) {
	if b.pause == nil {
		return func() {}
	}
	return b.pause(bound)
}

// image is the agent for a platform. It may have to be built first.
func (b *Bootstrap) image(ctx context.Context, p Platform) (*transport.AgentImage, error) {
	defer b.pauseClock(imageBound)()
	return b.agents.Agent(ctx, p.OS, p.Arch)
}

// unzip is the uncompressed image, for a host that cannot uncompress it.
func unzip(image *transport.AgentImage) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(image.Gzip))
	if err != nil {
		return nil, fmt.Errorf("read agent image: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(z, image.Size+1))
	if err != nil {
		return nil, fmt.Errorf("read agent image: %w", err)
	}
	return raw, nil
}
