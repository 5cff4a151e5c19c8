package connect

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Bootstrap is one attempt to turn a shell into an agent: the line that is run,
// and the conversation that follows. A Connector makes one for each start, runs
// Line or Script on the host and calls Greet. The host answers in one of these
// ways, each on a line of its own that begins with the token:
//
//	TOKEN             an agent runs; what follows are its frames
//	TOKEN run PID     an agent is being executed, by the process of that number
//	TOKEN need SYS MACHINE gz|raw
//	                  no agent is there: answer with "SH\n", sh that takes one, with
//	                  "\n" at times until there is one, and then "SHA256 LENGTH\n"
//	                  and that many bytes. Nothing may follow before the agent's own
//	                  line, because a host's head may read ahead of its payload
//	TOKEN at N        N bytes of it have arrived; about every 2 s
//	TOKEN no WHY      a directory cannot hold an agent; see note
//	TOKEN none        no directory can
//	TOKEN nopath LS   nothing can be executed at agent_path, of which ls says LS
//
// Everything else is noise of profiles and banners, and goes to the LastWords.
type Bootstrap struct {
	token, process string
	env            map[string]string
	agentPath      string
	agentDirs      []string
	agents         transport.AgentSource
	known          map[Platform][32]byte
	phase          func(transport.Phase)
	pause          func(time.Duration) func()
	sending        func(size int64) (arrived func(int64), done func())
	slots          *transport.Slots
	log            *transport.StartLog
	// patience is how long a cached agent may take to greet, and silence how long a host
	// waits for more of an agent that it asked for.
	patience, silence time.Duration
	// fresh ignores cached agents, because one of them did not start. stale is
	// the number of its process, which may still run.
	fresh bool
	stale int
	// ran is the number of the process on the host that executed an agent last, 0 for
	// none.
	ran int
	// answered is true once the host has said a line of the conversation.
	answered bool
	// direct means that what is at agentPath, which an argument names, is executed without a
	// shell.
	direct bool
	// onStdin means that the script is the first line of stdin. locale is sh
	// that undoes what the parent changed in the language of messages.
	onStdin bool
	locale  string
}

// ErrStale is returned by Greet if a cached agent did not greet: it ended, said
// something else, or took too long. Its file is damaged, cannot be executed
// any more, or can be changed by others, at which an agent ends by itself: see EndIfOpen.
// A start with Fresh does without it, and ends what is left of it.
var ErrStale = errors.New("the cached agent did not start")

// errOnTerminal is the error of a shell whose lines came through a terminal.
var errOnTerminal = errors.New("the shell that starts the agent has a terminal")

// noiseLimit is how many bytes a host may print before its agent runs.
const noiseLimit = 1 << 20

// pushLimit is how often one start answers "need": once for each cache
// directory.
const pushLimit = 6

// digestSource is an AgentSource that knows the digests of its images before
// any of them is made.
type digestSource interface {
	Known() map[Platform][32]byte
}

// NewBootstrap prepares the start of an agent in a shell.
func NewBootstrap(s transport.Start, c Common) *Bootstrap {
	b := &Bootstrap{
		token: s.Token, process: s.ProcessName, env: c.Env,
		agentPath: c.AgentPath, agentDirs: c.AgentDirs, agents: s.Agents,
		phase: s.Phase, pause: s.Pause, sending: s.Push, slots: s.Slots, log: s.Log,
		patience: patience(c.Timeout()), silence: silence(c.Timeout()),
	}
	if b.agents == nil {
		b.agents = Self()
	}
	if b.phase == nil {
		b.phase = func(transport.Phase) {}
	}
	if k, ok := b.agents.(digestSource); ok {
		b.known = k.Known()
	}
	return b
}

// Fresh is the same start without the agents that are cached on the host.
func (b *Bootstrap) Fresh() *Bootstrap {
	f := *b
	f.fresh = true
	return &f
}

// patience is how long a cached agent may take to greet. It is a third of the
// time of the start, so that there is enough left to replace the agent. A sound one
// takes some milliseconds.
func patience(limit time.Duration) time.Duration {
	if limit <= 0 {
		limit = defaultTimeout
	}
	return limit / 3
}

// defaultTimeout is that of connect_timeout.
const defaultTimeout = 10 * time.Second

// Greet writes what the line that was started reads first, and talks to it until
// its agent runs. The reader that it returns continues with frames. The caller
// closes the stream when ctx ends. giveUp must close it too; Greet calls it if a
// cached agent takes too long, or if the host takes nothing any more and does not
// end. The error is not yet what a person is told: see Failure.
func (b *Bootstrap) Greet(ctx context.Context, r io.Reader, w io.Writer, words *LastWords, giveUp func()) (io.Reader, error) {
	b.answered = false
	b.phase(transport.PhaseBootstrap)
	words.forget(b)
	patient := NewPatientWriter(w, giveUp)
	defer patient.Stop()
	b.logScript()
	if first := b.preamble(); len(first) > 0 {
		_, _ = patient.Write(first) // it keeps its error
	}
	c := &conversation{b: b, w: patient, giveUp: giveUp, greeter: greeter{r: bufio.NewReaderSize(r, 32<<10), words: words}}
	r, err := c.talk(ctx)
	late := c.hurry != nil && !c.hurry.Stop()
	if (late || err != nil) && !errors.Is(err, errOnTerminal) && c.cached && c.pushes == 0 && ctx.Err() == nil {
		b.stale = b.ran
		b.log.Debug("cached agent did not start")
		return nil, ErrStale
	}
	return r, b.notAgent(err)
}

// conversation is one run of Greet.
type conversation struct {
	greeter
	b      *Bootstrap
	w      io.Writer
	giveUp func()
	hurry  *time.Timer // ends the wait for a cached agent; nil if there is none

	pushes int
	push   *push // the agent that is being sent; nil if none is
	cached bool  // an agent that was found on the host is being executed
	notes  []note
	noisy  bool // something else was printed
}

// talk answers the host, line by line, until its agent runs.
func (c *conversation) talk(ctx context.Context) (io.Reader, error) {
	for {
		line, err := c.line()
		if err != nil {
			return nil, err
		}
		if c.b.onTerminal(line) {
			return nil, errOnTerminal
		}
		verb, rest, ok := c.b.parse(line)
		if ok && verb == "at" {
			c.b.log.Debug("agent arrives", "bytes", rest)
			c.push.report(rest)
			continue
		}
		if ok {
			c.b.answered = true
			if err := c.pushed(); err != nil {
				return nil, err
			}
		}
		switch {
		case !ok:
			if !c.noisy {
				c.noisy = true
				c.b.log.Debug("something else is printed first")
			}
			c.noise(line)
		case verb == "":
			c.b.log.Debug("agent speaks")
			return c.r, c.checkFirstFrame()
		case verb == "run":
			c.running(rest)
		case verb == "no":
			n := noteOf(rest)
			c.notes = append(c.notes, n)
			c.b.log.Debug("directory keeps no agent", "why", n.String())
		case verb == "need" && c.pushes < pushLimit:
			c.pushes++
			if c.push, err = c.b.push(ctx, c.w, rest); err != nil {
				return nil, err
			}
		default:
			return nil, c.b.refused(verb, rest, c.notes, c.words)
		}
	}
}

// running is called when an agent is being executed. A cached agent must greet
// soon.
func (c *conversation) running(pid string) {
	c.b.phase(transport.PhaseGreeting)
	c.b.ran, _ = strconv.Atoi(pid)
	c.b.logRun(pid, c.pushes > 0)
	if c.pushes > 0 || c.b.fresh || c.b.agentPath != "" || c.cached {
		return
	}
	c.cached = true
	c.hurry = time.AfterFunc(c.b.patience, c.giveUp)
}

// checkFirstFrame looks at how the frames of a cached agent begin, which is the
// length of one: see the specification in package transport.
func (c *conversation) checkFirstFrame() error {
	if !c.cached {
		return nil
	}
	head, err := c.r.Peek(4)
	if err != nil {
		return err
	}
	if n := binary.BigEndian.Uint32(head); n < 12 || n > 64<<10 {
		return ErrStale
	}
	return nil
}

// parse splits a line of the host's side of the conversation. ok is false for
// noise.
func (b *Bootstrap) parse(line []byte) (verb, rest string, ok bool) {
	s, ok := strings.CutPrefix(strings.TrimRight(string(line), "\n"), b.token)
	if !ok || len(s) > 1024 {
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

// onTerminal reports whether a line of the conversation came through a terminal: no
// printf of the script ends one with a carriage return. It is so, too, if what was
// sent comes back as a terminal echoes it.
func (b *Bootstrap) onTerminal(line []byte) bool {
	return bytes.HasSuffix(line, []byte("\r\n")) && bytes.Contains(line, []byte(b.token))
}

// greeter reads lines until frames begin.
type greeter struct {
	r     *bufio.Reader
	words *LastWords
	total int
	// inside is true in the middle of a line that is longer than the buffer.
	inside bool
}

// line returns the next line, without copying it. The pieces of a line that is
// longer than the buffer are noise.
func (g *greeter) line() ([]byte, error) {
	for {
		line, err := g.r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			g.words.Write(line)
			return nil, err
		}
		if g.total += len(line); g.total > noiseLimit {
			return nil, problem(kind.CodeAgentNoise, "Too much output before the agent",
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

// noise keeps a line that is no part of the conversation for error reports.
func (g *greeter) noise(line []byte) {
	if len(bytes.TrimSpace(line)) > 0 {
		g.words.Write(line)
	}
}
