package connect_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// stubborn is a client of containers that starts what it is told as a service would, and
// stays whatever becomes of that, of its input, and of TERM. It says which processes these
// are.
const stubborn = `#!/bin/sh
trap '' TERM
while [ "$1" != sh ]; do shift; done
exec 3<&0
setsid "$@" <&3 3<&- &
echo $$ $! >>"$0.pids"
exec >/dev/null 2>&1
while :; do sleep 0.05; done
`

// aClient starts a context in a container of such a client, below a local one. It returns
// both, the numbers of the client and of the agent, and these of all clients that ran.
func aClient(t *testing.T) (above, inside *transport.Context, client, agent int, clients func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "podman")
	if err := os.WriteFile(path, []byte(stubborn), 0o700); err != nil {
		t.Fatal(err)
	}
	common := connect.Common{Env: servesTheContract, AgentDirs: []string{t.TempDir()}, ConnectTimeout: "1m"}
	b := transport.NewBroker(transport.Options{
		Agents: connect.Self(), HeartbeatInterval: 500 * time.Millisecond, HeartbeatTimeout: 3 * time.Second,
	})
	t.Cleanup(func() { _ = b.Shutdown() })
	above, err := transport.NewRouter(b).Connect(t.Context(), local(common))
	if err != nil {
		t.Fatal(err)
	}
	inside, err = above.Connect(t.Context(), connect.Podman{Container: "app", Path: path, Common: common})
	if err != nil {
		t.Fatal(err)
	}
	up, err := inside.Ready().Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := inside.SetLogLevel(t.Context(), hclog.Warn); err != nil { // it is set up by then
		t.Fatal(err)
	}
	said, err := os.ReadFile(path + ".pids")
	if _, serr := fmt.Sscan(string(said), &client, &agent); err != nil || serr != nil || int64(agent) != up.PID {
		t.Fatalf("the agent is %d, and the client said %q (%v)", up.PID, said, err)
	}
	clients = func() string { // by the end also the one that had the agent killed
		said, _ := os.ReadFile(path + ".pids")
		return string(said)
	}
	t.Cleanup(func() { killEach(clients()) })
	return above, inside, client, agent, clients
}

// The client of a container ends with the agent that started it, whatever it waits for, and
// the agent in the container ends with it. It also does if it is stopped, though nobody is
// left who could kill it.
func TestAClientEndsWithWhoStartedIt(t *testing.T) {
	for name, stopped := range map[string]bool{"and the agent goes on": false, "and the agent is stopped": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			above, _, client, agent, _ := aClient(t)
			up, err := above.Ready().Get(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if stopped {
				_ = syscall.Kill(agent, syscall.SIGSTOP)
			}
			_ = syscall.Kill(int(up.PID), syscall.SIGKILL)
			childtest.EventuallyGone(t, "the client", client)
			childtest.EventuallyGone(t, "the agent in the container", agent)
		})
	}
}

// An agent in a container that was stopped is killed there, as the end of the client means
// nothing to it: by the end of that context, and by that of the one above, also if that
// comes when the context is lost and its time to end by itself is not yet over. The client that
// is run for that ends, too, though it never would by itself.
func TestAStoppedAgentInAContainerIsKilled(t *testing.T) {
	for name, end := range map[string]func(above, inside *transport.Context) error{
		"its own end":             func(_, inside *transport.Context) error { return inside.Shutdown(context.Background()) },
		"the end of one above it": func(above, _ *transport.Context) error { return above.Shutdown(context.Background()) },
		"the end of one above it, after its loss": func(above, inside *transport.Context) error {
			_, lost := inside.Lost().Get(t.Context())
			if lost == nil {
				return errors.New("it was not lost")
			}
			return above.Shutdown(context.Background())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			above, inside, client, agent, clients := aClient(t)
			if err := syscall.Kill(agent, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			if err := end(above, inside); err != nil {
				t.Error(err)
			}
			childtest.EventuallyGone(t, "the client", client)
			childtest.EventuallyGone(t, "the agent in the container", agent)
			if name == "the end of one above it" { // one that took 10 s is enough
				eachGone(t, clients, 4)
			}
		})
	}
}
