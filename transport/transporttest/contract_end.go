//go:build unix

package transporttest

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/transport"
)

// endPromises are about how a context ends.
var endPromises = []promise{
	{"tells the exit status", tellsExit},
	{"tells the last words of a crash", tellsLastWords},
	{"tells of a kill, and names the hop for all behind it", tellsOfAKill},
	{"ends with all that runs in it and below it, within bounds", endsWithinBounds},
	{"ends while it starts", endsWhileItStarts},
}

// lost holds that err says that the subject was lost, and that its end and later
// calls have the same error. It returns err as a *LostError.
func (s *subject) lost(t *testing.T, err error) *transport.LostError {
	t.Helper()
	var e *transport.LostError
	if !errors.As(err, &e) || e.Context != "subject" || e.Chain[len(e.Chain)-1] != "subject" || e.Root != "" {
		t.Fatalf("the call ended with %#v, want the loss of subject", err)
	}
	if _, lerr := s.Context.Lost().Get(s.ctx); !errors.Is(lerr, err) {
		t.Errorf("the context ended with %v, want the error of the call: %v", lerr, err)
	}
	if _, later := contractEcho.Call(s.ctx, s.Context, contractIn{}); !errors.Is(later, err) {
		t.Errorf("a later call ended with %v, want the error of the first: %v", later, err)
	}
	return e
}

func tellsExit(t *testing.T, r *row) {
	if r.Run == nil {
		t.Skip("it is no process of its own")
	}
	s := r.start(t)
	_, err := contractExit.Call(s.ctx, s.Context, contractIn{N: 3})
	if e := s.lost(t, err); e.Exit == nil || e.Exit.Status != 3 || e.Exit.Signal != "" {
		t.Errorf("a context that exits with status 3 ended with %v", err)
	}
}

func tellsLastWords(t *testing.T, r *row) {
	if r.Run == nil {
		t.Skip("it is no process of its own")
	}
	s := r.start(t)
	_, err := contractCrash.Call(s.ctx, s.Context, contractIn{})
	if e := s.lost(t, err); !strings.Contains(e.LastWords, "the last words") || e.Exit == nil || e.Exit.Status != 2 {
		t.Errorf("a context that crashes must end with status 2 and its last words, and ended with %v", err)
	}
}

func tellsOfAKill(t *testing.T, r *row) {
	if r.Run == nil {
		t.Skip("it is no process of its own")
	}
	s := r.start(t)
	below, err := s.Connect(s.ctx, r.Below(), transport.WithTimeout(contractTime), transport.WithName("below"))
	if err != nil {
		t.Fatal(err)
	}
	running := contractHang.CallAsync(s.ctx, s.Context, contractIn{})
	behind := contractHang.CallAsync(s.ctx, below, contractIn{})
	if _, err := below.Ready().Get(s.ctx); err != nil {
		t.Fatal(err)
	}
	if out, err := r.Run("kill", "-KILL", strconv.FormatInt(s.up(t).PID, 10)); err != nil {
		t.Fatal(err, out)
	}
	_, err = running.Get(s.ctx)
	if e := s.lost(t, err); e.Exit == nil || !strings.Contains(strings.ToLower(e.Exit.String()), "kill") {
		t.Errorf("a context that was killed ended with %v", err)
	}
	_, err = behind.Get(s.ctx)
	var e *transport.LostError
	if !errors.As(err, &e) || e.Context != "below" || e.Root != "subject" || e.Chain[len(e.Chain)-2] != "subject" {
		t.Errorf("a call in the context below must name subject as the root, and ended with %#v", err)
	}
}

func endsWithinBounds(t *testing.T, r *row) {
	s := r.start(t)
	below, err := s.Connect(s.ctx, r.Below(), transport.WithTimeout(contractTime))
	if err != nil {
		t.Fatal(err)
	}
	here := contractHang.CallAsync(s.ctx, s.Context, contractIn{})
	there := contractHang.CallAsync(s.ctx, below, contractIn{})
	for _, c := range []*transport.Context{s.Context, below} {
		if _, err := contractEcho.Call(s.ctx, c, contractIn{}); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	if err := s.Shutdown(s.ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("the shutdown took %v, want 10 s at most", d)
	}
	for _, call := range []*transport.Result[[]byte]{here, there} {
		if _, err := call.Get(s.ctx); err == nil || s.ctx.Err() != nil {
			t.Errorf("a call outlived its context: %v", err)
		}
	}
	if _, err := s.Context.Lost().Get(s.ctx); err != nil {
		t.Errorf("a context that was shut down counts as lost: %v", err)
	}
}

func endsWhileItStarts(t *testing.T, r *row) {
	kinds := []transport.Connector{r.connector()}
	if r.Program != nil {
		kinds = append(kinds, r.script(t, `exec sleep 300`)) // without the shutdown, this start would go on
	}
	for _, k := range kinds {
		s := r.startAs(t, k)
		if err := s.Shutdown(s.ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		select {
		case <-s.Context.Lost().Done():
		case <-s.ctx.Done():
			t.Error("the context did not end")
		}
	}
}

// agentDir makes a directory for agents and programs on the row's machine.
func (r *Row) agentDir(t *testing.T) string {
	t.Helper()
	out, err := r.Run("sh", "-c", "d=$(mktemp -d /var/tmp/contract-XXXXXX) && chmod 1777 $d && printf %s $d")
	if err != nil {
		t.Fatal(err, out)
	}
	t.Cleanup(func() { _, _ = r.Run("rm", "-rf", out) })
	return out
}

// leavesNothing holds that nothing is left at the end of the test: no process that it
// started, no more open descriptors in this process than before, and no file but the
// agent.
func (r *row) leavesNothing(t *testing.T) {
	before := descriptors()
	t.Cleanup(func() {
		if r.Run != nil {
			r.await(t, "processes are left", func(found string) bool { return found == "" })
			if out, err := r.Run("sh", "-c", `find "$1" -type f | grep -v '/mitoplan-[0-9]*/\(agent-[0-9a-f]*\|x\)$'; cd "$1" && cat race.* 2>/dev/null && rm race.*`, "sh", r.agentDir); out != "" {
				t.Errorf("files are left: %s, %v", out, err)
			}
		}
		await(t, func() string {
			return fmt.Sprintf("%d descriptors are open, and %d were before the test", descriptors(), before)
		}, func() bool { return descriptors() <= before })
	})
}

// await polls the processes of the row until ok accepts them.
func (r *row) await(t *testing.T, otherwise string, ok func(processes string) bool) {
	t.Helper()
	found := ""
	await(t, func() string { return otherwise + ": " + found }, func() bool { found = r.processes(); return ok(found) })
}

// await polls until ok returns true. After 15 seconds the test fails with otherwise.
func await(t *testing.T, otherwise func() string, ok func() bool) {
	t.Helper()
	last := time.NewTimer(15 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer last.Stop()
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-last.C:
			t.Error(otherwise())
			return
		}
	}
}

// processes lists the processes that have the mark in their environment or arguments.
// The pattern is written so that grep does not find itself.
func (r *row) processes() string {
	out, _ := r.Run("sh", "-c", "grep -las "+fmt.Sprintf("%s[%s]", r.mark[:15], r.mark[15:])+" /proc/[0-9]*/environ /proc/[0-9]*/cmdline || :")
	return out
}

// Go copies between sockets with splice(2). It keeps the pipes for that in a pool until
// the garbage collector runs; see package internal/poll. They are known by their size,
// which no other pipe has.
const (
	splicePipe  = 1 << 20
	getPipeSize = 1032 // F_GETPIPE_SZ of fcntl(2) on Linux, which alone has /proc/self/fd
)

// descriptors returns how many descriptors this process has open, without the pipes of
// that pool. Running the garbage collector would empty the pool, but it would also
// close, and so hide, files that nobody closed.
func descriptors() (n int) {
	all, _ := os.ReadDir("/proc/self/fd")
	for _, fd := range all {
		number, _ := strconv.Atoi(fd.Name())
		if size, err := unix.FcntlInt(uintptr(number), getPipeSize, 0); err != nil || size < splicePipe {
			n++
		}
	}
	return n
}
