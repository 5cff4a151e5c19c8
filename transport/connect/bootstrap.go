package connect

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// Bootstrap is one attempt to turn a shell into an agent: the line that is
// run, and the conversation that follows. The host answers in one of five ways,
// each on a line of its own that begins with the token:
//
//	TOKEN             an agent runs; what follows are its frames
//	TOKEN run         a cached agent is being executed
//	TOKEN need SYS MACHINE gz|raw
//	                  no agent is there: answer with "SHA256 LENGTH\n" and that
//	                  many bytes, and then nothing before the agent's own line,
//	                  because a host's head may read ahead of its payload
//	TOKEN none        no folder can hold an agent
//	TOKEN nopath      nothing can be executed at agent_path
//
// Everything else is noise of profiles and banners and goes to the Words.
type Bootstrap struct {
	token, process string
	env            map[string]string
	agentPath      string
	agentDirs      []string
	agents         transport.AgentSource
	known          map[Platform][32]byte
	phase          func(string)
	pause          func(time.Duration) func()
	// fresh ignores cached agents: one of them did not start.
	fresh bool
	// onStdin: the script is the first line of stdin. locale is sh that undoes
	// what the parent changed in the language of messages.
	onStdin bool
	locale  string
}

// ErrStale is what Greet returns where a cached agent ended before it greeted:
// the file is damaged, or can not be executed any more. Fresh tries again.
var ErrStale = errors.New("the cached agent did not start")

// noiseLimit is how much a host may print before its agent runs.
const noiseLimit = 1 << 20

// pushLimit is how often one start answers "need": once for each cache folder.
const pushLimit = 6

// knower is an AgentSource that can tell digests before any image is made.
type knower interface {
	Known() map[Platform][32]byte
}

// NewBootstrap prepares the start of an agent in a shell.
func NewBootstrap(s transport.Start, c Common) *Bootstrap {
	b := &Bootstrap{
		token: s.Token, process: s.ProcessName, env: c.Env,
		agentPath: c.AgentPath, agentDirs: c.AgentDirs, agents: s.Agents, phase: s.Phase, pause: s.Pause,
	}
	if b.agents == nil {
		b.agents = Self()
	}
	if b.phase == nil {
		b.phase = func(string) {}
	}
	if k, ok := b.agents.(knower); ok {
		b.known = k.Known()
	}
	return b
}

// Fresh is the same start without the agents cached on the host.
func (b *Bootstrap) Fresh() *Bootstrap {
	f := *b
	f.fresh = true
	return &f
}

// Greet talks to the started line until its agent runs. The reader it returns
// continues with frames. Whoever calls it closes the stream when ctx ends.
func (b *Bootstrap) Greet(ctx context.Context, r io.Reader, w io.Writer, words *Words) (io.Reader, error) {
	b.phase("bootstrap")
	words.forget(b)
	g := &greeter{r: bufio.NewReaderSize(r, 32<<10), words: words}
	running, pushes := false, 0
	for {
		line, err := g.line()
		if err != nil {
			if running && pushes == 0 && !b.fresh && b.agentPath == "" && ctx.Err() == nil {
				return nil, ErrStale
			}
			return nil, err
		}
		verb, rest, ok := b.parse(line)
		switch {
		case !ok:
			g.noise(line)
		case verb == "":
			return g.r, nil
		case verb == "run":
			running = true
			b.phase("greeting")
		case verb == "need" && pushes < pushLimit:
			pushes++
			if err := b.push(ctx, w, rest); err != nil {
				return nil, err
			}
		default:
			return nil, b.refused(verb, words)
		}
	}
}

// parse splits a line of the host's side of the conversation; ok is false for
// noise.
func (b *Bootstrap) parse(line []byte) (verb, rest string, ok bool) {
	s, ok := strings.CutPrefix(strings.TrimRight(string(line), "\r\n"), b.token)
	if !ok || len(s) > 256 {
		return "", "", false
	}
	if s == "" {
		return "", "", bytes.HasSuffix(line, []byte("\n"))
	}
	if s[0] != ' ' {
		return "", "", false
	}
	verb, rest, _ = strings.Cut(s[1:], " ")
	return verb, rest, verb != ""
}

func (b *Bootstrap) refused(verb string, words *Words) error {
	switch verb {
	case "none", "need":
		return blame("agent_dirs", "agent_no_folder", "No folder for the agent",
			"Of %s, none could be written, executed and kept private. Set agent_dirs to a folder that is not mounted noexec.%s",
			b.dirList(), saying(words.String()))
	case "nopath":
		return blame("agent_path", "agent_path_missing", "No agent at agent_path",
			"Nothing can be executed at %s on the host. Install the agent there, or leave agent_path out.", b.agentPath)
	}
	return problem("agent_answer", "The host's answer is not understood", "The bootstrap line answered %q.", clip(verb, 60))
}

func (b *Bootstrap) dirList() string {
	if len(b.agentDirs) > 0 {
		return strings.Join(b.agentDirs, ", ")
	}
	return "$XDG_CACHE_HOME, ~/.cache, /var/tmp, $XDG_RUNTIME_DIR, /dev/shm and /tmp"
}

// push answers "need SYS MACHINE ENCODING".
func (b *Bootstrap) push(ctx context.Context, w io.Writer, rest string) error {
	i := strings.LastIndexByte(rest, ' ')
	if i < 0 {
		return problem("agent_answer", "The host's answer is not understood", "The bootstrap line asked for %q.", clip(rest, 60))
	}
	p, err := platformOf(rest[:i])
	if err != nil {
		return err
	}
	b.phase("push")
	image, err := b.image(ctx, p)
	if err != nil {
		return err
	}
	defer b.stand(pushBound)()
	payload := image.Gzip
	if rest[i+1:] == "raw" {
		if payload, err = unzip(image); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(w, "%s %d\n", hex.EncodeToString(image.SHA256[:]), len(payload)); err != nil {
		return fmt.Errorf("push agent: %w", err)
	}
	if _, err := w.Write(payload); err != nil {
		return fmt.Errorf("push agent: %w", err)
	}
	return nil
}

// How long an agent may take to be made here, and to be sent: neither counts
// against the host, whose own time is for answering.
const (
	imageBound = 11 * time.Minute
	pushBound  = 2 * time.Minute
)

// stand lets the hop's clock stand, where there is one.
func (b *Bootstrap) stand(bound time.Duration) (resume func()) {
	if b.pause == nil {
		return func() {}
	}
	return b.pause(bound)
}

func (b *Bootstrap) image(ctx context.Context, p Platform) (*transport.AgentImage, error) {
	defer b.stand(imageBound)()
	return b.agents.Agent(ctx, p.OS, p.Arch)
}

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

// greeter reads lines until frames begin.
type greeter struct {
	r     *bufio.Reader
	words *Words
	total int
	// inside is true in the middle of a line longer than the buffer.
	inside bool
}

// line returns the next line, without copying; a piece of an endless line is
// returned as noise.
func (g *greeter) line() ([]byte, error) {
	for {
		line, err := g.r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			g.words.Write(line)
			return nil, err
		}
		if g.total += len(line); g.total > noiseLimit {
			return nil, problem("agent_noise", "Too much output before the agent",
				"The host printed more than %d bytes before an agent started. Look at what its login profile prints.%s", noiseLimit, saying(g.words.String()))
		}
		part := g.inside
		g.inside = err != nil
		if !part && err == nil {
			return line, nil
		}
		g.noise(line)
	}
}

func (g *greeter) noise(line []byte) {
	if len(bytes.TrimSpace(line)) > 0 {
		g.words.Write(line)
	}
}
