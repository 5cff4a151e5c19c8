package transport_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// TestManyContextsCostEachWhatFewDo: of the contexts that are started at once, each with a
// call, one allocates and sends as much if there are 1,000 as if there are 125. These are
// counts, which other work on the machine does not change; BenchmarkContextsAtOnce
// measures the time.
func TestManyContextsCostEachWhatFewDo(t *testing.T) {
	startMany(t, 10) // what is made once is made now
	few, many := startMany(t, 125), startMany(t, 1000)
	t.Logf("of 125: %+v; of 1,000: %+v", few, many)
	for what, c := range map[string]struct{ few, many, most float64 }{
		"objects allocated": {few.objects, many.objects, 1.1},
		"bytes allocated":   {few.bytes, many.bytes, 1.05},
		"frames":            {few.frames, many.frames, 1.05},
		"bytes on the wire": {few.wire, many.wire, 1.05},
	} {
		if c.many > c.few*c.most {
			t.Errorf("%s for each context: %.1f of 125 and %.1f of 1,000 at once, which is more than %g times as much", what, c.few, c.many, c.most)
		}
	}
}

// contextCosts are what one context costs: what was allocated, in this process and by its
// agent, which is in it, and what the controller sent and received until it had the result.
type contextCosts struct{ objects, bytes, frames, wire float64 }

// startMany starts so many contexts at once, makes a call in each, and ends all.
func startMany(t *testing.T, contexts int) contextCosts {
	t.Helper()
	var frames, wire atomic.Int64
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	broker := transport.NewBroker(transport.Options{HeartbeatInterval: time.Hour, HeartbeatTimeout: 3 * time.Hour, Frames: func(e transport.FrameEvent) {
		frames.Add(1)
		wire.Add(int64(e.Size))
	}})
	results := make([]*transport.Result[string], contexts)
	for i := range results {
		c, err := next(broker, nil, agent())
		if err != nil {
			t.Fatal(err)
		}
		results[i] = echo.CallAsync(t.Context(), c, textIn{Text: "x"})
	}
	for _, r := range results {
		if _, err := r.Get(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	sent, size := float64(frames.Load()), float64(wire.Load())
	_ = broker.Shutdown()
	runtime.ReadMemStats(&after)
	n := float64(contexts)
	return contextCosts{
		float64(after.Mallocs-before.Mallocs) / n, float64(after.TotalAlloc-before.TotalAlloc) / n,
		sent / n, size / n,
	}
}
