package view

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Characters that cannot be seen or that a terminal would obey, and bytes that are
// not UTF-8, are shown between guillemets: control characters of ASCII by their
// names, «CR», others by their numbers, «U+200B», bytes as «0xE9». If a guillemet in
// the text would read as the beginning of one of these, it is shown as «U+00AB», so
// that the notation is never confused with the text.
//
// Secrets are masked before the notation is applied. It would change them, so that
// they would not be found afterwards.

// asciiNames are the names of the control characters, from 0.
var asciiNames = strings.Fields("NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US")

// guillemet begins the notation.
const guillemet = '«'

// notation matches what Visible writes. A text that matches it by itself is written in
// another way.
var notation = regexp.MustCompile(`^«(?:[A-Z][A-Z0-9]{1,2}|U\+[0-9A-F]{4,6}|0x[0-9A-F]{2}|[0-9]+ [a-z ]+)»`)

// Visible is text in which everything can be seen. Line ends and tabs stay as
// they are, and a blank of ASCII is one.
func Visible(s string) string { return visible(s, false) }

// explicit is Visible, and also shows tabs and every character that is not ASCII in
// the notation. It is for texts that differ and look alike.
func explicit(s string) string { return visible(s, true) }

// unbroken is for an address, a key or a path. It returns the exact text in one line.
func unbroken(s string) string {
	return lineBreaks.Replace(Visible(s))
}

var lineBreaks = strings.NewReplacer("\n", "«LF»", "\t", "«TAB»")

// oneLine is for a message. It returns the text in one line, in which each sequence of
// white space is one blank.
func oneLine(s string) string { return Visible(inOneLine(uncoloured(s))) }

// inOneLine is oneLine for programs, which get every character as it is.
func inOneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Said is for the output of a program, which may have several lines. It returns the
// text without colours, and with LF instead of CR LF.
func Said(s string) string {
	return Visible(strings.ReplaceAll(uncoloured(s), "\r\n", "\n"))
}

// colours are the sequences that change how what follows looks, and nothing else.
var colours = regexp.MustCompile(`\x1b\[[0-9;:]*m`)

func uncoloured(s string) string {
	if !strings.Contains(s, "\x1b") {
		return s
	}
	return colours.ReplaceAllString(s, "")
}

func visible(s string, all bool) string {
	at := nextShown(s, 0, all)
	if at == len(s) {
		return s
	}
	var b strings.Builder
	for done := 0; ; {
		b.WriteString(s[done:at])
		if at == len(s) {
			return b.String()
		}
		r, n := utf8.DecodeRuneInString(s[at:])
		b.WriteString(name(r, s[at:at+n]))
		done = at + n
		at = nextShown(s, done, all)
	}
}

// nextShown returns where the next character is that has to be put into the notation.
func nextShown(s string, from int, all bool) int {
	for i := from; i < len(s); {
		if c := s[i]; c >= ' ' && c < 0x7f || !all && c == '\t' || c == '\n' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if n < 2 || all || unseen(r) || unicode.In(r, unicode.Mn, unicode.Me) && !carried(s[:i]) || r == guillemet && notation.MatchString(s[i:]) {
			return i
		}
		i += n
	}
	return len(s)
}

// name returns a character in the notation.
func name(r rune, raw string) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return fmt.Sprintf("«0x%02X»", raw[0])
	case r < ' ':
		return "«" + asciiNames[r] + "»"
	case r == ' ':
		return "«SP»"
	case r == 0x7f:
		return "«DEL»"
	}
	return fmt.Sprintf("«U+%04X»", r)
}

// unseen reports whether a character is invisible, looks like a blank, or changes how
// others are shown.
func unseen(r rune) bool {
	switch {
	case r >= ' ' && r < 0x7f:
		return false
	case !unicode.IsGraphic(r), unicode.Is(unicode.Zs, r), unicode.Is(unicode.Variation_Selector, r):
		return true
	case unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return true
	}
	return r == 0x2800 // a braille pattern without dots
}

// maxMarks is how many combining marks may stand on one character.
const maxMarks = 2

// carried reports whether a combining mark after this text has a letter to combine
// with. Without one it would change what mitoplan itself has written before it.
func carried(before string) bool {
	for range maxMarks {
		r, n := utf8.DecodeLastRuneInString(before)
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mc, r) {
			return true
		}
		if !unicode.In(r, unicode.Mn, unicode.Me) || unseen(r) {
			return false
		}
		before = before[:len(before)-n]
	}
	return false
}

// ended returns a line in which a blank at the end is made visible.
func ended(line string, all bool) string {
	if n := len(line) - 1; n >= 0 && (line[n] == ' ' || line[n] == '\t') {
		return visible(line[:n], all) + name(rune(line[n]), line[n:])
	}
	return visible(line, all)
}
