package transport_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/transport"
)

// underShell starts an agent that has a shell above it, which ends when the agent has. Nobody can
// kill the shell but the test.
type underShell struct {
	shell *exec.Cmd
	input io.Closer
}

func (*underShell) Kind() string { return "under-shell" }

func (k *underShell) Start(_ context.Context, s transport.Start) (*transport.Link, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	k.shell = exec.Command("sh", "-c", `"$0" "$@"; :`, exe, transport.ChildArg, s.Token, s.ProcessName)
	in, err := k.shell.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := k.shell.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := k.shell.Start(); err != nil {
		return nil, err
	}
	k.input = in
	r := bufio.NewReader(out)
	for line := ""; strings.TrimSuffix(line, "\n") != s.Token; {
		if line, err = r.ReadString('\n'); err != nil {
			return nil, err
		}
	}
	return &transport.Link{R: r, W: in, Close: in.Close, Wait: func() transport.Exit { _ = k.shell.Wait(); return transport.Exit{} }}, nil
}

// sudo stops itself when it sees that its agent was stopped. On a busy machine that is after
// the agent has begun to end, as whoever started sudo is gone: an agent that would continue
// what is above it in the beginning only left sudo stopped for ever.
func TestWhatStopsAboveAnAgentThatEndsGoesOn(t *testing.T) {
	b := transport.NewBroker(transport.Options{})
	t.Cleanup(func() { _ = b.Shutdown() })
	k := &underShell{}
	c, err := transport.NewRouter(b).Connect(t.Context(), k, transport.WithTimeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	call := stopsAbove.CallAsync(t.Context(), c, none{})
	if _, err := echo.Call(t.Context(), c, textIn{}); err != nil { // the call before it runs
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.shell.Process.Kill() })
	_ = k.input.Close()
	childtest.EventuallyGone(t, "the shell above the agent", k.shell.Process.Pid)
	if _, err := call.Get(t.Context()); err == nil {
		t.Error("the call outlived its context")
	}
}
