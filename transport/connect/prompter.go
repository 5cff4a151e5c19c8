package connect

import (
	"bytes"
	"fmt"
	"os"
	"sync"

	"github.com/mitoplan/mitoplan/transport"
)

// prompter answers the prompts on the terminal of one start. The goroutine that
// reads the terminal calls terminalShowed; everybody else only asks what has
// happened so far.
type prompter struct {
	prompt, password string
	terminal         *os.File
	words            *LastWords
	ready            chan struct{}
	giveUp           func() error
	log              *transport.StartLog // set before open

	mu      sync.Mutex
	tail    []byte
	prompts int
	shown   int // bytes that the terminal showed
}

func newPrompter(prompt, password string, terminal *os.File, words *LastWords) *prompter {
	return &prompter{prompt: prompt, password: password, terminal: terminal, words: words, ready: make(chan struct{})}
}

// open lets what the terminal shows be looked at. giveUp ends the stream of the
// program that was started.
func (p *prompter) open(giveUp func() error) {
	p.giveUp = giveUp
	close(p.ready)
}

// terminalShowed takes what the terminal showed. sudo-rs puts our prompt into
// its own, "[sudo: PROMPT] Password: ". Both programs turn echo off before they
// print it, so the first sight of the prompt is the time to type.
func (p *prompter) terminalShowed(b []byte) {
	<-p.ready
	p.words.Write(b)
	for range p.count(b) {
		p.answer()
	}
}

// count returns how many new prompts b completes. A prompt may come in pieces.
func (p *prompter) count(b []byte) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown += len(b)
	p.tail = append(p.tail, b...)
	n := 0
	for {
		i := bytes.Index(p.tail, []byte(p.prompt))
		if i < 0 {
			break
		}
		n++
		p.tail = p.tail[i+len(p.prompt):]
	}
	if over := len(p.tail) - len(p.prompt); over > 0 {
		p.tail = append(p.tail[:0], p.tail[over:]...)
	}
	return n
}

// answer types the password at the first prompt. A second prompt means that it
// was wrong. Then, or if there is no password, nothing is typed but ^C, which
// also reaches a program that we may not signal.
func (p *prompter) answer() {
	p.mu.Lock()
	p.prompts++
	first := p.prompts == 1
	p.mu.Unlock()
	if first && p.password != "" {
		p.log.Debug("password is asked for, and typed")
		fmt.Fprintf(p.terminal, "%s\n", p.password)
		return
	}
	if first {
		p.log.Debug("password is asked for, and there is none: the program is given up")
	} else {
		p.log.Debug("password is asked for again: the program is given up")
	}
	p.terminal.Write([]byte{3})
	p.giveUp()
}

// asked returns how often our prompt was shown.
func (p *prompter) asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.prompts
}

// sawOtherPrompt reports whether the terminal showed something, but never our
// prompt.
func (p *prompter) sawOtherPrompt() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown > 0 && p.prompts == 0
}
