package crowd

import "time"

// silence is what a gate knows of hosts that say nothing for a while. A start that waits
// for one takes neither processor nor line. Its slot is lent: it does not count, and
// another one may begin. It counts again when the host says something. How long a
// host must be silent for that follows from how long those are that get on, as
// a crowd makes all of them slow. If nobody gets on, it is halved for each crowd that
// is lent, so that hundreds of silent hosts are met in little more time than one.
//
// The gate of a place lends no slot that way: its sshd counts all who have not logged in,
// whether it speaks with them or not. Once a start was given up there because of
// its silence, little can be lost, and the rest goes at once, until one gets on or is
// refused.
type silence struct {
	first time.Duration        // how long it takes at first to be lent; 0 if no slot is
	late  func() time.Duration // for how long this process could not go on
	quiet time.Duration        // the longest silence of a usual piece of work
	round int                  // how often a crowd was lent since somebody got on
	mute  bool                 // all may begin
}

const (
	// firstAnswer is how long a slot counts whose host is dialled and has not answered
	// at all. That does not depend on how busy the host is.
	firstAnswer = time.Second / 4
	// leastSilence is how long a host must be silent at least, if others get on.
	leastSilence = time.Second / 4
	// shortestSilence is that if nobody gets on.
	shortestSilence = time.Second / 16
)

// silent is what a slot knows of the silence of its host.
type silent struct {
	since   time.Duration
	late    time.Duration // what silence.late said then
	longest time.Duration // of those that are over
	asked   bool          // the host is dialled
	begun   bool          // something was said to the host, or by it
	lent    time.Duration // since when the slot is lent; negative if it is not
	counts  float64       // what the slot counts for if it is not lent
	round   int           // that of the gate when it began
}

// notLent is silent.lent of a slot that is not.
const notLent = time.Duration(-1)

// never is the late of a process that can always go on.
func never() time.Duration { return 0 }

// begin begins the silence of a slot that was just given.
func (s *silent) begin(g *Gate, now time.Duration) {
	s.since, s.late = now, g.silence.late()
	s.lent, s.counts, s.round = notLent, 1, g.silence.round
}

// Asked says that the host of the work is dialled from now on.
func (s *Slot) Asked() {
	g := s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	s.silent.asked, s.silent.begun = true, true
	s.silent.since, s.silent.late = now, g.silence.late()
	s.until = now + g.patience()
	g.wakeUp(now)
}

// Heard says that the host has said something. If the slot was lent, it counts again, and
// the time for which it was lent is not taken off its patience.
func (s *Slot) Heard() {
	g := s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.ended {
		return
	}
	now := g.now()
	w := &s.silent
	gap, asked, lent := g.silentFor(s, now), w.asked, w.lent
	w.since, w.late = now, g.silence.late()
	w.asked, w.begun, w.lent = false, true, notLent
	if asked {
		s.until = now + g.patience()
	} else {
		g.learn(s, gap)
	}
	if lent != notLent {
		if !asked {
			s.until += now - lent
			g.silence.round = 0
		}
		g.weigh(s, w.counts)
		g.held = append(g.held, s)
	}
	g.wakeUp(now)
}

// silentFor is for how long the host of a slot is silent, without the time in which
// this process could not go on. The caller holds mu, as for all below.
func (g *Gate) silentFor(s *Slot, now time.Duration) time.Duration {
	return now - s.silent.since - (g.silence.late() - s.silent.late)
}

// lendRule says from when on slots are lent. It is the same for all slots of a gate at one
// time, and is made once for all that are looked at.
type lendRule struct {
	long time.Duration // how long a host must be silent; forever if no slot is lent for that
	late time.Duration // what silence.late says now
}

func (g *Gate) lendRule() lendRule {
	if g.silence.first == 0 {
		return lendRule{long: forever}
	}
	return lendRule{max(g.longSilence()>>min(g.silence.round, 30), shortestSilence), g.silence.late()}
}

// from is when the slot is lent if its host says nothing until then.
func (r lendRule) from(s *Slot) time.Duration {
	if s.silent.asked {
		return s.silent.since + firstAnswer
	}
	return s.silent.since + r.long + r.late - s.silent.late
}

// forever is longer than any start.
const forever = 1000 * time.Hour

// longSilence is a silence that is longer than that of those who get on.
func (g *Gate) longSilence() time.Duration {
	least := leastSilence
	if g.usual == 0 {
		least = max(g.silence.first, leastSilence)
	}
	return max(least, usualTimes*g.silence.quiet)
}

// lend notes that a slot is lent. Those that began together count as one crowd.
func (g *Gate) lend(s *Slot, now time.Duration) {
	s.silent.lent = now
	if !s.silent.asked && s.silent.round == g.silence.round {
		g.silence.round++
	}
}

// learn is told how long a silence was that is over. One that is longer than usual
// counts at once, as many may be on their way that are as slow.
func (g *Gate) learn(s *Slot, gap time.Duration) {
	s.silent.longest = max(s.silent.longest, gap)
	if gap > g.silence.quiet {
		g.silence.quiet += (gap - g.silence.quiet) / 2
	}
}

// gotOn is told that the work of a slot was done.
func (g *Gate) gotOn(s *Slot) {
	if less := g.silence.quiet - s.silent.longest; less > 0 {
		g.silence.quiet -= less / 4
	}
	g.silence.round, g.silence.mute = 0, false
}

// givenUp is told that the work of a slot has ended and was not done. If its host was
// silent, others at the same place wait for nothing.
func (g *Gate) givenUp(s *Slot) {
	now := g.now()
	if g.silence.first == 0 && s.silent.begun && g.silentFor(s, now) >= max(g.longSilence(), loginSilence) {
		g.silence.mute = true
	}
}
