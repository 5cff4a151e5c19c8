package connect

import (
	"strings"
	"sync"
)

// wordsKept is how much of what a host printed is remembered.
const wordsKept = 4 << 10

// Words keeps the last few KiB of what a host printed besides frames: stderr,
// banners, prompts; and the reason for which an agent crashed. Any goroutine may
// write and read.
type Words struct {
	mu    sync.Mutex
	buf   []byte
	crash crash
	says  []replacement
}

// replacement is text that is not shown as it is.
type replacement struct{ text, shown string }

// Hide replaces a secret in everything that String returns, should a terminal
// have echoed it.
func (w *Words) Hide(secret string) { w.replace(secret, "(hidden)") }

// forget takes what the program itself has sent out of what the host printed:
// the script, which sudo and some shells repeat when they refuse it, the prompt
// and the token, none of which says anything to a person.
func (w *Words) forget(b *Bootstrap) {
	w.replace(b.Script(), "sh")
	w.replace(promptFor(b.token), "")
	w.replace(b.token, "")
}

func (w *Words) replace(text, shown string) {
	if text == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.says = append(w.says, replacement{text, shown})
}

// Write never fails and never blocks.
func (w *Words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.crash.write(p)
	w.buf = append(w.buf, p...)
	if over := len(w.buf) - wordsKept; over > 0 {
		w.buf = append(w.buf[:0], w.buf[over:]...)
	}
	return len(p), nil
}

// Bytes is String for a transport.Link.
func (w *Words) Bytes() []byte { return []byte(w.String()) }

// String is what is remembered, without secrets, our own words, empty lines and
// the end of the last line.
func (w *Words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := w.crash.in(string(w.buf))
	for _, s := range w.says {
		text = strings.ReplaceAll(text, s.text, s.shown)
	}
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(text, "\r", "")) {
		if line = withoutPrompt(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// withoutPrompt takes out what sudo-rs writes around our prompt, which is gone:
// "[sudo: ] Password: ", in some language, with a star for each character typed.
func withoutPrompt(line string) string {
	if before, rest, ok := strings.Cut(line, "[sudo: ]"); ok {
		if _, after, ok := strings.Cut(rest, ":"); ok {
			line = before + strings.TrimLeft(after, " *")
		}
	}
	line = strings.TrimRight(line, " \t\n")
	if strings.Trim(line, "*") == "" {
		return ""
	}
	return line
}
