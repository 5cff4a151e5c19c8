package view

import (
	"bufio"
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// Located is what the Extra of a diagnostic may say: the address of the
// instance, and the names of the contexts from the controller to its own.
type Located interface {
	DiagnosticAddress() string
	DiagnosticChain() []string
}

// phased is what the Extra may say, too: how far a context had come.
type phased interface{ DiagnosticPhase() string }

// coded is what the Extra may say, too: the code of the problem.
type coded interface{ DiagnosticCode() string }

// fromHost is what the Extra may say, too: whether a host said the summary.
type fromHost interface{ DiagnosticHost() bool }

// Diagnostic is what is shown of an hcl.Diagnostic, in text and in JSON.
// NewDiagnostics makes it, with secrets masked. Diagnostics that say the same of
// many instances become one, whose Instances names them.
type Diagnostic struct {
	Severity string `json:"severity"`
	// Code tells problems apart in programs: one of docs/codes.md.
	Code     string   `json:"code,omitempty"`
	Summary  string   `json:"summary"`
	Detail   string   `json:"detail"`
	Address  string   `json:"address,omitempty"`
	Contexts []string `json:"contexts,omitempty"`
	// Phase is how far the context had come, where it is that which failed.
	Phase string `json:"phase,omitempty"`
	// Instances are the addresses of all, if there is more than one. Details
	// are their details by address, where these differ in some words.
	Instances []string          `json:"instances,omitempty"`
	Details   map[string]string `json:"details,omitempty"`
	Range     *Range            `json:"range,omitempty"`
	Snippet   *Snippet          `json:"snippet,omitempty"`

	host  bool // a host may have said it
	apart bool // the instances are in different contexts, below Contexts
	// differing are the places of the words in which Details differ.
	differing []int
}

// Range is where in the configuration the cause stands.
type Range struct {
	Filename string `json:"filename"`
	Start    Pos    `json:"start"`
	End      Pos    `json:"end"`
}

// Pos is one end of a Range.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// Snippet is the source of a Range: whole lines, and the part of Code to underline.
type Snippet struct {
	Context   string   `json:"context,omitempty"`
	Code      string   `json:"code"`
	StartLine int      `json:"start_line"`
	Start     int      `json:"highlight_start_offset"`
	End       int      `json:"highlight_end_offset"`
	Values    []string `json:"values,omitempty"`
}

// Sources finds the text of what diagnostics point at.
type Sources struct {
	// Files are parsed ones; Bytes is every file that was read.
	Files map[string]*hcl.File
	Bytes map[string][]byte
	// Secret are the parts of a text that are never quoted, in its order; nil
	// if there are none.
	Secret func(text []byte) []config.Span
}

// NewDiagnostics makes what is shown of diagnostics: warnings first, those that
// say the same of many instances once, and in the order of the configuration,
// whichever host was the first to answer. Details and values may be what hosts
// sent: they go through the masker.
func NewDiagnostics(diags hcl.Diagnostics, src Sources, m *Masker) []*Diagnostic {
	src = src.remembering()
	all := make([]*Diagnostic, len(diags))
	for i, d := range diags {
		all[i] = newDiagnostic(d, src, m)
	}
	slices.SortStableFunc(all, (*Diagnostic).compare) // what is gathered depends on no order
	out := gather(all)
	slices.SortStableFunc(out, (*Diagnostic).compare)
	return out
}

// compare orders diagnostics: "warning" before "error", what stands nowhere in
// the configuration before what does.
func (d *Diagnostic) compare(e *Diagnostic) int {
	file, at := d.place()
	otherFile, otherAt := e.place()
	return cmp.Or(strings.Compare(e.Severity, d.Severity), strings.Compare(file, otherFile), at-otherAt,
		strings.Compare(d.Address, e.Address), strings.Compare(d.Summary, e.Summary))
}

func (d *Diagnostic) place() (file string, at int) {
	if d.Range == nil {
		return "", 0
	}
	return d.Range.Filename, d.Range.Start.Byte
}

// add counts in another instance. Of the contexts those remain that all have in
// common.
func (d *Diagnostic) add(e *Diagnostic) {
	if e.Address == "" || e.Address == d.Address {
		return
	}
	if d.Instances == nil {
		d.Instances = []string{d.Address}
	}
	d.Instances = append(d.Instances, e.Address)
	n := 0
	for n < min(len(d.Contexts), len(e.Contexts)) && d.Contexts[n] == e.Contexts[n] {
		n++
	}
	d.apart = d.apart || n < max(len(d.Contexts), len(e.Contexts))
	d.Contexts = d.Contexts[:n:n]
}

func newDiagnostic(d *hcl.Diagnostic, src Sources, m *Masker) *Diagnostic {
	v := &Diagnostic{Severity: "error", Summary: d.Summary, Detail: m.Text(d.Detail)}
	if d.Severity == hcl.DiagWarning {
		v.Severity = "warning"
	}
	if at, ok := hcl.DiagnosticExtra[Located](d); ok {
		v.Address, v.Contexts = at.DiagnosticAddress(), at.DiagnosticChain()
	}
	if at, ok := hcl.DiagnosticExtra[phased](d); ok {
		v.Phase = at.DiagnosticPhase()
	}
	if by, ok := hcl.DiagnosticExtra[coded](d); ok {
		v.Code = by.DiagnosticCode()
	}
	if by, ok := hcl.DiagnosticExtra[fromHost](d); ok && by.DiagnosticHost() {
		v.Summary, v.host = inOneLine(m.Text(v.Summary)), true
	}
	if d.Subject == nil {
		return v
	}
	v.Range = &Range{Filename: d.Subject.Filename, Start: pos(d.Subject.Start), End: pos(d.Subject.End)}
	v.Snippet = snippet(d, src, m)
	v.Detail = src.unquoted(v.Detail, *d.Subject)
	return v
}

func pos(p hcl.Pos) Pos { return Pos{p.Line, p.Column, p.Byte} }

// snippet is nil if the source is not to be had.
func snippet(d *hcl.Diagnostic, src Sources, m *Masker) *Snippet {
	text := src.text(d.Subject.Filename)
	s := &Snippet{}
	if f := src.Files[d.Subject.Filename]; f != nil {
		if nav, ok := f.Nav.(interface{ ContextString(int) string }); ok {
			s.Context = nav.ContextString(d.Subject.Start.Byte)
		}
	}
	if len(text) == 0 || d.Subject.Start.Byte > len(text) {
		return nil
	}
	hidden := src.hiddenIn(text)
	s.cut(text, *d.Subject, hidden)
	s.Code, s.Start, s.End = m.code(s.Code, s.Start, s.End)
	s.Values = values(d, m, d.Expression != nil && hidden.touches(d.Expression.Range()))
	return s
}

// maxSnippet bounds what is quoted of a range that spans a whole block.
const maxSnippet = 5

// cut takes the lines of a range and what is to be underlined in them. A range
// of nothing is shown as one character.
func (s *Snippet) cut(text []byte, r hcl.Range, hidden hiddenSpans) {
	if r.Empty() {
		r.End.Byte++
	}
	var code bytes.Buffer
	n := 0
	for sc := hcl.NewRangeScanner(text, r.Filename, bufio.ScanLines); sc.Scan() && n < maxSnippet; {
		line := sc.Range()
		if line.End.Byte < r.Start.Byte || line.Start.Byte >= r.End.Byte {
			continue
		}
		shown := hidden.line(string(sc.Bytes()), line.Start.Byte)
		if n == 0 {
			s.StartLine, s.Start = line.Start.Line, shown.start(r.Start.Byte-line.Start.Byte)
		} else {
			code.WriteByte('\n')
		}
		s.End = code.Len() + shown.end(r.End.Byte-line.Start.Byte)
		code.WriteString(shown.text)
		n++
	}
	s.Code = code.String()
	s.End = max(s.End, s.Start)
}

// values are what the references in the expression stood for: never sensitive
// ones, and nothing if it is the source of a secret.
func values(d *hcl.Diagnostic, m *Masker, veiled bool) []string {
	if d.Expression == nil || d.EvalContext == nil {
		return nil
	}
	var out []string
	for _, t := range d.Expression.Variables() {
		v, diags := t.TraverseAbs(d.EvalContext)
		if diags.HasErrors() {
			continue
		}
		if veiled {
			v = v.Mark(config.Sensitive)
		}
		if s := stands(v, m); s != "" && !slices.Contains(out, reference(t)+" "+s) {
			out = append(out, reference(t)+" "+s)
		}
	}
	slices.Sort(out)
	return out
}

// stands says what a reference stood for; "" of a whole block of which only a
// part is known, and of what is not known since nobody was asked: neither says
// what is wrong.
func stands(v cty.Value, m *Masker) string {
	switch {
	case config.IsSensitive(v):
		return "is a sensitive value"
	case config.IsSecret(v):
		return "is an ephemeral value"
	case v.Type() == cty.DynamicPseudoType && !v.IsKnown(), v.IsKnown() && !v.IsWhollyKnown():
		return ""
	case !v.IsWhollyKnown():
		return "is known after apply"
	}
	if s := inline(m.value(fromCty(v))); len(s) <= 80 {
		return "is " + s
	}
	return "is " + config.Describe(v)
}

func reference(t hcl.Traversal) string {
	var b strings.Builder
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(step.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			b.WriteString("[" + inline(fromCty(step.Key)) + "]")
		}
	}
	return b.String()
}
