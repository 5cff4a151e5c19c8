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

// TestTermComesAKillDelayBeforeKill: who outlives its word has KillDelay between TERM and KILL,
// as doc.go says, also if a part of the ten seconds was taken by what goes through it, or it
// takes to tell a context that it has to end. Less time is never divided in a jump.
func TestTermComesAKillDelayBeforeKill(t *testing.T) {
	opt := Options{}.filled()
	for within, want := range map[time.Duration]time.Duration{
		2 * opt.ShutdownTimeout:                opt.KillDelay,
		opt.ShutdownTimeout:                    opt.KillDelay,
		opt.ShutdownTimeout - time.Microsecond: opt.KillDelay - time.Microsecond,
		opt.ShutdownTimeout * 9 / 10:           4 * time.Second,
		2 * time.Second:                        time.Second / 4,
	} {
		if _, term := graces(within, opt.KillDelay); within-term != want {
			t.Errorf("of %s there are %s between TERM and KILL, want %s", within, within-term, want)
		}
	}
	_, before := graces(0, opt.KillDelay)
	for within := time.Duration(0); within < 3*opt.KillDelay; within += time.Millisecond {
		word, term := graces(within, opt.KillDelay)
		if term < before || term > before+time.Millisecond || word > term || term > within {
			t.Fatalf("of %s a context has %s, and gets TERM after %s; with a millisecond less it is %s", within, word, term, before)
		}
		before = term
	}
}
