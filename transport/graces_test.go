package transport

import (
	"testing"
	"time"
)

// TestNestedContextsHaveLessTimeToEnd: of the ten seconds of a shutdown, contexts inside each
// other have what docs/go.md says of it, and each has less than what the one above waits for.
func TestNestedContextsHaveLessTimeToEnd(t *testing.T) {
	opt := Options{}.filled()
	for _, longer := range []time.Duration{0, time.Minute} {
		if word, _ := graces(opt.ShutdownTimeout+longer, opt.KillDelay); word != 4*time.Second {
			t.Errorf("of %s, a context has %s", opt.ShutdownTimeout+longer, word)
		}
	}
	within := opt.ShutdownTimeout
	for depth, want := range []int64{4000, 1575, 620, 244} {
		word, term := graces(within, opt.KillDelay)
		if got := word.Milliseconds(); got != want || word >= term || term >= within {
			t.Errorf("a context at depth %d has %d ms, want %d; it gets TERM after %s of %s", depth+1, got, want, term, within)
		}
		within = childrensShare(word)
	}
}
