package transport_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// signalled is an agent that says that it ends, and stays; it notes when it gets which signal.
type signalled struct {
	transporttest.Agent
	began time.Time
	got   *[]string
}

func (s signalled) Start(ctx context.Context, with transport.Start) (*transport.Link, error) {
	l, err := s.Agent.Start(ctx, with)
	if err != nil {
		return nil, err
	}
	kill := l.Kill
	l.Kill = func(sig os.Signal) error {
		name := map[os.Signal]string{syscall.SIGTERM: "TERM", syscall.SIGKILL: "KILL"}[sig]
		*s.got = append(*s.got, name+" after "+time.Since(s.began).Round(time.Second).String())
		return kill(sig)
	}
	return l, nil
}

// A context that says that it ends, and does not, gets TERM and KILL when the options say: the
// end may take ShutdownTimeout, of which KillDelay is between the two.
func TestTimesOfAnEndThatAreSet(t *testing.T) {
	for name, c := range map[string]struct {
		o    transport.Options
		want []string
	}{
		"as they are": {transport.Options{}, []string{"TERM after 5s", "KILL after 10s"}},
		"set":         {transport.Options{ShutdownTimeout: 20 * time.Second, KillDelay: 3 * time.Second}, []string{"TERM after 17s", "KILL after 20s"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got []string
				stays := signalled{lying(t, func(l *liar) {
					l.next(transport.HandleShutdown)
					l.send(0, transport.Message{Handle: transport.HandleBye})
					time.Sleep(time.Minute)
				}), time.Now(), &got}
				b := transport.NewBroker(c.o)
				x, err := transport.NewRouter(b).Connect(t.Context(), stays)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := x.Ready().Get(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := b.Shutdown(); err != nil {
					t.Error(err)
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("it got %q, want %q", got, c.want)
				}
				time.Sleep(2 * time.Minute)
			})
		})
	}
}

// A label stands for its hop in the chains of errors, where the name of the context is not.
func TestALabelIsShownInChains(t *testing.T) {
	b, _ := tree(t, transport.Options{}, nil, 0)
	c, err := next(b, nil, agent(), transport.WithName("name"), transport.WithLabel("label"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = fail.Call(within(t, 20*time.Second), c, textIn{Text: "no"})
	if err == nil || !strings.Contains(err.Error(), "in context label: no") || c.Name() != "name" || !slices.Equal(c.Chain(), []string{"label"}) {
		t.Errorf("got %v of %s, in %q", err, c.Name(), c.Chain())
	}
}

// Of two connector types of one kind one would never be used, and one without a kind or a
// maker never: both are told before anything is served or started.
func TestConnectorTypesThatAreWrong(t *testing.T) {
	agents := agent().Type()
	for want, types := range map[string][]transport.ConnectorType{
		`two connector types have the Kind "test"`:       {agents, transporttest.ProcessType(), agents},
		"connector type 1 of the list has no Kind or no": {{New: agents.New}},
		"connector type 2 of the list has no Kind or no": {agents, {Kind: "x"}},
	} {
		near, far := transporttest.Pair(0)
		err := transport.ServeOn(t.Context(), transport.ServeOptions{Connectors: types}, far, far)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("serving: got %v, want %q", err, want)
		}
		_, _ = near.Close(), far.Close()
		err = transport.RunWith(t.Context(), transport.Options{Connectors: types}, func(context.Context, *transport.Router) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "Options.Connectors: "+want) {
			t.Errorf("running: got %v, want %q", err, want)
		}
	}
}
