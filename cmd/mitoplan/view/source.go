package view

import (
	"bytes"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
)

// Sources finds the text of what diagnostics point at.
type Sources struct {
	// Files are parsed ones; Bytes is every file that was read.
	Files map[string]*hcl.File
	Bytes map[string][]byte
	// Secret are the parts of a text that are never quoted, in its order; nil
	// if there are none.
	Secret func(text []byte) []config.Span
	// Literals are the secrets that the texts give. They are masked in all that is said of
	// the configuration. It is nil if there are none.
	Literals func() []string
	// Word reports a word of the language, which can be no secret in what is said of a
	// configuration; it may be nil.
	Word func(word string) bool
	// Unquoted says of a file of which no line is quoted whether that is since secrets may
	// be in it; nil if there is none.
	Unquoted func(name string) bool

	read map[string]*sourceFile // by name
}

// sourceFile is one file, as diagnostics look things up in it. It is made once for all
// diagnostics, each of which then searches only for its place.
type sourceFile struct {
	text    []byte
	lines   []int // the byte that each line begins with
	hidden  hiddenSpans
	outline *config.Outline
	plain   []config.Span // what can be no secret
}

// reading returns the same sources, which remember what they read of each file.
func (s Sources) reading() Sources {
	s.read = map[string]*sourceFile{}
	return s
}

// file reads a file, whether it was parsed or only loaded. One that is not there is
// empty.
func (s Sources) file(name string) *sourceFile {
	if known := s.read[name]; known != nil {
		return known
	}
	file := &sourceFile{text: s.Bytes[name], outline: &config.Outline{}}
	if f := s.Files[name]; f != nil {
		file.text, file.outline, file.plain = f.Bytes, config.NewOutline(f), config.PlainSpans(f)
	}
	if s.Secret != nil && len(file.text) > 0 {
		file.hidden = newHiddenSpans(s.Secret(file.text))
	}
	for at := 0; at < len(file.text); {
		file.lines = append(file.lines, at)
		n := bytes.IndexByte(file.text[at:], '\n')
		if n < 0 {
			break
		}
		at += n + 1
	}
	s.read[name] = file
	return file
}

// lineAt returns the index of the line that holds a byte, or of the last line.
func (f *sourceFile) lineAt(at int) int {
	return max(0, sort.Search(len(f.lines), func(k int) bool { return f.lines[k] > at })-1)
}

// line returns a line without its end.
func (f *sourceFile) line(k int) []byte {
	end := len(f.text)
	if k+1 < len(f.lines) {
		end = f.lines[k+1]
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(f.text[f.lines[k]:end], []byte("\n")), []byte("\r"))
}

// plainIn returns what can be no secret in a part of the text, in which it wholly lies.
func (f *sourceFile) plainIn(from, to int) []config.Span {
	first := sort.Search(len(f.plain), func(i int) bool { return f.plain[i].From >= from })
	end := sort.Search(len(f.plain), func(i int) bool { return f.plain[i].To > to })
	return f.plain[first:max(first, end)]
}

// unquoted returns the detail. If its subject lies in a secret that the detail could
// quote, such as a word that was written without its quotes, it returns another text.
func (f *sourceFile) unquoted(detail string, subject hcl.Range) string {
	for _, h := range f.hidden.bordering(subject) {
		if h.From < h.To {
			detail = strings.ReplaceAll(detail, `"`+string(f.text[h.From:h.To])+`"`, Masked)
		}
	}
	return detail
}
