package connect

import (
	"bytes"
	"strings"
)

// crash finds the end of a Go program in what the program printed. The runtime
// prints the reason first and then, for many KiB, what each goroutine was
// doing. So the last few KiB alone would not hold the reason.
type crash struct {
	line []byte // the beginning of a line that has not ended
	text []byte // what was printed from the reason on; nil if there was none
}

const (
	crashKept  = 4 << 10
	crashLines = 16
)

// reasons are how the runtime begins to say why it ends: see printpanics, throw
// and sigpanic in package runtime.
var reasons = []string{"fatal error: ", "panic: ", "runtime: ", "unexpected fault address ", "SIG", "[signal SIG"}

// write takes what was printed, in any pieces.
func (c *crash) write(p []byte) {
	if c.text != nil {
		c.text = append(c.text, p[:min(len(p), crashKept-len(c.text))]...)
		return
	}
	for len(p) > 0 && c.text == nil {
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		c.line = append(c.line, line[:min(len(line), crashKept-len(c.line))]...)
		if !ended {
			return
		}
		if isReason(string(c.line)) {
			c.text = append(append([]byte{}, c.line...), '\n')
			c.write(rest)
		}
		c.line, p = c.line[:0], rest
	}
}

func isReason(line string) bool {
	for _, r := range reasons {
		rest, ok := strings.CutPrefix(line, r)
		if ok && (r != "SIG" || strings.Contains(rest, ": ")) {
			return true
		}
	}
	return false
}

// summary is the reason and what the first goroutine was doing: the first two
// paragraphs, cut to some lines.
func (c *crash) summary() string {
	text := string(c.text)
	first, rest, more := strings.Cut(text, "\n\n")
	if more {
		second, _, _ := strings.Cut(rest, "\n\n")
		first += "\n" + second
	}
	lines := strings.SplitAfter(first, "\n")
	return strings.TrimRight(strings.Join(lines[:min(len(lines), crashLines)], ""), "\n")
}

// in returns text, which is what was printed last, with the crash in it made
// short.
func (c *crash) in(text string) string {
	if !bytes.Contains(c.text, []byte("\ngoroutine ")) && !bytes.Contains(c.text, []byte("\nruntime stack:")) {
		return text // somebody else's words
	}
	reason, _, _ := strings.Cut(string(c.text), "\n")
	before, _, found := strings.Cut(text, reason+"\n")
	if !found {
		before = ""
	}
	return before + c.summary()
}
