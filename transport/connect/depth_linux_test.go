package connect_test

import (
	"errors"
	"os"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// TestAnyKindsToTheLastDepth holds that kinds nest in any order, as deep as a tree may be,
// and that one more is told as that.
func TestAnyKindsToTheLastDepth(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("changes the root directory, which only root may do")
	}
	kinds := []func(connect.Common) transport.Connector{
		func(c connect.Common) transport.Connector {
			return connect.Exec{Common: c, Command: []string{"env", "DEEP=1"}, SameMachine: true}
		},
		func(c connect.Common) transport.Connector { return connect.Chroot{Common: c, Root: "/"} },
		func(c connect.Common) transport.Connector {
			return connect.Nsenter{Common: c, PID: int64(os.Getpid()), Namespaces: []string{"net", "uts"}}
		},
		local,
		func(c connect.Common) transport.Connector {
			return connect.Kubectl{Common: c, Pod: "web", Path: standIn("kubectl")}
		},
		func(c connect.Common) transport.Connector {
			return connect.LXC{Common: c, Instance: "web", Path: standIn("lxc")}
		},
		func(c connect.Common) transport.Connector {
			return connect.Machinectl{Common: c, Machine: "web", Path: standIn("systemd-run")}
		},
	}
	broker := transport.NewBroker(transport.Options{Agents: connect.Self()})
	defer broker.Shutdown()
	router := transport.NewRouter(broker)
	common := connect.Common{Env: servesTheContract, AgentDirs: []string{t.TempDir()}, ConnectTimeout: "1m"}
	at, err := router.Connect(t.Context(), local(common))
	if err != nil {
		t.Fatal(err)
	}
	var parents []*transport.Context
	for i := range transport.MaxDepth - 1 {
		parents = append(parents, at)
		if at, err = at.Connect(t.Context(), kinds[i%len(kinds)](common)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range append(parents, at) {
		if _, err := c.Ready().Get(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if at.Address().Depth() != transport.MaxDepth {
		t.Errorf("the last context is %d deep, want %d", at.Address().Depth(), transport.MaxDepth)
	}
	_, err = at.Connect(t.Context(), kinds[0](common))
	var p *kind.Problem
	if !errors.As(err, &p) || p.Code != kind.CodeContextDepth {
		t.Errorf("one more comes to %v, want the problem %s", err, kind.CodeContextDepth)
	}
}
