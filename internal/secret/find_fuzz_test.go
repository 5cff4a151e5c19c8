package secret_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/secret"
)

// FuzzFind: of a text, exactly the bytes of secrets are hidden, but for those secrets that
// lie within one stretch of own words. It runs fewer than 10,000 times a second: each form
// of each secret is looked for at each place, and a form is made in many ways.
func FuzzFind(f *testing.F) {
	f.Add("var.password = \"password\" # password", "password", "passwordpass", uint(0), uint(12))
	f.Add("aaaaaaaaaaaaaaaa", "aaaaaaaa", "aaaaaaaaa", uint(3), uint(12))
	f.Add("abcdefghijklmnop", "abcdefgh", "efghijkl", uint(8), uint(16))
	f.Add("cGFzc3dvcmQ= 70617373776f7264", "password", "hunter2-", uint(0), uint(10))
	f.Add("it said: hunter2-li; Zebra9-li", "hunter2-li\r\nZebra9-li", "Zebra9\tli; is", uint(0), uint(7))
	f.Add("it said: ab1c; d2e", "ab1c\n\nd2e", "a b c d\ne", uint(0), uint(7))
	f.Fuzz(func(t *testing.T, text, one, other string, from, to uint) {
		if strings.Contains(text, "bytes left out") {
			return // what stands beside a cut is hidden, too
		}
		own := secret.Stretch{From: int(from % uint(len(text)+1)), To: int(to % uint(len(text)+1))}
		var w secret.Set
		w.Add(one, other)
		hidden := w.Find(text, own)
		want := make([]bool, len(text))
		for _, form := range formsOf(one, other) {
			for at := range len(text) {
				if within := own.From <= at && at+len(form) <= own.To; !within && strings.HasPrefix(text[at:], form) {
					mark(want[at : at+len(form)])
				}
			}
		}
		markFolded(want, text, own, one, other)
		got := make([]bool, len(text))
		for _, s := range hidden {
			mark(got[s.From:s.To])
		}
		if !slices.Equal(got, want) {
			t.Fatalf("of %q with the secrets %q and %q, own words being %v, %v is hidden, want %v", text, one, other, own, got, want)
		}
		checkCovered(t, text, own, hidden)
	})
}

// leftOut matches what fold leaves out of a text.
var leftOut = regexp.MustCompile(`\\+[nrt]|;|\pZ|\pC`)

// markFolded marks secrets that have something that fold leaves out, where the text has all
// the rest of them in this order and nothing else between.
func markFolded(want []bool, text string, own secret.Stretch, secrets ...string) {
	var kept []byte
	var places []int
	from := 0
	for _, m := range append(leftOut.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		for ; from < m[0]; from++ {
			kept, places = append(kept, text[from]), append(places, from)
		}
		from = m[1]
	}
	for _, s := range secrets {
		s = strings.TrimSpace(s)
		bare := leftOut.ReplaceAllString(prose.Clean(s), "")
		if len(s) < secret.MinLength || len(bare) < 4 || bare == s {
			continue
		}
		for at := range kept {
			if !strings.HasPrefix(string(kept[at:]), bare) {
				continue
			}
			start, end := places[at], places[at+len(bare)-1]+1
			if len(bare) < secret.MinLength && end-start == len(bare) {
				continue // a short one is found where something is between its parts
			}
			if start < own.From || end > own.To {
				mark(want[start:end])
			}
		}
	}
}

// formsOf are the forms in which secrets are looked for.
func formsOf(secrets ...string) (out []string) {
	for _, s := range secrets {
		if s = strings.TrimSpace(s); len(s) < secret.MinLength {
			continue
		}
		for _, form := range secret.Forms(s) {
			if len(form) >= secret.MinLength {
				out = append(out, form)
			}
		}
	}
	return out
}

func mark(bytes []bool) {
	for i := range bytes {
		bytes[i] = true
	}
}

// checkCovered: what is behind a hidden stretch stands behind Hidden, as it was, and a
// stretch is moved with it.
func checkCovered(t *testing.T, text string, own secret.Stretch, hidden []secret.Stretch) {
	t.Helper()
	shown, rest := secret.Cover(text, hidden), 0
	var b strings.Builder
	for _, s := range hidden {
		b.WriteString(text[rest:s.From] + secret.Hidden)
		rest = s.To
	}
	if want := b.String() + text[rest:]; shown != want {
		t.Fatalf("%q is shown as %q, want %q", text, shown, want)
	}
	if own.From > own.To {
		return
	}
	moved := own.Covered(hidden)
	if moved.From < 0 || moved.From > moved.To || moved.To > len(shown) {
		t.Fatalf("%v of %q became %v of %q", own, text, moved, shown)
	}
	if free := !slices.ContainsFunc(hidden, func(s secret.Stretch) bool { return s.From < own.To && own.From < s.To }); free && shown[moved.From:moved.To] != text[own.From:own.To] {
		t.Fatalf("%v of %q became %v of %q", own, text, moved, shown)
	}
}
