package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/internal/kin"
)

// runIn is what a context is to run, and with what in its environment.
type runIn struct{ Script, Env string }

var (
	runFunc = transport.NewFunc("test.run", func(ctx context.Context, _ *transport.Node, in runIn) (string, error) {
		var out bytes.Buffer
		s := sh(in.Script)
		s.Env, s.Stdout = append(os.Environ(), in.Env), &out
		_, err := Run(ctx, s)
		return out.String(), err
	})
	pidFunc = transport.NewFunc("test.pid", func(context.Context, *transport.Node, struct{}) (int, error) {
		return os.Getpid(), nil
	})
	exitFunc = transport.NewFunc("test.exit", func(context.Context, *transport.Node, struct{}) (bool, error) {
		os.Exit(3)
		return false, nil
	})
	panicFunc = transport.NewFunc("test.panic", func(context.Context, *transport.Node, struct{}) (bool, error) {
		go panic("in a goroutine of its own")
		select {}
	})
)

// testAgent is a context, and the number of its process.
type testAgent struct {
	*transport.Context
	pid int
}

// agent starts a context that is this test program again.
func agent(t *testing.T) testAgent {
	t.Helper()
	b := transport.NewBroker(transport.Options{Agents: connect.Self()})
	t.Cleanup(func() { _ = b.Shutdown() })
	c, err := transport.NewRouter(b).Connect(t.Context(), connect.Local{})
	if err != nil {
		t.Fatal(err)
	}
	pid, err := pidFunc.Call(t.Context(), c, struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	return testAgent{c, pid}
}

// until waits until something holds, within a bound that no machine is too slow for.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute not yet: %s", what)
		}
	}
}

// deep is a program that starts others, which leave its group and its session, and some of
// which lose their parents. They are six in all.
const deep = `sleep 1000 & setsid sleep 1000 & (setsid sh -c 'sleep 1000 & wait' >/dev/null 2>&1 &) ; (sleep 1000 &) ; sleep 1000; :`

// What a function starts dies with its context, and what that has started, too, however
// the context ends.
func TestProgramsEndWithTheirContext(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, a testAgent){
		"kill -9": func(_ *testing.T, a testAgent) { _ = syscall.Kill(a.pid, syscall.SIGKILL) },
		"TERM":    func(_ *testing.T, a testAgent) { _ = syscall.Kill(a.pid, syscall.SIGTERM) },
		"exit":    func(t *testing.T, a testAgent) { exitFunc.CallAsync(t.Context(), a.Context, struct{}{}) },
		"panic":   func(t *testing.T, a testAgent) { panicFunc.CallAsync(t.Context(), a.Context, struct{}{}) },
		"shutdown": func(t *testing.T, a testAgent) {
			if err := a.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		},
		"kill -9 when stopped": func(_ *testing.T, a testAgent) {
			_ = syscall.Kill(a.pid, syscall.SIGSTOP)
			_ = syscall.Kill(a.pid, syscall.SIGKILL)
		},
		"kill -9 while its watcher is stopped": func(t *testing.T, a testAgent) {
			_ = syscall.Kill(watcherOf(t, a), syscall.SIGSTOP)
			_ = syscall.Kill(a.pid, syscall.SIGKILL)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, mine := agent(t), "TEST_FAMILY="+kin.NewMark()
			runFunc.CallAsync(t.Context(), a.Context, runIn{deep, mine})
			until(t, "all run", func() bool { return len(carrying(mine)) == 7 })
			watcher := watcherOf(t, a)
			end(t, a)
			until(t, "what the function started has ended", func() bool { return len(carrying(mine)) == 0 })
			until(t, "the watcher has ended", func() bool { return gone(watcher) })
		})
	}
}

// watcherOf is the number of the watcher of an agent.
func watcherOf(t *testing.T, a testAgent) int {
	t.Helper()
	if pids := watchersOf(a); len(pids) == 1 {
		return pids[0]
	}
	t.Fatalf("the agent has the watchers %v", watchersOf(a))
	return 0
}

// gone reports whether a process has ended. It may not have been waited for yet.
func gone(pid int) bool {
	cmdline, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return len(cmdline) == 0
}

// watchersOf are the processes that call themselves the watcher of an agent.
func watchersOf(a testAgent) (pids []int) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", a.pid))
	all := strings.Fields(string(children))
	threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", a.pid))
	for _, thread := range threads {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", a.pid, thread.Name()))
		all = append(all, strings.Fields(string(children))...)
	}
	for _, child := range all {
		cmdline, _ := os.ReadFile("/proc/" + child + "/cmdline")
		pid, err := strconv.Atoi(child)
		if err == nil && strings.HasPrefix(string(cmdline), "watcher of mitoplan:") && !slices.Contains(pids, pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// What a program has left in the background that ended by itself lives on, also after
// kill -9 of the agent: that may be what it was to do.
func TestDaemonsOutliveTheirContext(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"kill -9": syscall.SIGKILL, "shutdown": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, daemon, busy := agent(t), "TEST_FAMILY="+kin.NewMark(), "TEST_FAMILY="+kin.NewMark()
			out, err := runFunc.Call(t.Context(), a.Context, runIn{"setsid sleep 1000 >/dev/null 2>&1 & echo $!", daemon})
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(out))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = syscall.Kill(pid, syscall.SIGKILL) }()
			runFunc.CallAsync(t.Context(), a.Context, runIn{"sleep 1000 & wait", busy})
			until(t, "a program runs", func() bool { return len(carrying(busy)) == 2 })
			watcher := watcherOf(t, a)
			if sig != 0 {
				_ = syscall.Kill(a.pid, sig)
			} else if err := a.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			until(t, "the program has ended", func() bool { return len(carrying(busy)) == 0 })
			until(t, "the watcher has ended", func() bool { return gone(watcher) })
			if got := carrying(daemon); !slices.Equal(got, []int{pid}) {
				t.Errorf("%v runs, want %d", got, pid)
			}
		})
	}
}

// An agent has one watcher for all that it runs, and none before. One that was killed, or
// does not read what it is told, is replaced when the next program starts, and the new
// one knows of those that run already.
func TestOneWatcher(t *testing.T) {
	for name, strike := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "stopped": syscall.SIGSTOP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, mine := agent(t), "TEST_FAMILY="+kin.NewMark()
			if pids := watchersOf(a); len(pids) != 0 {
				t.Errorf("it has the watchers %v, and runs nothing", pids)
			}
			runFunc.CallAsync(t.Context(), a.Context, runIn{"sleep 1000 & wait", mine})
			until(t, "it runs", func() bool { return len(carrying(mine)) == 2 })
			first := watcherOf(t, a)
			_ = syscall.Kill(first, strike)
			if strike == syscall.SIGKILL {
				until(t, "the agent has seen the end of its watcher", func() bool { return gone(first) })
			}
			var calls sync.WaitGroup
			until(t, "another one", func() bool {
				for range 100 {
					calls.Go(func() { _, _ = runFunc.Call(t.Context(), a.Context, runIn{":", "X=1"}) })
				}
				calls.Wait()
				pids := watchersOf(a)
				return len(pids) == 1 && pids[0] != first
			})
			_ = syscall.Kill(a.pid, syscall.SIGKILL)
			until(t, "what ran before has ended", func() bool { return len(carrying(mine)) == 0 })
		})
	}
}
