package nice_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"example.com/outside/nice"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/logger"
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

// lockedBuffer keeps what is logged.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// TestNiceTellsWhatItDoes: also to log/slog, and as its caller starts it itself.
func TestNiceTellsWhatItDoes(t *testing.T) {
	out := &lockedBuffer{}
	log := logger.Slog(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	const want = `msg="program is to run nicely"`
	if _, err := (nice.Nice{Path: "/no/such/nice"}).Start(t.Context(), transport.Start{Log: transport.NewStartLog(log)}); err == nil || !strings.Contains(out.b.String(), want) {
		t.Errorf("it says %q, and %v", out.b.String(), err)
	}
	out.b.Reset()
	err := transport.RunWith(t.Context(), transport.Options{Log: log, Agents: connect.Self()}, func(ctx context.Context, router *transport.Router) error {
		c, err := router.Connect(ctx, nice.Nice{Path: "/no/such/nice"}, transport.WithName("calm"))
		if err == nil {
			_, err = c.Ready().Get(ctx)
		}
		return err
	})
	shown := out.b.String() // Run has ended: nobody writes
	for _, part := range []string{want, "logger=connect", "context=calm", "chain=calm", "(nice_missing)"} {
		if err == nil || !strings.Contains(shown, part) {
			t.Errorf("with the error %v nothing tells %q:\n%s", err, part, shown)
		}
	}
}
