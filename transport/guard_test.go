package transport

import "testing"

// A panic in a goroutine of the broker or of a stream reaches the guard. The
// runtime would print the arguments on the stack, which may be secrets.
func TestGuardCatchesPanics(t *testing.T) {
	caught := make(chan any, 1)
	guard := func() { caught <- recover() }
	b := NewBroker(Options{Guard: guard})
	b.goroutine(func() { panic("in the broker") })
	if got := <-caught; got != "in the broker" {
		t.Errorf("caught %v", got)
	}
	s := &Stream{guard: guard}
	s.guarded(func() { panic("in a stream") })
	if got := <-caught; got != "in a stream" {
		t.Errorf("caught %v", got)
	}
	if err := b.Shutdown(); err != nil {
		t.Error(err)
	}
}
