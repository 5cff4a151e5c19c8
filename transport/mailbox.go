package transport

import "sync"

// mailbox brings what a context said in its order, without making the stream's
// reader wait: it runs work at once when nothing is before it, and on a
// goroutine of its own when something that may take time is.
type mailbox struct {
	mu    sync.Mutex // guards what follows; not held while work runs
	queue []func()
	busy  bool
}

// post runs quick work in its turn.
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

// postSlow runs work in its turn, on a goroutine that start starts.
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

func (m *mailbox) length() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.queue)
}
