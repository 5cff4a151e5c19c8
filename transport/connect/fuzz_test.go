package connect

import (
	"bytes"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// FuzzGreet: whatever a host prints, the start ends, and the frames are handed over
// exactly. It runs fewer than 10,000 times a second: after each run, the fuzzer looks through
// the counters of all that is linked, also of CBOR.
func FuzzGreet(f *testing.F) {
	for _, s := range []string{"\n" + testToken + "\nFRAMES", testToken + " need Linux x86_64 gz\n", testToken + " need \n", testToken + " none\n", "noise\r\n", testToken + " run\n", testToken + " run 12\n\n" + testToken + "\n\x00\x00\x00\x0cFRAME", testToken + " no write /x: y\n" + testToken + " none\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, host []byte) {
		b := &Bootstrap{token: testToken, agents: &source{content: "x"}, phase: func(transport.Phase) {}, patience: time.Minute, silence: time.Minute}
		var words LastWords
		r, err := b.Greet(t.Context(), bytes.NewReader(host), io.Discard, &words, func() {})
		if len(words.Bytes()) > wordsKept {
			t.Errorf("%d bytes of last words are kept, want %d at most", len(words.Bytes()), wordsKept)
		}
		if err != nil {
			return
		}
		rest, _ := io.ReadAll(r)
		if !bytes.HasSuffix(host, append([]byte(testToken+"\n"), rest...)) {
			t.Errorf("the frames are %q, which is not the end of %q", rest, host)
		}
	})
}

var wordSeeds = []string{"", "plain", "it's $x `y` \\ \"z\" !", "-n", "ü\xff", "%s\\n"}

// FuzzWord: a word stands in single quotes of any login shell, where nothing of it has a
// meaning; and what sh and its printf make of it, by their specification, is what it was.
// It runs fewer than 10,000 times a second: after each run, the fuzzer looks through the
// counters of all that is linked, also of CBOR.
func FuzzWord(f *testing.F) {
	for _, s := range wordSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := word(s)
		if strings.ContainsAny(w, "'!\n") || strings.Trim(w, `"`) != strings.Trim(w, "\"\n") {
			t.Errorf("%q is written as %q, which has a meaning for a login shell", s, w)
		}
		inner, coded := strings.CutPrefix(w, `"$(printf %b "`)
		inner, ok := strings.CutSuffix(inner, map[bool]string{true: `")"`, false: `"`}[coded])
		if !coded {
			inner, ok = strings.CutPrefix(inner, `"`)
		}
		if !ok || strings.ContainsAny(inner, "\"$`") || !coded && strings.Contains(inner, `\`) {
			t.Fatalf("%q is written as %q, and a shell reads that otherwise", s, w)
		}
		if got := printedB(t, inner); got != s {
			t.Errorf("%q is written as %q, which printf prints as %q", s, w, got)
		}
	})
}

// printedB is what printf %b makes of a text that has no escapes but \0 with three digits.
func printedB(t *testing.T, text string) string {
	t.Helper()
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			out = append(out, text[i])
			continue
		}
		if i+5 > len(text) || text[i+1] != '0' {
			t.Fatalf("%q has an escape that is none of three digits", text)
		}
		n, err := strconv.ParseUint(text[i+2:i+5], 8, 8)
		if err != nil {
			t.Fatal(err)
		}
		out, i = append(out, byte(n)), i+4
	}
	return string(out)
}

// FuzzWordInShells: a word passes a login shell and sh unchanged. It runs fewer than 10,000
// times a second: each time, sh starts another one. FuzzWord, which is as fast as others,
// goes by what shells are specified to do; this asks one.
func FuzzWordInShells(f *testing.F) {
	for _, s := range wordSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ReplaceAll(s, "\x00", "")
		out, err := exec.Command("sh", "-c", "exec sh -c 'printf %s "+word(s)+"'").Output()
		if want := strings.TrimRight(s, "\n"); err != nil || string(out) != want {
			t.Errorf("%q arrives as %q, %v", s, out, err)
		}
	})
}

// FuzzPlatform: whatever uname prints, it is a platform or is refused. It runs fewer than
// 10,000 times a second: after each run, the fuzzer looks through the counters of all that is
// linked, also of CBOR.
func FuzzPlatform(f *testing.F) {
	for _, p := range platforms {
		f.Add(p.sys + " " + p.machines)
	}
	f.Fuzz(func(t *testing.T, uname string) { platformOf(uname) })
}

func TestPlatforms(t *testing.T) {
	for uname, want := range map[string]string{
		"Linux x86_64": "linux/amd64", "Linux aarch64": "linux/arm64", "Linux armv7l": "linux/arm", "Linux i686": "linux/386",
		"Linux mips64": "", "Linux mips64el": "linux/mipsle", "Darwin arm64": "darwin/arm64", "FreeBSD amd64": "freebsd/amd64",
		"Linux i786": "", "Linux armv5tel": "", "": "", "SunOS i86pc": "",
	} {
		if got, err := platformOf(uname); (err == nil) != (want != "") || (err == nil && got.String() != want) {
			t.Errorf("the platform of %q is %v (%v), want %q", uname, got, err, want)
		}
	}
}
