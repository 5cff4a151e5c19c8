package transporttest_test

import (
	"maps"
	"os/exec"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

func TestMain(m *testing.M) {
	transporttest.Main(transporttest.ProcessType())
	goleak.VerifyTestMain(m)
}

// The connectors that tests use keep the contract, too. The table of all others is
// in transport/connect.
func TestAgentKeepsTheContract(t *testing.T) {
	agent := func() transport.Connector {
		return transporttest.Agent{Delay: time.Millisecond, Serve: transport.ServeOptions{Functions: transporttest.Functions()}}
	}
	transporttest.Contract(t, transporttest.Row{
		Make:  func(transporttest.Setting) transport.Connector { return agent() },
		Below: agent,
	})
}

func TestProcessKeepsTheContract(t *testing.T) {
	transporttest.Contract(t, transporttest.Row{
		Make: func(s transporttest.Setting) transport.Connector {
			var env []string
			for _, name := range slices.Sorted(maps.Keys(s.Env)) {
				env = append(env, name+"="+s.Env[name])
			}
			return transporttest.Process{Env: env}
		},
		Below: func() transport.Connector { return transporttest.Process{} },
		Run: func(argv ...string) (string, error) {
			out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
			return string(out), err
		},
	})
}
