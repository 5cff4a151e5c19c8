package transport

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"
	"github.com/mitoplan/mitoplan/transport/internal/queue"
)

// maxEarly is how many entries are kept before the setup has come.
const maxEarly = 256

// sink sends the entries of an agent to the controller, in order. Who logs
// waits while too many entries are under way.
type sink struct {
	mu     sync.Mutex // guards what follows
	broker *Broker    // nil before the setup
	level  hclog.Level
	window int
	sizes  []int // of the entries that are under way
	bytes  int   // the sum of sizes
	open   bool  // nobody waits any longer
	room   chan struct{}
	early  []logPayload // what was logged before the setup
}

func newSink() *sink {
	return &sink{window: queue.Now().LogEntries, level: hclog.Trace, room: make(chan struct{})}
}

// attach gives the sink a broker to send by. What was logged before goes out
// first.
func (s *sink) attach(b *Broker, level hclog.Level) {
	s.mu.Lock()
	s.broker, s.level = b, level
	early := s.early
	s.early = nil
	for _, p := range early {
		s.send(p)
	}
	s.mu.Unlock()
}

// setLevel says from which level on entries are sent.
func (s *sink) setLevel(level hclog.Level) {
	s.mu.Lock()
	s.level = level
	s.mu.Unlock()
}

// emit sends one entry. It blocks while too many are under way.
func (s *sink) emit(p logPayload) {
	s.mu.Lock()
	for (s.window <= 0 || s.bytes >= logBytesWindow) && !s.open {
		room := s.room
		s.mu.Unlock()
		<-room
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	if s.broker == nil {
		if len(s.early) < maxEarly {
			s.early = append(s.early, p)
		}
		return
	}
	s.send(p)
}

// send queues the entry on the stream, which never blocks. The caller holds
// mu, which keeps entries in order.
func (s *sink) send(p logPayload) {
	if s.level == hclog.Off || hclog.Level(p.Level) < s.level {
		return
	}
	data, err := Marshal(p)
	if err != nil {
		return
	}
	s.window--
	s.bytes += len(data)
	s.sizes = append(s.sizes, len(data))
	_ = s.broker.send(&Message{Src: s.broker.self, Handle: handleLog, Data: data})
}

// credited is called when the controller has shown n entries: so many more may
// be under way.
func (s *sink) credited(n int) {
	s.mu.Lock()
	s.window = min(queue.Now().LogEntries, s.window+n)
	n = min(n, len(s.sizes))
	for _, size := range s.sizes[:n] {
		s.bytes -= size
	}
	s.sizes = s.sizes[n:]
	s.wakeAll()
	s.mu.Unlock()
}

// release opens the sink for good: everyone who waits for room goes on, and
// later entries are not held back. It is called when the parent is lost or the
// agent ends.
func (s *sink) release() {
	s.mu.Lock()
	s.open = true
	s.wakeAll()
	s.mu.Unlock()
}

// wakeAll wakes everybody who waits for room. The caller holds mu.
func (s *sink) wakeAll() {
	close(s.room)
	s.room = make(chan struct{})
}

func (s *sink) logger(name string) hclog.Logger { return &remoteLog{sink: s, name: name} }

// lines returns a writer that makes every line an entry, which begins with
// prefix.
func (s *sink) lines(prefix string) *lineWriter { return &lineWriter{sink: s, prefix: prefix} }

// lineWriter makes entries of the lines that are written to it.
type lineWriter struct {
	sink   *sink
	prefix string
	mu     sync.Mutex // guards part
	part   []byte
}

// Write never fails. A line longer than 8 KiB becomes several entries.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(p)
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			w.part = append(w.part, p...)
			for len(w.part) >= maxLine {
				w.line(w.part[:maxLine])
				w.part = append(w.part[:0], w.part[maxLine:]...)
			}
			break
		}
		w.line(append(w.part, p[:i]...))
		w.part, p = w.part[:0], p[i+1:]
	}
	return n, nil
}

// Flush makes an entry of a last line that has no end yet.
func (w *lineWriter) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.part) > 0 {
		w.line(w.part)
		w.part = w.part[:0]
	}
}

func (w *lineWriter) line(b []byte) {
	for len(b) > maxLine {
		w.entry(b[:maxLine])
		b = b[maxLine:]
	}
	w.entry(b)
}

func (w *lineWriter) entry(b []byte) {
	text := strings.ToValidUTF8(strings.TrimSuffix(string(b), "\r"), "\uFFFD")
	w.sink.emit(logPayload{Level: int32(hclog.Info), Message: w.prefix + text})
}

// remoteLog is an hclog.Logger whose entries go to the controller.
type remoteLog struct {
	sink    *sink
	name    string
	implied []any
	child   string // the last hop of the address of a child that entries are about, or ""
}

var _ hclog.Logger = (*remoteLog)(nil)

// Log sends an entry, cut to its bounds.
func (l *remoteLog) Log(level hclog.Level, msg string, args ...any) {
	if !l.enabled(level) {
		return
	}
	p := logPayload{Level: int32(level), Name: l.name, Child: []byte(l.child), Message: shorten(strings.ToValidUTF8(msg, "\uFFFD"), maxLine)}
	all := append(append([]any(nil), l.implied...), args...)
	if len(all)%2 != 0 {
		all = append(all[:len(all)-1], hclog.MissingKey, all[len(all)-1])
	}
	left := maxAllPairs
	for _, v := range all[:min(len(all), maxPairs)] {
		text := shorten(strings.ToValidUTF8(fmt.Sprint(v), "\uFFFD"), min(maxPair, left))
		left = max(minPair, left-len(text))
		p.Pairs = append(p.Pairs, text)
	}
	l.sink.emit(p)
}

// enabled reports whether entries of that level are sent.
func (l *remoteLog) enabled(level hclog.Level) bool {
	l.sink.mu.Lock()
	defer l.sink.mu.Unlock()
	return l.sink.level != hclog.Off && level >= l.sink.level
}

func (l *remoteLog) Trace(msg string, args ...any) { l.Log(hclog.Trace, msg, args...) }
func (l *remoteLog) Debug(msg string, args ...any) { l.Log(hclog.Debug, msg, args...) }
func (l *remoteLog) Info(msg string, args ...any)  { l.Log(hclog.Info, msg, args...) }
func (l *remoteLog) Warn(msg string, args ...any)  { l.Log(hclog.Warn, msg, args...) }
func (l *remoteLog) Error(msg string, args ...any) { l.Log(hclog.Error, msg, args...) }

func (l *remoteLog) IsTrace() bool { return l.enabled(hclog.Trace) }
func (l *remoteLog) IsDebug() bool { return l.enabled(hclog.Debug) }
func (l *remoteLog) IsInfo() bool  { return l.enabled(hclog.Info) }
func (l *remoteLog) IsWarn() bool  { return l.enabled(hclog.Warn) }
func (l *remoteLog) IsError() bool { return l.enabled(hclog.Error) }

func (l *remoteLog) ImpliedArgs() []any { return l.implied }
func (l *remoteLog) Name() string       { return l.name }

// With adds pairs to every entry.
func (l *remoteLog) With(args ...any) hclog.Logger {
	return &remoteLog{l.sink, l.name, append(append([]any(nil), l.implied...), args...), l.child}
}

// Named adds to the name.
func (l *remoteLog) Named(name string) hclog.Logger {
	if l.name != "" {
		name = l.name + "." + name
	}
	return l.ResetNamed(name)
}

// ResetNamed replaces the name.
func (l *remoteLog) ResetNamed(name string) hclog.Logger {
	return &remoteLog{l.sink, name, l.implied, l.child}
}

// about is for entries about a child of the agent that has that name.
func (l *remoteLog) about(child Address, name string) hclog.Logger {
	return &remoteLog{sink: l.sink, name: name, child: child.lastHop()}
}

// SetLevel does nothing: the level is the controller's.
func (l *remoteLog) SetLevel(hclog.Level) {}

// GetLevel is the controller's level.
func (l *remoteLog) GetLevel() hclog.Level {
	l.sink.mu.Lock()
	defer l.sink.mu.Unlock()
	return l.sink.level
}

// StandardLogger is for packages that want one of package log.
func (l *remoteLog) StandardLogger(o *hclog.StandardLoggerOptions) *log.Logger {
	return log.New(l.StandardWriter(o), "", 0)
}

// StandardWriter makes every line an entry.
func (l *remoteLog) StandardWriter(*hclog.StandardLoggerOptions) io.Writer {
	return l.sink.lines("")
}
