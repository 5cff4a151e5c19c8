//go:build unix

package transporttest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// startPromises are about the start of a context, whether it succeeds or fails.
var startPromises = []promise{
	{"greets with the facts of its machine", greets},
	{"has its address and name before it is up", hasItsPlace},
	{"runs calls that were made before it was up, in their order", runsEarlyCalls},
	{"starts contexts that were asked for before it was up", startsContextsBelow},
	{"leaves out what is printed before the greeting", leavesNoiseOut},
	{"gives up a program that never greets", givesUpSilence},
	{"ends a start that is cancelled", endsACancelledStart},
	{"says how a program ended that never greeted, and its last words", tellsAnEarlyEnd},
	{"refuses what is no greeting", refusesGarbage},
	{"bounds what is printed before the greeting", boundsNoise},
	{"names the argument that a start fails for", namesTheArgument},
}

func greets(t *testing.T, r *row) {
	g := r.start(t).up(t)
	if g.OS == "" || g.Arch == "" || g.Hostname == "" || g.User == "" || g.Home == "" || g.PID == 0 || g.CPUs == 0 || g.Memory == 0 {
		t.Errorf("the greeting lacks facts: %+v", g)
	}
	if r.Run == nil {
		return
	}
	host, err := r.Run("uname", "-n")
	if err != nil || strings.TrimSpace(host) != g.Hostname {
		t.Errorf("the greeting has the host name %s, and uname -n says %s, %v", g.Hostname, host, err)
	}
	name, err := r.Run("cat", fmt.Sprintf("/proc/%d/cmdline", g.PID))
	if want := "mitoplan:subject:" + r.mark + "@test:1"; err != nil || strings.TrimRight(name, "\x00") != want {
		t.Errorf("process %d is called %q, want %q, %v", g.PID, name, want, err)
	}
	who, err := r.Run("sh", "-c", `u=$(stat -c %u "/proc/$1") && echo "$u $(getent passwd "$u" | cut -d: -f1,6)"`, "sh", strconv.FormatInt(g.PID, 10))
	if want := fmt.Sprintf("%d %s:%s", g.UID, g.User, g.Home); err != nil || strings.TrimSpace(who) != want {
		t.Errorf("the greeting has the user %q, and the process has %q, %v", want, who, err)
	}
}

func hasItsPlace(t *testing.T, r *row) {
	s := r.startAs(t, r.connector(), transport.WithLabel("label"))
	if chain := s.Chain(); s.Name() != "subject" || chain[len(chain)-1] != "label" || (len(chain) == 2) != (r.Via != nil) {
		t.Errorf("the context is called %q, in the chain %q", s.Name(), chain)
	}
	before := s.Address()
	p, err := contractWhere.Call(s.ctx, s.Context, contractIn{})
	if err != nil || p.Address != before || before != s.Address() || before == (transport.Address{}) {
		t.Errorf("the address was %v, is %v, and the context itself says %v, %v", before, s.Address(), p.Address, err)
	}
}

func runsEarlyCalls(t *testing.T, r *row) {
	s := r.start(t)
	var all []*transport.Result[int]
	var after []transport.CallOption
	for range 20 {
		c := contractCount.CallAsync(s.ctx, s.Context, contractIn{Key: r.mark}, after...)
		all, after = append(all, c), []transport.CallOption{transport.After(c)}
	}
	for i, c := range all {
		if n, err := c.Get(s.ctx); err != nil || n != i+1 {
			t.Errorf("call %d was run as number %d: %v", i+1, n, err)
		}
	}
}

func startsContextsBelow(t *testing.T, r *row) {
	s := r.start(t)
	places := map[transport.Address]bool{s.Address(): true}
	in := func(c *transport.Context) *transport.Context {
		below, err := c.Connect(s.ctx, r.Below(), transport.WithTimeout(contractTime))
		if err != nil {
			t.Fatal(err)
		}
		if places[below.Address()] || !below.Address().Behind(c.Address()) {
			t.Errorf("a context started in %v has the address %v, which is taken or not behind it", c.Address(), below.Address())
		}
		places[below.Address()] = true
		return below
	}
	child := in(s.Context)
	// The calls are made before the first of these contexts can be up.
	for _, c := range []*transport.Context{in(s.Context), in(child)} {
		p, err := contractWhere.Call(s.ctx, c, contractIn{})
		if err != nil || p.Address != c.Address() {
			t.Errorf("the context at %v says that its address is %v: %v", c.Address(), p.Address, err)
		}
	}
}

// script makes a connector that starts a shell script in place of the agent. In its
// text, $2 is the token, and AGENT stands for the path of an agent that works.
func (r *row) script(t *testing.T, text string) transport.Connector {
	t.Helper()
	if r.Program == nil {
		t.Skip("it starts no other program")
	}
	if strings.Contains(text, "AGENT") {
		text = strings.ReplaceAll(text, "AGENT", r.agent(t))
	}
	out, err := r.Run("sh", "-c", `f=$(mktemp "$1/program-XXXXXX") && printf %s "$2" >"$f" && chmod 755 "$f" && printf %s "$f"`, "sh",
		r.agentDir, fmt.Sprintf("#!/bin/sh\nexport %s=%s %s='%s'\n%s\n", contractEnv, r.mark, raceEnv, r.race(), text))
	if err != nil {
		t.Fatal(err, out)
	}
	t.Cleanup(func() { _, _ = r.Run("rm", out) })
	return r.over(r.Program(out))
}

// agent returns the path of the row's agent on its machine.
func (r *row) agent(t *testing.T) string {
	t.Helper()
	s := r.start(t)
	p, err := contractWhere.Call(s.ctx, s.Context, contractIn{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(s.ctx); err != nil {
		t.Error(err)
	}
	return p.Executable
}

// fails waits until the start of the context has failed, and returns its error.
func (s *subject) fails(t *testing.T) *transport.ConnectError {
	t.Helper()
	early := contractEcho.CallAsync(s.ctx, s.Context, contractIn{})
	_, err := s.Ready().Get(s.ctx)
	var e *transport.ConnectError
	if !errors.As(err, &e) || e.Context != "subject" || e.Phase == "" || e.Cause == "" || e.Root != nil {
		t.Fatalf("the start ended with %#v, want a ConnectError of subject that is a root cause", err)
	}
	if _, cerr := early.Get(s.ctx); !errors.Is(cerr, err) {
		t.Errorf("a call that was made before ended with %v, want the error of the start", cerr)
	}
	return e
}

func leavesNoiseOut(t *testing.T, r *row) {
	s := r.startAs(t, r.script(t, `echo Welcome; echo trouble >&2; head -c 70000 /dev/zero; printf "\033[2J half a line"; exec AGENT "$@"`))
	if got, err := contractEcho.Call(s.ctx, s.Context, contractIn{Bytes: []byte("x")}); err != nil || string(got) != "x" {
		t.Errorf("got %q, %v", got, err)
	}
}

func givesUpSilence(t *testing.T, r *row) {
	e := r.startAs(t, r.script(t, `exec sleep 300`), transport.WithTimeout(500*time.Millisecond)).fails(t)
	if !strings.Contains(e.Error(), "timed out after 500ms") && e.Problem == nil {
		t.Errorf("it ended with %v", e)
	}
}

func endsACancelledStart(t *testing.T, r *row) {
	k := r.script(t, `exec sleep 300`)
	ctx, cancel := context.WithCancel(within(t))
	s := r.startIn(t, ctx, k)
	r.await(t, "the program was not started", func(processes string) bool { return strings.Contains(processes, "environ") })
	cancel()
	if e := s.fails(t); !strings.Contains(e.Error(), context.Canceled.Error()) {
		t.Errorf("it ended with %v", e)
	}
}

func tellsAnEarlyEnd(t *testing.T, r *row) {
	e := r.startAs(t, r.script(t, `echo "the moon is not full" >&2; exit 7`)).fails(t)
	if said := e.Error(); !strings.Contains(said, "the moon is not full") || !strings.Contains(said, "exit status 7") {
		t.Errorf("it ended with %v", e)
	}
}

func refusesGarbage(t *testing.T, r *row) {
	for _, garbage := range []string{
		`yes "this is no frame" | head -n 1000`, // text
		`head -c 100000 /dev/zero`,
		`printf '\000\000\000\020\000\000\000\000\000\000\000\001\000\000\000\000abcd'`,                 // no payload
		`printf '\000\000\000\027\000\000\000\000\000\000\000\004\000\000\000\000\241\150protocol\001'`, // a call
		`printf '\000\000\000\027\000\000\000\000\000\000\000\001\000\000\000\000\241\150protocol\000'`, // an agent that is too old
		`:`,
	} {
		s := r.startAs(t, r.script(t, `printf '\n%s\n' "$2"; `+garbage+`; exit 0`))
		if e := s.fails(t); e.Phase != transport.PhaseGreeting {
			t.Errorf("%s: it ended with %v", garbage, e)
		}
	}
}

func boundsNoise(t *testing.T, r *row) {
	e := r.startAs(t, r.script(t, `exec yes "there is no end"`)).fails(t)
	if e.Problem == nil || e.Problem.Code != "agent_noise" {
		t.Errorf("it ended with %v", e)
	}
}

func namesTheArgument(t *testing.T, r *row) {
	if r.Refused == nil {
		t.Skip("it has no arguments")
	}
	k, code, attr := r.Refused()
	e := r.startAs(t, r.over(k)).fails(t)
	p := e.Problem // errors.As could find the problem that the connector returned, which never crossed the wire
	if p == nil || p.Code != code || p.Attr != attr || p.Summary == "" || p.Detail == "" {
		t.Errorf("its problem is %+v, want %s of %s", p, code, attr)
	}
}
