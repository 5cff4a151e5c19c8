package connect

import (
	"bufio"
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// assertLink holds what every link promises: bytes pass both ways, and the end has
// its status and last words.
func assertLink(t *testing.T, l *transport.Link) (first string) {
	t.Helper()
	r := bufio.NewReader(l.R)
	first, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("no first line came: %v; the last words are %q", err, l.LastWords())
	}
	big := strings.Repeat("x", 1<<20) + "\n"
	go io.WriteString(l.W, big)
	if echo, err := r.ReadString('\n'); err != nil || echo != big {
		t.Fatalf("echo of %d bytes: %d bytes, %v", len(big), len(echo), err)
	}
	return strings.TrimPrefix(first, frameStart)
}

func assertEnd(t *testing.T, l *transport.Link, status int) {
	t.Helper()
	l.Close()
	if e := l.Wait(); e.Status != status {
		t.Errorf("ended with %v, want exit status %d", e, status)
	}
	if w := string(l.LastWords()); !strings.Contains(w, "bye") {
		t.Errorf("the last words are %q, want bye in them", w)
	}
}

func TestLocal(t *testing.T) {
	t.Setenv("GOGC", "50")
	t.Setenv("MITOPLAN_VAR_x", "s3cret")
	t.Setenv("MITOPLAN_LOG_PATH", "s3cret")
	l, err := Local{Common{Env: map[string]string{"EXTRA": "a b\nc"}}}.Start(t.Context(), testStart(nil))
	if err != nil {
		t.Fatal(err)
	}
	first := assertLink(t, l)
	if !strings.HasPrefix(first, "ARGS mitoplan:me@host:1|mitoplan-agent|"+testToken+"|mitoplan:me@host:1 ") {
		t.Errorf("the command line is %q", first)
	}
	if strings.Contains(first, "s3cret") {
		t.Errorf("the agent was given a value of the configuration: %q", first)
	}
	if !strings.Contains(first, `GOGC="" EXTRA="a b\nc"`) {
		t.Errorf("the environment is %q", first)
	}
	assertEnd(t, l, 3)
}

func TestLocalThatEnds(t *testing.T) {
	_, err := Local{Common{Env: map[string]string{"MODE": "fail"}}}.Start(t.Context(), testStart(nil))
	p := wantCode(t, err, "agent_not_started")
	if !strings.Contains(p.Detail, "exit status 7") || !strings.Contains(p.Detail, "a reason to end") {
		t.Errorf("the problem must have the exit status and the last words: %s", p.Detail)
	}
}

// TestLocalThatAsks: a program that asks for an image gets one or a refusal, and
// does no other harm.
func TestLocalThatAsks(t *testing.T) {
	_, err := Local{Common{Env: map[string]string{"MODE": "ask"}}}.Start(t.Context(), testStart(nil))
	wantCode(t, err, "agent_platform")
}

func TestLocalDeadline(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := Local{Common{Env: map[string]string{"MODE": "hang"}}}.Start(ctx, testStart(nil))
	if err != context.DeadlineExceeded {
		t.Errorf("got %v, want that the deadline is exceeded", err)
	}
}

func TestLocalAgentPathMissing(t *testing.T) {
	_, err := Local{Common{AgentPath: "/nonexistent/agent"}}.Start(t.Context(), testStart(nil))
	if p := wantCode(t, err, "agent_path_missing"); p.Attr != "agent_path" {
		t.Errorf("want a problem of agent_path, got %v", p)
	}
}

func TestLocalKilled(t *testing.T) {
	l, err := Local{}.Start(t.Context(), testStart(nil))
	if err != nil {
		t.Fatal(err)
	}
	l.Kill(os.Kill)
	if e := l.Wait(); e.Signal != "KILL" {
		t.Errorf("the agent ended with %v, want the signal KILL", e)
	}
	l.Close()
}

func BenchmarkLocal(b *testing.B) {
	for b.Loop() {
		l, err := Local{}.Start(b.Context(), testStart(nil))
		if err != nil {
			b.Fatal(err)
		}
		l.Close()
		l.Wait()
	}
}

// An agent that starts has its list of kinds without reading their tags, of which there
// are more than a hundred.
func TestAgentTypesAreCheap(t *testing.T) {
	if n := testing.AllocsPerRun(10, func() { AgentTypes() }); n > 40 {
		t.Errorf("%v allocations for %d kinds, want 8 each at most", n, len(AgentTypes()))
	}
}
