package transport

import (
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/go-hclog"
)

// logVariable is the environment variable that says what Run logs.
const logVariable = "MITOPLAN_LOG"

// logTo makes o log to w what a value of MITOPLAN_LOG asks for: a level, or io for the
// level trace and every frame. Nothing is changed if it is empty or off.
func (o *Options) logTo(w io.Writer, asked string) error {
	name := strings.ToLower(asked)
	level := hclog.LevelFromString(name)
	if name == "io" {
		level = hclog.Trace
	}
	switch {
	case name == "" || level == hclog.Off:
		return nil
	case level == hclog.NoLevel:
		return fmt.Errorf("%s is %q: it is one of off, error, warn, info, debug, trace, io", logVariable, asked)
	}
	log := hclog.New(&hclog.LoggerOptions{Level: level, Output: w})
	o.Log = log
	if name == "io" && o.Frames == nil {
		o.Frames = func(e FrameEvent) {
			direction := "in"
			if e.Out {
				direction = "out"
			}
			log.Trace("frame", "direction", direction, "src", e.Src, "dst", e.Dst, "handle", e.Handle, "size", e.Size)
		}
	}
	return nil
}
