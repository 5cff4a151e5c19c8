package connect

import (
	"strings"
	"sync"
)

// wordsKept is how many bytes of what a host printed are kept.
const wordsKept = 4 << 10

// LastWords keeps the last few KiB of what a host printed beside frames, such
// as stderr, banners and prompts, and the reason if an agent crashed. Reports
// of a failed start quote it. Any goroutine may write and read.
type LastWords struct {
	mu    sync.Mutex
	buf   []byte // twice what is kept at most, so that few writes move it
	crash crash
	says  []replacement
	// secrets are hidden in what is shown, and not in what is recognised.
	secrets []string
}

// saidWords are what a program printed: as it was, by which it is recognised, and as a
// person may see it. A secret may be spelt like a word that tells the cause.
type saidWords struct{ heard, shown string }

// replacement is a text that is shown as another.
type replacement struct{ text, shown string }

// Hide replaces a secret in everything that String returns, however short it is: a
// terminal may have echoed it.
func (w *LastWords) Hide(secret string) {
	if secret == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, secret)
}

// forget removes what this program itself has sent from what the host printed:
// the script, which sudo and some shells repeat when they refuse it, the prompt
// and the token. None of these says anything to a person.
func (w *LastWords) forget(b *Bootstrap) {
	w.replace(b.Script(), "sh")
	w.replace(promptFor(b.token), "")
	w.replace(b.token, "")
}

// replace shows one text in the place of another from now on.
func (w *LastWords) replace(text, shown string) {
	if text == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.says = append(w.says, replacement{text, shown})
}

// Write never fails and never blocks.
func (w *LastWords) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.crash.write(p)
	w.buf = append(w.buf, p...)
	if len(w.buf) > 2*wordsKept {
		w.buf = append(w.buf[:0], w.last()...)
	}
	return len(p), nil
}

// last is as much of the end as is kept. The caller holds mu.
func (w *LastWords) last() []byte { return w.buf[max(0, len(w.buf)-wordsKept):] }

// Bytes is String for a transport.Link.
func (w *LastWords) Bytes() []byte { return []byte(w.String()) }

// String is what was kept, without secrets, without what this program sent,
// without empty lines, and without lines of a log if there are others.
func (w *LastWords) String() string { return w.said().shown }

// said returns what was kept in both forms.
func (w *LastWords) said() saidWords {
	w.mu.Lock()
	defer w.mu.Unlock()
	heard := w.crash.in(string(w.last()))
	for _, s := range w.says {
		heard = strings.ReplaceAll(heard, s.text, s.shown)
	}
	shown := heard
	for _, secret := range w.secrets {
		shown = strings.ReplaceAll(shown, secret, "(hidden)")
	}
	return saidWords{legible(heard), legible(shown)}
}

// legible is text without empty lines, and without lines of a log if there are others.
func legible(text string) string {
	var lines, logged []string
	for line := range strings.Lines(strings.ReplaceAll(text, "\r", "")) {
		if line = withoutPrompt(line); isLogged(line) {
			logged = append(logged, line)
		} else if line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		lines = logged
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// isLogged reports whether a line is one of the log that programs of Kubernetes write to
// stderr, such as `E1127 16:03:11.250000    4321 memcache.go:265] "Unhandled Error"`. What
// they have to say to a person follows without that head.
func isLogged(line string) bool {
	if len(line) < 14 || !strings.Contains("IWEF", line[:1]) || !strings.Contains(line, "] ") {
		return false
	}
	for i, c := range []byte("d0000 00:00:00") {
		if c == '0' && (line[i] < '0' || line[i] > '9') || (c == ' ' || c == ':') && line[i] != c {
			return false
		}
	}
	return true
}

// withoutPrompt removes what sudo-rs writes around our prompt, which is gone by
// then: "[sudo: ] Password: ", in some language, with a star for each character
// that was typed.
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

// promptFor is the prompt that sudo is told to ask with. Nothing else prints
// it, so nothing else is ever answered.
func promptFor(token string) string { return "mitoplan-" + token + ":" }
