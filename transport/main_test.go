package transport_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// startable returns agent(). It is a variable because a function that agent serves
// uses it.
var startable func() transporttest.Agent

func TestMain(m *testing.M) {
	if os.Getenv(forgetsMain) != "" {
		startAgain()
	}
	startable = agent
	relaysAgain = func() transport.Func[textIn, none] { return relays }
	transport.MainWith(transport.ServeOptions{
		Functions: functions, Version: "test",
		Connectors: []transport.ConnectorType{transporttest.ProcessType()},
	})
	goleak.VerifyTestMain(m)
}

type textIn struct {
	Text string `cbor:"text"`
	N    int    `cbor:"n,omitempty"`
}

type none struct{}

// functions are what the agents of these tests serve.
var functions = []transport.Function{
	echo, fail, problem, panics, large, hang, deaf, talk, prints, cmdline, crash, fatal, stream, nested, sleepy, secretEnv,
	opens, delegates, sends, talks, pulls, peak, upper, says, fills, drinks, pullsSlowly, pipesSlowly, pullsAll, pullsALittle, shares, longHang, failsAs, relays, awaits, levels,
	holds, listens, pours, sendsOn, hands, exhaust, exits, gives, givesCycle, failsBadly,
	standard, givesChannel, slowLines, processors, stopsAbove,
}

var (
	echo = transport.NewFunc("echo", func(_ context.Context, n *transport.Node, in textIn) (string, error) {
		return in.Text + "@" + n.Address().String(), nil
	})
	fail = transport.NewFunc("fail", func(_ context.Context, _ *transport.Node, in textIn) (none, error) {
		return none{}, errors.New(in.Text)
	})
	problem = transport.NewFunc("problem", func(context.Context, *transport.Node, none) (none, error) {
		return none{}, fmt.Errorf("wrapped: %w", &kind.Problem{Code: "code", Attr: "mode", Summary: "summary", Detail: "detail"})
	})
	panics = transport.NewFunc("panics", func(context.Context, *transport.Node, none) (none, error) {
		panic("on purpose")
	})
	large = transport.NewFunc("large", func(_ context.Context, _ *transport.Node, in []byte) ([]byte, error) {
		return in, nil
	})
	hang = transport.NewFunc("hang", func(ctx context.Context, _ *transport.Node, _ none) (none, error) {
		<-ctx.Done()
		return none{}, ctx.Err()
	})
	deaf = transport.NewFunc("deaf", func(_ context.Context, _ *transport.Node, in textIn) (none, error) {
		time.Sleep(time.Duration(in.N) * time.Second)
		return none{}, nil
	})
	// stopsAbove stops the program that started this agent, when the agent has begun to end.
	stopsAbove = transport.NewFunc("stops-above", func(ctx context.Context, _ *transport.Node, _ none) (none, error) {
		<-ctx.Done()
		return none{}, syscall.Kill(os.Getppid(), syscall.SIGSTOP)
	})
	sleepy = transport.NewFunc("sleepy", func(ctx context.Context, _ *transport.Node, in textIn) (string, error) {
		select {
		case <-time.After(time.Duration(in.N) * time.Second):
			return in.Text, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	})
	talk = transport.NewFunc("talk", func(_ context.Context, n *transport.Node, in textIn) (none, error) {
		for i := range in.N {
			n.Log().Info("entry", "i", i)
		}
		fmt.Fprintf(n.Stdout(), "out\npart")
		return none{}, nil
	})
	prints = transport.NewFunc("prints", func(_ context.Context, _ *transport.Node, in textIn) (none, error) {
		for i := range in.N {
			fmt.Println(in.Text, i)
		}
		fmt.Fprintln(os.Stderr, "to stderr")
		return none{}, nil
	})
	cmdline = transport.NewFunc("cmdline", func(context.Context, *transport.Node, none) (string, error) {
		b, err := os.ReadFile("/proc/self/cmdline")
		return strings.TrimRight(string(b), "\x00"), err
	})
	crash = transport.NewFunc("crash", func(context.Context, *transport.Node, none) (none, error) {
		go panic("the agent itself")
		select {}
	})
	fatal = transport.NewFunc("fatal", func(context.Context, *transport.Node, none) (none, error) {
		for range 200 {
			go func() { select {} }() // GOTRACEBACK=all has many KiB of them
		}
		var mu sync.Mutex
		mu.Unlock() // the runtime ends the process, which nothing can recover from
		return none{}, nil
	})
	exhaust = transport.NewFunc("exhaust", func(context.Context, *transport.Node, none) (int, error) {
		// What is mapped already is more than that: nothing can be mapped from now on.
		if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}); err != nil {
			return 0, err
		}
		n := 0
		for hog := [][]byte(nil); ; hog = append(hog, make([]byte, 64<<20)) {
			n += len(hog)
		}
	})
	stream = transport.NewFunc("stream", func(ctx context.Context, _ *transport.Node, in struct {
		To transport.Sender `cbor:"to"`
		N  int              `cbor:"n"`
	}) (none, error) {
		for i := range in.N {
			if err := in.To.Send(ctx, i); err != nil {
				return none{}, err
			}
		}
		return none{}, in.To.Close(ctx)
	})
	nested = transport.NewFunc("nested", func(ctx context.Context, n *transport.Node, in textIn) (string, error) {
		c, err := n.Router().Connect(ctx, startable())
		if err != nil {
			return "", err
		}
		return echo.Call(ctx, c, in)
	})
	levels = transport.NewFunc("levels", func(_ context.Context, n *transport.Node, _ none) (none, error) {
		for l := hclog.Trace; l <= hclog.Error; l++ {
			n.Log().Log(l, "level-"+l.String())
		}
		return none{}, nil
	})
	secretEnv = transport.NewFunc("token", func(context.Context, *transport.Node, none) (string, error) {
		return strings.Join(os.Args, " "), nil
	})
)

// agent makes a connector whose agents serve functions.
func agent() transporttest.Agent {
	return transporttest.Agent{Serve: transport.ServeOptions{Functions: functions, Version: "test"}}
}

// entries is a sink of hclog that keeps every entry as a line of text.
type entries struct {
	mu    sync.Mutex
	lines []string
}

func (r *entries) Accept(name string, level hclog.Level, msg string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf("%s [%s] %s %v", level, name, msg, args))
}

func (r *entries) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.lines...)
}

func (r *entries) count(part string) int {
	n := 0
	for _, l := range r.all() {
		if strings.Contains(l, part) {
			n++
		}
	}
	return n
}

// logger makes a logger whose entries are kept.
func logger() (hclog.Logger, *entries) {
	r := &entries{}
	l := hclog.NewInterceptLogger(&hclog.LoggerOptions{Level: hclog.Debug, Output: discard{}})
	l.RegisterSink(r)
	return l, r
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// tree makes a broker with a chain of contexts, hop1 to hopN, each in the one
// before.
func tree(t testing.TB, o transport.Options, k transport.Connector, depth int) (*transport.Broker, []*transport.Context) {
	t.Helper()
	b := transport.NewBroker(o)
	t.Cleanup(func() { _ = b.Shutdown() })
	var chain []*transport.Context
	for i := range depth {
		c, err := next(b, chain, k, transport.WithName(fmt.Sprint("hop", i+1)))
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, c)
	}
	return b, chain
}

func next(b *transport.Broker, chain []*transport.Context, k transport.Connector, opts ...transport.ConnectOption) (*transport.Context, error) {
	if len(chain) == 0 {
		return transport.NewRouter(b).Connect(context.Background(), k, opts...)
	}
	return chain[len(chain)-1].Connect(context.Background(), k, opts...)
}

func last(chain []*transport.Context) *transport.Context { return chain[len(chain)-1] }

// within makes a ctx that ends after d, or with the test.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func wantAs[E error](t *testing.T, err error) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("error is %T: %v, want %T", err, err, e)
	}
	return e
}
