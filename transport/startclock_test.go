package transport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// every calls f once a second until the clock has stopped.
func every(c *startClock, f func()) {
	for range 10_000 {
		time.Sleep(time.Second)
		f()
		if left, _ := c.remaining(); left <= 0 {
			return
		}
	}
}

// busy has the process of the clock be late by d, all in all.
func busy(c *startClock, d time.Duration) {
	c.held.mu.Lock()
	defer c.held.mu.Unlock()
	c.held.lost += d
}

// stopped has the process of the clock stand for d: no timer was served meanwhile.
func stopped(c *startClock, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.began = c.began.Add(-d)
	c.held.mu.Lock()
	defer c.held.mu.Unlock()
	c.held.due = c.held.due.Add(-d)
}

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
		"progress begins it again": {func(c *startClock) { time.Sleep(9 * time.Second); c.progress() }, 19 * time.Second},
		"progress in a pause": {func(c *startClock) {
			time.Sleep(9 * time.Second)
			r := c.pause(time.Minute)
			c.progress()
			r()
		}, 19 * time.Second},
		"progress for ever": {func(c *startClock) { every(c, c.progress) }, time.Minute},
		"progress for ever, and a pause": {func(c *startClock) {
			r := c.pause(time.Minute)
			time.Sleep(30 * time.Second)
			r()
			every(c, c.progress)
		}, 90 * time.Second},
		"an agent that does not arrive": {func(c *startClock) { time.Sleep(4 * time.Second); c.push(1 << 20) }, 14 * time.Second},
		"one that arrives as slowly as it may": {func(c *startClock) {
			arrived, done := c.push(1 << 20)
			for n := int64(8 << 10); n <= 1<<20; n += 8 << 10 {
				time.Sleep(2 * time.Second)
				arrived(n)
			}
			done()
		}, (256 + 10) * time.Second},
		"one that stops arriving": {func(c *startClock) { arrived, _ := c.push(1 << 20); time.Sleep(9 * time.Second); arrived(4 << 10) }, 19 * time.Second},
		"the same over again is no progress": {func(c *startClock) {
			arrived, _ := c.push(1 << 20)
			arrived(5000)
			every(c, func() { arrived(5000); arrived(4000); arrived(-1) })
		}, 10 * time.Second},
		"more than there is is no progress": {func(c *startClock) {
			arrived, _ := c.push(1 << 20)
			every(c, func() { arrived(1<<20 + 1) })
		}, 10 * time.Second},
		"a byte more, for ever": {func(c *startClock) {
			arrived, _ := c.push(1 << 20)
			n := int64(0)
			every(c, func() { n++; arrived(n) })
		}, 10 * time.Second},
		"a little more, until it is enough": {func(c *startClock) {
			arrived, _ := c.push(1 << 20)
			for n := range int64(9) {
				time.Sleep(time.Second)
				arrived((n + 1) << 9)
			}
		}, 18 * time.Second},
		"4 KiB more, for ever": {func(c *startClock) {
			arrived, _ := c.push(1 << 20)
			seconds := int64(0)
			every(c, func() { seconds++; arrived(seconds / 9 * (4 << 10)) })
		}, (60 + 256) * time.Second},
		"the rest is progress": {func(c *startClock) {
			arrived, _ := c.push(5000)
			arrived(4900)
			time.Sleep(5 * time.Second)
			arrived(5000)
		}, 15 * time.Second},
		"a short time is for answers": {func(c *startClock) { c.within(time.Second); c.push(1 << 20) }, 10 * time.Second},
		"a short time after an agent": {func(c *startClock) { c.within(time.Second); _, done := c.push(1 << 20); done(); c.progress() }, time.Second},
		"something is always left":    {func(c *startClock) { time.Sleep(9900 * time.Millisecond); c.pause(time.Minute)() }, 11900 * time.Millisecond},
		"this machine is busy":        {func(c *startClock) { time.Sleep(5 * time.Second); busy(c, 4*time.Second) }, 14 * time.Second},
		"and again, after its time": {func(c *startClock) {
			time.Sleep(5 * time.Second)
			busy(c, 3*time.Second)
			time.Sleep(7 * time.Second)
			busy(c, 2*time.Second)
		}, 15 * time.Second},
		"it is always busy":  {func(c *startClock) { every(c, func() { busy(c, time.Second) }) }, 20 * time.Second},
		"it was busy before": {func(c *startClock) { time.Sleep(5 * time.Second); busy(c, 4*time.Second); c.progress() }, 15 * time.Second},
		"it is busy in a pause": {func(c *startClock) {
			r := c.pause(time.Minute)
			time.Sleep(5 * time.Second)
			busy(c, 5*time.Second)
			r()
		}, 15 * time.Second},
		"this process was stopped":    {func(c *startClock) { time.Sleep(5 * time.Second); stopped(c, time.Minute) }, 20 * time.Second},
		"it was stopped shortly":      {func(c *startClock) { time.Sleep(5 * time.Second); stopped(c, 6*time.Second) }, 16 * time.Second},
		"busy, and progress for ever": {func(c *startClock) { every(c, func() { synctest.Wait(); busy(c, time.Second); c.progress() }) }, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, c := newStartClock(t.Context(), 0, startTimes, &lateness{})
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

// What is said of a start that was given up while an agent was sent has how much of it
// had arrived.
func TestWhatHadArrivedIsTold(t *testing.T) {
	for want, use := range map[string]func(arrived func(int64)){
		"timed out after 10s, when it was not known yet how much of 2.1 MB had arrived": func(arrived func(int64)) {
			arrived(-2)
			arrived(-1)
			arrived(2_100_001)
		},
		"timed out after 10s, when nothing of 2.1 MB had arrived": func(arrived func(int64)) {
			time.Sleep(time.Second)
			arrived(0)
		},
		"timed out after 10s, when 120 of 2,100 KB had arrived": func(arrived func(int64)) { arrived(120_000) },
		"timed out after 10s, when 0.5 of 2,100 KB had arrived": func(arrived func(int64)) { arrived(571) },
		"timed out after 9m33s, when 290 of 2,100 KB had arrived (no end)": func(arrived func(int64)) {
			for n := range int64(573) {
				time.Sleep(time.Second)
				arrived(n / 8 * (4 << 10))
			}
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, c := newStartClock(t.Context(), 0, startTimes, nil)
			defer c.stop()
			arrived, _ := c.push(2_100_000)
			use(arrived)
			<-ctx.Done()
			if got := context.Cause(ctx).Error(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// What is said of a start that was given up on a busy machine has for how long it could
// not go on. That of any other has nothing of it.
func TestABusyMachineIsTold(t *testing.T) {
	for want, late := range map[string]time.Duration{
		"timed out after 10s": 0,
		"timed out after 10s, not counting 4.2s in which this machine was too busy to go on": 4200 * time.Millisecond,
		"timed out after 10s, not counting 10s in which this machine was too busy to go on":  time.Hour,
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, c := newStartClock(t.Context(), 0, startTimes, &lateness{})
			defer c.stop()
			time.Sleep(9 * time.Second)
			busy(c, min(late, 9*time.Second))
			if late > 9*time.Second {
				time.Sleep(5 * time.Second)
				busy(c, 5*time.Second)
			}
			<-ctx.Done()
			if got := context.Cause(ctx).Error(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// A time that the caller of Connect sets is not replaced by what the connector
// sets. What remains is told from the caller's time, too.
func TestStartClockOfTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, c := newStartClock(t.Context(), 10*time.Second, startTimes, nil)
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
