package ssh

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// inStart is a connector that calls a function with the start that it gets.
type inStart struct {
	do func(context.Context, transport.Start)
}

func (inStart) Kind() string  { return "test" }
func (inStart) Through() bool { return true }

var errOver = errors.New("over")

func (i inStart) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	i.do(ctx, s)
	return nil, errOver
}

// TestACrowdedHostIsTriedAgain: a host that takes no more connections now, and a
// machine that has no descriptor left, are tried again until they do. What does not
// get better by that is told at once, and what does not get better at all with how often
// it was tried.
func TestACrowdedHostIsTriedAgain(t *testing.T) {
	says := func(text string) func() (net.Conn, error) {
		return func() (net.Conn, error) {
			ours, theirs := net.Pipe()
			go io.Copy(io.Discard, theirs)
			return hearer{ours, strings.NewReader(text)}, nil
		}
	}
	fails := func(err error) func() (net.Conn, error) {
		return func() (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
		}
	}
	const always = 1000
	for name, c := range map[string]struct {
		first  func() (net.Conn, error)
		times  int // that it is so; after that the host lets everybody in
		others bool
		within time.Duration // 0 is the bound of the start
		dials  int           // 0 is any number from 2 on
		told   string        // "" if the login succeeds
	}{
		"MaxStartups":                         {first: says("Exceeded MaxStartups\r\n"), times: 3, dials: 4},
		"closed at once":                      {first: says(""), times: 3, dials: 4},
		"closed after the version":            {first: says("SSH-2.0-x\r\n"), times: 2, dials: 3},
		"no descriptors":                      {first: fails(syscall.EMFILE), times: 2, dials: 3},
		"no ports":                            {first: fails(syscall.EADDRNOTAVAIL), times: 2, dials: 3},
		"refused while others are on the way": {first: fails(syscall.ECONNREFUSED), times: 2, others: true, dials: 3},
		"closed while others are on the way":  {first: says(""), times: 5, others: true, dials: 6},

		"refused":            {first: fails(syscall.ECONNREFUSED), times: 1, dials: 1, told: "nothing listens on port"},
		"no route":           {first: fails(syscall.EHOSTUNREACH), times: 1, others: true, dials: 1, told: "No packet reaches"},
		"a penalty":          {first: says("Not allowed at this time\r\n"), times: 1, dials: 1, told: "PerSourcePenalties"},
		"no sshd":            {first: says("220 mail ESMTP\r\n"), times: 1, others: true, dials: 1, told: "does not speak the ssh protocol"},
		"always closed":      {first: says(""), times: always, dials: 4, told: "hosts.deny, PerSourcePenalties), has too many connections (MaxStartups), or is no sshd. Look at the log of its sshd. It was tried 4 times in "},
		"always MaxStartups": {first: says("Exceeded MaxStartups\r\n"), times: always, within: time.Second, told: "look at the log of its sshd. It was tried "},
		"never a descriptor": {first: fails(syscall.EMFILE), times: always, within: time.Second, told: "too many open files. This machine has no more descriptors, ports or memory for it. Allow more open files (ulimit -n), or start fewer contexts at once with -parallelism. It was tried "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, func(s *server) { s.config.NoClientAuth = true })
			b := transport.NewBroker(transport.Options{})
			defer b.Shutdown()
			s, err := server.args().resolve(t.Context(), false)
			if err != nil {
				t.Fatal(err)
			}
			dials := 0
			dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
				if dials++; dials <= c.times {
					return c.first()
				}
				return (&net.Dialer{}).DialContext(ctx, network, addr)
			}
			router := transport.NewRouter(b)
			hold, held := make(chan struct{}), make(chan struct{})
			if c.others {
				_, err := router.Connect(t.Context(), inStart{func(ctx context.Context, with transport.Start) {
					_ = with.Slots.Login(ctx, s.addr())
					close(held)
					<-hold
				}})
				if err != nil {
					t.Fatal(err)
				}
				<-held
			}
			defer close(hold)
			err = run(t, router, func(ctx context.Context, with transport.Start) error {
				if c.within > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.within)
					defer cancel()
				}
				got, err := s.loginInTurn(ctx, with, dial)
				if err == nil {
					got.close()
					got.wait()
				}
				return err
			})
			var p *kind.Problem
			errors.As(err, &p)
			switch {
			case c.told == "" && err != nil:
				t.Error(err)
			case c.told != "" && (p == nil || !strings.Contains(p.Detail, c.told)):
				t.Errorf("got %v, want %q", err, c.told)
			}
			if c.dials != dials && (c.dials != 0 || dials < 2) {
				t.Errorf("it was dialled %d times, want %d", dials, c.dials)
			}
		})
	}
}

// run runs a function in a start, and returns its error.
func run(t *testing.T, r *transport.Router, do func(context.Context, transport.Start) error) error {
	t.Helper()
	var err error
	c, failed := r.Connect(t.Context(), inStart{func(ctx context.Context, s transport.Start) { err = do(ctx, s) }})
	if failed != nil {
		t.Fatal(failed)
	}
	if _, why := c.Ready().Get(t.Context()); why == nil {
		t.Fatal("it came up")
	}
	return err
}

// TestABusyMachineIsTold: the problem of a login that ran out of time says so if this
// machine was busy. Any other is as it was.
func TestABusyMachineIsTold(t *testing.T) {
	problem := attrProblem("host", kind.CodeSSHHandshakeTimeout, "Server does not finish the handshake", "It hangs.")
	for name, c := range map[string]struct {
		cause, err error
		want       string
	}{
		"hardly busy":       {&transport.TimeoutError{After: 10 * time.Second, Late: 100 * time.Millisecond}, problem, "It hangs."},
		"busy":              {&transport.TimeoutError{After: 10 * time.Second, Late: 4 * time.Second}, problem, "It hangs. This machine was too busy to go on for 4s, which did not count."},
		"not busy":          {&transport.TimeoutError{After: 10 * time.Second}, problem, "It hangs."},
		"another end":       {context.Canceled, problem, "It hangs."},
		"no problem of ssh": {&transport.TimeoutError{Late: time.Second}, io.EOF, "EOF"},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(c.cause)
		err := tooBusy(ctx, c.err)
		got := err.Error()
		var p *kind.Problem
		if errors.As(err, &p) {
			got = p.Detail
		}
		if !strings.HasPrefix(got, c.want) || c.cause == context.Canceled && got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if problem.Detail != "It hangs." {
		t.Error("the problem itself was changed")
	}
}
