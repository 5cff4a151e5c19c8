package view

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What cannot be seen in a text, what a terminal would obey, and bytes that are
// not UTF-8 are shown between guillemets: control characters of ASCII by their
// names, «CR», others by their numbers, «U+200B», bytes as «0xE9». A guillemet
// that would read as the beginning of one is «U+00AB» itself, so that the
// notation can never be confused with the text.
//
// Secrets are masked before, never after: the notation would take them apart.

// asciiNames are the names of the control characters, from 0.
var asciiNames = strings.Fields("NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US")

// guillemet begins the notation.
const guillemet = '«'

// notation is what only the notation may look like.
var notation = regexp.MustCompile(`^«(?:[A-Z][A-Z0-9]{1,2}|U\+[0-9A-F]{4,6}|0x[0-9A-F]{2}|[0-9]+ [a-z ]+)»`)

// Visible is text in which everything can be seen. Line ends and tabs stay as
// they are, and a blank of ASCII is one.
func Visible(s string) string { return visible(s, false) }

// explicit is Visible with everything shown by its number that is not ASCII, and
// tabs: it tells texts apart that look alike.
func explicit(s string) string { return visible(s, true) }

// unbroken is an address, a key or a path: exact, and in one line.
func unbroken(s string) string {
	return lineBreaks.Replace(Visible(s))
}

var lineBreaks = strings.NewReplacer("\n", "«LF»", "\t", "«TAB»")

// oneLine is a message for a line of its own: every run of white space is one
// blank.
func oneLine(s string) string { return Visible(inOneLine(uncoloured(s))) }

// inOneLine is oneLine for programs, which are told every character.
func inOneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Said is what a program said, over several lines: without its colours, and with
// lines that end as lines do here.
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

// nextShown is where the next character is that has to be shown by its name.
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

// name is a character in the notation.
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

// unseen reports a character that shows nothing, or nothing but a blank, or that
// changes how others are shown.
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

// carried reports whether a combining mark after this text has a letter to stand
// on. Without one it would change what mitoplan itself has written before it.
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

// ended is a line with its last character shown where that is a blank, which
// nobody would see there.
func ended(line string, all bool) string {
	if n := len(line) - 1; n >= 0 && (line[n] == ' ' || line[n] == '\t') {
		return visible(line[:n], all) + name(rune(line[n]), line[n:])
	}
	return visible(line, all)
}
