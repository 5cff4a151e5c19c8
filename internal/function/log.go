package function

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// LogIn are the arguments of log.
type LogIn struct {
	Message string            `cbor:"message" mito:"required,public"`
	Level   string            `cbor:"level,omitempty" mito:"oneof=trace|debug|info|warn|error,default=info"`
	Values  map[string]string `cbor:"values,omitempty" mito:"public"`
}

// Manual says the texts of these arguments.
func (LogIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Writes a line into the log of the run, as one of its context.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "log" "kernel" {
  on      = context.local.here
  message = "planned on a host"
  level   = "debug"
  values = {
    kernel = on.kernel
  }
}
`,
			Reads:   "Nothing. The line is written while planning, once everything in it is known, and otherwise when the plan is applied.",
			Ansible: "debug, which prints to the screen, also values that are secret. A sensitive value is refused here.",
			Pyinfra: "none: an operation there is Python, which has print and logging.",
			Limits:  "Whether a line of that level is shown is for the log settings of the run to say. For what people should read at the end of a run, an output is better.",
		},
		OtherNames: "debug print echo message",
		Attrs: map[string]kind.Entry{
			"message": {Doc: "The line. It may not be sensitive.", OtherNames: "msg text"},
			"level":   {Doc: "How important it is.", OtherNames: "verbosity severity", Values: map[string]string{"warn": "warning", "error": "err fatal critical", "info": "notice"}},
			"values":  {Doc: "Values beside it, by names. They may not be sensitive.", OtherNames: "var vars fields"},
		},
	}
}

// LogOut are the results of log. There are none.
type LogOut struct{}

// Manual says the texts of these results.
func (LogOut) Manual() kind.Manual { return kind.Manual{} }

func logKind() kind.Kind {
	return reads("log", func() Function { return &LogIn{} }, LogOut{})
}

// Call implements Function.
func (in *LogIn) Call(_ context.Context, c Call) (any, error) {
	var values []any
	for _, name := range slices.Sorted(maps.Keys(in.Values)) {
		values = append(values, name, in.Values[name])
	}
	if c.Log != nil {
		c.Log.Log(hclog.LevelFromString(cmp.Or(in.Level, "info")), in.Message, values...)
	}
	return LogOut{}, nil
}
