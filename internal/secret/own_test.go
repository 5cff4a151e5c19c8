package secret_test

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/secret"
)

// TestSentencesAreKept: a secret that is spelt like a word of a fixed sentence is hidden
// beside that sentence and not in it, and one that is as long as the sentence is hidden.
func TestSentencesAreKept(t *testing.T) {
	const own = "The password was not accepted by the user."
	for _, c := range []struct{ secret, text, want string }{
		{"password", own + " Its words: password", own + " Its words: " + secret.Hidden},
		{"password", "password? " + own + own, secret.Hidden + "? " + own + own},
		{"password", "The password was not accepted", "The " + secret.Hidden + " was not accepted"},
		{"user. It", own + " It said no", own[:len(own)-5] + secret.Hidden + " said no"},
		{own, own, secret.Hidden},
		{"user", own + " user", own + " " + secret.Hidden},
		{"x", "x" + own + "x", secret.Hidden + own + secret.Hidden},
		{"", own, own},
	} {
		var w secret.Set
		w.Keep(own, "")
		w.Add(c.secret)
		if got := w.HideShort(w.Hide(c.text), c.secret); got != c.want {
			t.Errorf("secret %q in %q: %q, want %q", c.secret, c.text, got, c.want)
		}
	}
}
