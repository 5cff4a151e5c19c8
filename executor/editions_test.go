package executor_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mitoplan/mitoplan/transport"
)

// edition is a source of agents that is told from another one by its name.
type edition string

func (edition) Agent(context.Context, string, string) (*transport.AgentImage, error) { return nil, nil }

// notes is a connector that notes where the agent of its context would come from.
type notes struct {
	*host
	note func(host, from string)
}

func (n notes) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	n.note(n.Name, fmt.Sprint(s.Agents))
	return n.host.Start(ctx, s)
}

// Contexts in which a plan names a rare kind are started with the full edition of the agent,
// and others with the usual one. Without a full edition, all are started with the one that
// there is.
func TestRareKindsBringTheFullEdition(t *testing.T) {
	const src = `
context "far" "a" { host = "a" }
context "far" "b" { host = "b" }
resource "file" "a" {
  on      = context.far.a
  path    = "$DIR/a"
  content = "a"
}
resource "file" "b" {
  on      = context.far.b
  path    = "$DIR/b"
  content = "b"
}
resource "json_value" "b" {
  on      = context.far.b
  path    = "$DIR/b.json"
  pointer = "/b"
  value   = "1"
  create  = true
}
`
	for name, c := range map[string]struct {
		usual, full transport.AgentSource
		want        map[string]string
	}{
		"both":     {edition("usual"), edition("full"), map[string]string{"a": "usual", "b": "full"}},
		"only one": {edition("usual"), nil, map[string]string{"a": "usual", "b": "usual"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			o := l.options(src, nil)
			o.Agents, o.FullAgents = c.usual, c.full
			var mu sync.Mutex // both contexts start at once
			got := map[string]string{}
			o.Connectors = []transport.ConnectorType{{Kind: "far", New: func() transport.Connector {
				return &notes{&host{lab: l}, func(host, from string) {
					mu.Lock()
					defer mu.Unlock()
					got[host] = from
				}}
			}}}
			s := l.open(o)
			l.mustApply(s, l.plan(s))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("agents come from %q (-want +got):\n%s", slices.Sorted(maps.Keys(got)), diff)
			}
		})
	}
}
