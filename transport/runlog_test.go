package transport

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
)

// MITOPLAN_LOG names a level, or io for every frame, and is told if it names neither.
func TestRunLogsWhatTheEnvironmentSays(t *testing.T) {
	for asked, want := range map[string]hclog.Level{
		"": hclog.NoLevel, "off": hclog.NoLevel, "error": hclog.Error, "WARN": hclog.Warn,
		"info": hclog.Info, "debug": hclog.Debug, "trace": hclog.Trace, "io": hclog.Trace, "IO": hclog.Trace,
	} {
		var o Options
		var out bytes.Buffer
		if err := o.logTo(&out, asked); err != nil {
			t.Errorf("%q: %v", asked, err)
			continue
		}
		if got := o.Log; want == hclog.NoLevel && got != nil || want != hclog.NoLevel && (got == nil || got.GetLevel() != want) {
			t.Errorf("%q gives the logger %v, want the level %v", asked, got, want)
		}
		if frames := o.Frames != nil; frames != (strings.ToLower(asked) == "io") {
			t.Errorf("that %q logs frames is %v", asked, frames)
		}
		if o.Frames != nil {
			o.Frames(FrameEvent{Out: true, Handle: handleCall, Size: 7})
			if !strings.Contains(out.String(), "[TRACE] frame: direction=out src=0 dst=0 handle=4 size=7") {
				t.Errorf("a frame was logged as %q", out.String())
			}
		}
	}
	t.Setenv("MITOPLAN_LOG", "loud")
	err := Run(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), `MITOPLAN_LOG is "loud": it is one of off, error`) {
		t.Errorf("a level that does not exist gave %v", err)
	}
}
