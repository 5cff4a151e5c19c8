package transport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func expired(ctx context.Context) time.Duration {
	began := time.Now()
	<-ctx.Done()
	return time.Since(began)
}

func TestHopClock(t *testing.T) {
	for name, tt := range map[string]struct {
		use  func(c *hopClock)
		want time.Duration
	}{
		"runs out":                 {func(*hopClock) {}, 10 * time.Second},
		"stands while it waits":    {func(c *hopClock) { r := c.pause(time.Minute); time.Sleep(30 * time.Second); r(); r() }, 40 * time.Second},
		"a pause has a bound":      {func(c *hopClock) { c.pause(time.Minute) }, time.Minute},
		"time used before counts":  {func(c *hopClock) { time.Sleep(4 * time.Second); c.pause(time.Minute)() }, 10 * time.Second},
		"something is always left": {func(c *hopClock) { time.Sleep(9900 * time.Millisecond); c.pause(time.Minute)() }, 11900 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, c := newHopClock(t.Context(), 10*time.Second)
				defer c.stop()
				go tt.use(c)
				if got := expired(ctx); got != tt.want {
					t.Errorf("expired after %s, want %s", got, tt.want)
				}
				var timeout *TimeoutError
				if !errors.As(context.Cause(ctx), &timeout) {
					t.Errorf("cause is %v", context.Cause(ctx))
				}
			})
		})
	}
}
