package connect

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// FuzzGreet: whatever a host prints, the start ends, and the frames are handed over
// exactly.
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
		if !bytes.HasSuffix(host, append([]byte(testToken+"\n"), rest...)) && !bytes.HasSuffix(host, append([]byte(testToken+"\r\n"), rest...)) {
			t.Errorf("the frames are %q, which is not the end of %q", rest, host)
		}
	})
}

// FuzzWord: a word passes a login shell and sh unchanged.
func FuzzWord(f *testing.F) {
	for _, s := range []string{"", "plain", "it's $x `y` \\ \"z\" !", "-n", "ü\xff", "%s\\n"} {
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
