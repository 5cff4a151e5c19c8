package secret_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/secret"
)

// TestOwnWordsAreKept: a secret that is spelt like a part of a word of mitoplan's own is not
// hidden in that, and it is hidden in whatever is beside. What is more than a word is hidden
// wherever it stands, as a host may have said what is own.
func TestOwnWordsAreKept(t *testing.T) {
	for _, c := range []struct{ secret, text, own, want, wantOwn string }{
		{"password", "Wrong password: password", "Wrong password:", "Wrong password: #", "Wrong password: #"},
		{"password", "Wrong password: password", "Wrong                 ", "Wrong #: #", "Wrong # #"},
		{"pass", "password of pass", "password of", "password of #", "password of #"},
		{"sword of", "password of", "password of", "pas#", "pas#"},
		{"a pass", "a password", "a     word", "#word", "#word"},
		{"sword", "password", "pass    ", "pas#", "pas#"},
		{"hunter2-", "the hunter2-", "the hunter2-", "the #", "the #"},
		{"authenticationkey", "authenticationkey", "authenticationkey", "#", "#"},
		{"authentications", "authentications", "authentications", "authentications", "authentications"},
		{"password", "password", "passwort", "#", ""},
		{"password", "password", "password and more", "#", ""},
		{"", "password", "password", "password", "password"},
		{"value", "value (sensitive value) secret", "value (sensitive value)", "value (sensitive value) secret", "value (sensitive value)"},
	} {
		var w secret.Set
		w.Add(c.secret)
		told := w.HideTold(secret.Told{Text: c.text, Own: c.own})
		if again := w.HideTold(told); again != told {
			t.Errorf("secret %q: %q became %q", c.secret, told, again)
		}
		told = told.HideShort(c.secret)
		short := func(s string) string { return strings.ReplaceAll(s, secret.Hidden, "#") }
		if c.secret == "value" {
			short = func(s string) string { return s }
		}
		own := strings.Join(strings.Fields(short(told.Own)), " ")
		if got := short(told.Text); got != c.want || own != strings.Join(strings.Fields(c.wantOwn), " ") {
			t.Errorf("secret %q in %q: %q with %q, want %q with %q", c.secret, c.text, got, own, c.want, c.wantOwn)
		}
	}
}

// FuzzTold: whatever is said to be own, a secret is shown only within a word of at most 16
// bytes of letters, - and _, which both texts have.
func FuzzTold(f *testing.F) {
	f.Add("Wrong password: password", "Wrong password:", "password")
	f.Add("hunter2-password", "hunter2-password", "hunter2-password")
	f.Add("password and pass", "password and pass extra", "password")
	f.Fuzz(func(t *testing.T, text, own, hidden string) {
		if hidden = strings.TrimSpace(hidden); len(hidden) < 4 || strings.Contains(secret.Hidden, hidden) || strings.Contains(text+own, "(") {
			return
		}
		var w secret.Set
		w.Add(hidden)
		told := w.HideTold(secret.Told{Text: text, Own: own}).HideShort(hidden)
		words := strings.FieldsFunc(own, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_')
		})
		may := slices.ContainsFunc(words, func(word string) bool {
			return len(word) <= 16 && strings.Contains(word, hidden) && strings.Contains(text, word)
		})
		for part := range strings.SplitSeq(told.Text, secret.Hidden) {
			if strings.Contains(part, hidden) && !may {
				t.Fatalf("%q is shown of %q in %q, of which %q is own", hidden, told.Text, text, own)
			}
		}
		if len(told.Own) > len(told.Text) && len(own) <= len(text) {
			t.Fatalf("of %q, %q is own", told.Text, told.Own)
		}
	})
}
