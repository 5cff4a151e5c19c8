//go:build linux

package ssh

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// TestAStaleAgentWithOneSession: sshd allows one session a connection, and the agent in
// the cache of the host does not start. It is replaced all the same, whatever it does.
func TestAStaleAgentWithOneSession(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1, MaxSessions: 1})
	k := on(l, 1, "deploy")
	k.ConnectTimeout = "6s"
	assertWorks(t, k)
	cached := strings.Fields(l.Exec(1, "find", l.Home(1, "deploy"), "/var/tmp", "-name", "agent-*"))
	if len(cached) != 1 {
		t.Fatalf("there are the agents %q, want one", cached)
	}
	t.Run("only that of another version", func(t *testing.T) {
		l.Exec(1, "mv", cached[0], cached[0][:len(cached[0])-4]+"0000")
		assertWorks(t, k)
		l.ReadFile(1, cached[0])
	})
	for name, body := range map[string]string{
		"exits at once":          "exit 0",
		"fails":                  "echo broken >&2; exit 1",
		"greets and ends":        `printf '\n%s\n' "$2"; echo '{}'; exit 0`,
		"closes its output":      "exec >&- 2>&-; sleep 3; exit",
		"leaves others running":  "sleep 4 & exit 1",
		"hangs":                  "sleep 1001; exit",
		"hangs and ignores TERM": "trap '' TERM HUP; while :; do sleep 1001; done",
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				l.WriteAgent(1, cached[0], "#!/bin/sh\n"+body+"\n")
				l.Exec(1, "chown", "deploy:", cached[0])
				assertWorks(t, k)
			}
		})
	}
	l.AssertNoAgents(t)
}
