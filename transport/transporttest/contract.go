//go:build unix

package transporttest

import (
	"context"
	"crypto/rand"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Row describes one kind of context to Contract.
type Row struct {
	// Make returns a connector whose agent is this test binary; see Main. The
	// agent has the variables of s in its environment. If the kind pushes agents,
	// the connector keeps them in the directory of s.
	Make func(s Setting) transport.Connector
	// Via returns the connector of another context that this one is started in. The
	// agent of that context is this test binary, too. Via is nil if the context is
	// started in this process.
	Via func(s Setting) transport.Connector
	// Below returns a connector that the context itself can start.
	Below func() transport.Connector

	// Run runs a program as root on the machine of the context's processes, and
	// returns what it printed. It is nil if the context is no process of its own.
	// The promises about processes are left out then.
	Run func(argv ...string) (string, error)
	// Program returns a connector that starts the program at a path on that
	// machine. It is nil if the kind cannot start another program than an agent.
	Program func(path string) transport.Connector
	// Refused returns a connector whose start cannot succeed, with the code of its
	// problem and the argument that the problem names.
	Refused func() (k transport.Connector, code kind.Code, attr string)

	// OwnLink leaves out the link with a delay and the one without buffers. It is for a
	// kind whose frames go through the same code as those of another kind that Contract
	// is played for over all three, where time matters.
	OwnLink bool
}

// Setting is what Contract asks of a connector that a Row makes.
type Setting struct {
	Env map[string]string
	// AgentDir is the directory of the host in which agents are kept. If it is "",
	// the kind chooses one.
	AgentDir string
}

// promise is one promise that every connector makes.
type promise struct {
	name string
	hold func(t *testing.T, r *row)
}

// promises are the contract.
var promises = slices.Concat(startPromises, callPromises, endPromises)

// contractTime is how long the test of one promise may take.
const contractTime = 30 * time.Second

// Contract checks what every connector promises. It does so three times, or once with OwnLink: over the
// connector's own link, over a link with a delay, and over a link without buffers
// while all queues hold nothing. After each promise no process, file or descriptor
// may be left.
func Contract(t *testing.T, of Row) {
	agentDir := ""
	if of.Run != nil {
		agentDir = of.agentDir(t)
	}
	over := links
	if of.OwnLink {
		over = links[:1]
	}
	for _, l := range over {
		t.Run(l.name, func(t *testing.T) {
			for _, p := range promises {
				t.Run(p.name, func(t *testing.T) {
					r := &row{Row: of, link: l, agentDir: agentDir, mark: strings.ToLower(rand.Text()[:16])}
					r.leavesNothing(t)
					if l.tight {
						NoQueues(t)
					}
					p.hold(t, r)
				})
			}
		})
	}
}

// row is a Row in the test of one promise over one link.
type row struct {
	Row
	link     link
	agentDir string // where agents are kept
	mark     string // a text that all its processes have in the environment or the command line
}

// connector makes the row's connector, over the row's link.
func (r *row) connector() transport.Connector { return r.over(r.Make(r.setting())) }

func (r *row) over(k transport.Connector) transport.Connector {
	if r.Via != nil {
		return k // the link is put before the context that this one is started in
	}
	return r.link.over(k)
}

func (r *row) setting() Setting {
	env := map[string]string{contractEnv: r.mark, raceEnv: r.race()}
	if r.link.tight {
		env[tightEnv] = "1"
	}
	return Setting{Env: env, AgentDir: r.agentDir}
}

// broker makes a broker that is shut down at the end of the test, and keeps what is logged.
func (r *row) broker(t *testing.T) (*transport.Broker, *said) {
	t.Helper()
	entries := &said{}
	log := hclog.NewInterceptLogger(&hclog.LoggerOptions{Output: io.Discard})
	log.RegisterSink(entries)
	b := transport.NewBroker(transport.Options{Log: log, Name: r.mark + "@test:1"})
	t.Cleanup(func() {
		if err := b.Shutdown(); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	return b, entries
}

// subject is one context that is put to the test.
type subject struct {
	*transport.Context
	ctx    context.Context
	said   *said
	router *transport.Router
}

// start starts the row's context.
func (r *row) start(t *testing.T) *subject { return r.startAs(t, r.connector()) }

// startAs starts the connector k in place of the row's own.
func (r *row) startAs(t *testing.T, k transport.Connector, opts ...transport.ConnectOption) *subject {
	t.Helper()
	return r.startIn(t, within(t), k, opts...)
}

func (r *row) startIn(t *testing.T, ctx context.Context, k transport.Connector, opts ...transport.ConnectOption) *subject {
	t.Helper()
	b, entries := r.broker(t)
	router := transport.NewRouter(b)
	connect := router.Connect
	if r.Via != nil {
		c, err := connect(within(t), r.link.over(r.Via(r.setting())), transport.WithTimeout(contractTime), transport.WithName("via"))
		if err != nil {
			t.Fatal(err)
		}
		connect = c.Connect
	}
	opts = append([]transport.ConnectOption{transport.WithTimeout(contractTime), transport.WithName("subject")}, opts...)
	c, err := connect(ctx, k, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return &subject{c, within(t), entries, router}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), contractTime)
	t.Cleanup(cancel)
	return ctx
}

// up waits until the context is up and returns its greeting.
func (s *subject) up(t *testing.T) transport.Greeting {
	t.Helper()
	g, err := s.Ready().Get(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// said keeps the messages that a context logs, in order.
type said struct {
	mu    sync.Mutex
	lines []string
}

// Accept makes said a sink of hclog.
func (s *said) Accept(_ string, _ hclog.Level, msg string, _ ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, msg)
}

// with returns the messages that begin with prefix.
func (s *said) with(prefix string) (found []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		if strings.HasPrefix(l, prefix) {
			found = append(found, l)
		}
	}
	return found
}

// Variables in the environment of the agents that Contract starts.
const (
	contractEnv = "MITOPLAN_CONTRACT"
	tightEnv    = "MITOPLAN_CONTRACT_TIGHT"
	raceEnv     = "GORACE" // options of Go's race detector
)

// race returns the options of the race detector of an agent. It reports a race in a
// file in the agent's directory, since nobody would read its standard error, and a
// file that is left there fails the test. It does not sleep for a second before it
// ends, as it would by default.
func (r *row) race() string {
	options := "atexit_sleep_ms=0"
	if r.agentDir != "" {
		options += " log_path=" + r.agentDir + "/race"
	}
	return options
}

// Main serves as an agent if Contract started this process as one; contexts in it
// can be of these types. It is the first line of TestMain. In every other process it
// returns at once.
func Main(types ...transport.ConnectorType) {
	if os.Getenv(contractEnv) == "" {
		return
	}
	if os.Getenv(tightEnv) != "" {
		tighten()
	}
	transport.MainWith(transport.ServeOptions{Functions: Functions(), Connectors: types})
}
