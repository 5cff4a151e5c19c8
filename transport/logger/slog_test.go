package logger_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport/logger"
)

// Entries have their level, name and pairs, and a level that is changed counts at once.
func TestSlogShowsEntriesAtTheLevelOfItsHandler(t *testing.T) {
	var out bytes.Buffer
	var level slog.LevelVar
	log := logger.Slog(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: &level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	worker := log.Named("worker").With("context", "worker")
	worker.Debug("too low")
	worker.Info("shown", "n", 1)
	if worker.IsDebug() || !worker.IsInfo() || worker.GetLevel() != hclog.Info {
		t.Errorf("the level is %v", worker.GetLevel())
	}
	level.Set(logger.LevelTrace)
	if !worker.IsTrace() || worker.GetLevel() != hclog.Trace {
		t.Errorf("the level is %v after it was changed", worker.GetLevel())
	}
	worker.Named("part").Trace("low", "odd")
	level.Set(slog.LevelError + 1)
	worker.Error("nothing is shown")
	if worker.GetLevel() != hclog.Off {
		t.Errorf("the level is %v, want off", worker.GetLevel())
	}
	want := "level=INFO msg=shown logger=worker context=worker n=1\n" +
		"level=DEBUG-4 msg=low logger=worker.part context=worker !BADKEY=odd\n"
	if out.String() != want {
		t.Errorf("it logged\n%s\nwant\n%s", out.String(), want)
	}
}
