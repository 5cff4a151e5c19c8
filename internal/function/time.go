package function

import (
	"context"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// TimeIn are the arguments of time. There are none.
type TimeIn struct{}

// Manual says the texts of these arguments.
func (TimeIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Says what a host's clock says, in which zone, and how far it is from the controller's.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "time" "here" {
  on = context.local.here
}
call "assert" "clock" {
  on      = context.local.here
  that    = [call.time.here.ahead < 5, call.time.here.ahead > -5]
  message = "The clock of the host is wrong."
}
`,
			Reads:   "The clock of the host, and the zone that /etc/localtime or TZ says. The agent asks the controller for its time, three times, and the fastest answer counts.",
			Ansible: "the fact ansible_date_time.",
			Pyinfra: "the fact server.Date.",
			Limits:  "How far the clocks are apart is known to half of round_trip. Whether the clock is synchronised is not said: a call of command with chronyc or timedatectl does.",
		},
		OtherNames: "date clock date_time",
	}
}

// TimeOut are the results of time.
type TimeOut struct {
	Now       string  `cbor:"now" mito:"computed,passing"`
	Unix      float64 `cbor:"unix" mito:"computed,passing"`
	Local     string  `cbor:"local" mito:"computed,passing"`
	Zone      string  `cbor:"zone" mito:"computed"`
	Offset    int64   `cbor:"offset" mito:"computed"`
	Ahead     float64 `cbor:"ahead" mito:"computed,passing"`
	RoundTrip float64 `cbor:"round_trip" mito:"computed,passing"`
}

// Manual says the texts of these results.
func (TimeOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"now":        {Doc: "The time of the host: UTC, as in RFC 3339.", OtherNames: "utc iso8601"},
			"unix":       {Doc: "The same, in seconds since 1970.", OtherNames: "epoch"},
			"local":      {Doc: "The same in the zone of the host, as in RFC 3339."},
			"zone":       {Doc: "What the zone is called now, such as CET.", OtherNames: "tz timezone"},
			"offset":     {Doc: "How far the zone is east of UTC now, in seconds."},
			"ahead":      {Doc: "How far the clock of the host is ahead of that of the controller, in seconds; negative if it is behind.", OtherNames: "skew drift"},
			"round_trip": {Doc: "How long the controller took to answer, in seconds."},
		},
	}
}

func timeKind() kind.Kind {
	k := reads("time", func() Function { return &TimeIn{} }, TimeOut{})
	k.Partner = "clock"
	return k
}

// Call implements Function.
func (*TimeIn) Call(ctx context.Context, c Call) (any, error) {
	round, ahead, err := askClock(ctx, c.Pipe)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	zone, offset := now.Zone()
	return TimeOut{
		Now: now.UTC().Format(time.RFC3339Nano), Unix: float64(now.UnixMilli()) / 1000, Local: now.Format(time.RFC3339Nano),
		Zone: zone, Offset: int64(offset), Ahead: ahead.Seconds(), RoundTrip: round.Seconds(),
	}, nil
}
