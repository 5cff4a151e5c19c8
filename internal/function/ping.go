package function

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// PingIn are the arguments of ping. There are none.
type PingIn struct{}

// Manual says the texts of these arguments.
func (PingIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Says that a context answers, and how fast.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "ping" "here" {
  on = context.local.here
}
output "answers" {
  value = call.ping.here.answers
}
`,
			Reads:   "Nothing of the host. Its agent asks the controller three times, and the fastest answer counts.",
			Ansible: "ping, which says that a module can be run.",
			Pyinfra: "none: a host that does not answer ends its operations.",
			Limits:  "A context that does not answer is an error of its own, which says why. It is no ICMP: what counts is the way through all contexts between.",
		},
	}
}

// PingOut are the results of ping.
type PingOut struct {
	Answers   bool    `cbor:"answers" mito:"computed"`
	RoundTrip float64 `cbor:"round_trip" mito:"computed,passing"`
}

// Manual says the texts of these results.
func (PingOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"answers":    {Doc: "true: otherwise the call fails.", OtherNames: "ping ok reachable"},
			"round_trip": {Doc: "How long it takes from the host to the controller and back, in seconds.", OtherNames: "rtt latency duration"},
		},
	}
}

func pingKind() kind.Kind {
	k := reads("ping", func() Function { return &PingIn{} }, PingOut{})
	k.Partner = "clock"
	return k
}

// Call implements Function.
func (*PingIn) Call(ctx context.Context, c Call) (any, error) {
	round, _, err := askClock(ctx, c.Pipe)
	if err != nil {
		return nil, err
	}
	return PingOut{Answers: true, RoundTrip: round.Seconds()}, nil
}
