//go:build linux

package e2e

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/agentbin"
	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	mitossh "github.com/mitoplan/mitoplan/transport/connect/ssh"
)

// BenchmarkSudo starts a sudo context on a host that has a context and the agent, and
// compares it in the same run with the bare ssh library, which runs `sudo true` on a
// connection that is open. What is printed are medians, in milliseconds.
//
//	go test ./e2e -run NONE -bench Sudo -benchtime 40x
func BenchmarkSudo(b *testing.B) {
	l := lab.New(b, lab.Options{Hosts: 1})
	broker := transport.NewBroker(transport.Options{Agents: agentSource(b)})
	b.Cleanup(func() { _ = broker.Shutdown() })
	off := false
	host, err := transport.NewRouter(broker).Connect(b.Context(), &mitossh.SSH{
		Host: l.Addr(1), User: "deploy", IdentityFile: l.Key(), KnownHosts: l.KnownHosts(), SSHConfig: "false", Agent: &off,
	})
	if err != nil {
		b.Fatal(err)
	}
	client, err := ssh.Dial("tcp", l.Addr(1)+":22", bareConfig(b, l))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	sudo(b, host) // which brings the agent
	var bare, ours []time.Duration
	for b.Loop() {
		bare = append(bare, sudoTrue(b, client))
		ours = append(ours, sudo(b, host))
	}
	b.ReportMetric(float64(median(bare).Microseconds())/1000, "sudo-true-ms")
	b.ReportMetric(float64(median(ours).Microseconds())/1000, "context-ms")
}

// agentSource has the agent for this machine, as it is released.
func agentSource(b *testing.B) transport.AgentSource {
	b.Helper()
	p := connect.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}
	image, err := agentbin.Build(b.Context(), "..", p, agentbin.Usual)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "agent")
	(&workspace{t: b, dir: filepath.Dir(path)}).write("agent", string(image))
	return connect.Executables(map[connect.Platform]string{p: path})
}

// sudo is how long a context takes to start. It is ended again.
func sudo(b *testing.B, host *transport.Context) time.Duration {
	b.Helper()
	began := time.Now()
	c, err := host.Connect(b.Context(), &connect.Sudo{})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := c.Ready().Get(b.Context()); err != nil {
		b.Fatal(err)
	}
	took := time.Since(began)
	if err := c.Shutdown(context.Background()); err != nil {
		b.Fatal(err)
	}
	return took
}

// sudoTrue is how long `sudo true` takes in a session of its own.
func sudoTrue(b *testing.B, client *ssh.Client) time.Duration {
	b.Helper()
	began := time.Now()
	s, err := client.NewSession()
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Run("sudo -n true"); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
