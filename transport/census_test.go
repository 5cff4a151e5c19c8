package transport

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestGoroutinesMayBeginWhileOthersAreAwaited is about a race, which only the race detector
// sees: a reader starts goroutines until it is ended, also when none runs.
func TestGoroutinesMayBeginWhileOthersAreAwaited(t *testing.T) {
	var x exchange
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			x.goroutine(func() {})
		}
	}()
	for range 1000 {
		x.all.await(time.Minute)
	}
	<-done
	x.all.await(time.Minute)
	if x.all.n != 0 {
		t.Errorf("%d goroutines are left", x.all.n)
	}
}

// TestAwaitingGoroutinesIsBounded waits for one that does not end, and then for its end.
func TestAwaitingGoroutinesIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var x exchange
		x.goroutine(func() { time.Sleep(time.Minute) })
		began := time.Now()
		x.all.await(time.Second)
		if took := time.Since(began); took != time.Second {
			t.Errorf("waited %v with a bound of 1s", took)
		}
		x.all.await(time.Hour)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("the goroutine ended after a minute, and the wait for it after %v", took)
		}
	})
}
