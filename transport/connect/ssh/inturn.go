package ssh

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// loginTrips is how often something goes to the host and back from dialling to the
// agent's greeting: TCP, versions, two for the keys, the service, two for the login,
// the session, the agent.
const loginTrips = 9

// unexplained is how often a login is tried in all that a server ends without a word,
// if nobody else of this program is on the way to it. It is more likely that the server
// lets nobody in from here than that it has too many connections.
const unexplained = 4

// loginInTurn logs in when it is the turn of this start.
func (s *settings) loginInTurn(ctx context.Context, start transport.Start, dial transport.DialFunc) (*connection, error) {
	return inTurn(ctx, start, s.addr(), func() (*connection, error) {
		c, err := s.login(ctx, start, dial)
		if err == nil {
			start.Slots.LoggedIn()
		}
		return c, err
	})
}

// inTurn logs in when it is the turn of this start. A host that has too many
// connections is tried again, and so is one that this machine has nothing left to
// reach by, for as long as the start has time. addr says which host it is.
func inTurn[T any](ctx context.Context, start transport.Start, addr string, login func() (T, error)) (T, error) {
	var none T
	began := time.Now()
	for times := 1; ; times++ {
		if err := start.Slots.Login(ctx, addr); err != nil {
			return none, err
		}
		others := start.Slots.Others(addr) > 0
		c, err := login()
		if err == nil {
			return c, nil
		}
		var crowded *transport.CrowdedError
		if !errors.As(err, &crowded) {
			return none, tooBusy(ctx, err)
		}
		start.Log.Debug("login failed, and may succeed later", "host", addr, "cause", causeOf(err))
		said := transport.Exhausted(crowded) || strings.Contains(err.Error(), "Exceeded MaxStartups")
		if !said && !others && times >= unexplained || !start.Slots.Again(ctx, !transport.Exhausted(crowded)) {
			return none, triedInVain(crowded.Err, times, time.Since(began))
		}
	}
}

// triedInVain is the problem of a login that was tried so many times.
func triedInVain(err error, times int, in time.Duration) error {
	var p *kind.Problem
	if times < 2 || !errors.As(err, &p) {
		return err
	}
	more := *p
	gap := " "
	if last := more.Detail[strings.LastIndexByte(more.Detail, '\n')+1:]; strings.HasPrefix(last, "  ") {
		gap = "\n"
	}
	more.Add("%sIt was tried %d times in %s.", gap, times, in.Round(time.Second/10))
	return &more
}

// tooBusy adds to the problem of a login that ran out of time for how long this machine
// could not go on with it, if that is more than a tenth of its bound.
func tooBusy(ctx context.Context, err error) error {
	var late *transport.TimeoutError
	var p *kind.Problem
	if !errors.As(context.Cause(ctx), &late) || late.Late <= late.After/10 || !errors.As(err, &p) {
		return err
	}
	more := *p
	more.Add(" This machine was too busy to go on for %s, which did not count. If that happens often, start fewer contexts at once with -parallelism.", late.Late)
	return &more
}

// crowdedUnless marks the problem of a login that may succeed when there are fewer.
func crowdedUnless(not bool, p error) error {
	if not {
		return p
	}
	return &transport.CrowdedError{Err: p}
}

// crowdedDial is the problem of a connection that did not come up. It is marked if
// this machine has run out of something, or if the host refuses while others of this
// program are on the way to it.
func (s *settings) crowdedDial(ctx context.Context, start transport.Start, err error) error {
	p := dialProblem(ctx, s, err)
	switch {
	case ctx.Err() != nil:
		return p
	case transport.Exhausted(err):
		return &transport.CrowdedError{Err: &exhausted{attrProblem("host", kind.CodeSSHDial, "No connection can be made from this machine",
			"Dialling %s failed here, not there: %v. This machine has no more descriptors, ports or memory for it. Allow more open files (ulimit -n), or start fewer contexts at once with -parallelism.", s.addr(), innermost(err)), err}}
	case errors.Is(err, syscall.ECONNREFUSED) && start.Slots.Others(s.addr()) > 0:
		return &transport.CrowdedError{Err: p}
	}
	return p
}

// exhausted is a problem that keeps the reason of the system.
type exhausted struct{ problem, reason error }

func (e *exhausted) Error() string   { return e.problem.Error() }
func (e *exhausted) Unwrap() []error { return []error{e.problem, e.reason} }

// distance is how long a round trip takes to what this connection was made to, as
// the kernel saw it or the context that carries it, 0 if it is not known.
func distance(conn net.Conn) time.Duration {
	if d, ok := conn.(interface{ RoundTrip() time.Duration }); ok {
		return d.RoundTrip()
	}
	var rtt time.Duration
	onSocket(conn, func(fd int) { rtt = roundTrip(fd) })
	return rtt
}
