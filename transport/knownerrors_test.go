package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// errFull is an error that this program names.
var errFull = errors.New("the shelf is full")

// failures are errors that a function may return.
var failures = map[string]func(ctx context.Context) error{
	"no file":     func(context.Context) error { _, err := os.Open("/nonexistent/file"); return err },
	"permission":  func(context.Context) error { return fmt.Errorf("open it: %w", fs.ErrPermission) },
	"system":      func(context.Context) error { return &fs.PathError{Op: "write", Path: "/x", Err: syscall.ENOSPC} },
	"descriptors": func(context.Context) error { return &fs.PathError{Op: "open", Path: "/x", Err: syscall.EMFILE} },
	"end":         func(context.Context) error { return fmt.Errorf("read: %w", io.ErrUnexpectedEOF) },
	"time": func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Microsecond)
		defer cancel()
		<-ctx.Done()
		return fmt.Errorf("the lookup: %w", ctx.Err())
	},
	"own":    func(context.Context) error { return fmt.Errorf("put it there: %w", errFull) },
	"joined": func(context.Context) error { return errors.Join(errFull, io.EOF) },
	"words":  func(context.Context) error { return errors.New("file does not exist") },
}

var (
	failsAs = transport.NewFunc("fails as", func(ctx context.Context, _ *transport.Node, in textIn) (none, error) {
		return none{}, failures[in.Text](ctx)
	})
	// relays has failsAs called N contexts further down.
	relays = transport.NewFunc("relays", func(ctx context.Context, n *transport.Node, in textIn) (none, error) {
		c, err := n.Router().Connect(ctx, startable())
		if err != nil {
			return none{}, err
		}
		if in.N--; in.N > 0 {
			_, err = relaysAgain().Call(ctx, c, in)
		} else {
			_, err = failsAs.Call(ctx, c, in)
		}
		if err != nil {
			return none{}, fmt.Errorf("relayed: %w", err)
		}
		return none{}, nil
	})
	relaysAgain func() transport.Func[textIn, none]
)

// errors.Is finds in the error of a function what it finds where the function ran,
// however many contexts have passed it on.
func TestKnownErrorsCrossTheWire(t *testing.T) {
	transport.KnownErrors(map[string]error{"test.full": errFull})
	known := []error{fs.ErrNotExist, fs.ErrPermission, fs.ErrExist, syscall.ENOENT, syscall.ENOSPC, io.EOF, io.ErrUnexpectedEOF,
		context.DeadlineExceeded, context.Canceled, errFull}
	_, chain := tree(t, transport.Options{}, agent(), 2)
	ctx := within(t, 20*time.Second)
	for name, fails := range failures {
		there := fails(ctx)
		for hops, call := range map[string]func() error{
			"one hop":    func() error { _, err := failsAs.Call(ctx, chain[0], textIn{Text: name}); return err },
			"two hops":   func() error { _, err := failsAs.Call(ctx, chain[1], textIn{Text: name}); return err },
			"relayed":    func() error { _, err := relays.Call(ctx, chain[0], textIn{Text: name, N: 1}); return err },
			"many times": func() error { _, err := relays.Call(ctx, chain[0], textIn{Text: name, N: 4}); return err },
		} {
			err := call()
			wantAs[*transport.RemoteError](t, err)
			for _, k := range known {
				if errors.Is(err, k) != errors.Is(there, k) {
					t.Errorf("%s, %s: that it is %q is %v here and %v there: %v", name, hops, k, errors.Is(err, k), errors.Is(there, k), err)
				}
			}
		}
	}
}

// The error of a start that another process made has the known errors, too.
func TestKnownErrorsOfAStartElsewhere(t *testing.T) {
	failing := transporttest.Agent{Fail: fmt.Errorf("start it: %w", syscall.EMFILE)}
	_, chain := tree(t, transport.Options{}, transporttest.Agent{Serve: transport.ServeOptions{Connectors: []transport.ConnectorType{failing.Type()}}}, 1)
	c, err := chain[0].Connect(t.Context(), failing)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Ready().Get(within(t, 10*time.Second))
	endedBy(t, err, syscall.EMFILE)
	namesTheLimit(t, err)
	if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is an error that it is not", err)
	}
}

// A name stands for one error only.
func TestKnownErrorsHaveOneMeaning(t *testing.T) {
	for name, named := range map[string]map[string]error{
		"of the standard library": {"io.EOF": errFull},
		"of the system":           {"ENOSPC": errFull},
		"empty":                   {"": errFull},
		"no error":                {"test.none": nil},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "transport.KnownErrors: ") {
					t.Errorf("got %v, want a panic that says why", p)
				}
			}()
			transport.KnownErrors(named)
		})
	}
	transport.KnownErrors(map[string]error{"io.EOF": io.EOF})
}

// Of too many open files it is said how many the process may have: its limit is another
// one than that of who reads it.
func TestTooManyOpenFilesNameTheLimit(t *testing.T) {
	k := transporttest.Agent{Serve: transport.ServeOptions{Functions: []transport.Function{failsAs}}}
	_, chain := tree(t, transport.Options{}, k, 1)
	_, err := failsAs.Call(within(t, 10*time.Second), chain[0], textIn{Text: "descriptors"})
	namesTheLimit(t, err)
	if _, err = failsAs.Call(within(t, 10*time.Second), chain[0], textIn{Text: "system"}); strings.Contains(err.Error(), "limit") {
		t.Errorf("%v names a limit that has nothing to do with it", err)
	}
}

func namesTheLimit(t *testing.T, err error) {
	t.Helper()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("too many open files (the limit of the process is %d: see ulimit -n)", l.Cur); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q in it", err, want)
	}
}
