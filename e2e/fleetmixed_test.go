//go:build linux

package e2e

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

var fleetHosts = flag.Int("fleet.hosts", 14, "how many hosts the fleet of TestFleetOfAllKinds has, its bastion included; at most 200")

const (
	deadHosts  = 3
	silentPort = 2022
	// slowLine is the rate of the slow line in bytes per second, and quickerLine that in a
	// small fleet, which needs less time itself.
	slowLine    = 60 << 10
	quickerLine = 200 << 10
)

// TestFleetOfAllKinds converges a fleet behind one bastion of which half has no agent
// yet, three hosts are off, one accepts connections and never speaks, and one is on a
// slow line. Every host that can be reached converges; each other one is told in words
// of its own; the slow one comes last. Every run of the tests has a small fleet. A
// large one:
//
//	go test ./e2e -run TestFleetOfAllKinds -v -fleet.hosts 200
func TestFleetOfAllKinds(t *testing.T) {
	t.Parallel() // it waits most of its time
	n := *fleetHosts
	l := lab.New(t, lab.Options{Hosts: n, Bastion: true})
	silent, slow := n-deadHosts, n-deadHosts-1 // those after silent are off
	line := lab.NewProxy(t, l.Addr(1)+":22", 0)
	l.Trust(line.Addr(), 1)
	l.Exec(silent, "sh", "-c", fmt.Sprintf(
		"setsid perl -MSocket -e 'socket(S,PF_INET,SOCK_STREAM,0); bind(S,sockaddr_in(%d,INADDR_ANY)); listen(S,50); sleep 600' >/dev/null 2>&1 </dev/null &", silentPort))
	warm := newWorkspace(t, map[string]string{"main.mito.hcl": mixedFleet(l, line, 2, slow-1, 2, 0)})
	warm.must(0, "plan")
	for i := silent + 1; i <= n; i++ {
		l.Stop(i)
	}
	if n < 50 {
		line.Slow(quickerLine)
	} else {
		line.Slow(slowLine)
	}
	w := newWorkspace(t, map[string]string{"main.mito.hcl": mixedFleet(l, line, 2, n, 1, slow)})

	r := w.must(1, "plan", "-json")
	states, order := contextStates(t, r)
	reached := 0
	for i := 2; i <= n; i++ {
		got := states[fmt.Sprintf("context.ssh.h[%q]", l.Name(i))]
		switch {
		case i == silent:
			wantReason(t, l.Name(i), got, "Server does not finish the handshake")
		case i > silent:
			wantReason(t, l.Name(i), got, "No route to host")
		case got.Status == "up":
			reached++
		default:
			t.Errorf("%s is %s: %s", l.Name(i), got.Status, got.Reason)
		}
	}
	if last := fmt.Sprintf("context.ssh.h[%q]", l.Name(slow)); order[len(order)-1] != last {
		t.Errorf("the last to come up is %s, want %s: %v", order[len(order)-1], last, order)
	}
	t.Logf("plan: %s, %d hosts reached, %s of CPU, %d MiB", r.took.Round(time.Millisecond), reached, r.cpu.Round(time.Millisecond), r.peak>>10)

	a := w.run("apply", "-auto-approve", "-allow-unreachable")
	converged := 0
	for i := 2; i < silent; i++ {
		if out, _ := l.Run(i, "cat", "/home/deploy/fleet.conf"); out == "managed\n" {
			converged++
		}
	}
	t.Logf("apply: %s, %d hosts converged", a.took.Round(time.Millisecond), converged)
	if converged != n-2-deadHosts {
		t.Errorf("%d hosts converged, want %d: %v", converged, n-2-deadHosts, a)
	}
	l.AssertNoAgents(t)
}

// mixedFleet is a configuration with every step-th host of a lab behind its bastion.
// The one host slow is reached over line.
func mixedFleet(l *lab.Lab, line *lab.Proxy, from, to, step, slow int) string {
	login := fmt.Sprintf("  user = \"deploy\"\n  identity_file = %q\n  known_hosts = %q\n  agent = false\n  ssh_config = \"false\"\n", l.Key(), l.KnownHosts())
	var hosts strings.Builder
	for i := from; i <= to; i += step {
		port, via := 22, "straight"
		if i == slow {
			via = "slow"
		}
		if i == l.Hosts()-deadHosts {
			port = silentPort
		}
		fmt.Fprintf(&hosts, "    %s = { host = %q, port = %d, via = context.ssh.bastion[%q] }\n", l.Name(i), l.Addr(i), port, via)
	}
	bastions := fmt.Sprintf("straight = { host = %q, port = 22 }", l.Addr(1))
	if slow > 0 {
		bastions += fmt.Sprintf(", slow = { host = \"127.0.0.1\", port = %d }", line.Port())
	}
	return fmt.Sprintf(`
context "ssh" "bastion" {
  for_each = { %s }
  host = each.value.host
  port = each.value.port
%s}
context "ssh" "h" {
  for_each = {
%s  }
  host = each.value.host
  port = each.value.port
  via  = each.value.via
%s}
resource "file" "f" {
  on      = context.ssh.h
  path    = "/home/deploy/fleet.conf"
  content = "managed\n"
}
`, bastions, login, hosts.String(), login)
}

// contextState is what a line of the type context_status says.
type contextState struct{ Address, Status, Reason string }

// contextStates are the last states of all contexts, and the contexts in the order in
// which they came up.
func contextStates(t *testing.T, r result) (states map[string]contextState, order []string) {
	t.Helper()
	states = map[string]contextState{}
	lines := bufio.NewScanner(strings.NewReader(r.stdout))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var m struct {
			Type    string
			Context json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		if m.Type != "context_status" {
			continue
		}
		var c contextState
		if err := json.Unmarshal(m.Context, &c); err != nil {
			t.Fatal(err)
		}
		states[c.Address] = c
		if c.Status == "up" {
			order = append(order, c.Address)
		}
	}
	return states, order
}

func wantReason(t *testing.T, name string, got contextState, reason string) {
	t.Helper()
	if got.Status != "unreachable" || !strings.Contains(got.Reason, reason) {
		t.Errorf("%s is %s: %q, want %q", name, got.Status, got.Reason, reason)
	}
}
