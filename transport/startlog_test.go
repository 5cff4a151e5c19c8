package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// chatty is a connector of another program that logs what it does.
type chatty struct{ transporttest.Agent }

func (k chatty) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	s.Phase(transport.PhaseDial)
	s.Log.Debug("rings", "at", "the door\n\x1b[31m", "value", "v")
	return k.Agent.Start(ctx, s)
}

// awaitLine waits until a line has all of these parts, and returns it.
func awaitLine(t *testing.T, rec *entries, parts ...string) string {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		for _, l := range rec.all() {
			if hasAll(l, parts) {
				return l
			}
		}
	}
	t.Fatalf("no line has %q:\n%s", parts, strings.Join(rec.all(), "\n"))
	return ""
}

func hasAll(line string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(line, p) {
			return false
		}
	}
	return true
}

// What happens in a start is logged with the context and its chain: by this process, and by the
// agent that starts the context, which says it here. A context that a function starts is one
// of its agent.
func TestWhatHappensInAStartIsLogged(t *testing.T) {
	log, rec := logger()
	b, chain := tree(t, transport.Options{Log: log}, chatty{agent()}, 1)
	below, err := chain[0].Connect(t.Context(), startable(), transport.WithName("below"), transport.WithLabel("the one below"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nested.Call(t.Context(), below, textIn{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Shutdown(); err != nil {
		t.Fatal(err)
	}
	own, child := "context hop1 chain hop1 at ", "context below chain hop1 > the one below by hop1"
	for _, parts := range [][]string{
		{"debug [connect] start begins [kind ", own, " at "},
		{"] phase dial [before start took ", own},
		{"] rings [at the door\n value v ", own},
		{"] is up [user ", own, "phases ", "dial ", "version test"},
		{"] is told to end [within 10s", own},
		{"] has ended [how ", own},
		{"] nothing is left of it [", own},
		{"] its parent is asked to start it [by hop1", "context below chain hop1 > the one below"},
		{"] start begins [kind ", "limit 10s", child},
		{"] is up [user ", child},
		{"] its parent says that it is up [", "context below"},
		{"] has ended [how ", child},
		{"] nothing is left of it [", child},
		{"] is up [", "context below chain hop1 > the one below starts "},
	} {
		if n := len(matching(rec, parts)); n != 1 {
			t.Errorf("%d lines have %q, want one", n, parts)
		}
	}
	if t.Failed() {
		t.Log(strings.Join(rec.all(), "\n"))
	}
}

func matching(rec *entries, parts []string) (lines []string) {
	for _, l := range rec.all() {
		if hasAll(l, parts) {
			lines = append(lines, l)
		}
	}
	return lines
}

// A start that fails is logged with the phase, the cause, and how long it was in each phase;
// by the agent that made it, too.
func TestAFailedStartIsLogged(t *testing.T) {
	log, rec := logger()
	b, chain := tree(t, transport.Options{Log: log}, agent(), 1)
	hangs := agent()
	hangs.Hang = true
	for name, above := range map[string][]*transport.Context{"here": nil, "there": chain} {
		failed, err := next(b, above, hangs, transport.WithName(name), transport.WithTimeout(200*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		var want *transport.ConnectError
		if _, err := failed.Ready().Get(t.Context()); !errors.As(err, &want) {
			t.Fatal(err)
		}
		awaitLine(t, rec, "] start has failed [phase "+string(want.Phase), "cause "+want.Cause, "phases ", "context "+name+" chain")
	}
}

// The level counts that there is at each line: of this process and, with SetLogLevel, of the
// agent that starts a context.
func TestTheLevelOfLinesOfStartsCanChange(t *testing.T) {
	log, rec := logger()
	log.SetLevel(hclog.Info)
	b, chain := tree(t, transport.Options{Log: log}, agent(), 1)
	up := func(c *transport.Context, err error) {
		t.Helper()
		if err == nil {
			_, err = c.Ready().Get(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	up(chain[0], nil)
	up(chain[0].Connect(t.Context(), startable(), transport.WithName("quiet")))
	if lines := rec.all(); len(lines) > 0 {
		t.Fatalf("at the level info this is logged:\n%s", strings.Join(lines, "\n"))
	}
	log.SetLevel(hclog.Debug)
	up(next(b, nil, agent(), transport.WithName("loud")))
	awaitLine(t, rec, "] is up [", "context loud chain loud")
	up(chain[0].Connect(t.Context(), startable(), transport.WithName("half")))
	awaitLine(t, rec, "its parent says that it is up", "context half")
	if lines := matching(rec, []string{"context half", "] is up ["}); len(lines) > 0 {
		t.Errorf("an agent of the level info logs %q", lines)
	}
	if err := chain[0].SetLogLevel(t.Context(), hclog.Debug); err != nil {
		t.Fatal(err)
	}
	up(chain[0].Connect(t.Context(), startable(), transport.WithName("below")))
	awaitLine(t, rec, "] is up [", "context below chain hop1 > below by hop1")
	log.SetLevel(hclog.Info)
	n := len(rec.all())
	up(next(b, nil, agent(), transport.WithName("quiet again")))
	if lines := matching(rec, []string{"quiet again"}); len(lines) > 0 {
		t.Errorf("after %d lines these are logged: %q", n, lines)
	}
}

// TestLinesOfStartsCostNothingUnlessWanted: no memory, and no frame of a log.
func TestLinesOfStartsCostNothingUnlessWanted(t *testing.T) {
	var logged atomic.Int64
	log, rec := logger()
	log.SetLevel(hclog.Info)
	var got *transport.StartLog
	k := agent()
	k.Started = func(_ *transporttest.End, s transport.Start) { got = s.Log }
	_, chain := tree(t, transport.Options{Log: log, Frames: func(e transport.FrameEvent) {
		if e.Handle == transport.HandleLog {
			logged.Add(1)
		}
	}}, k, 1)
	below, err := chain[0].Connect(t.Context(), startable())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := below.Ready().Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := logged.Load(); n > 0 || len(rec.all()) > 0 {
		t.Errorf("%d entries came over the wire, and these are shown: %q", n, rec.all())
	}
	host := fmt.Sprint("10.0.0.", len(rec.all()))
	for name, l := range map[string]*transport.StartLog{"of a start": got, "of a logger": transport.NewStartLog(log), "none": nil} {
		if n := testing.AllocsPerRun(100, func() { l.Debug("host is dialled", "host", host, "by", name) }); n > 0 || l.IsDebug() {
			t.Errorf("the one %s allocates %g times", name, n)
		}
	}
	if transport.NewStartLog(nil).IsDebug() {
		t.Error("no logger wants lines")
	}
}

// An agent says something of its own children alone: an entry about another context is one of
// the agent.
func TestAnAgentLogsOfItsOwnChildrenAlone(t *testing.T) {
	log, rec := logger()
	liar := agent()
	liar.Child = func(rw io.ReadWriteCloser, _ transport.Start) int {
		raw := transport.NewRaw(rw)
		self, err := raw.Greet()
		if err != nil {
			return 1
		}
		for _, hop := range []string{"x", strings.Repeat("\x00", 6), strings.Repeat("\x00", 12), "\x00\x00\x00\x01\x00\x00"} {
			_ = raw.Write(0, transport.LogAboutFrame(self, hop, "me"))
		}
		_ = raw.Write(0, &transport.Message{Src: self, Handle: transport.HandleLog, Data: transport.EncodeLog("the last one")})
		_, _ = io.Copy(io.Discard, rw)
		return 0
	}
	b, _ := tree(t, transport.Options{Log: log}, agent(), 1)
	if _, err := next(b, nil, liar, transport.WithName("liar")); err != nil {
		t.Fatal(err)
	}
	want := []string{"[connect] forged [", "context liar chain liar starts me"}
	awaitLine(t, rec, "the last one")
	if lines := matching(rec, want); len(lines) != 4 {
		t.Errorf("of 4 entries these are shown as of the liar: %q", lines)
	}
}
