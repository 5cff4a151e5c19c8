package connect

import (
	"io"
	"sync"
	"time"
)

// lastWordsTime is how long the words of a program are still read that nothing can
// be written to any more.
const lastWordsTime = 2 * time.Second

// PatientWriter writes to a program that may end at any time, and never fails. A
// write that fails only says that the program is gone. Why it is gone is in what
// the program wrote before, and that is still to be read. So the first error is
// kept, and what is written after it is dropped. The reader then has 2 s to come
// to the end of the program's words. After that giveUp ends the stream, because
// a program may close its input and never end.
//
// One goroutine writes. Stop may be called by another one.
type PatientWriter struct {
	w      io.Writer
	giveUp func()

	mu      sync.Mutex
	err     error
	late    *time.Timer // nil until a write has failed
	stopped bool
}

// NewPatientWriter makes the writer of a start. giveUp closes the stream that w
// belongs to, in both directions.
func NewPatientWriter(w io.Writer, giveUp func()) *PatientWriter {
	return &PatientWriter{w: w, giveUp: giveUp}
}

// Write implements io.Writer. Until Stop is called, its error is nil.
func (p *PatientWriter) Write(b []byte) (int, error) {
	if p.Err() == nil {
		n, err := p.w.Write(b)
		if err == nil {
			return n, nil
		}
		p.fail(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return 0, p.err
	}
	return len(b), nil
}

// fail keeps the error, and bounds how long is read from now on.
func (p *PatientWriter) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
	if !p.stopped {
		p.late = time.AfterFunc(lastWordsTime, p.giveUp)
	}
}

// Err is the error of the first write that failed, nil if none has.
func (p *PatientWriter) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Stop ends the patience, once the start is over: giveUp is not called any more,
// and Write returns its errors.
func (p *PatientWriter) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.late != nil {
		p.late.Stop()
	}
}
