package transport

import "sync"

// mailbox handles what a context said in the order in which it said it, and
// never makes the stream's reader wait. Work runs at once if nothing is before
// it. If something before it may take time, it runs after that, on a goroutine
// of its own.
type mailbox struct {
	mu    sync.Mutex // guards what follows; not held while work runs
	queue []func()
	busy  bool
}

// post runs quick work when its turn comes.
func (m *mailbox) post(work func()) {
	m.mu.Lock()
	if m.busy {
		m.queue = append(m.queue, work)
		m.mu.Unlock()
		return
	}
	m.mu.Unlock()
	work()
}

// postSlow runs work that may take time when its turn comes. start runs a
// function on a goroutine.
func (m *mailbox) postSlow(start func(func()), work func()) {
	m.mu.Lock()
	m.queue = append(m.queue, work)
	begin := !m.busy
	m.busy = true
	m.mu.Unlock()
	if begin {
		start(m.drain)
	}
}

// drain runs what waits until nothing does.
func (m *mailbox) drain() {
	for {
		m.mu.Lock()
		if len(m.queue) == 0 {
			m.queue, m.busy = nil, false
			m.mu.Unlock()
			return
		}
		batch := m.queue
		m.queue = nil
		m.mu.Unlock()
		for _, work := range batch {
			work()
		}
	}
}

// length is how much waits.
func (m *mailbox) length() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.queue)
}
