package connect

import (
	"strings"
	"testing"
)

// pieces cuts a text into pieces, as it may arrive over a connection.
func pieces(text []byte, size int) [][]byte {
	var out [][]byte
	for len(text) > size {
		out, text = append(out, text[:size]), text[size:]
	}
	return append(out, text)
}

// FuzzLastWords: of whatever a host prints, in whatever pieces, a bounded end is kept, and
// no secret is in it. It runs fewer than 10,000 times a second: after each run, the fuzzer
// looks through the counters of all that is linked, also of CBOR.
func FuzzLastWords(f *testing.F) {
	for _, seed := range []string{
		"Welcome\r\nlast", "[sudo: mitoplan-x:] Password: ****\nSorry", "panic: oh\n\ngoroutine 1 [running]:\nmain.main()\n\texit", "fatal error: all\n", "SIGSEGV: x\n\n", "hunter22\n", "[signal SIG\n", "***\n\n",
	} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, printed []byte, size uint8) {
		var w LastWords
		w.Hide("hunter22")
		for _, p := range pieces(printed, int(size)+1) {
			w.Write(p)
		}
		said := w.String()
		if len(said) > 2*(wordsKept+crashKept) {
			t.Errorf("%d bytes are kept", len(said))
		}
		if strings.Contains(said, "hunter22") && !strings.Contains(string(printed), "\r") {
			t.Errorf("a secret is shown: %q", said)
		}
	})
}

// FuzzPrompts: every prompt is counted, in whatever pieces it arrives. It runs fewer than
// 10,000 times a second: after each run, the fuzzer looks through the counters of all that is
// linked, also of CBOR.
func FuzzPrompts(f *testing.F) {
	prompt := promptFor(testToken)
	for _, seed := range []string{prompt, "[sudo: " + prompt + "] Password: ", prompt[:5] + prompt + prompt, "mitoplan-mitoplan-" + testToken, ""} {
		f.Add([]byte(seed), uint8(2))
	}
	f.Fuzz(func(t *testing.T, shown []byte, size uint8) {
		a := newPrompter(prompt, "", nil, &LastWords{})
		n := 0
		for _, p := range pieces(shown, int(size)+1) {
			n += a.count(p)
		}
		if want := strings.Count(string(shown), prompt); n != want {
			t.Errorf("%d prompts were counted, want %d", n, want)
		}
	})
}

// FuzzNote: the reason why a directory holds no agent is shown in text that is safe for a
// terminal, whatever the host sends. It runs fewer than 10,000 times a second: after each run,
// the fuzzer looks through the counters of all that is linked, also of CBOR.
func FuzzNote(f *testing.F) {
	for _, seed := range []string{"enter /x", "write /x: mkdir: No space left on device", "write", "", "base \x1b[2J", "dir \u202e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		n := noteOf(line)
		if text := n.String(); strings.ContainsAny(text, "\x1b\x00\u202e") {
			t.Errorf("the text is not safe for a terminal: %q", text)
		}
		n.full()
	})
}
