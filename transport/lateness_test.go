package transport

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestLateness: a tick that comes late is counted once, also before it has come; one
// that is late by little is not; and without a watcher nothing is.
func TestLateness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lateness{}
		lost := func(want time.Duration) {
			t.Helper()
			if got := l.until(time.Now()); got != want {
				t.Errorf("it could not go on for %s, want %s", got, want)
			}
		}
		// lateBy makes the next tick one that was due so long ago.
		lateBy := func(d time.Duration) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.due = time.Now().Add(-d)
		}
		time.Sleep(time.Minute)
		lost(0)
		l.watch()
		l.watch()
		time.Sleep(time.Minute + lateTick - lateGrain)
		lost(0)
		lateBy(3 * time.Second)
		lost(3 * time.Second)
		time.Sleep(lateGrain)
		lost(3*time.Second + lateGrain)
		synctest.Wait()
		time.Sleep(time.Minute + lateTick - lateGrain)
		lost(3*time.Second + lateGrain)
		lateBy(0)
		lost(3*time.Second + lateGrain)
		l.unwatch()
		time.Sleep(time.Minute)
		l.unwatch()
		before := l.until(time.Now())
		time.Sleep(time.Minute)
		lost(before)
		l.watch()
		lost(before)
		time.Sleep(time.Minute)
		lost(before)
		l.unwatch()
	})
}
