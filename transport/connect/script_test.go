package connect

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// loginShells are the shells that sshd may run the command line with.
var loginShells = []string{"sh", "bash", "dash", "zsh", "fish", "tcsh", "ksh", "mksh", "busybox"}

// fakeAgent is a script that greets like an agent and shows what it was given. Its
// text differs in every run, so that it is never found in a cache of another run.
var fakeAgent = `#!/bin/sh
# ` + strconv.Itoa(os.Getpid()) + `
printf '\n%s\n\000\000\000\014' "$2"
printf '%s|%s|%s|%s|%s|%s\n' "$1" "$3" "${GOGC-unset} ${GOMAXPROCS-unset}" "$(umask)" "$PLAIN" "$ODD"
cat
`

// source has the same fake image for every platform.
type source struct {
	content string
	known   bool
	asked   int
}

func (s *source) Agent(context.Context, string, string) (*transport.AgentImage, error) {
	s.asked++
	packed.Lock()
	defer packed.Unlock()
	sum := sha256.Sum256([]byte(s.content))
	if packed.all[sum] == nil {
		var z bytes.Buffer
		w, _ := gzip.NewWriterLevel(&z, gzip.BestSpeed)
		io.WriteString(w, s.content)
		w.Close()
		packed.all[sum] = z.Bytes()
	}
	return &transport.AgentImage{SHA256: sum, Gzip: bytes.Clone(packed.all[sum]), Size: int64(len(s.content))}, nil
}

// packed are the images that were compressed in this process. The program of the tests is one of
// them, which takes seconds under the race detector.
var packed = struct {
	sync.Mutex
	all map[[32]byte][]byte
}{all: map[[32]byte][]byte{}}

func (s *source) Known() map[Platform][32]byte {
	if !s.known {
		return nil
	}
	m := map[Platform][32]byte{}
	for _, p := range platforms {
		m[p.Platform] = sha256.Sum256([]byte(s.content))
	}
	return m
}

// frameStart is a possible beginning of an agent's first frame.
const frameStart = "\x00\x00\x00\x0c"

const testToken = "b5c1b5c1b5c1b5c1"

type shellRun struct {
	words LastWords
	out   string
	err   error
}

// runLine runs a bootstrap as sshd would: through a login shell.
func runLine(t *testing.T, shell string, env []string, b *Bootstrap) *shellRun {
	t.Helper()
	return runLineWith(t, shell, env, b, func(*exec.Cmd) {})
}

// runLineWith is runLine with a login shell that is started in another way.
func runLineWith(t *testing.T, shell string, env []string, b *Bootstrap, change func(*exec.Cmd)) *shellRun {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skipf("%s is not installed", shell)
	}
	args := []string{"-c", b.Line()}
	if shell == "busybox" {
		args = append([]string{"sh"}, args...)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "GOGC=1"}, env...)
	cmd.Dir = t.TempDir()
	res := &shellRun{}
	cmd.Stderr = &res.words
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	change(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var r io.Reader
	if r, res.err = b.Greet(t.Context(), out, in, &res.words, func() { out.Close() }); res.err == nil {
		io.WriteString(in, "frames\n")
		in.Close()
		all, _ := io.ReadAll(r)
		res.out = strings.TrimPrefix(string(all), frameStart)
	}
	in.Close()
	out.Close()
	cmd.Wait()
	return res
}

func testStart(s transport.AgentSource) transport.Start {
	return transport.Start{Token: testToken, ProcessName: "mitoplan:me@host:1", Agents: s, Phase: func(transport.Phase) {}, Within: func(time.Duration) {}, Progress: func() {}, Ask: func(string) func() { return func() {} }, Warn: func(kind.Problem) {}}
}

// TestLineInEveryLoginShell: the command line starts an agent in whatever shell
// runs it, both when it is pushed and when it is cached. The agent has the umask of
// the account, and its number of processors.
func TestLineInEveryLoginShell(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o027))
	for _, shell := range loginShells {
		t.Run(shell, func(t *testing.T) {
			home := filepath.Join(t.TempDir(), "a home's $x")
			if err := os.Mkdir(home, 0o755); err != nil {
				t.Fatal(err)
			}
			src := &source{content: fakeAgent, known: true}
			odd := "a'b\"c\\d!e$f`g\n\nü\xff\n"
			c := Common{Env: map[string]string{"PLAIN": "x", "ODD": odd}}
			for round, wantPushes := range []int{1, 1, 1} {
				env, processors := []string{"HOME=" + home}, "01"
				if round == 2 { // the account has it
					env, processors = append(env, "GOMAXPROCS=3"), "3"
				}
				s := runLine(t, shell, env, NewBootstrap(testStart(src), c))
				if s.err != nil {
					t.Fatalf("round %d: %v; it printed %q", round, s.err, s.words.String())
				}
				want := "mitoplan-agent|mitoplan:me@host:1|unset " + processors + "|0027|x|" + odd + "\nframes\n"
				if s.out != want {
					t.Errorf("round %d: the agent saw %q, want %q", round, s.out, want)
				}
				if src.asked != wantPushes {
					t.Errorf("round %d: %d images pushed so far, want %d", round, src.asked, wantPushes)
				}
			}
			assertCache(t, filepath.Join(home, ".cache"))
		})
	}
}

// halfway is the input of a host that gets half of an agent, and the rest when it says
// how much it has.
type halfway struct {
	io.Writer
	reports chan int64
	size    atomic.Int64 // of the agent; set before it is written
	sent    int64        // of it
}

// inTools is how many bytes the programs of a host may hold back.
const inTools = 8 << 10

// Write writes, and waits in the middle of the agent.
func (h *halfway) Write(b []byte) (int, error) {
	n, err := h.Writer.Write(b)
	size := h.size.Load()
	if size == 0 || err != nil || h.sent == 0 && len(b) != pushPiece { // the line before the agent is shorter
		return n, err
	}
	waits := h.sent < size/2
	if h.sent += int64(n); !waits || h.sent < size/2 {
		return n, err
	}
	for has := range h.reports {
		if has > h.sent {
			return 0, fmt.Errorf("the host says that it has %d bytes of %d", has, h.sent)
		}
		if has > h.sent-inTools {
			break
		}
	}
	return n, err
}

// TestHostsSayHowMuchHasArrived: whichever shell runs the script, the host says how many bytes of it have come, and nothing that said so is
// left when the agent runs.
func TestHostsSayHowMuchHasArrived(t *testing.T) {
	tools := []string{"sh", "id", "uname", "ls", "mkdir", "chmod", "head", "cat", "mv", "rm", "printf", "sleep", "sha256sum"}
	random := make([]byte, 40<<10)
	_, _ = rand.Read(random)
	noise := hex.EncodeToString(random)
	for _, argv := range scriptShells {
		unpack := "gzip"
		if argv[0] == "busybox" {
			unpack = "busybox"
		}
		t.Run(strings.Join(argv, " "), func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(argv[0])
			if err != nil {
				t.Skipf("%s is not installed", argv[0])
			}
			mark := t.TempDir()
			half := &halfway{reports: make(chan int64, 1000)}
			start := testStart(&source{content: fakeAgent + "# " + noise})
			start.Push = func(size int64) (func(int64), func()) {
				half.size.Store(size)
				return func(n int64) { half.reports <- n }, func() {}
			}
			b := NewBootstrap(start, Common{AgentDirs: []string{mark}})
			cmd := exec.Command(path, append(slices.Clone(argv[1:]), "-c", b.Script())...)
			cmd.Env = []string{"PATH=" + toolbox(t, append(tools, unpack)...), "MARK=" + mark}
			p, err := startProcess(cmd, &LastWords{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			half.Writer = p.stdin
			if _, err := b.Greet(t.Context(), p.stdout, half, p.words, func() { p.close() }); err != nil {
				t.Errorf("%v; it printed %q", err, p.words.String())
			}
			p.close()
			p.wait()
			if left := carrying(t, "MARK="+mark); left != "" {
				t.Errorf("still running: %s", left)
			}
			if said := p.words.String(); said != "" {
				t.Errorf("it printed %q", said)
			}
		})
	}
}

// assertCache holds that the cache directory is private and has one whole agent,
// and nothing half-written.
func assertCache(t *testing.T, base string) {
	t.Helper()
	dir := filepath.Join(base, "mitoplan-"+strconv.Itoa(os.Getuid()))
	st, err := os.Stat(dir)
	if err != nil || st.Mode().Perm() != 0o700 {
		t.Fatalf("the cache directory is %v, %v; want the mode 0700", st, err)
	}
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := agentName(sha256.Sum256([]byte(fakeAgent))) + " x"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("cache holds %q, want %q", got, want)
	}
}

func TestLineKeepsShort(t *testing.T) {
	b := NewBootstrap(testStart(&source{content: fakeAgent, known: true}), Common{})
	if n := len(b.Line()); n > 3264 { // each start pays for each byte
		t.Errorf("the line with all platforms has %d bytes, want 3264 at most", n)
	}
	if strings.ContainsAny(b.Script(), "'!\n\r") || strings.Contains(b.Script(), `\\`) || strings.Contains(b.Script(), `\'`) {
		t.Error("the script has characters that some login shell interprets in single quotes")
	}
}

func TestNoiseBeforeTheTokenIsKept(t *testing.T) {
	noise := "Welcome! password: \n" + testToken + "x not ours\nab " + testToken + "\n" + strings.Repeat("y", 100<<10) + "\nlast line, no end"
	var words LastWords
	b := NewBootstrap(testStart(&source{}), Common{})
	r, err := b.Greet(t.Context(), strings.NewReader(noise+"\n"+testToken+"\nFRAMES"), io.Discard, &words, func() {})
	if err != nil {
		t.Fatal(err)
	}
	if rest, _ := io.ReadAll(r); string(rest) != "FRAMES" {
		t.Errorf("the frames are %q", rest)
	}
	if w := words.String(); !strings.HasSuffix(w, "last line, no end") || len(w) > wordsKept {
		t.Errorf("the last words have %d bytes and end in %q", len(w), w[max(0, len(w)-40):])
	}
}

func TestNoiseIsBounded(t *testing.T) {
	b := NewBootstrap(testStart(&source{}), Common{})
	_, err := b.Greet(t.Context(), zeros{}, io.Discard, &LastWords{}, func() {})
	wantCode(t, err, "agent_noise")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestDirectoryChoice(t *testing.T) {
	src := func() *source { return &source{content: fakeAgent, known: true} }
	t.Run("no HOME", func(t *testing.T) {
		s := runLine(t, "sh", nil, NewBootstrap(testStart(src()), Common{AgentDirs: []string{"/proc", t.TempDir()}}))
		if s.err != nil {
			t.Fatal(s.err, s.words.String())
		}
	})
	t.Run("nothing fits", func(t *testing.T) {
		s := runLine(t, "sh", nil, NewBootstrap(testStart(src()), Common{AgentDirs: []string{"/proc", "/nonexistent"}}))
		wantCode(t, s.err, "agent_no_directory")
	})
	t.Run("a link instead of the directory", func(t *testing.T) {
		base, other := t.TempDir(), t.TempDir()
		os.Symlink(other, filepath.Join(base, "mitoplan-"+strconv.Itoa(os.Getuid())))
		s := runLine(t, "sh", nil, NewBootstrap(testStart(src()), Common{AgentDirs: []string{base}}))
		wantCode(t, s.err, "agent_no_directory")
		if e, _ := os.ReadDir(other); len(e) != 0 {
			t.Errorf("something was written through the link: %v", e)
		}
	})
	t.Run("a directory that others may write", func(t *testing.T) {
		base := t.TempDir()
		dir := filepath.Join(base, "mitoplan-"+strconv.Itoa(os.Getuid()))
		os.Mkdir(dir, 0o777)
		os.Chmod(dir, 0o777)
		s := runLine(t, "sh", nil, NewBootstrap(testStart(src()), Common{AgentDirs: []string{base}}))
		wantCode(t, s.err, "agent_no_directory")
	})
	t.Run("XDG_CACHE_HOME first", func(t *testing.T) {
		xdg := t.TempDir()
		s := runLine(t, "sh", []string{"HOME=" + t.TempDir(), "XDG_CACHE_HOME=" + xdg}, NewBootstrap(testStart(src()), Common{}))
		if s.err != nil {
			t.Fatal(s.err)
		}
		assertCache(t, xdg)
	})
}

func TestDamagedTransferAsksTheNextDirectory(t *testing.T) {
	bad := &damaged{source: source{content: fakeAgent}}
	dirs := []string{t.TempDir(), t.TempDir()}
	s := runLine(t, "sh", nil, NewBootstrap(testStart(bad), Common{AgentDirs: dirs}))
	if s.err != nil {
		t.Fatal(s.err, s.words.String())
	}
	assertCache(t, dirs[1])
	if e, _ := os.ReadDir(filepath.Join(dirs[0], "mitoplan-"+strconv.Itoa(os.Getuid()))); len(e) != 1 {
		t.Errorf("the first directory holds %v, want the program of the transfer alone", e)
	}
}

type damaged struct{ source }

func (d *damaged) Agent(ctx context.Context, o, a string) (*transport.AgentImage, error) {
	im, err := d.source.Agent(ctx, o, a)
	if d.asked == 1 {
		im.Gzip[len(im.Gzip)/2] ^= 0xff
	}
	return im, err
}

func TestDamagedCacheIsStale(t *testing.T) {
	base := t.TempDir()
	src := &source{content: fakeAgent, known: true}
	b := NewBootstrap(testStart(src), Common{AgentDirs: []string{base}})
	if s := runLine(t, "sh", nil, b); s.err != nil {
		t.Fatal(s.err)
	}
	file := filepath.Join(base, "mitoplan-"+strconv.Itoa(os.Getuid()), agentName(sha256.Sum256([]byte(fakeAgent))))
	if err := os.WriteFile(file, []byte("\x7fELF damaged"), 0o700); err != nil {
		t.Fatal(err)
	}
	sealAgent(t, file) // as it looks where a disk fails
	if s := runLine(t, "sh", nil, b); s.err != ErrStale {
		t.Fatalf("error %v, want ErrStale", s.err)
	}
	if s := runLine(t, "sh", nil, b.Fresh()); s.err != nil {
		t.Fatal(s.err)
	}
	assertCache(t, base)
}

// TestHitRunsNextToNothing: a start from a cache runs only programs that it needs.
// No others can be found here.
func TestHitRunsNextToNothing(t *testing.T) {
	tools := []string{"cat"} // which is the agent's
	if _, err := os.Stat("/proc/sys/kernel/arch"); err != nil {
		tools = append(tools, "uname")
	}
	for _, shell := range loginShells {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath("sh")
			if err != nil {
				t.Skip(err)
			}
			home := t.TempDir()
			src := &source{content: fakeAgent, known: true}
			b := NewBootstrap(testStart(src), Common{})
			if s := runLine(t, shell, []string{"HOME=" + home}, b); s.err != nil {
				t.Fatal(s.err)
			}
			box := toolbox(t, tools...)
			os.Symlink(path, filepath.Join(box, "sh"))
			if s := runLine(t, shell, []string{"HOME=" + home, "PATH=" + box}, b); s.err != nil || src.asked != 1 || s.words.String() != "" {
				t.Errorf("%d images were sent, want 1; %v: %s", src.asked, s.err, s.words.String())
			}
		})
	}
}

// TestHitInSharedDirectories: a cache below a directory where others write is found
// by the user id, and never by a pattern.
func TestHitInSharedDirectories(t *testing.T) {
	base := t.TempDir()
	if err := os.Chmod(base, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	src := &source{content: fakeAgent, known: true}
	b := NewBootstrap(testStart(src), Common{AgentDirs: []string{base}})
	for range 2 {
		if s := runLine(t, "sh", nil, b); s.err != nil || src.asked != 1 {
			t.Fatalf("%d images were sent, want 1; %v: %s", src.asked, s.err, s.words.String())
		}
	}
	dir := filepath.Join(base, "mitoplan-"+strconv.Itoa(os.Getuid()))
	if err := os.Rename(dir, filepath.Join(base, "mitoplan-other")); err != nil {
		t.Fatal(err)
	}
	if s := runLine(t, "sh", nil, b); s.err != nil || src.asked != 2 {
		t.Errorf("an agent in a directory with another name was used: %d images were sent, want 2; %v", src.asked, s.err)
	}
}

func TestDecompressors(t *testing.T) {
	for _, only := range [][]string{{"gzip"}, {"gunzip", "gzip"}, {"busybox"}, {"python3"}, {"perl"}, nil} {
		t.Run(fmt.Sprint(only), func(t *testing.T) {
			path := toolbox(t, append([]string{"sh", "id", "uname", "ls", "mkdir", "chmod", "head", "cat", "mv", "rm"}, only...)...)
			s := runLine(t, "dash", []string{"PATH=" + path}, NewBootstrap(testStart(&source{content: fakeAgent}), Common{AgentDirs: []string{t.TempDir()}}))
			if s.err != nil {
				t.Fatal(s.err, s.words.String())
			}
		})
	}
}

// toolbox makes a directory with links to these programs and no others.
func toolbox(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, n := range names {
		path := "/usr/bin/" + n
		if _, err := os.Stat(path); err != nil {
			if path, err = exec.LookPath(n); err != nil {
				t.Skipf("%s is not installed", n)
			}
		}
		os.Symlink(path, filepath.Join(dir, n))
	}
	return dir
}

func TestAgentPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "the agent")
	os.WriteFile(path, []byte(fakeAgent), 0o755)
	s := runLine(t, "tcsh", nil, NewBootstrap(testStart(&source{}), Common{AgentPath: path, Env: map[string]string{"PLAIN": "p"}}))
	if s.err != nil || !strings.Contains(s.out, "|p|") {
		t.Fatal(s.err, s.out)
	}
	s = runLine(t, "sh", nil, NewBootstrap(testStart(&source{}), Common{AgentPath: path + "-missing"}))
	wantCode(t, s.err, "agent_path_missing")
}
