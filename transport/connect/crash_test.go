package connect

import (
	"fmt"
	"strings"
	"testing"
)

// dump is what a Go program with many goroutines prints when it crashes.
func dump(reason string) string {
	var b strings.Builder
	b.WriteString(reason + "\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:5 +0x1d\n")
	for i := range 500 {
		fmt.Fprintf(&b, "\ngoroutine %d [select]:\nmain.work(%d)\n\t/src/work.go:%d +0x2a\n", i+2, i, i)
	}
	return b.String()
}

// TestReasonOfACrash: the reason why an agent's runtime ended it is in its last
// words, however much it printed after the reason, and in whatever pieces.
func TestReasonOfACrash(t *testing.T) {
	for _, reason := range []string{
		"fatal error: runtime: out of memory",
		"fatal error: all goroutines are asleep - deadlock!",
		"fatal error: concurrent map writes",
		"runtime: goroutine stack exceeds 1000000000-byte limit\nfatal error: stack overflow",
		"panic: runtime error: index out of range [3] with length 3",
		"panic: one [recovered]\n\tpanic: two",
		"unexpected fault address 0x7f0000000000\nfatal error: fault\n[signal SIGBUS: bus error code=0x2 addr=0x7f0000000000 pc=0x1]",
		"SIGABRT: abort\nPC=0x47 m=0 sigcode=0",
		"runtime: out of memory: cannot allocate 4194304-byte block (2147483648 in use)\nfatal error: out of memory",
	} {
		for _, size := range []int{1, 7, 4096, 1 << 20} {
			var w LastWords
			text := "Welcome to a host\n" + dump(reason)
			for len(text) > 0 {
				n := min(size, len(text))
				w.Write([]byte(text[:n]))
				text = text[n:]
			}
			got := w.String()
			if !strings.HasPrefix(got, reason) || !strings.Contains(got, "main.main()") || strings.Contains(got, "main.work") || strings.Count(got, "\n") > crashLines {
				t.Fatalf("in pieces of %d the last words of %q are\n%s", size, reason, got)
			}
		}
	}
}

// TestNoCrash: what was printed before a short crash stays in the last words. A
// text that only looks like a crash hides nothing.
func TestNoCrash(t *testing.T) {
	for text, want := range map[string]string{
		"sudo: a word\npanic: no\n\ngoroutine 1 [running]:\nmain.main()\n\ngoroutine 2 [select]:\n": "sudo: a word\npanic: no\ngoroutine 1 [running]:\nmain.main()",
		"SIGNAL the pilot\nbye\n":                  "SIGNAL the pilot\nbye",
		"do not panic: it is fine\n":               "do not panic: it is fine",
		"panic":                                    "panic",
		"runtime: 5 days\n\nWelcome\n\nsudo: no\n": "runtime: 5 days\nWelcome\nsudo: no",
	} {
		var w LastWords
		w.Write([]byte(text))
		if got := w.String(); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}
