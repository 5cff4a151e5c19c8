package crowd

import (
	"testing"
	"time"
)

// machine does work: so many pieces at once without any getting slower, and more of
// them slower in proportion.
type machine struct {
	work    time.Duration // one piece alone
	cores   float64
	network time.Duration
}

// took is how long a piece takes if n are done at once.
func (m machine) took(n float64) time.Duration {
	return m.network + time.Duration(float64(m.work)*max(1, n/m.cores))
}

// run has rounds of as much as the limit allows, and returns the limits.
func (m machine) run(l *Limit, rounds int) []float64 {
	var seen []float64
	for range rounds {
		n, epoch := l.Now(), l.Epoch()
		for range max(int(n), 4) {
			l.Done(epoch, m.took(n), m.network, true)
		}
		seen = append(seen, l.Now())
	}
	return seen
}

// TestLimit: a limit finds how much a machine does at once, far hosts do not look
// like a crowd, and it stays in its range.
func TestLimit(t *testing.T) {
	in := Range{First: 16, Least: 2, Most: 256}
	for name, c := range map[string]struct {
		machine
		in          Range
		least, most float64
	}{
		"two cores":               {machine{50 * time.Millisecond, 2, 0}, in, 4, 48},
		"twenty cores":            {machine{50 * time.Millisecond, 20, 0}, in, 30, 128},
		"no end of cores":         {machine{50 * time.Millisecond, 1e6, 0}, in, 256, 256},
		"far hosts, two cores":    {machine{50 * time.Millisecond, 2, 2 * time.Second}, in, 4, 256},
		"far hosts, no end":       {machine{50 * time.Millisecond, 1e6, 2 * time.Second}, in, 256, 256},
		"a bound of the caller's": {machine{50 * time.Millisecond, 1e6, 0}, in.below(20), 20, 20},
		"one at a time":           {machine{50 * time.Millisecond, 1e6, 0}, in.below(1), 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			seen := c.run(NewLimit(c.in), 60)
			for _, n := range seen[30:] {
				if n < c.least || n > c.most {
					t.Fatalf("the limit became %.0f, want it between %.0f and %.0f: %.0f", n, c.least, c.most, seen)
				}
			}
		})
	}
}

// TestSlowHostsAreNoCrowd: when the next hosts are slow by themselves, fewer at once
// make them no quicker, and the limit does not stay low.
func TestSlowHostsAreNoCrowd(t *testing.T) {
	l := NewLimit(Range{First: 16, Least: 2, Most: 256})
	machine{50 * time.Millisecond, 1e6, 0}.run(l, 3)
	before := l.Now()
	seen := machine{3 * time.Second, 1e6, 0}.run(l, 12)
	if got := l.Now(); got < before {
		t.Errorf("the limit was %.0f, and stays at %.0f for slow hosts: %.0f", before, got, seen)
	}
}

// TestOneSlowHostIsNoCrowd: the middle of what is compared counts.
func TestOneSlowHostIsNoCrowd(t *testing.T) {
	l := NewLimit(Range{First: 16, Least: 2, Most: 256})
	for range 50 {
		for i := range 8 {
			took := 50 * time.Millisecond
			if i == 0 {
				took = 9 * time.Second
			}
			l.Done(l.Epoch(), took, 0, true)
		}
	}
	if l.Now() != 256 {
		t.Errorf("the limit is %.0f", l.Now())
	}
}

// TestALimitThatIsNotReachedDoesNotGrow: nothing is known of more than there was.
func TestALimitThatIsNotReachedDoesNotGrow(t *testing.T) {
	l := NewLimit(Range{First: 16, Least: 2, Most: 256})
	for range 100 {
		l.Done(l.Epoch(), 50*time.Millisecond, 0, false)
	}
	if l.Now() != 16 {
		t.Errorf("the limit is %.0f, want 16", l.Now())
	}
}

// TestWhatBeganBeforeSaysNothing: pieces that began under another limit are not
// compared under this one.
func TestWhatBeganBeforeSaysNothing(t *testing.T) {
	l := NewLimit(Range{First: 16, Least: 2, Most: 256})
	old := l.Epoch()
	l.Refused(16)
	low := l.Now()
	for range 100 {
		l.Done(old, time.Millisecond, 0, true)
	}
	if l.Now() != low || low >= 16 {
		t.Errorf("the limit went from %.0f to %.0f", low, l.Now())
	}
}
