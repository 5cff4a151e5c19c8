//go:build linux

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/agentbin"
	"github.com/mitoplan/mitoplan/internal/hostcache"
	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

// program is the path of mitoplan as it is released, with the agent for this
// platform embedded. Without it, each test has an empty HOME and would build an
// agent of its own, which takes longest.
var program string

// startOfTests separates what these tests made from what existed before.
var startOfTests = time.Now()

func TestMain(m *testing.M) {
	transport.MainWith(faults.Served()) // for the fault table, whose first hop is this program
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "mitoplan-e2e-")
	if err == nil {
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "mitoplan")
		err = buildProgram(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// Most tests that run beside each other wait for hosts, so that more of them are
	// worth it than there are processors.
	if f := flag.Lookup("test.parallel"); f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = f.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0)))
	}
	return m.Run()
}

// agentFiles are the names under which hosts keep the agents of the program.
var agentFiles = map[agentbin.Edition]string{}

// buildProgram embeds the agents without changing the source directory: it tells the
// compiler that the files are there.
func buildProgram(dir string) error {
	platform := connect.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}
	root, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	replaced := map[string]string{}
	for _, e := range []agentbin.Edition{agentbin.Usual, agentbin.Full} {
		content, err := agentbin.Build(context.Background(), root, platform, e)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		agentFiles[e] = hostcache.AgentPrefix + hex.EncodeToString(sum[:16])
		image := filepath.Join(dir, agentbin.FileName(platform, e, sum))
		// A little larger than in a release, and made much faster.
		if err := os.WriteFile(image, agentbin.Compress(content, 1), 0o600); err != nil {
			return err
		}
		replaced[filepath.Join(root, "internal", "agentbin", "agents", filepath.Base(image))] = image
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		return err
	}
	build := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, "./cmd/mitoplan")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building mitoplan: %w\n%s", err, out)
	}
	return nil
}

// runLimit is how long one run of the program may take. Nothing that is tested
// takes that long.
const runLimit = 90 * time.Second

// workspace is a directory with a configuration, and the environment in which the
// program runs there.
type workspace struct {
	t    testing.TB
	dir  string
	home string
	env  []string
	// limit is how long one run may take, if that is not runLimit.
	limit time.Duration
}

// newWorkspace makes a directory with files. Its HOME is an empty directory.
func newWorkspace(t testing.TB, files map[string]string) *workspace {
	t.Helper()
	w := &workspace{t: t, dir: t.TempDir(), home: t.TempDir()}
	w.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.home, "LC_ALL=C", "CI=true"}
	for name, content := range files {
		w.write(name, content)
	}
	return w
}

// exampleWorkspace makes a copy of one of the examples.
func exampleWorkspace(t *testing.T, name string) *workspace {
	t.Helper()
	w := newWorkspace(t, nil)
	if err := os.CopyFS(w.dir, os.DirFS(filepath.Join("..", "examples", name))); err != nil {
		t.Fatal(err)
	}
	for _, made := range []string{"generated", ".mitoplan"} {
		if err := os.RemoveAll(filepath.Join(w.dir, made)); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *workspace) path(name string) string { return filepath.Join(w.dir, name) }

func (w *workspace) write(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workspace) read(name string) string {
	w.t.Helper()
	b, err := os.ReadFile(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

// setVar sets a variable through the environment.
func (w *workspace) setVar(name, value string) {
	w.env = append(w.env, "MITOPLAN_VAR_"+name+"="+value)
}

// result is the output and exit status of a run of the program.
type result struct {
	args           []string
	status         int
	stdout, stderr string
	took           time.Duration
	cpu            time.Duration
	peak           int64 // the most memory that it had, in KiB
}

// all returns everything that was printed.
func (r result) all() string { return r.stdout + r.stderr }

func (r result) String() string {
	return fmt.Sprintf("mitoplan %s: status %d after %s\n%s%s", strings.Join(r.args, " "), r.status, r.took.Round(time.Millisecond), r.stdout, r.stderr)
}

// command makes the command that runs the program in the workspace. It is not
// started yet.
func (w *workspace) command(args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	ctx, cancel := context.WithTimeout(w.t.Context(), cmp.Or(w.limit, runLimit))
	w.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program, append([]string{"-chdir=" + w.dir}, args...)...)
	cmd.Env = w.env
	cmd.Dir = "/"
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	return cmd, &out, &errs
}

// running is a run of the program that goes on while the test does something else.
type running struct {
	t         testing.TB
	args      []string
	cmd       *exec.Cmd
	out, errs *bytes.Buffer
	begin     time.Time
	done      chan error
}

func (w *workspace) start(args ...string) *running {
	w.t.Helper()
	r := &running{t: w.t, args: args, begin: time.Now(), done: make(chan error, 1)}
	r.cmd, r.out, r.errs = w.command(args...)
	if err := r.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() { r.done <- r.cmd.Wait() }()
	return r
}

func (r *running) wait() result {
	r.t.Helper()
	peak := r.peak() // not ru_maxrss, which begins with what this process has
	err := <-r.done
	res := result{args: r.args, took: time.Since(r.begin), stdout: r.out.String(), stderr: r.errs.String(), peak: int64(peak)}
	if s := r.cmd.ProcessState; s != nil {
		res.cpu = s.UserTime() + s.SystemTime()
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		res.status = exit.ExitCode()
	case err != nil:
		r.t.Fatalf("%v: %v", res, err)
	}
	return res
}

// over reports whether the run has ended.
func (r *running) over() bool {
	select {
	case err := <-r.done:
		r.done <- err
		return true
	default:
		return false
	}
}

// until waits for a condition that the run makes true.
func (r *running) until(what string, holds func() bool) {
	r.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case err := <-r.done:
			r.done <- err
			r.t.Fatalf("it ended before %s: %v", what, r.wait())
		case <-tick.C:
		}
	}
}

// run runs the program to its end.
func (w *workspace) run(args ...string) result {
	w.t.Helper()
	return w.start(args...).wait()
}

// must runs the program and fails the test unless it ends with the given status.
func (w *workspace) must(status int, args ...string) result {
	w.t.Helper()
	r := w.run(args...)
	if r.status != status {
		w.t.Fatalf("status %d was expected of %v", status, r)
	}
	return r
}

// says fails the test if a run did not print each of the texts.
func (r result) says(t testing.TB, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.all(), text) {
			t.Errorf("%q was expected in the output of %v", text, r)
		}
	}
}

// eventually waits for a condition that something else makes true.
func eventually(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("this did not happen within %s: %s", limit, what)
		}
	}
}

// converged fails the test if the hosts are not as the configuration says.
func (w *workspace) converged() {
	w.t.Helper()
	w.must(0, "plan", "-detailed-exitcode").says(w.t, "No changes.")
}

// sshContext writes a context for host i of a lab, as a user.
func sshContext(l *lab.Lab, name string, i int, user, more string) string {
	return sshBlock(l, name, l.Addr(i), user, more)
}

func sshBlock(l *lab.Lab, name, host, user, more string) string {
	return fmt.Sprintf(`
context "ssh" %q {
  host          = %q
  user          = %q
  identity_file = %q
  known_hosts   = %q
  ssh_config    = false
  %s
}
`, name, host, user, l.Key(), l.KnownHosts(), more)
}

// hostMap writes an HCL map from name to address, for the hosts from "from" to
// "to".
func hostMap(l *lab.Lab, from, to int) string {
	var b strings.Builder
	b.WriteString("{\n")
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, "  %s = %q\n", l.Name(i), l.Addr(i))
	}
	return b.String() + "}"
}

// fleet writes contexts for these hosts. They use ssh, through the bastion if the
// lab has one, and then sudo without a password.
func fleet(l *lab.Lab, from, to int) string {
	via, bastion := "", ""
	if from > 1 {
		bastion = sshContext(l, "bastion", 1, "deploy", "")
		via = "via           = context.ssh.bastion"
	}
	return bastion + fmt.Sprintf(`
context "ssh" "host" {
  for_each      = %s
  %s
  host          = each.value
  user          = "deploy"
  identity_file = %q
  known_hosts   = %q
  ssh_config    = false
}

context "sudo" "host" {
  for_each = context.ssh.host
  via      = each.value
}
`, hostMap(l, from, to), via, l.Key(), l.KnownHosts())
}
