package transport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

func expired(ctx context.Context) time.Duration {
	began := time.Now()
	<-ctx.Done()
	return time.Since(began)
}

func TestStartClock(t *testing.T) {
	for name, tt := range map[string]struct {
		use  func(c *startClock)
		want time.Duration
	}{
		"runs out":                 {func(*startClock) {}, 10 * time.Second},
		"stands while it waits":    {func(c *startClock) { r := c.pause(time.Minute); time.Sleep(30 * time.Second); r(); r() }, 40 * time.Second},
		"a pause has a bound":      {func(c *startClock) { c.pause(time.Minute) }, time.Minute},
		"time used before counts":  {func(c *startClock) { time.Sleep(4 * time.Second); c.pause(time.Minute)() }, 10 * time.Second},
		"another time from now on": {func(c *startClock) { time.Sleep(4 * time.Second); c.within(30 * time.Second) }, 34 * time.Second},
		"a shorter one":            {func(c *startClock) { c.within(time.Second) }, time.Second},
		"another time in a pause": {func(c *startClock) {
			r := c.pause(time.Minute)
			c.within(3 * time.Second)
			time.Sleep(5 * time.Second)
			r()
		}, 8 * time.Second},
		"something is always left": {func(c *startClock) { time.Sleep(9900 * time.Millisecond); c.pause(time.Minute)() }, 11900 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, c := newStartClock(t.Context(), 0)
				defer c.stop()
				go tt.use(c)
				if got := expired(ctx); got != tt.want {
					t.Errorf("expired after %s, want %s", got, tt.want)
				}
				var timeout *TimeoutError
				if !errors.As(context.Cause(ctx), &timeout) {
					t.Errorf("the cause is %v, want a TimeoutError", context.Cause(ctx))
				}
			})
		})
	}
}

// A time that the caller of Connect sets is not replaced by what the connector
// sets. What remains is told from the caller's time, too.
func TestStartClockOfTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, c := newStartClock(t.Context(), 10*time.Second)
		defer c.stop()
		c.within(time.Minute)
		time.Sleep(3 * time.Second)
		if left, runs := c.remaining(); left != 7*time.Second || !runs {
			t.Errorf("%s are left and it runs is %v, want 7s and true", left, runs)
		}
		resume := c.pause(time.Minute)
		time.Sleep(40 * time.Second)
		if left, runs := c.remaining(); left != 7*time.Second || runs {
			t.Errorf("in a pause %s are left and it runs is %v, want 7s and false", left, runs)
		}
		resume()
		if got := expired(ctx); got != 7*time.Second {
			t.Errorf("expired %s after the pause, want 7s", got)
		}
	})
}

// silentHost is a connector whose start never succeeds and that can say why.
type silentHost struct{}

func (silentHost) Kind() string { return "silent" }

func (silentHost) Start(ctx context.Context, _ Start) (*Link, error) {
	<-ctx.Done()
	return nil, &kind.Problem{Code: "silent", Summary: "Host does not answer", Detail: "10.0.0.1:22 did not answer in time."}
}

// If a start runs out of time and the connector says what it was waiting for, the
// error has the connector's words.
func TestTimeoutInTheWordsOfTheConnector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBroker(Options{})
		defer b.Shutdown()
		c, err := NewRouter(b).Connect(t.Context(), silentHost{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Ready().Get(t.Context())
		var p *kind.Problem
		if !errors.As(err, &p) || p.Code != "silent" {
			t.Errorf("got %v, want the problem of the connector", err)
		}
	})
}
