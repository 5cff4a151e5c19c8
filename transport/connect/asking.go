package connect

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"

	"github.com/creack/pty"
)

// promptFor is the prompt that sudo is told to ask with. Nothing else prints
// it, so nothing else is ever answered.
func promptFor(token string) string { return "mitoplan-" + token + ":" }

// asking answers the prompts on one start's terminal. The goroutine that
// drains the terminal calls seen; everybody else only reads how it went.
type asking struct {
	prompt, password string
	terminal         *os.File
	words            *Words
	ready            chan struct{}
	giveUp           func() error

	mu      sync.Mutex
	tail    []byte
	prompts int
	shown   int // bytes that the terminal showed
}

func newAsking(prompt, password string, terminal *os.File, words *Words) *asking {
	return &asking{prompt: prompt, password: password, terminal: terminal, words: words, ready: make(chan struct{})}
}

// open lets the terminal be read; giveUp ends the started program's stream.
func (a *asking) open(giveUp func() error) {
	a.giveUp = giveUp
	close(a.ready)
}

// seen takes what the terminal showed. sudo-rs puts our prompt into its own,
// "[sudo: PROMPT] Password: ", and both turn echo off before they print it: so
// the first sight of it is the time to type.
func (a *asking) seen(b []byte) {
	<-a.ready
	a.words.Write(b)
	for range a.count(b) {
		a.answer()
	}
}

// count is how many new prompts b completes. A prompt may come in pieces.
func (a *asking) count(b []byte) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shown += len(b)
	a.tail = append(a.tail, b...)
	n := 0
	for {
		i := bytes.Index(a.tail, []byte(a.prompt))
		if i < 0 {
			break
		}
		n++
		a.tail = a.tail[i+len(a.prompt):]
	}
	if over := len(a.tail) - len(a.prompt); over > 0 {
		a.tail = append(a.tail[:0], a.tail[over:]...)
	}
	return n
}

// answer types the password at the first prompt. At a second one it was wrong,
// and without one nothing can be typed: then ^C, which reaches a program that
// we may not signal.
func (a *asking) answer() {
	a.mu.Lock()
	a.prompts++
	first := a.prompts == 1
	a.mu.Unlock()
	if first && a.password != "" {
		fmt.Fprintf(a.terminal, "%s\n", a.password)
		return
	}
	a.terminal.Write([]byte{3})
	a.giveUp()
}

// asked is how often our prompt was shown.
func (a *asking) asked() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.prompts
}

// askedElse tells whether the terminal showed something, but never our prompt.
func (a *asking) askedElse() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.shown > 0 && a.prompts == 0
}

// openTerminal opens a pseudo terminal whose master can be read with deadlines.
func openTerminal() (master, tty *os.File, err error) {
	master, tty, err = pty.Open()
	if err != nil {
		return nil, nil, err
	}
	if runtime.GOOS == "linux" {
		// The library leaves the master blocking: deadlines would do nothing
		// and Close would not wake a reader. Elsewhere non-blocking masters
		// spin, and closing the slave's last user ends the read.
		if err := syscall.SetNonblock(int(master.Fd()), true); err != nil {
			closeAll(master, tty)
			return nil, nil, err
		}
	}
	return master, tty, nil
}
