//go:build linux

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/agentbin"
	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/connect/ssh"
	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

// The chain: this program again, a bastion, a host behind it, root there, and that agent
// again.
const faultHops = 5

var faultHopKinds = [faultHops + 1]string{"", "local", "ssh", "ssh", "sudo", "local"}

// faultStage is a lab of a bastion and a host behind it, which all cells share.
type faultStage struct {
	lab    *lab.Lab
	agents transport.AgentSource
	cells  atomic.Int64
	known  string   // directory of agents that are there
	agent  string   // the file of the agent here
	ours   []string // rows of what this process used
}

// faultAgent is the agent of all hosts.
type faultAgent struct{ image *transport.AgentImage }

func (a faultAgent) Agent(context.Context, string, string) (*transport.AgentImage, error) {
	return a.image, nil
}

func newFaultStage(t *testing.T) *faultStage {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent")
	buildFaultAgent(t, path)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	image := &transport.AgentImage{SHA256: sha256.Sum256(b), Gzip: agentbin.Compress(b, 6), Size: int64(len(b))}
	s := &faultStage{agent: path, lab: lab.New(t, lab.Options{Hosts: 2, Bastion: true}), agents: faultAgent{image}}
	s.known = "/tmp/known"
	for host := 1; host <= 2; host++ {
		s.lab.Exec(host, "install", "-d", "-m", "1777", s.known)
	}
	s.warmUp(t)
	// What is sent to root on the host is never taken: sudo has this directory first.
	s.lab.WriteFile(2, "/usr/local/sbin/head", "#!/bin/sh\nsleep 4321\n", 0o755)
	return s
}

// warmUp puts agents where the cells find them.
func (s *faultStage) warmUp(t *testing.T) {
	t.Helper()
	c := &faultCell{stage: s, op: "call"}
	c.open(t)
	defer c.broker.Shutdown()
	c.extend(faultHops)
	for _, one := range c.chain[1:] {
		if _, err := one.Ready().Get(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// faultCell is one cell of the table while it is played.
type faultCell struct {
	stage *faultStage
	fault faultKind
	op    string
	hop   int

	t       *testing.T
	id      string
	broker  *transport.Broker
	router  *transport.Router
	chain   []*transport.Context // by hop; 0 is not used
	waiters []*faultWaiter
	struck  time.Time
	back    atomic.Int64 // bytes of a transfer that came back
	cgroup  string       // of memory
	seen    faultSeen
}

func (c *faultCell) open(t *testing.T) {
	c.t, c.id = t, fmt.Sprintf("cell%dx", c.stage.cells.Add(1))
	c.broker = transport.NewBroker(transport.Options{
		Agents: c.stage.agents, HeartbeatInterval: 3 * time.Second, HeartbeatTimeout: 9 * time.Second,
	})
	c.router = transport.NewRouter(c.broker)
	c.chain = []*transport.Context{nil}
}

// of is the name of the context of a hop; mark is in the environment of its processes, and
// the name of its line.
func (c *faultCell) of(hop int) string   { return fmt.Sprintf("%s-c%d", c.id, hop) }
func (c *faultCell) mark(hop int) string { return fmt.Sprintf("%s-h%d.", c.id, hop) }

// frames is the name of the line that the frames of a hop go over.
func (c *faultCell) frames(hop int) string {
	if faultHopKinds[hop] == "ssh" {
		return c.mark(hop) + "frames"
	}
	return c.mark(hop)
}

// extend starts contexts up to a hop, and returns at once.
func (c *faultCell) extend(to int) {
	c.t.Helper()
	for hop := len(c.chain); hop <= to; hop++ {
		start := c.router.Connect
		if hop > 1 {
			start = c.chain[hop-1].Connect
		}
		one, err := start(context.Background(), c.connector(hop), transport.WithName(c.of(hop)))
		if err != nil {
			c.t.Fatal(err)
		}
		c.chain = append(c.chain, one)
	}
}

// connector is that of a hop.
func (c *faultCell) connector(hop int) transport.Connector {
	common := connect.Common{AgentDirs: []string{c.agentDir(hop)}, Env: map[string]string{"FAULTS": c.mark(hop)}}
	if c.fault.dirs != nil && hop == c.hop {
		common.AgentDirs = c.fault.dirs(c)
	}
	switch faultHopKinds[hop] {
	case "local":
		common.AgentDirs = nil // its agent is kept nowhere
		if hop == 1 && c.fault.name == "clock jump" {
			common.AgentPath = c.stage.agent // the clock of this program cannot
		}
		return faults.Piped{Line: c.mark(hop), Local: &connect.Local{Common: common}}
	case "sudo":
		return faults.Piped{Line: c.mark(hop), Sudo: &connect.Sudo{Common: common}}
	}
	l := c.stage.lab
	return faults.Through{Line: faults.LineOf(c.mark(hop)), Frames: faults.LineOf(c.frames(hop)), Connector: ssh.SSH{
		Common: common, Host: l.Addr(hop - 1), User: "deploy", IdentityFile: l.Key(), KnownHosts: l.KnownHosts(), SSHConfig: "false",
	}}
}

// agentDir is where the agent of a hop is, or is not yet.
func (c *faultCell) agentDir(hop int) string {
	if c.op == "push" && hop == c.hop {
		return "/tmp/" + c.id
	}
	return c.stage.known
}

// faultProcess is a process of this machine, or of a host on it.
type faultProcess struct {
	pid, parent      int
	cmdline, environ string
}

// processesOf are all processes of the machine.
func processesOf(t *testing.T) (all []faultProcess) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		p := faultProcess{}
		p.pid, _ = strconv.Atoi(filepath.Base(dir))
		cmdline, err := os.ReadFile(dir + "/cmdline")
		environ, _ := os.ReadFile(dir + "/environ")
		stat, _ := os.ReadFile(dir + "/stat")
		_, after, ok := strings.Cut(string(stat), ") ")
		if f := strings.Fields(after); err == nil && ok && len(f) > 1 && f[0] != "Z" {
			p.parent, _ = strconv.Atoi(f[1])
			p.cmdline, p.environ = string(bytes.ReplaceAll(cmdline, []byte{0}, []byte{' '})), string(environ)
			all = append(all, p)
		}
	}
	return all
}

// running are the processes of the contexts from a hop on: agents, and what they started.
func (c *faultCell) running(from int) (found []faultProcess) {
	for _, p := range processesOf(c.t) {
		for hop := from; hop <= faultHops+1; hop++ {
			if strings.Contains(p.cmdline, c.of(hop)+":") || strings.Contains(p.environ, "FAULTS="+c.mark(hop)) ||
				hop == c.hop && c.op == "push" && strings.Contains(p.cmdline, "/tmp/"+c.id) {
				found = append(found, p)
				break
			}
		}
	}
	return found
}

// targets are the processes of the hop that something happens to: its agent, or the shell
// that takes its agent.
func (c *faultCell) targets() (found []faultProcess) {
	all := processesOf(c.t)
	for _, p := range all {
		switch {
		case strings.HasPrefix(p.cmdline, "mitoplan:"+c.of(c.hop)+":"):
			found = append(found, p)
		case c.op == "push" && c.hop == 4 && strings.HasPrefix(p.cmdline, "sh ") && c.below(p, all),
			c.op == "push" && c.hop != 4 && strings.HasPrefix(p.cmdline, "sh ") && strings.Contains(p.cmdline, "/tmp/"+c.id):
			return []faultProcess{p} // the others are of its making
		}
	}
	return found
}

// below reports whether a process was started by the agent before the hop, or by what that
// started.
func (c *faultCell) below(p faultProcess, all []faultProcess) bool {
	for p.parent > 1 {
		i := slices.IndexFunc(all, func(q faultProcess) bool { return q.pid == p.parent })
		if i < 0 {
			return false
		}
		if p = all[i]; strings.HasPrefix(p.cmdline, "mitoplan:"+c.of(c.hop-1)+":") {
			return true
		}
	}
	return false
}

func (c *faultCell) signal(sig syscall.Signal) {
	c.t.Helper()
	targets := c.targets()
	if len(targets) == 0 {
		c.t.Fatalf("hop %d has no process", c.hop)
	}
	for _, p := range targets {
		_ = syscall.Kill(p.pid, sig)
	}
}

func (c *faultCell) kill() { c.signal(syscall.SIGKILL) }

// stop stops the processes of the hop.
func (c *faultCell) stop() {
	c.signal(syscall.SIGSTOP)
	c.hurry()
}

// hurry lets what is still on its way of a push come at once. A shell that is stopped or
// killed has others that take it, so that the push goes on for as long as the line needs.
func (c *faultCell) hurry() {
	if c.op == "push" && c.hop <= 3 {
		c.strikeLine(c.mark(c.hop), faults.Mended)
	}
}
