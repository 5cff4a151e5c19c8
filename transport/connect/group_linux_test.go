package connect_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// A wrapper is a context that a shell script starts, which gets the command line of an agent.
type wrapper struct {
	t      *testing.T
	name   string
	inside *transport.Context
	agent  int
	file   string // $F of the script
}

// wrappers starts a context by each of these scripts below a local one. They have the time within to
// end, and kill of it from TERM to KILL.
func wrappers(t *testing.T, within, kill time.Duration, scripts map[string]string) (all []wrapper) {
	t.Helper()
	common := connect.Common{Env: servesTheContract, AgentDirs: []string{t.TempDir()}, ConnectTimeout: "1m"}
	b := transport.NewBroker(transport.Options{
		Agents: connect.Self(), HeartbeatInterval: 500 * time.Millisecond, HeartbeatTimeout: 3 * time.Second,
		ShutdownTimeout: within, KillDelay: kill,
	})
	t.Cleanup(func() { _ = b.Shutdown() })
	above, err := transport.NewRouter(b).Connect(t.Context(), local(common))
	if err != nil {
		t.Fatal(err)
	}
	for name, script := range scripts {
		file := filepath.Join(t.TempDir(), "said")
		inside, err := above.Connect(t.Context(), connect.Exec{Command: []string{"sh", "-c", "F=$1; shift\n" + script, "sh", file}, Common: common})
		if err != nil {
			t.Fatal(err)
		}
		up, err := inside.Ready().Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w := wrapper{t, name, inside, int(up.PID), file}
		t.Cleanup(func() { killEach(w.said()) })
		all = append(all, w)
	}
	return all
}

// said is what the script has written by now.
func (w wrapper) said() string {
	text, _ := os.ReadFile(w.file)
	return string(text)
}

// end ends the context.
func (w wrapper) end() {
	if err := w.inside.Shutdown(context.Background()); err != nil {
		w.t.Errorf("%s: %v", w.name, err)
	}
}

// A program that goes on after its agent ends with its context, and with it what it has
// started: by the end of that context, and by its loss, also if either ignores TERM.
func TestAWrapperEndsWithItsContext(t *testing.T) {
	for name, end := range map[string]func(wrapper){
		"at the end":  wrapper.end,
		"at the loss": func(w wrapper) { _ = syscall.Kill(w.agent, syscall.SIGKILL) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := wrappers(t, 2*time.Second, time.Second/2, map[string]string{
				"it goes on":                `echo $$ >"$F"; "$@"; sh -c 'echo $$ >>"$0"; exec sleep 1000' "$F"; :`,
				"it ignores TERM":           `echo $$ >"$F"; "$@"; trap '' TERM; sh -c 'echo $$ >>"$0"; exec sleep 1000' "$F"; :`,
				"what it runs ignores TERM": `echo $$ >"$F"; "$@"; sh -c 'trap "" TERM; echo $$ >>"$0"; exec sleep 1000' "$F"; :`,
			})
			eachEnds(all, end)
			for _, w := range all {
				eachGone(t, w.said, 2)
			}
		})
	}
}

// A program that cleans up after its agent has the time for it: what it runs for that is
// sent no signal before the program has ended.
func TestAWrapperCleansUp(t *testing.T) {
	t.Parallel()
	all := wrappers(t, 8*time.Second, 3*time.Second, map[string]string{
		"when its agent has ended": `"$@"; sh -c 'trap "echo TERM >>$0" TERM; sleep 0.1' "$F"; echo clean >>"$F"`,
		"when it is told to end":   `trap 'sh -c "sleep 0.1"; echo clean >>"$F"; exit' TERM; "$@"; exec 0<&- >/dev/null 2>&1; while :; do sleep 0.05; done`,
	})
	eachEnds(all, wrapper.end)
	for _, w := range all {
		if said := w.said(); said != "clean\n" {
			t.Errorf("%s: it has written %q", w.name, said)
		}
	}
}

// What a program leaves in the background when it ends by itself may be a daemon, and lives
// on.
func TestAWrapperMayLeaveADaemon(t *testing.T) {
	t.Parallel()
	all := wrappers(t, 12*time.Second, 5*time.Second, map[string]string{"daemon": `sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >"$F"; "$@"`})
	eachEnds(all, wrapper.end)
	said := all[0].said()
	if pid, err := strconv.Atoi(strings.TrimSpace(said)); err != nil || syscall.Kill(pid, 0) != nil {
		t.Errorf("the daemon %q has ended", said)
	}
}

// eachEnds ends all of them at once, and returns when that is done.
func eachEnds(all []wrapper, end func(wrapper)) {
	var ends sync.WaitGroup
	for _, w := range all {
		ends.Go(func() { end(w) })
	}
	ends.Wait()
}

// eachGone waits until a script has written so many numbers of processes, and these have
// ended.
func eachGone(t *testing.T, said func() string, count int) {
	t.Helper()
	for until := time.Now().Add(time.Minute); len(strings.Fields(said())) < count; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("after a minute it has written %q", said())
		}
	}
	for _, pid := range strings.Fields(said()) {
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatalf("it has written %q", said())
		}
		childtest.EventuallyGone(t, fmt.Sprintf("a process of %q", said()), n)
	}
}

func killEach(pids string) {
	for _, pid := range strings.Fields(pids) {
		if n, err := strconv.Atoi(pid); err == nil {
			_ = syscall.Kill(n, syscall.SIGKILL)
		}
	}
}
