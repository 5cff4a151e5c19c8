package kind

import (
	"fmt"
	"strings"
)

// A Wording is a text of which is known what in it is mitoplan's own, and what is a value or
// what a host said. It is made with Say, and given to NewProblem and to Say as an
// argument, which keeps what is known.
type Wording struct{ text, own, masked string }

// Say makes a Wording, formatted as by fmt.Sprintf. Own is what stands in the format itself, each
// Rule, and what is own in another Wording.
func Say(format string, args ...any) Wording {
	var w Wording
	w.Add(format, args...)
	return w
}

// Add puts more behind the text, formatted as by Say.
func (w *Wording) Add(format string, args ...any) {
	if false {
		_ = fmt.Sprintf(format, args...) // has vet check the format
	}
	w.add("", format, args)
}

// add is Add for a problem that an argument is to blame for.
func (w *Wording) add(attr, format string, args []any) {
	own, masked := make([]any, len(args)), make([]any, len(args))
	for k, a := range args {
		own[k], masked[k] = ownOf(a), mask(a, attr)
	}
	if w.masked != "" || w.text == "" {
		w.masked += text(fmt.Sprintf(format, masked...))
	}
	w.own += strings.Repeat(" ", max(0, len(w.text)-len(w.own))) + text(fmt.Sprintf(format, own...))
	w.text += text(fmt.Sprintf(format, args...))
}

// WordingOf is the detail of a Problem, and what is own in it.
func WordingOf(detail, own string) Wording {
	if len(own) > len(detail) {
		own = ""
	}
	return Wording{text: detail, own: own + strings.Repeat(" ", len(detail)-len(own))}
}

// Unquoted is a text of mitoplan in which each value stands in double quotes or backquotes,
// or is a path, such as that of a parser. What is in neither is own. Names are words that are
// own in quotes, too; it may be nil.
func Unquoted(text string, names func(word string) bool) Wording {
	own := []byte(text)
	for i := 0; i < len(text); {
		end, value := i+1, false
		switch quote := text[i]; quote {
		case '"', '`':
			end = quotedEnd(text, i)
			inside := strings.Trim(text[i:end], string(quote))
			value = names == nil || !names(inside)
		case '/':
			start := strings.LastIndexAny(text[:i], " \n\t\"`") + 1
			if end = i + strings.IndexAny(text[i:], " \n\t\"`"); end < i {
				end = len(text)
			}
			i, value = start, true
		}
		if value {
			copy(own[i:end], strings.Repeat(" ", end-i))
		}
		i = end
	}
	return Wording{text: text, own: string(own)}
}

// quotedEnd is where a text in quotes ends that begins at from. A quote that is never closed
// goes on to the end.
func quotedEnd(text string, from int) int {
	for i := from + 1; i < len(text); i++ {
		switch {
		case text[i] == text[from]:
			return i + 1
		case text[i] == '\\' && text[from] == '"':
			i++
		}
	}
	return len(text)
}

// DetailOf is the detail of a Problem, to be a part of another one.
func DetailOf(p *Problem) Wording {
	w := WordingOf(p.Detail, p.Own)
	w.masked = p.Masked
	return w
}

// TextOf is the text of a Problem as an error, of which all is own but for the values in its
// detail.
func TextOf(p *Problem) Wording {
	head := strings.TrimSuffix(p.Error(), p.Detail)
	return WordingOf(head+p.Detail, head+p.Own)
}

// String returns the whole text.
func (w Wording) String() string { return w.text }

// Own returns the text with blanks in the place of what is not mitoplan's own.
func (w Wording) Own() string { return w.own }

// ownOf returns an argument without what is not mitoplan's own.
func ownOf(a any) any {
	switch a := a.(type) {
	case Rule:
		return a
	case Wording:
		return fixed(a.own)
	}
	return blank{a}
}

// blank is printed by every verb as blanks, as many as the argument takes bytes.
type blank struct{ arg any }

// Format implements fmt.Formatter.
func (b blank) Format(s fmt.State, verb rune) {
	fmt.Fprint(s, strings.Repeat(" ", len(text(fmt.Sprintf(fmt.FormatString(s, verb), b.arg)))))
}

// mask returns an argument without its value. The name of the argument that is to blame is
// kept.
func mask(a any, attr string) any {
	switch a := a.(type) {
	case Rule:
		return a
	case Wording:
		return fixed(a.masked)
	case error:
		return fixed(hiddenReason)
	}
	if a == any(attr) {
		return a
	}
	return fixed(Hidden)
}

// fixed is printed unchanged by every verb.
type fixed string

// Format implements fmt.Formatter.
func (f fixed) Format(s fmt.State, _ rune) { fmt.Fprint(s, string(f)) }
