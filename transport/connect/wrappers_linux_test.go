package connect_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// endingWrappers are programs that run what their command line ends with, in every way in which
// they may stand to it: they become it, wait for it, leave it to itself, or are a session or
// another namespace.
var endingWrappers = map[string][]string{
	"nice":                      {"nice", "-n", "1"},
	"env":                       {"env", "MITOPLAN_WRAPPED=1"},
	"nohup":                     {"nohup"},
	"setsid, which forks":       {"setsid"},
	"setsid that waits":         {"setsid", "--fork", "--wait"},
	"unshare":                   {"unshare", "--mount"},
	"unshare of processes":      {"unshare", "--mount", "--pid", "--fork", "--mount-proc"},
	"timeout":                   {"timeout", "1000"},
	"a shell that waits":        {"sh", "-c", `"$@"; :`, "sh"},
	"a shell with a job":        {"sh", "-c", `exec 3<&0; "$@" <&3 3<&- & exec 3<&- <&- >&- 2>&-; wait`, "sh"},
	"a shell that ignores":      {"sh", "-c", `trap '' TERM HUP INT; "$@"; :`, "sh"},
	"a shell that daemonises":   {"sh", "-c", `exec 3<&0; setsid "$@" <&3 3<&- & :`, "sh"},
	"one that daemonises twice": {"sh", "-c", `exec 3<&0; (setsid "$@" <&3 3<&- &) & exit 0`, "sh"},
}

// wrappersAll has all of them tried: go test ./transport/connect -run
// TestNothingIsLeftOfAProgramThatStartsAContext -wrappers.all.
var wrappersAll = flag.Bool("wrappers.all", false, "try every program that starts a context, not only a sample")

// wrapperSample are those that every run of the tests tries.
var wrapperSample = []string{"nice", "setsid, which forks", "unshare of processes", "a shell that waits", "a shell that daemonises"}

// wrapped are contexts by all of these programs below one local context.
type wrapped struct {
	mark   string // what all of their processes have in their environment
	broker *transport.Broker
	above  *transport.Context
	inside map[string]*transport.Context
}

func startWrapped(t *testing.T, mark string) *wrapped {
	t.Helper()
	w := &wrapped{mark: "MITOPLAN_LEFT=" + mark, inside: map[string]*transport.Context{}}
	common := connect.Common{Env: maps.Clone(servesTheContract), AgentDirs: []string{t.TempDir()}, ConnectTimeout: "1m"}
	common.Env["MITOPLAN_LEFT"] = mark
	w.broker = transport.NewBroker(transport.Options{
		Agents: connect.Self(), HeartbeatInterval: 500 * time.Millisecond, HeartbeatTimeout: 3 * time.Second,
	})
	t.Cleanup(func() {
		_ = w.broker.Shutdown()
		for pid := range w.left() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	var err error
	if w.above, err = transport.NewRouter(w.broker).Connect(t.Context(), local(common)); err != nil {
		t.Fatal(err)
	}
	for name, command := range endingWrappers {
		if !*wrappersAll && !slices.Contains(wrapperSample, name) {
			continue
		}
		if _, err := exec.LookPath(command[0]); err != nil {
			t.Fatal(err)
		}
		if w.inside[name], err = w.above.Connect(t.Context(), connect.Exec{Command: command, Common: common}); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range w.inside {
		if _, err := c.Ready().Get(t.Context()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return w
}

// left are the processes that still run, with their command lines.
func (w *wrapped) left() map[int]string {
	found := map[int]string{}
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if env, err := os.ReadFile(file); err == nil && pid != os.Getpid() && strings.Contains(string(env), w.mark+"\x00") {
			line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			found[pid] = strings.ReplaceAll(string(line), "\x00", " ")
		}
	}
	return found
}

// parentOf is the number of the process that a process was started by, 0 if it is gone.
func parentOf(pid int) (parent int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(status), "\nPPid:")
	_, _ = fmt.Sscan(rest, &parent)
	return parent
}

// agents are the processes that are agents of the wrapped contexts, and programs what the local
// context has started, which some of these have become.
func (w *wrapped) agents(t *testing.T) (above int, agents, programs []int) {
	t.Helper()
	g, err := w.above.Ready().Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	above = int(g.PID)
	for pid, line := range w.left() {
		if pid != above && strings.HasPrefix(line, "mitoplan:") {
			agents = append(agents, pid)
		}
		if parentOf(pid) == above {
			programs = append(programs, pid)
		}
	}
	if len(agents) != len(w.inside) || len(programs) < len(w.inside)/2 {
		t.Fatalf("of %d programs, %v have been started, and %v are their agents: %v", len(w.inside), programs, agents, w.left())
	}
	return above, agents, programs
}

// Whatever program a context is started by, nothing of it is left when it has ended, or whatever
// of it was killed: the agent that started the program, the program, or the agent that it runs;
// also if the last was stopped before.
func TestNothingIsLeftOfAProgramThatStartsAContext(t *testing.T) {
	kill := func(pids []int, sig syscall.Signal) {
		for _, pid := range pids {
			_ = syscall.Kill(pid, sig)
		}
	}
	for name, end := range map[string]func(t *testing.T, w *wrapped){
		"the context ends": func(t *testing.T, w *wrapped) {
			for name, c := range w.inside {
				if err := c.Shutdown(context.Background()); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			w.goneBut(t, 1)
			_ = w.broker.Shutdown()
		},
		"the run ends": func(_ *testing.T, w *wrapped) { _ = w.broker.Shutdown() },
		"kill -9 of who started it": func(t *testing.T, w *wrapped) {
			above, _, _ := w.agents(t)
			kill([]int{above}, syscall.SIGKILL)
		},
		"SIGSTOP of the agent, kill -9 of who started it": func(t *testing.T, w *wrapped) {
			above, agents, _ := w.agents(t)
			kill(agents, syscall.SIGSTOP)
			kill([]int{above}, syscall.SIGKILL)
		},
		"SIGSTOP of the program, kill -9 of who started it": func(t *testing.T, w *wrapped) {
			above, _, programs := w.agents(t)
			kill(programs, syscall.SIGSTOP)
			kill([]int{above}, syscall.SIGKILL)
		},
		"kill -9 of the agent": func(t *testing.T, w *wrapped) {
			_, agents, _ := w.agents(t)
			kill(agents, syscall.SIGKILL)
			w.goneBut(t, 1)
			_ = w.broker.Shutdown()
		},
		"kill -9 of the program": func(t *testing.T, w *wrapped) {
			_, _, programs := w.agents(t)
			kill(programs, syscall.SIGKILL)
			_ = w.broker.Shutdown()
		},
		"SIGHUP and TERM of the program": func(t *testing.T, w *wrapped) {
			_, _, programs := w.agents(t)
			kill(programs, syscall.SIGHUP)
			kill(programs, syscall.SIGTERM)
			_ = w.broker.Shutdown()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startWrapped(t, strings.Join(strings.Fields(t.Name()), "_"))
			end(t, w)
			w.goneBut(t, 0)
		})
	}
}

// goneBut waits until no more than so many processes are left, within a bound that no machine
// is too slow for.
func (w *wrapped) goneBut(t *testing.T, most int) {
	t.Helper()
	begin := time.Now()
	for until := begin.Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		left := w.left()
		if len(left) <= most {
			t.Logf("gone after %s", time.Since(begin).Round(time.Second/10))
			return
		}
		if time.Now().After(until) {
			t.Fatalf("after a minute there still are %v", left)
		}
	}
}
