package documents

import (
	"errors"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// mostNested is how deep a file may be nested.
const mostNested = 500

// uncertain is the problem of a file in which an edit cannot be made, or not be proved right.
func uncertain(code kind.Code) *kind.Problem {
	return kind.NewProblem("path", code, "The file cannot be edited for certain", "It is written in a way that cannot be edited for certain. Nothing was changed. Write this part of the file in a plainer way, or the whole of it with the kind file.")
}

// errPlace is what an edit panics with, or a reader, that does not see through the text.
var errPlace = errors.New("the text is not seen through")

// seen runs f, and reports whether it saw through the text: it panics with errPlace, or reads
// behind the end of the text, if it does not.
func seen(f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil && !leadsOut(r) {
			panic(r)
		}
	}()
	f()
	return true
}

// leadsOut reports whether a panic is errPlace, or of an index that leads out of the text.
func leadsOut(r any) bool {
	err, _ := r.(error)
	return err == errPlace || errors.As(err, new(runtime.Error)) && strings.Contains(err.Error(), " out of range")
}

// nestTree puts a value into a mapping for each key.
func nestTree(keys []string, value *edit.Tree) *edit.Tree {
	for _, key := range slices.Backward(keys) {
		value = &edit.Tree{Sort: 'o', Keys: []string{key}, Items: []*edit.Tree{value}}
	}
	return value
}

// quoted writes a text between double quotes.
func quoted(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case unicode.IsPrint(r) && r != 0xfeff && r != utf8.RuneError:
			out.WriteRune(r)
		default:
			digits := strconv.FormatInt(int64(r), 16)
			if r < 0x10000 {
				out.WriteString(`\u` + strings.Repeat("0", 4-len(digits)) + digits)
			} else {
				out.WriteString(`\U` + strings.Repeat("0", 8-len(digits)) + digits)
			}
		}
	}
	out.WriteByte('"')
	return out.String()
}

// isPrintable reports whether a text can stand on one line between single quotes.
func isPrintable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == 0xfeff })
}

func splice(text []byte, from, to int, with string) []byte {
	return slices.Concat(text[:from], []byte(with), text[to:])
}
