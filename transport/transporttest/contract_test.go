package transporttest_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

func TestMain(m *testing.M) {
	transport.Main(transporttest.Functions()...)
	goleak.VerifyTestMain(m)
}

func TestAgentKeepsTheContract(t *testing.T) {
	transporttest.Contract(t, func() transport.Connector {
		return transporttest.Agent{Delay: time.Millisecond, Serve: transport.ServeOptions{Functions: transporttest.Functions()}}
	})
}

func TestProcessKeepsTheContract(t *testing.T) {
	transporttest.Contract(t, func() transport.Connector { return transporttest.Process{} })
}
