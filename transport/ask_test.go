package transport_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// asksFirst is a connector that waits for a person before it starts its agent. One that is
// nil never answers.
type asksFirst struct {
	transporttest.Agent
	person <-chan struct{}
}

func (a asksFirst) Start(ctx context.Context, with transport.Start) (*transport.Link, error) {
	answered := with.Ask("touch the key")
	select {
	case <-a.person:
		answered()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return a.Agent.Start(ctx, with)
}

// What a person is asked to do is told at once, and takes no time of the start. Nobody is
// waited for without a bound.
func TestAskingAPersonTakesNoTimeOfTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := transport.NewBroker(transport.Options{Log: hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Warn})})
		defer b.Shutdown()
		r := transport.NewRouter(b)
		touched := make(chan struct{})
		c, err := r.Connect(t.Context(), asksFirst{Agent: agent(), person: touched}, transport.WithName("web"), transport.WithTimeout(3*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if p, _ := c.Progress(); p.Asked != "touch the key" || !p.Paused || p.Left != 3*time.Second {
			t.Errorf("the progress is %+v", p)
		}
		if text := log.String(); !strings.Contains(text, "[WARN]  touch the key: context=web") {
			t.Errorf("the log is %q", text)
		}
		close(touched)
		if _, err := c.Ready().Get(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p, _ := c.Progress(); p.Asked != "" {
			t.Errorf("the progress afterwards is %+v", p)
		}
		began := time.Now()
		c, err = r.Connect(t.Context(), asksFirst{Agent: agent()}, transport.WithTimeout(3*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = c.Ready().Get(t.Context()); err == nil || time.Since(began) != transport.AskedFor {
			t.Errorf("a person who never comes was waited for %s: %v", time.Since(began), err)
		}
	})
}
