package transport

import (
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// logWriter makes what package log writes to in an agent, of what else os.Stderr is there.
type logWriter func(of *stdio, stderr *os.File, s *sink) io.Writer

// fatalLog is where package log writes in an agent with functions of a program. log.Fatal
// and its like end the process as soon as it has written, while all that was printed is on
// its way to the parent. So it writes what is fatal where a dying program does, too, and
// waits until the rest has left.
type fatalLog struct {
	*os.File
	of   *stdio
	sink *sink
}

func newFatalLog(of *stdio, stderr *os.File, s *sink) io.Writer { return &fatalLog{stderr, of, s} }

// fatalTime is how long a process that is about to end waits for a parent that takes nothing.
const fatalTime = time.Second

// Write writes to the log.
func (l *fatalLog) Write(p []byte) (int, error) {
	n, err := l.File.Write(p)
	if isFatal() {
		_, _ = l.of.err.Write(p)
		l.sink.release() // nobody waits for room
		l.of.flush()
		l.sink.finish(fatalTime)
	}
	return n, err
}

// isFatal reports whether log.Fatal, or a method of a log.Logger like it, waits for the
// function that calls this one.
func isFatal() bool {
	var callers [6]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers[:])])
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "log.Fatal") || strings.HasPrefix(f.Function, "log.(*Logger).Fatal") {
			return true
		}
		if !more {
			return false
		}
	}
}

// finish ends the stream to the parent when all entries have been written, and waits for
// that.
func (s *sink) finish(within time.Duration) {
	s.mu.Lock()
	b := s.broker
	s.mu.Unlock()
	if b == nil {
		return
	}
	b.up.finish()
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-b.up.over:
	case <-late.C:
	}
}
