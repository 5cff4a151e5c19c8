package view

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// lookAlike reports whether two different texts look the same to a reader, even after
// Visible. That is so if one has tabs and the other blanks in the same place. It is also
// so if one has a letter, and the other the same letter made of several characters or
// taken from another alphabet.
func lookAlike(a, b string) bool {
	if a == b {
		return false
	}
	tabs := strings.ContainsRune(a, '\t') || strings.ContainsRune(b, '\t')
	return looks(a, tabs) == looks(b, tabs)
}

// looks returns what a text looks like. Two texts with the same looks can be
// taken for each other. With tabs, blanks do not count.
func looks(s string, tabs bool) string {
	s = Visible(s)
	if !isASCII(s) {
		s = latin.Replace(norm.NFKC.String(s))
	}
	if tabs {
		s = strings.Map(withoutBlanks, s)
	}
	return s
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func withoutBlanks(r rune) rune {
	if unicode.IsSpace(r) {
		return -1
	}
	return r
}

// latin maps letters of the Cyrillic and Greek alphabets, and a few signs, to
// what they look like. Source: the single characters among confusables.txt of
// Unicode's TS 39 that common fonts draw the same.
var latin = replacements(
	"АΑ=A ВΒ=B СϹ=C ЕΕ=E НΗ=H ІΙ=I Ј=J КΚK=K МΜ=M Ν=N ОΟ=O РΡ=P Ѕ=S ТΤ=T Ү=Y Υ=Y ХΧ=X Ζ=Z " +
		"а=a с=c ԁ=d е=e һ=h і=i ј=j ӏ=l о=o ο=o р=p ѕ=s ѵν=v х=x у=y ԛ=q ԝ=w α=a ι=i ρ=p υ=u " +
		"‐‑‒–−=- ‘’‛′=' “”″=\" ․=. ‚=, ：=: ；;=; ⁄∕=/ ∗=* ∣ǀ=|",
)

func replacements(table string) *strings.Replacer {
	var pairs []string
	for _, entry := range strings.Fields(table) {
		at := strings.LastIndexByte(entry, '=')
		for _, r := range entry[:at] {
			pairs = append(pairs, string(r), entry[at+1:])
		}
	}
	return strings.NewReplacer(pairs...)
}
