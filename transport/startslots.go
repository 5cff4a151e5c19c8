package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/transport/internal/crowd"
)

// Slots are what one start may do now, as it shares the processor and the line of
// this machine, and the hosts that it goes to, with other starts. How many are let
// through at once follows from how quickly they get on. While a start waits for its
// turn, its clock stands. child.start makes one for each start, and the connector has it as
// Start.Slots. One goroutine at a time uses it, beside the clock that tells it of
// progress. A nil *Slots lets everything through
// at once.
//
// While the other side is silent, others need not wait for this start: it says nothing
// to this machine or its line. What counts as a word of it is progress, as Start.Progress
// and Start.Phase say.
//
// A start has one slot at a time. Process starts have theirs when the connector is
// called. A ThroughConnector calls Login for each host that it logs in to. Who sends
// an agent calls Push. The slot is given back when the next one is asked for, and at
// the end of the start.
type Slots struct {
	gates *crowd.Gates
	clock *startClock
	phase func(Phase) (before Phase)
	log   *StartLog

	mu      sync.Mutex
	work    *crowd.Slot // nil for none
	amount  float64     // of the work, in a unit of its kind
	network time.Duration
	place   *crowd.Slot // at the host that is being logged in to; nil for none
	refused int         // how often this was refused one after another
	over    bool        // the start has ended
}

// turnBound is how long a start waits for its turn. It is so long that only a fault
// of this program reaches it.
const turnBound = 24 * time.Hour

// pushUnit is the amount of an agent that counts as one, in bytes.
const pushUnit = 1 << 20

// Login waits until the start may dial a host, log in and start an agent. host says
// which host it is: its address and port.
func (s *Slots) Login(ctx context.Context, host string) error {
	if s == nil {
		return nil
	}
	s.release()
	place, err := s.wait(ctx, s.gates.Place(host), "a login to that host")
	if err != nil {
		return err
	}
	work, err := s.wait(ctx, s.gates.Logins, "a login")
	if err != nil {
		place.Free()
		return err
	}
	s.set(work, place, 1)
	return nil
}

// Dialling says that the host of the last Login is dialled now. Until it answers, which
// Far says, others wait for this start for a moment only, however slow hosts are.
func (s *Slots) Dialling() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.each((*crowd.Slot).Asked)
}

// each calls a function with each slot that the start has. The caller holds mu.
func (s *Slots) each(do func(*crowd.Slot)) {
	for _, slot := range []*crowd.Slot{s.work, s.place} {
		if slot != nil {
			do(slot)
		}
	}
}

// Far says that a host has answered, and is so far that this much of a login is waiting
// for the network. It may be called once for each Login.
func (s *Slots) Far(network time.Duration) {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.each((*crowd.Slot).Heard)
	s.network += network
	work := s.work
	s.mu.Unlock()
	if work != nil {
		work.Weigh(network)
	}
}

// heard is called when the other side has brought the start on. Any goroutine may be in it.
func (s *Slots) heard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.each((*crowd.Slot).Heard)
}

// measured is a dial that tells how far the host is. How long it takes also depends on
// how busy the machine in between is, so the quickest through it counts.
func (s *Slots) measured(dial DialFunc, through any) DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		began := time.Now()
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return distant{conn, s.gates.Nearest(through, time.Since(began))}, nil
	}
}

// distant is a connection of which it is known how long a round trip takes.
type distant struct {
	net.Conn
	trip time.Duration
}

// RoundTrip is how long it takes to the other end and back.
func (d distant) RoundTrip() time.Duration { return d.trip }

// LoggedIn says that the host has let the start in: it is none of those any more that
// sshd counts for MaxStartups.
func (s *Slots) LoggedIn() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = 0
	if s.place != nil {
		s.place.Done(s.network)
		s.place = nil
	}
}

// Others is how many other starts are on the way to the host of the last Login.
func (s *Slots) Others(host string) int {
	if s == nil {
		return 0
	}
	return s.gates.Place(host).Others()
}

// Push waits until the start may send that many bytes of an agent.
func (s *Slots) Push(ctx context.Context, bytes int64) error {
	if s == nil {
		return nil
	}
	s.release()
	work, err := s.wait(ctx, s.gates.Pushes, "sending an agent")
	if err != nil {
		return err
	}
	s.set(work, nil, float64(max(bytes, 1))/pushUnit)
	return nil
}

// Pushed says that the host has the agent.
func (s *Slots) Pushed() {
	if s != nil {
		s.release()
	}
}

// Again is called when there was too much at once: the host takes no more connections,
// or this machine has nothing left to make one. There will be fewer at once. Again
// waits for a while, in the time of the start, and says whether to try again; then the start
// needs a slot again.
func (s *Slots) Again(ctx context.Context, host bool) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	work, place := s.work, s.place
	s.work, s.place = nil, nil
	s.refused++
	n := s.refused
	s.mu.Unlock()
	if place != nil {
		endRefused(place, host)
	}
	if work != nil {
		endRefused(work, !host)
	}
	if n >= crowd.Attempts {
		return false
	}
	pause := crowd.Pause(n)
	if s.log.IsDebug() {
		s.log.Debug("pauses before it is tried again", "times", strconv.Itoa(n), "pause", roughly(pause))
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func endRefused(slot *crowd.Slot, refused bool) {
	if refused {
		slot.Refused()
	} else {
		slot.Free()
	}
}

// process waits until the start may start a process of this machine.
func (s *Slots) process(ctx context.Context) error {
	work, err := s.wait(ctx, s.gates.Processes, "starting a program")
	if err == nil {
		s.set(work, nil, 1)
	}
	return err
}

// others reports whether other starts of processes of this machine are under way.
func (s *Slots) others() bool { return s != nil && s.gates.Processes.Others() > 0 }

// wait waits for a slot at a gate, which is for what. The clock of the start stands meanwhile.
func (s *Slots) wait(ctx context.Context, g *crowd.Gate, what string) (*crowd.Slot, error) {
	if slot := g.Try(); slot != nil {
		return slot, nil
	}
	if s.log.IsDebug() {
		running, waiting, most := g.Crowd()
		s.log.Debug("waits for its turn", "for", what, "running", strconv.Itoa(running), "waiting", strconv.Itoa(waiting), "most", strconv.Itoa(most))
	}
	before := s.phase(PhaseTurn)
	defer s.phase(before)
	defer s.clock.pause(turnBound)()
	return g.Enter(ctx)
}

// set notes the slots that the start has now. If it has ended meanwhile, as a
// connector may return late, they are given back.
func (s *Slots) set(work, place *crowd.Slot, amount float64) {
	s.mu.Lock()
	s.work, s.place, s.amount, s.network = work, place, amount, 0
	over := s.over
	s.mu.Unlock()
	if over {
		s.abandon()
	}
}

// release gives back what the start has: its work is done.
func (s *Slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.work != nil {
		s.work.DoneOf(s.amount, s.network)
		s.work = nil
	}
	if s.place != nil {
		s.place.Done(s.network)
		s.place = nil
	}
}

// abandon gives back what the start has: it is over.
func (s *Slots) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.each((*crowd.Slot).Free)
	s.over, s.work, s.place = true, nil, nil
}

// CrowdedError is the error of a start that failed because there were too many at
// once. A connector returns it for what fewer at once would help. Such a start is tried
// again, with growing pauses, for as long as it has time. If no other start of a process is
// under way beside it, there are no fewer: then it is tried twice in all, as another program
// may have been what was too much.
type CrowdedError struct{ Err error }

func (e *CrowdedError) Error() string {
	if e.Err == nil {
		return "too many starts at once"
	}
	return e.Err.Error()
}

// Unwrap gives the error that a person is told.
func (e *CrowdedError) Unwrap() error { return e.Err }

// SpokenError is the error of a start with what its program, or the host, had printed by
// then. A connector returns it if that does not tell why the start failed, and yet a person
// may want to read it.
type SpokenError struct {
	Err       error
	LastWords string
}

func (e *SpokenError) Error() string {
	if e.Err == nil {
		return "the start failed"
	}
	return e.Err.Error()
}

// Unwrap gives the error itself.
func (e *SpokenError) Unwrap() error { return e.Err }

// Exhausted reports whether an error says that this machine has run out of something
// that ended starts give back: descriptors, processes, memory, ports.
func Exhausted(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.ENOMEM, syscall.ENOBUFS, syscall.EADDRNOTAVAIL} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// aloneTimes is how often a start is tried in all that finds too little, as its program
// says, while no other start is under way.
const aloneTimes = 2

// crowded reports whether a start is tried again that ended with err.
func crowded(err error) bool {
	var c *CrowdedError
	return errors.As(err, &c) || Exhausted(err)
}

// triedOften is the error of a start that was tried so many times. Nothing is added
// to an error that says so itself.
func triedOften(err error, times int) error {
	if times < 2 {
		return err
	}
	said := " It was tried %d times, with fewer starts at once each time."
	if times <= aloneTimes {
		said = " It was tried %d times."
	}
	var p *Problem
	if errors.As(err, &p) {
		more := *p
		more.Add(said, times)
		return &more
	}
	return fmt.Errorf("%w.%s", err, fmt.Sprintf(said, times))
}
