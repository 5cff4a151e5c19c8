package function

import (
	"context"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// SleepIn are the arguments of sleep.
type SleepIn struct {
	Duration string `cbor:"duration" mito:"required"`
}

// Manual says the texts of these arguments.
func (SleepIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Waits for some time while applying.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "file" "conf" {
  on      = context.local.here
  path    = "/etc/app.conf"
  content = "workers = 2\n"
}
call "sleep" "settle" {
  on           = context.local.here
  duration     = "50ms"
  triggered_by = [file.conf]
}
`,
			Reads:   "Nothing, and nothing is waited for while planning.",
			Ansible: "pause and wait_for with timeout alone. pause asks a person, too.",
			Pyinfra: "server.wait, and time.sleep of Python.",
			Limits:  "Without triggers or triggered_by every apply waits, and a plan is never empty. What can be told apart from time alone is better waited for with wait_for.",
		},
		OtherNames: "pause delay",
		Attrs: map[string]kind.Entry{
			"duration": {Doc: "How long, such as 500ms or 2m; at most 23h.", OtherNames: "seconds time delay for minutes"},
		},
	}
}

// SleepOut are the results of sleep. There are none.
type SleepOut struct{}

// Manual says the texts of these results.
func (SleepOut) Manual() kind.Manual { return kind.Manual{} }

func sleepKind() kind.Kind {
	return define("sleep", func() Function { return &SleepIn{} }, SleepOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *SleepIn) Validate() []kind.Problem {
	return validDuration("duration", &in.Duration, 0, 23*time.Hour)
}

// Call implements Function.
func (in *SleepIn) Call(ctx context.Context, _ Call) (any, error) {
	return SleepOut{}, pauseFor(ctx, duration(in.Duration))
}
