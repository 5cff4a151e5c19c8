package agentbin

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var here = connect.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}

// newSource makes a source that looks only where the test says.
func newSource(t *testing.T, fsys fstest.MapFS, build func() (source, error)) *Source {
	t.Helper()
	st := &store{dirs: []string{t.TempDir()}}
	return sourceOf(fsys, st, build)
}

func sourceOf(fsys fstest.MapFS, st *store, build func() (source, error)) *Source {
	return sourceFor(Usual, fsys, st, build)
}

func nowhere() (source, error) { return source{}, errors.New("no source here") }

func assertImage(t *testing.T, image *transport.AgentImage) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(image.Gzip))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil || sha256.Sum256(content) != image.SHA256 || int64(len(content)) != image.Size {
		t.Fatalf("image of %d bytes, said to be %d: %v", len(content), image.Size, err)
	}
	return content
}

func TestEmbeddedComesFirst(t *testing.T) {
	content := []byte("an agent for mips")
	p := connect.Platform{OS: "linux", Arch: "mipsle"}
	name := FileName(p, Usual, sha256.Sum256(content))
	s := newSource(t, fstest.MapFS{"README.md": {}, name: {Data: Compress(content, 9)}}, nowhere)
	if got := s.Known()[p]; got != sha256.Sum256(content) {
		t.Errorf("the known digest is %x", got)
	}
	image, err := s.Agent(t.Context(), "linux", "mipsle")
	if err != nil {
		t.Fatal(err)
	}
	if got := assertImage(t, image); string(got) != string(content) {
		t.Errorf("the image holds %q", got)
	}
}

func TestMissingSaysWhichCommandHelps(t *testing.T) {
	s := newSource(t, nil, nowhere)
	_, err := s.Agent(t.Context(), "plan9", "mips")
	var p *kind.Problem
	if !errors.As(err, &p) || p.Code != "agent_missing" || !strings.Contains(p.Detail, "agentbin/pack plan9/mips") {
		t.Errorf("got %v, want the command that makes the missing agent", err)
	}
}

func TestBuiltOnceForAll(t *testing.T) {
	if testing.Short() {
		t.Skip("builds an agent")
	}
	if _, err := toolchain(); err != nil {
		t.Skip(err)
	}
	s := newSource(t, nil, findSource)
	s.bound = buildBound
	var wg sync.WaitGroup
	images := make([]*transport.AgentImage, 4)
	for i := range images {
		wg.Go(func() { images[i], _ = s.Agent(t.Context(), here.OS, here.Arch) })
	}
	wg.Wait()
	for _, im := range images {
		if im == nil || im != images[0] {
			t.Fatalf("not all images are the same: %v", images)
		}
	}
	content := assertImage(t, images[0])
	if !static(content) {
		t.Error("the agent is not linked statically")
	}
	assertSize(t, len(content), len(images[0].Gzip))
	assertNoManual(t, content)
	if !bytes.Contains(content, []byte(quickStart)) {
		t.Error("the agent has not the settings of quickStart: the linker sets no variable that is not there")
	}
	// Another process knows the agent by its digest, and does not build it.
	other := sourceOf(nil, s.store, findSource)
	if f := other.build.built(); len(f) != 1 || f[0].sum != images[0].SHA256 || f[0].platform != here {
		t.Errorf("built so far: %v", f)
	}
	if im, err := other.Agent(t.Context(), here.OS, here.Arch); err != nil || im.SHA256 != images[0].SHA256 {
		t.Errorf("the agent from the cache: %v", err)
	}
}

// TestBuildLearnsNoSecrets: neither the toolchain nor what it starts gets a value
// of the configuration.
func TestBuildLearnsNoSecrets(t *testing.T) {
	dir := t.TempDir()
	seen := filepath.Join(dir, "seen")
	fake := "#!/bin/sh\nenv >>" + seen + "\n[ $1 = env ] || exit 1\n"
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("MITOPLAN_VAR_password", "s3cret")
	for _, src := range []source{{dir: dir}, {version: "v1.0.0"}} {
		if _, err := src.build(t.Context(), here, Usual); err == nil {
			t.Fatal("the program that was run builds nothing")
		}
	}
	env, err := os.ReadFile(seen)
	if err != nil || strings.Count(string(env), "PATH="+dir) != 3 {
		t.Fatalf("the toolchain was run with %q (%v)", env, err)
	}
	if strings.Contains(string(env), "s3cret") {
		t.Error("the toolchain was given a value of the configuration")
	}
}

// Limits of an agent's size, a little above what it has. If an agent exceeds them,
// look at what was added before raising them: each host is sent all of it. Use `go
// tool nm -size -sort size` on an agent that was built without -ldflags=-s.
const (
	maxAgent      = 7_490_000
	maxCompressed = 2_600_000
)

func assertSize(t *testing.T, size, compressed int) {
	t.Helper()
	t.Logf("agent for %s: %d bytes, compressed %d", here, size, compressed)
	if size > maxAgent || compressed > maxCompressed {
		t.Errorf("the agent has %d bytes, compressed %d; the limits are %d and %d", size, compressed, maxAgent, maxCompressed)
	}
}

// fakeGo puts a toolchain first in PATH that does what the script says. A source
// finds no other one.
func fakeGo(t *testing.T, script string) (s *Source) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("TMPDIR", t.TempDir())
	return newSource(t, nil, func() (source, error) { return source{dir: dir}, nil })
}

// TestGivingUp: if one of those who wait for a build gives up, the build goes on
// for the others. The log mentions the build once.
func TestGivingUp(t *testing.T) {
	gate := filepath.Join(t.TempDir(), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	s := fakeGo(t, "read x <"+gate+`; while [ "$1" != -o ]; do shift; done; echo agent >"$2"`)
	var log bytes.Buffer
	s.LogTo(hclog.New(&hclog.LoggerOptions{Output: &log}))
	patient := s.join(t.Context(), connect.Platform{OS: "plan9", Arch: "mips"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Agent(ctx, "plan9", "mips"); err != context.Canceled {
		t.Errorf("got %v, want that the start was cancelled", err)
	}
	if err := os.WriteFile(gate, []byte("go\n"), 0); err != nil {
		t.Fatal(err)
	}
	<-patient.done
	if patient.err != nil || string(assertImage(t, patient.image)) != "agent\n" {
		t.Errorf("the other one got %v, %v", patient.image, patient.err)
	}
	if n := strings.Count(log.String(), "[INFO]  building the agent for plan9/mips (once)"); n != 1 {
		t.Errorf("the build was logged %d times, want once: %s", n, &log)
	}
}

// TestLastToGiveUpEndsTheBuild: a build that nobody waits for any more is ended,
// and leaves nothing. The next one to ask begins a new build.
func TestLastToGiveUpEndsTheBuild(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	if err := syscall.Mkfifo(started, 0o600); err != nil {
		t.Fatal(err)
	}
	s := fakeGo(t, "echo >"+started+"; exec sleep 100")
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { os.ReadFile(started); cancel() }()
		if _, err := s.Agent(ctx, "plan9", "mips"); err != context.Canceled {
			t.Errorf("got %v, want that the start was cancelled", err)
		}
		if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// TestBuildIsBounded: a build that never ends is reported as slow.
func TestBuildIsBounded(t *testing.T) {
	s := fakeGo(t, "exec sleep 100")
	s.bound = 20 * time.Millisecond
	_, err := s.Agent(t.Context(), "plan9", "mips")
	var p *kind.Problem
	if !errors.As(err, &p) || p.Code != "agent_build_slow" || !strings.Contains(p.Detail, "plan9/mips within 20ms") {
		t.Errorf("got %v, want that the build is too slow", err)
	}
}

func TestOwnExecutable(t *testing.T) {
	st := &store{dirs: []string{t.TempDir()}}
	path := filepath.Join(t.TempDir(), "program")
	os.WriteFile(path, []byte("no ELF, so no loader"), 0o700)
	image, err := fromFile(st, path, here)
	if err != nil {
		t.Fatal(err)
	}
	assertImage(t, image)
	if files := st.list("own-"); len(files) != 1 || files[0].sum != image.SHA256 {
		t.Errorf("the store holds %v, want the image alone", files)
	}
	again, err := fromFile(st, path, here)
	if err != nil || again.SHA256 != image.SHA256 {
		t.Errorf("the second time: %v", err)
	}
	if _, err := own(st, connect.Platform{OS: "plan9", Arch: "mips"}); err == nil {
		t.Error("got an image for another platform")
	}
}

func TestDynamicIsTold(t *testing.T) {
	sh, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	if _, err := fromFile(&store{}, sh, here); !errors.Is(err, errDynamic) {
		t.Errorf("got %v, want errDynamic", err)
	}
}

func TestDamagedFileIsNotUsed(t *testing.T) {
	st := &store{dirs: []string{t.TempDir()}}
	sum := sha256.Sum256([]byte("whole"))
	st.save("x-"+FileName(here, Usual, sum), Compress([]byte("whole"), 9))
	f := st.list("x-")
	if len(f) != 1 {
		t.Fatal(f)
	}
	if _, err := st.load(f[0]); err != nil {
		t.Error(err)
	}
	os.WriteFile(f[0].name, Compress([]byte("other"), 9), 0o600)
	if _, err := st.load(f[0]); err == nil {
		t.Error("a file whose content does not fit its name was loaded")
	}
}

func TestStoreIsPrivate(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", home)
	t.Setenv("TMPDIR", t.TempDir())
	if dir := newStore().makeDirectory(); !strings.HasPrefix(dir, home) || newStore().directory() != dir {
		t.Errorf("the store is in %s, want the home directory", dir)
	}
	os.Chmod(filepath.Join(home, "mitoplan", "agents"), 0o777)
	if dir := newStore().makeDirectory(); !strings.HasPrefix(dir, os.TempDir()) {
		t.Errorf("the store is in %q, want another place than a directory that anybody may write", dir)
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if dir := newStore().makeDirectory(); !strings.HasPrefix(dir, os.TempDir()) {
		t.Errorf("without a home directory the store is in %q", dir)
	}
}

// TestLooksLeaveNothing: no directory is made until an image is stored. For a user
// of local contexts the cache stays as it was.
func TestLooksLeaveNothing(t *testing.T) {
	home, tmp := t.TempDir(), t.TempDir()
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
	t.Setenv("TMPDIR", tmp)
	s := New(Usual)
	s.Known()
	for _, dir := range []string{home, tmp} {
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("%s holds %v (%v)", dir, entries, err)
		}
	}
	s.store.save("x", nil)
	if _, err := os.Stat(filepath.Join(home, "cache", "mitoplan", "agents", "x")); err != nil {
		t.Error(err)
	}
}

func FuzzParseName(f *testing.F) {
	f.Add(FileName(here, Usual, sha256.Sum256(nil)))
	f.Add(FileName(here, Full, sha256.Sum256(nil)))
	f.Add("linux_amd64-00.gz")
	f.Fuzz(func(t *testing.T, name string) {
		if p, ok := parseName(name); ok && !strings.EqualFold(FileName(p.platform, p.edition, p.sum), name) {
			t.Errorf("%q is read as %v", name, p)
		}
	})
}
