// Package logger makes loggers for transport.Options.Log of those that a program has
// already. It never keeps an entry, and never filters by itself: that is up to the handler.
// Start reading at Slog.
package logger

import (
	"context"
	"io"
	"log"
	"log/slog"
	"time"

	"github.com/hashicorp/go-hclog"
)

// LevelTrace is the level of slog that entries of hclog.Trace have.
const LevelTrace = slog.LevelDebug - 4

// Slog returns a logger for transport.Options.Log that gives its entries to h. The name of
// the logger becomes the attribute "logger". Each entry is shown at the level that h has
// then, so that a slog.LevelVar changes it while the program runs; a context learns the
// level when it starts, and sends nothing below that one. Of nil it is a logger that shows
// nothing.
func Slog(h slog.Handler) hclog.Logger {
	if h == nil {
		return hclog.NewNullLogger()
	}
	return slogger{h: h}
}

// slogger is an hclog.Logger over a handler of slog. It is not changed after it was made.
type slogger struct {
	h       slog.Handler // without the name and the implied pairs
	name    string
	implied []any
}

var levels = map[hclog.Level]slog.Level{
	hclog.Trace: LevelTrace, hclog.Debug: slog.LevelDebug, hclog.Info: slog.LevelInfo,
	hclog.Warn: slog.LevelWarn, hclog.Error: slog.LevelError,
}

// enabled reports whether the handler shows entries of that level now.
func (s slogger) enabled(level hclog.Level) bool {
	l, ok := levels[level]
	return ok && s.h.Enabled(context.Background(), l)
}

// Log gives an entry to the handler.
func (s slogger) Log(level hclog.Level, msg string, args ...any) {
	if !s.enabled(level) {
		return
	}
	r := slog.NewRecord(time.Now(), levels[level], msg, 0)
	if s.name != "" {
		r.AddAttrs(slog.String("logger", s.name))
	}
	r.Add(s.implied...)
	r.Add(args...)
	_ = s.h.Handle(context.Background(), r) // there is nobody to tell that a log cannot be written
}

func (s slogger) Trace(msg string, args ...any) { s.Log(hclog.Trace, msg, args...) }
func (s slogger) Debug(msg string, args ...any) { s.Log(hclog.Debug, msg, args...) }
func (s slogger) Info(msg string, args ...any)  { s.Log(hclog.Info, msg, args...) }
func (s slogger) Warn(msg string, args ...any)  { s.Log(hclog.Warn, msg, args...) }
func (s slogger) Error(msg string, args ...any) { s.Log(hclog.Error, msg, args...) }

func (s slogger) IsTrace() bool { return s.enabled(hclog.Trace) }
func (s slogger) IsDebug() bool { return s.enabled(hclog.Debug) }
func (s slogger) IsInfo() bool  { return s.enabled(hclog.Info) }
func (s slogger) IsWarn() bool  { return s.enabled(hclog.Warn) }
func (s slogger) IsError() bool { return s.enabled(hclog.Error) }

func (s slogger) ImpliedArgs() []any { return s.implied }
func (s slogger) Name() string       { return s.name }

// With adds pairs to every entry.
func (s slogger) With(args ...any) hclog.Logger {
	s.implied = append(append([]any(nil), s.implied...), args...)
	return s
}

// Named adds to the name.
func (s slogger) Named(name string) hclog.Logger {
	if s.name != "" {
		name = s.name + "." + name
	}
	return s.ResetNamed(name)
}

// ResetNamed replaces the name.
func (s slogger) ResetNamed(name string) hclog.Logger {
	s.name = name
	return s
}

// SetLevel does nothing: the level is the handler's.
func (slogger) SetLevel(hclog.Level) {}

// GetLevel is the lowest level that the handler shows now.
func (s slogger) GetLevel() hclog.Level {
	for level := hclog.Trace; level <= hclog.Error; level++ {
		if s.enabled(level) {
			return level
		}
	}
	return hclog.Off
}

// StandardLogger is for packages that want one of package log.
func (s slogger) StandardLogger(o *hclog.StandardLoggerOptions) *log.Logger {
	return log.New(s.StandardWriter(o), "", 0)
}

// StandardWriter makes an entry of what is written at once.
func (s slogger) StandardWriter(*hclog.StandardLoggerOptions) io.Writer {
	return slog.NewLogLogger(s.h, slog.LevelInfo).Writer()
}
