package connect

import (
	"bytes"
	"sync"
)

// wordsKept is how much of what a host printed is remembered.
const wordsKept = 4 << 10

// Words keeps the last few KiB of what a host printed besides frames: stderr,
// banners, prompts. Any goroutine may write and read.
type Words struct {
	mu      sync.Mutex
	buf     []byte
	secrets [][]byte
}

// Hide replaces a secret in everything that String returns, should a terminal
// have echoed it.
func (w *Words) Hide(secret string) {
	if secret == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, []byte(secret))
}

// Write never fails and never blocks.
func (w *Words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf = append(w.buf, p...)
	if over := len(w.buf) - wordsKept; over > 0 {
		w.buf = append(w.buf[:0], w.buf[over:]...)
	}
	return len(p), nil
}

// Bytes is what is remembered, with secrets hidden.
func (w *Words) Bytes() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := bytes.Clone(w.buf)
	for _, s := range w.secrets {
		out = bytes.ReplaceAll(out, s, []byte("(hidden)"))
	}
	return out
}

// String is Bytes as trimmed text.
func (w *Words) String() string {
	return string(bytes.TrimSpace(bytes.ReplaceAll(w.Bytes(), []byte("\r"), nil)))
}
