package view

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/secret"
)

// Located is an interface that the Extra of a diagnostic may have. It gives the
// address of the instance, and the names of the contexts from the controller to that
// of the instance.
type Located interface {
	DiagnosticAddress() string
	DiagnosticChain() []string
}

// phased is another one: it says how far the start of a context had come.
type phased interface{ DiagnosticPhase() string }

// coded is another one: it gives the code of the problem.
type coded interface{ DiagnosticCode() string }

// told is another one: it gives the detail with blanks in the place of what is not in
// mitoplan's own words.
type told interface{ DiagnosticOwn() string }

// fromHost is another one: it reports whether a host wrote the summary.
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
	// Phase is how far the start of a context had come, if that is what failed.
	Phase string `json:"phase,omitempty"`
	// Instances are the addresses of all instances, if there is more than one.
	// Details are their details by address, if they differ in a few words.
	Instances []string          `json:"instances,omitempty"`
	Details   map[string]string `json:"details,omitempty"`
	Range     *Range            `json:"range,omitempty"`
	Snippet   *Snippet          `json:"snippet,omitempty"`

	host  bool // a host may have written the text
	apart bool // the instances are in different contexts, all behind Contexts
	// unquoted says that there is no Snippet since secrets may be in the file.
	unquoted bool
	// differing are the indexes of the words in which Details differ.
	differing []int
}

// Range is the place in the configuration that a diagnostic points at.
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

// NewDiagnostics returns diagnostics in the form in which they are shown. Warnings
// come first, and then the order is that of the configuration, whichever host
// answered first. Diagnostics that say the same about many instances become one.
// Details and values may be text of hosts, so they go through the masker.
func NewDiagnostics(diags hcl.Diagnostics, src Sources, m *Masker) []*Diagnostic {
	if len(diags) > 0 && src.Literals != nil {
		if literals := src.Literals(); len(literals) > 0 {
			m = m.with(literals)
		}
	}
	src = src.reading()
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

// add adds another instance. Contexts keeps only those that all instances have in
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
	v := &Diagnostic{Severity: "error", Summary: d.Summary}
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
		v.Summary, v.host = inOneLine(m.own(v.Summary)), true
	}
	words := secret.Told{Text: d.Detail}
	if by, ok := hcl.DiagnosticExtra[told](d); ok {
		words.Own = by.DiagnosticOwn()
	}
	if words.Own == "" && !v.host {
		words.Own = kind.Unquoted(d.Detail, src.Word).Own()
	}
	v.Detail = m.told(words)
	if d.Subject == nil {
		return v
	}
	v.Range = &Range{Filename: d.Subject.Filename, Start: pos(d.Subject.Start), End: pos(d.Subject.End)}
	file := src.file(d.Subject.Filename)
	if v.Snippet = snippet(d, file, m); v.Snippet != nil {
		v.Snippet.Context = m.header(v.Snippet.Context, src.Word)
	}
	v.unquoted = src.Unquoted != nil && src.Unquoted(d.Subject.Filename)
	v.Detail = file.unquoted(v.Detail, *d.Subject)
	return v
}

func pos(p hcl.Pos) Pos { return Pos{p.Line, p.Column, p.Byte} }

// snippet returns nil if the source is not available.
func snippet(d *hcl.Diagnostic, file *sourceFile, m *Masker) *Snippet {
	if len(file.text) == 0 || d.Subject.Start.Byte > len(file.text) {
		return nil
	}
	s := &Snippet{Context: file.outline.At(d.Subject.Start.Byte)}
	plain := s.cut(file, *d.Subject)
	code, marked := m.code(s.Code, secret.Stretch{From: s.Start, To: s.End}, plain)
	s.Code, s.Start, s.End = code, marked.From, marked.To
	s.Values = values(d, m, d.Expression != nil && len(file.hidden.bordering(d.Expression.Range())) > 0)
	return s
}

// maxSnippet bounds what is quoted of a range that spans a whole block.
const maxSnippet = 5

// cut takes the lines of a range, and marks the part to underline. An empty range is
// underlined as one character. It returns which parts of these lines can be no secret.
func (s *Snippet) cut(file *sourceFile, r hcl.Range) (plain []secret.Stretch) {
	if r.Empty() {
		r.End.Byte++
	}
	var code bytes.Buffer
	first := file.lineAt(r.Start.Byte)
	for k := first; k < min(len(file.lines), first+maxSnippet); k++ {
		at, line := file.lines[k], string(file.line(k))
		if at >= r.End.Byte || at+len(line) < r.Start.Byte {
			break
		}
		shown := file.hidden.line(line, at)
		if k == first {
			s.StartLine, s.Start = k+1, shown.start(r.Start.Byte-at)
		} else {
			code.WriteByte('\n')
		}
		s.End = code.Len() + shown.end(r.End.Byte-at)
		for _, p := range file.plainIn(at, at+len(line)) {
			plain = append(plain, secret.Stretch{From: code.Len() + shown.start(p.From-at), To: code.Len() + shown.end(p.To-at)})
		}
		code.WriteString(shown.text)
	}
	s.Code = code.String()
	s.End = max(s.End, s.Start)
	return plain
}

// values says which values the references in the expression had. Sensitive values
// are left out. If the expression is the source of a secret, there are none.
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

// stands says which value a reference had. It returns "" if that would not help to
// find what is wrong: for a whole block of which only a part is known, and for a
// value that is unknown because no host was asked.
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

// reference writes what a value is read from, as in web["a"].facts.
func reference(t hcl.Traversal) string {
	return config.TraversalText(t, func(key cty.Value) string { return inline(fromCty(key)) })
}
