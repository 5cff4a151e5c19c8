package nice_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"

	"example.com/outside/nice"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

func TestMain(m *testing.M) {
	transporttest.Main(connect.AgentTypes()...)
	os.Exit(m.Run())
}

func TestNiceKeepsTheContract(t *testing.T) {
	transporttest.Contract(t, transporttest.Row{
		Make: func(s transporttest.Setting) transport.Connector {
			return nice.Nice{Common: connect.Common{Env: s.Env, AgentDirs: []string{s.AgentDir}}}
		},
		Below: func() transport.Connector { return connect.Local{} },
		Run: func(argv ...string) (string, error) {
			out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
			return string(out), err
		},
		Program: func(path string) transport.Connector {
			return nice.Nice{Common: connect.Common{AgentPath: path}}
		},
		Refused: func() (transport.Connector, transport.Code, string) {
			return nice.Nice{Path: "/no/such/nice"}, "nice_missing", "path"
		},
	})
}

func TestWhatIsWrongIsToldByConnect(t *testing.T) {
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		_, err := router.Connect(ctx, nice.Nice{Level: 99})
		return err
	})
	var found *transport.Problem
	if !errors.As(err, &found) || found.Code != "nice_level" || found.Attr != "level" {
		t.Errorf("got %v, want the problem nice_level", err)
	}
}
