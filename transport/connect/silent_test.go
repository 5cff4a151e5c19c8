package connect

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// gated is the input of a host. It lets writes through until shut is true of one, and
// none from then on: the line is silent, and is not closed.
type gated struct {
	w      io.Writer
	shut   func(b []byte) bool
	silent bool
	signs  atomic.Int32 // of life, while the agent is made
}

func (g *gated) Write(b []byte) (int, error) {
	if string(b) == "\n" {
		g.signs.Add(1)
	}
	if g.silent = g.silent || g.shut(b); g.silent {
		return len(b), nil
	}
	return g.w.Write(b)
}

// after is true from the n-th piece of an agent on. n is 0 for the line that tells of it,
// and -1 for all that is written. Each host needs one of its own, as it counts.
func after(n int) func(b []byte) bool {
	return func(b []byte) bool {
		if script := bytes.HasPrefix(b, []byte("_m")); !script && len(b) > 1 {
			n--
		}
		return n < 0
	}
}

func never([]byte) bool { return false }

// atOnce are subtests that wait most of their time, and so run all at once.
type atOnce struct{ sync.WaitGroup }

func (a *atOnce) run(t *testing.T, name string, test func(*testing.T)) {
	a.Go(func() { t.Run(name, test) })
}

// quietHost runs the script in a shell, as sshd does, with a line that falls silent.
type quietHost struct {
	*process
	dir   string
	line  *gated
	start transport.Start
	src   source
	err   error // of the conversation
}

// quietRounds is after how many reports a host of these tests gives up.
const quietRounds = 2

// converse runs the start to its end. change comes before it; it may be nil.
func (h *quietHost) converse(t *testing.T, argv []string, change func()) {
	t.Helper()
	path, err := exec.LookPath(argv[0])
	if err != nil {
		t.Skipf("%s is not installed", argv[0])
	}
	tools := []string{"sh", "id", "uname", "ls", "mkdir", "chmod", "head", "cat", "mv", "rm", "printf", "sleep", "sha256sum", "gzip"}
	random := make([]byte, 40<<10)
	_, _ = rand.Read(random)
	h.dir, h.src.content = t.TempDir(), fakeAgent+"# "+hex.EncodeToString(random)
	h.start = testStart(&h.src)
	if change != nil {
		change()
	}
	b := NewBootstrap(h.start, Common{AgentDirs: []string{h.dir}})
	b.silence = quietRounds * reportEvery
	cmd := exec.Command(path, append(slices.Clone(argv[1:]), "-c", b.Script())...)
	cmd.Env = []string{"PATH=" + toolbox(t, tools...), "MARK=" + h.dir}
	if h.process, err = startProcess(cmd, &LastWords{}, nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	defer context.AfterFunc(ctx, func() { h.signalAll(syscall.SIGKILL); h.close() })()
	h.line.w = h.stdin
	_, h.err = b.Greet(ctx, h.stdout, h.line, h.words, func() { h.close() })
	if ctx.Err() != nil {
		t.Error("the host did not end in a minute")
	}
}

// leavesNothing fails the test if a process or a file of the start is left, though its
// line is still open.
func (h *quietHost) leavesNothing(t *testing.T) {
	t.Helper()
	if left := carrying(t, "MARK="+h.dir); left != "" {
		t.Errorf("still running: %s", left)
	}
	if files, _ := filepath.Glob(h.dir + "/*/[^x]*"); len(files) > 0 {
		t.Errorf("these are left: %q", files)
	}
	h.close()
	h.wait()
}

// TestNothingIsLeftByASilentLine: wherever a line falls silent that stays open, the
// host ends what a start runs there, and removes what came of the agent.
func TestNothingIsLeftByASilentLine(t *testing.T) {
	t.Parallel()
	var all atOnce
	defer all.Wait()
	for when, pieces := range map[string]int{
		"before the answer":      -1,
		"while an agent is made": 0,
		"when it is announced":   1,
		"in the middle of it":    3,
	} {
		for _, argv := range scriptShells {
			all.run(t, when+", "+strings.Join(argv, " "), func(t *testing.T) {
				h := &quietHost{line: &gated{shut: after(pieces)}}
				h.converse(t, argv, nil)
				if h.err == nil {
					t.Error("an agent greeted")
				}
				h.leavesNothing(t)
			})
		}
	}
}

// TestNothingIsLeftByAKilledShell: if something kills the shell of a start and nothing
// else, the rest ends and what came is removed.
func TestNothingIsLeftByAKilledShell(t *testing.T) {
	t.Parallel()
	var all atOnce
	defer all.Wait()
	for _, argv := range scriptShells {
		all.run(t, strings.Join(argv, " "), func(t *testing.T) {
			h := &quietHost{line: &gated{shut: after(3)}}
			h.converse(t, argv, func() {
				h.start.Push = func(int64) (func(int64), func()) {
					return func(int64) { _ = h.cmd.Process.Kill() }, func() {}
				}
			})
			if h.err == nil {
				t.Error("an agent greeted")
			}
			h.leavesNothing(t)
		})
	}
}

// TestSlowIsNotSilent: a host waits as long as an agent is being made, and as long as
// more of it comes, for many times its silence.
func TestSlowIsNotSilent(t *testing.T) {
	t.Parallel()
	var all atOnce
	defer all.Wait()
	for _, argv := range scriptShells {
		all.run(t, "made, "+strings.Join(argv, " "), func(t *testing.T) {
			h := &quietHost{line: &gated{shut: never}}
			h.converse(t, argv, func() { h.start.Agents = slowSource{&h.src, h.line} })
			if h.err != nil {
				t.Errorf("%v; it printed %q", h.err, h.words.String())
			}
			h.close()
			h.wait()
		})
		all.run(t, "sent, "+strings.Join(argv, " "), func(t *testing.T) {
			reports := make(chan int64, 1000)
			h := &quietHost{line: &gated{shut: func(b []byte) bool {
				if len(b) == pushPiece {
					<-reports
				}
				return false
			}}}
			h.converse(t, argv, func() {
				h.start.Push = func(int64) (func(int64), func()) {
					return func(n int64) { reports <- n }, func() {}
				}
			})
			if h.err != nil {
				t.Errorf("%v; it printed %q", h.err, h.words.String())
			}
			h.close()
			h.wait()
		})
	}
}

// slowSource makes an agent for longer than a host is silent: until twice as many signs
// of life have been sent.
type slowSource struct {
	*source
	line *gated
}

func (s slowSource) Agent(ctx context.Context, system, arch string) (*transport.AgentImage, error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for s.line.signs.Load() < 2*signs && ctx.Err() == nil {
		<-tick.C
	}
	return s.source.Agent(ctx, system, arch)
}
