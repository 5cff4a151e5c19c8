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

// Row is one kind of context that Contract is run on.
type Row struct {
	// Make returns a connector whose agent is this test binary; see Main. Its
	// agent has the variables of s in its environment. Where the kind pushes
	// agents, it keeps them in the directory of s.
	Make func(s Setting) transport.Connector
	// Via returns the connector of the context that it is started in, whose agent is
	// this test binary, too. It is nil where that is this process.
	Via func(s Setting) transport.Connector
	// Below is a connector that the context itself can start.
	Below func() transport.Connector

	// Run runs a program as root where the context's processes are, and returns
	// what it printed. It is nil where the context is no process of its own: then
	// the promises about processes are left out.
	Run func(argv ...string) (string, error)
	// Program returns a connector whose agent is the program at a path there. It is
	// nil where the kind starts no other program.
	Program func(path string) transport.Connector
	// Refused returns a connector whose start cannot succeed, and the code and the
	// argument that its problem names.
	Refused func() (k transport.Connector, code kind.Code, attr string)
}

// Setting is what a connector of a Row is made with.
type Setting struct {
	Env map[string]string
	// AgentDir is where agents are kept on the host, "" for the kind's own choice.
	AgentDir string
}

// promise is one promise that every connector makes.
type promise struct {
	name string
	hold func(t *testing.T, r *row)
}

// promises are the contract.
var promises = slices.Concat(startPromises, callPromises, endPromises)

// contractTime bounds each promise.
const contractTime = 30 * time.Second

// Contract checks what every connector promises: over its own link, over one with
// a delay, and over one that buffers nothing with queues that hold nothing. After
// each promise no process, file or descriptor may be left.
func Contract(t *testing.T, of Row) {
	agentDir := ""
	if of.Run != nil {
		agentDir = of.agentDir(t)
	}
	for _, l := range links {
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

// row is a Row over one link, for one promise.
type row struct {
	Row
	link     link
	agentDir string // where agents are kept
	mark     string // in the environment or the command line of all its processes
}

// connector is the row's, over its link.
func (r *row) connector() transport.Connector { return r.over(r.Make(r.setting())) }

func (r *row) over(k transport.Connector) transport.Connector {
	if r.Via != nil {
		return k // the link is that of the context before it
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

// broker makes one that ends with the test.
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

// startAs starts another connector in the row's place.
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

// up is the greeting of a context that comes up.
func (s *subject) up(t *testing.T) transport.Greeting {
	t.Helper()
	g, err := s.Ready().Get(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// said are the entries of a context, in order.
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

// with are the entries that begin so.
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

// Environment of the agents of Contract.
const (
	contractEnv = "MITOPLAN_CONTRACT"
	tightEnv    = "MITOPLAN_CONTRACT_TIGHT"
	raceEnv     = "GORACE" // what the race detector works with, if there is one
)

// race is how an agent with a race detector tells of a race: by a file in the
// directory, where it counts as left. Nobody would read its standard error. It does
// not sleep for a second before it ends, as it would by itself.
func (r *row) race() string {
	options := "atexit_sleep_ms=0"
	if r.agentDir != "" {
		options += " log_path=" + r.agentDir + "/race"
	}
	return options
}

// Main makes a test binary the agent of the contexts that Contract starts; they
// start contexts of these types. It is the first line of TestMain, and returns at
// once in every other process.
func Main(types ...transport.ConnectorType) {
	if os.Getenv(contractEnv) == "" {
		return
	}
	if os.Getenv(tightEnv) != "" {
		tighten()
	}
	transport.MainWith(transport.ServeOptions{Functions: Functions(), Connectors: types})
}
