package transport

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestWordsOfAStartThatFailed holds that what a host printed before a start failed is told
// beside the reason, also if the time was over, and that it steers no terminal.
func TestWordsOfAStartThatFailed(t *testing.T) {
	over := &TimeoutError{After: time.Second}
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(over)
	for name, ctx := range map[string]context.Context{"in its time": t.Context(), "when it was over": ended} {
		c, phase := &child{}, PhaseBootstrap
		c.phase.Store(&phase)
		err := c.failure(ctx, &SpokenError{Err: over, LastWords: "hello\x1b[2J there"})
		var timeout *TimeoutError
		if err.LastWords != "hello there" || !errors.As(err, &timeout) || err.Cause != over.Error() {
			t.Errorf("%s: %+v", name, err)
		}
	}
}
