package transport

import (
	"sync"
	"time"
)

// logPatience is how long the log may take to show one entry. What comes after that
// entry goes on then, and entries are left out until the log moves again.
const logPatience = time.Second

// mailbox handles what a context said in the order in which it said it, and
// never makes the stream's reader wait. Work runs at once if nothing is before
// it. If something before it may take time, it runs after that, on a goroutine
// of its own. Nothing waits for longer than logPatience for a log that is stuck.
type mailbox struct {
	of    *exchange
	moved func() // the log shows something again; it may write to the log

	mu    sync.Mutex // guards what follows; not held while work runs
	queue []letter
	shows int // how many of queue write to the log
	busy  bool
	stuck bool // the log has an entry for longer than logPatience
}

// letter is one thing to be handled.
type letter struct {
	work func()
	// skip takes the place of work while the log is stuck; nil if the work does not
	// write to the log.
	skip func()
}

// post runs quick work when its turn comes.
func (m *mailbox) post(work func()) {
	m.mu.Lock()
	if m.busy {
		m.queue = append(m.queue, letter{work: work})
		m.mu.Unlock()
		return
	}
	m.mu.Unlock()
	work()
}

// postSlow runs work that may take time when its turn comes.
func (m *mailbox) postSlow(work func()) { m.enqueue(letter{work: work}) }

// postEntry writes to the log by show when its turn comes, or calls skip then if
// the log is stuck. skip must be quick.
func (m *mailbox) postEntry(show, skip func()) {
	m.mu.Lock()
	idle := m.stuck && !m.busy
	m.mu.Unlock()
	if idle {
		skip()
		return
	}
	m.enqueue(letter{show, skip})
}

func (m *mailbox) enqueue(l letter) {
	m.mu.Lock()
	m.queue = append(m.queue, l)
	if l.skip != nil {
		m.shows++
	}
	begin := !m.busy
	m.busy = true
	m.mu.Unlock()
	if begin {
		m.of.goroutine(m.drain)
	}
}

// drain runs what waits until nothing does.
func (m *mailbox) drain() {
	for {
		l, stuck, ok := m.next()
		switch {
		case !ok:
			return
		case l.skip == nil:
			l.work()
		case stuck:
			l.skip()
		default:
			m.show(l.work)
		}
	}
}

// next takes out what is to be handled next. If there is nothing, the mailbox is
// not busy any more.
func (m *mailbox) next() (l letter, stuck, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) == 0 {
		m.queue, m.busy = nil, false
		return l, m.stuck, false
	}
	l, m.queue[0] = m.queue[0], letter{}
	m.queue = m.queue[1:]
	if l.skip != nil {
		m.shows--
	}
	return l, m.stuck, true
}

// show writes to the log, and waits for that for logPatience at most. The shutdown
// does not wait for a log that is stuck.
func (m *mailbox) show(work func()) {
	done := make(chan struct{})
	go m.of.guarded(func() {
		work()
		if !m.finish(done) {
			m.moved()
			m.unstick()
			m.moved() // there may be more since
		}
	})
	patience := time.NewTimer(logPatience)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
		m.giveUp(done)
	}
}

// finish says that an entry is shown. It is false if that was given up.
func (m *mailbox) finish(done chan struct{}) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.stuck {
		close(done)
	}
	return !m.stuck
}

// giveUp notes that the log is stuck, unless the entry has been shown after all.
func (m *mailbox) giveUp(done chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-done:
	default:
		m.stuck = true
	}
}

func (m *mailbox) unstick() {
	m.mu.Lock()
	m.stuck = false
	m.mu.Unlock()
}

// length is how much waits.
func (m *mailbox) length() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.queue)
}

// entries is how much of what waits writes to the log.
func (m *mailbox) entries() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.shows
}
