//go:build unix

package transporttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
)

// Functions are what a context serves for Contract: a test binary whose
// connectors start itself gives them to transport.Main.
func Functions() []transport.Function {
	return []transport.Function{contractEcho, contractHang, contractTalk, contractExit, contractCrash}
}

type contractIn struct {
	Bytes []byte `cbor:"bytes"`
	N     int    `cbor:"n"`
}

var (
	contractEcho = transport.NewFunc("contract.echo", func(_ context.Context, _ *transport.Node, in contractIn) ([]byte, error) {
		return in.Bytes, nil
	})
	contractHang = transport.NewFunc("contract.hang", func(ctx context.Context, _ *transport.Node, _ contractIn) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	contractTalk = transport.NewFunc("contract.talk", func(_ context.Context, n *transport.Node, in contractIn) ([]byte, error) {
		for i := range in.N {
			n.Log().Info("said", "i", i)
		}
		return nil, nil
	})
	contractExit = transport.NewFunc("contract.exit", func(_ context.Context, _ *transport.Node, in contractIn) ([]byte, error) {
		if !inChild() {
			return nil, errors.New("this context is no process of its own")
		}
		os.Exit(in.N)
		return nil, nil
	})
	contractCrash = transport.NewFunc("contract.crash", func(context.Context, *transport.Node, contractIn) ([]byte, error) {
		if !inChild() {
			return nil, errors.New("this context is no process of its own")
		}
		go panic("the last words")
		select {}
	})
)

func inChild() bool { return len(os.Args) > 1 && os.Args[1] == transport.ChildArg }

// contractTime bounds each part of the contract.
const contractTime = 30 * time.Second

// Contract checks what every connector promises. Its contexts serve Functions.
func Contract(t *testing.T, connector func() transport.Connector) {
	parts := map[string]func(*testing.T, *subject){
		"greets":               greets,
		"runs calls":           runsCalls,
		"cancels":              cancels,
		"logs to the last one": logsToTheLast,
		"tunnels both ways":    tunnels,
		"tells exit status":    tellsExit,
		"tells last words":     tellsLastWords,
		"dies by a signal":     diesBySignal,
		"ends within bounds":   endsWithinBounds,
		"starts and ends":      startsAndEnds,
	}
	for name, part := range parts {
		t.Run(name, func(t *testing.T) { part(t, newSubject(t, connector())) })
	}
}

// subject is one context that is put to the test.
type subject struct {
	context *transport.Context
	ctx     context.Context
	said    *said
}

func newSubject(t *testing.T, k transport.Connector) *subject {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), contractTime)
	t.Cleanup(cancel)
	s := &said{}
	log := hclog.NewInterceptLogger(&hclog.LoggerOptions{Output: io.Discard})
	log.RegisterSink(s)
	b := transport.NewBroker(transport.Options{Log: log, Name: "contract@test:1"})
	t.Cleanup(func() {
		if err := b.Shutdown(); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	c, err := transport.NewRouter(b).Connect(ctx, k, transport.WithTimeout(contractTime), transport.WithName("subject"))
	if err != nil {
		t.Fatal(err)
	}
	return &subject{c, ctx, s}
}

// said are the records of a context, in order.
type said struct {
	mu    sync.Mutex
	lines []string
}

// Accept makes said a sink of hclog.
func (s *said) Accept(_ string, _ hclog.Level, msg string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, msg+fmt.Sprint(args...))
}

func (s *said) count(prefix string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		if strings.HasPrefix(l, prefix) {
			n++
		}
	}
	return n
}

func (s *subject) greeting(t *testing.T) transport.Greeting {
	t.Helper()
	g, err := s.context.Ready().Get(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// process is the greeting of a context that is a process of this machine; the
// part is skipped for others.
func (s *subject) process(t *testing.T) transport.Greeting {
	t.Helper()
	g := s.greeting(t)
	host, err := os.Hostname()
	if err != nil || g.Hostname != host || g.PID == int64(os.Getpid()) || syscall.Kill(int(g.PID), 0) == syscall.ESRCH {
		t.Skip("the context is no process of this machine")
	}
	return g
}

func greets(t *testing.T, s *subject) {
	g := s.greeting(t)
	if g.OS == "" || g.Arch == "" || g.User == "" || g.PID == 0 || g.CPUs == 0 {
		t.Errorf("the greeting lacks facts: %+v", g)
	}
}

func runsCalls(t *testing.T, s *subject) {
	// Queued before the context is up, small and large, side by side.
	var all []*transport.Result[[]byte]
	for _, n := range []int{0, 10, 100_000, 3 << 20} {
		all = append(all, contractEcho.CallAsync(s.ctx, s.context, contractIn{Bytes: make([]byte, n)}))
	}
	for i, r := range all {
		if _, err := r.Get(s.ctx); err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

func cancels(t *testing.T, s *subject) {
	s.greeting(t)
	ctx, cancel := context.WithCancel(s.ctx)
	r := contractHang.CallAsync(ctx, s.context, contractIn{})
	if _, err := contractEcho.Call(s.ctx, s.context, contractIn{}); err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err := r.Get(s.ctx)
	var e *transport.CancelledError
	if !errors.As(err, &e) || e.Phase == "no answer" {
		t.Errorf("a cancelled call: %v", err)
	}
}

func logsToTheLast(t *testing.T, s *subject) {
	const n = 3000
	if _, err := contractTalk.Call(s.ctx, s.context, contractIn{N: n}); err != nil {
		t.Fatal(err)
	}
	if got := s.said.count("said"); got != n {
		t.Errorf("%d records of %d came before the reply", got, n)
	}
}

func tunnels(t *testing.T, s *subject) {
	g := s.greeting(t)
	if host, err := os.Hostname(); err != nil || g.Hostname != host {
		t.Skip("the context is on another machine")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c, err := l.Accept(); err == nil {
			_, _ = io.Copy(c, c)
			_ = c.Close()
		}
	}()
	defer func() { _ = l.Close(); <-done }()
	conn, err := s.context.DialContext(s.ctx, "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const n = 3 << 20
	wrote := make(chan error, 1)
	go func() { _, err := conn.Write(make([]byte, n)); wrote <- err }()
	got, err := io.CopyN(io.Discard, conn, n)
	if err := errors.Join(err, <-wrote); err != nil {
		t.Errorf("%d bytes of %d came back: %v", got, n, err)
	}
}

func tellsExit(t *testing.T, s *subject) {
	s.process(t)
	_, err := contractExit.Call(s.ctx, s.context, contractIn{N: 3})
	var e *transport.LostError
	if !errors.As(err, &e) || e.Exit == nil || e.Exit.Status != 3 {
		t.Errorf("a context that exits with 3: %v", err)
	}
}

func tellsLastWords(t *testing.T, s *subject) {
	s.process(t)
	_, err := contractCrash.Call(s.ctx, s.context, contractIn{})
	var e *transport.LostError
	if !errors.As(err, &e) || !strings.Contains(e.LastWords, "the last words") {
		t.Errorf("a context that crashes: %v", err)
	}
}

func diesBySignal(t *testing.T, s *subject) {
	g := s.process(t)
	r := contractHang.CallAsync(s.ctx, s.context, contractIn{})
	if err := syscall.Kill(int(g.PID), syscall.SIGKILL); err != nil {
		t.Skip(err)
	}
	_, err := r.Get(s.ctx)
	var e *transport.LostError
	if !errors.As(err, &e) {
		t.Errorf("a context that was killed: %v", err)
	}
	gone(t, g.PID)
}

func endsWithinBounds(t *testing.T, s *subject) {
	g := s.greeting(t)
	r := contractHang.CallAsync(s.ctx, s.context, contractIn{})
	if _, err := contractEcho.Call(s.ctx, s.context, contractIn{}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := s.context.Shutdown(s.ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("the end took %v", d)
	}
	if _, err := r.Get(s.ctx); err == nil {
		t.Error("a call outlived its context")
	}
	if host, err := os.Hostname(); err == nil && g.Hostname == host && g.PID != int64(os.Getpid()) {
		gone(t, g.PID)
	}
}

// startsAndEnds ends a context that may not be up yet.
func startsAndEnds(t *testing.T, s *subject) {
	if err := s.context.Shutdown(s.ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	select {
	case <-s.context.Lost().Done():
	case <-s.ctx.Done():
		t.Error("the context did not end")
	}
}

// gone waits until a process of this machine is no more.
func gone(t *testing.T, pid int64) {
	t.Helper()
	end := time.NewTimer(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer end.Stop()
	defer tick.Stop()
	for {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		select {
		case <-tick.C:
		case <-end.C:
			t.Errorf("process %d is left", pid)
			return
		}
	}
}
