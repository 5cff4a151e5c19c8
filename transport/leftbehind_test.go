package transport_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// stuck is a connector that does not end with its ctx.
type stuck struct{ release chan struct{} }

func (stuck) Kind() string { return "test" }

func (s stuck) Start(context.Context, transport.Start) (*transport.Link, error) {
	<-s.release
	return nil, errors.New("released")
}

// TestAStartThatDoesNotEndIsNamed: what may be left on a host after a shutdown is told by
// its context. A start that ends later, and in time, is not.
func TestAStartThatDoesNotEndIsNamed(t *testing.T) {
	for name, late := range map[string]bool{"in time": false, "never": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := transport.NewBroker(transport.Options{})
				s := stuck{make(chan struct{})}
				if _, err := transport.NewRouter(b).Connect(t.Context(), s, transport.WithName("web")); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if !late {
					time.AfterFunc(5500*time.Millisecond, func() { close(s.release) }) // after KillDelay
				}
				err := b.Shutdown()
				if late {
					close(s.release)
					if err == nil || !strings.Contains(err.Error(), "context web did not end") {
						t.Errorf("error %v, want one that names the context", err)
					}
				} else if err != nil {
					t.Errorf("error %v, want none", err)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}
