package view

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

func utf8Text(s string) text { return text{s: s, encoding: charset.UTF8} }

func TestWhatCannotBeSeenIsShown(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ttext\n":                 "plain\ttext\n",
		"café, 日本, 👍 and «quotes»":      "café, 日本, 👍 and «quotes»",
		"« Bonjour » «CR» «R»":          "« Bonjour » «U+00AB»CR» «R»",
		"«U+202E» «0xE9» «3 more»":      "«U+00AB»U+202E» «U+00AB»0xE9» «U+00AB»3 more»",
		"a\r\n\x1b[31mred\x1b[0m\x00\a": "a«CR»\n«ESC»[31mred«ESC»[0m«NUL»«BEL»",
		"\x7f\u0085\u009b":              "«DEL»«U+0085»«U+009B»",
		"in\u202eorder\u2066\u200f":     "in«U+202E»order«U+2066»«U+200F»",
		"a\u200bb\u200cc\u200dd\ufeff":  "a«U+200B»b«U+200C»c«U+200D»d«U+FEFF»",
		"a\u2028b\u2029":                "a«U+2028»b«U+2029»",
		"a\u00a0b\u202fc\u3000":         "a«U+00A0»b«U+202F»c«U+3000»",
		"a\u00adb\u034fc\u3164d\u2800":  "a«U+00AD»b«U+034F»c«U+3164»d«U+2800»",
		"⚠\ufe0f\U000e0041":             "⚠«U+FE0F»«U+E0041»",
		"e\u0301 \u0301x":               "e\u0301 «U+0301»x",
		"e\u0301\u0301\u0301":           "e\u0301\u0301«U+0301»",
		"gr\xfcn\xff":                   "gr«0xFC»n«0xFF»",
		"\ue000\U0010ffff":              "«U+E000»«U+10FFFF»",
	} {
		got := Visible(in)
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if hiddenIn(got) != "" {
			t.Errorf("%q: %q is still hidden", in, hiddenIn(got))
		}
	}
}

// hiddenIn returns the first character of a text that nobody sees, or "". Tabs and
// line ends do not count, as mitoplan writes them itself.
func hiddenIn(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\n", ""), "«", "<")
	if at := nextShown(s, 0, false); at < len(s) {
		return fmt.Sprintf("%q", s[at:min(len(s), at+8)])
	}
	return ""
}

// unseenOnes are texts that a terminal interprets, or that nobody sees.
var unseenOnes = map[string]string{
	"CR": "x\ry", "ESC": "x\x1b[2Jy", "NUL": "x\x00y", "BEL": "x\ay", "BS": "x\by", "DEL": "x\x7fy", "CSI": "x\u009b2Jy", "OSC": "x\x1b]0;t\ay",
	"bidi": "x\u202ey", "isolate": "x\u2066y", "zero width": "x\u200by", "BOM": "\ufeffxy", "NBSP": "x\u00a0y", "line separator": "x\u2028y",
	"soft hyphen": "x\u00ady", "mark": "\u0301xy", "no UTF-8": "x\xe9y", "tag": "x\U000e0041y", "filler": "x\u3164y",
}

type saidOf string

func (s saidOf) DiagnosticAddress() string { return string(s) }
func (s saidOf) DiagnosticChain() []string { return []string{string(s)} }
func (s saidOf) DiagnosticHost() bool      { return true }

// Wherever a text of a host or of a user is shown, every character of it can be
// seen.
func TestNoPlaceShowsWhatTerminalsObey(t *testing.T) {
	for name, s := range unseenOnes {
		for _, h := range []*Human{{}, {Width: 40}} {
			for place, text := range everyPlace(t, h, s) {
				if raw := hiddenIn(text); raw != "" {
					t.Errorf("%s in %s: the character %s is not made visible in\n%s", name, place, raw, text)
				}
				if !utf8.ValidString(text) {
					t.Errorf("%s in %s: the text is not UTF-8", name, place)
				}
			}
		}
	}
}

// everyPlace returns what is written if a text is in each place that can have it.
func everyPlace(t *testing.T, h *Human, s string) map[string]string {
	t.Helper()
	var p planner.Plan
	fillWith(reflect.ValueOf(&p).Elem(), s)
	p.Outputs[0].Sensitive, p.Outputs[0].Ephemeral = false, false
	p.Contexts[0].Parent, p.Contexts[0].Status, p.Contexts[0].Machine, p.Contexts[0].Address = "", planner.ContextUp, s, s
	p.Actions[0].Op, p.Actions[0].Sensitive, p.Actions[0].SensitiveBefore, p.Actions[0].Unknown = planner.Update, nil, nil, nil
	p.Drifts[0].Outside = true
	later := *p.Actions[0]
	later.Op = planner.Defer
	call := *p.Actions[0]
	call.Type, call.Op, call.Before = config.CallBlock, planner.Run, nil
	p.Actions = append(p.Actions, &later, &call)
	out := map[string]string{}
	shown := NewPlan(&p, config.Catalogue{}, "0.1.0", nil)
	out["a plan"] = h.Plan(shown)
	out["a drift"] = h.Drift(shown, shown.Differing())

	f, _ := hclsyntax.ParseConfig([]byte(`a = var.x + "`+strings.ToValidUTF8(strings.Trim(s, "\n\r\x00\ufeff"), "")+`"`), s, hcl.InitialPos)
	expr, _ := hclsyntax.ParseExpression([]byte("var.x"), s, hcl.InitialPos)
	d := &hcl.Diagnostic{Summary: s, Detail: s, Subject: &hcl.Range{Filename: s, Start: hcl.Pos{Line: 1, Column: 1}, End: hcl.Pos{Line: 1, Column: 9, Byte: 16}}, Extra: saidOf(s)}
	d.Expression, d.EvalContext = expr, &hcl.EvalContext{Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{"x": cty.StringVal(s)})}}
	for _, d := range NewDiagnostics(hcl.Diagnostics{d}, Sources{Files: map[string]*hcl.File{s: f}}, nil) {
		out["a diagnostic"] += h.Diagnostic(d)
	}
	var b bytes.Buffer
	l := &Lines{Human: h, W: &b}
	for _, typ := range []executor.EventType{executor.ContextStatus, executor.ApplyStart, executor.ApplyDone, executor.ApplyErrored, executor.ApplySkipped} {
		l.Event(executor.Event{Type: typ, Address: s, Context: s, Reason: s})
	}
	l.Beat(Beat{Slowest: s, SlowestContext: s, Limit: s, Elapsed: time.Second})
	out["progress"] = b.String()

	st := &state.State{Unanswered: map[string]state.Intent{}}
	out["a record"] = h.State(st, NewOutputs([]*planner.Output{{Name: s, Value: cty.MapVal(map[string]cty.Value{"k" + cty.StringVal(s).AsString(): cty.StringVal(s)})}}, nil))
	return out
}

// If two texts differ, what is shown of them differs, too.
func TestDiffsShowWhatDiffers(t *testing.T) {
	u16 := func(s string) string {
		out := []byte{0xff, 0xfe}
		for _, r := range s {
			out = append(out, byte(r), byte(r>>8))
		}
		return string(out)
	}
	var b strings.Builder
	for _, c := range []struct{ name, before, after string }{
		{"CR LF to LF", "a\r\nb\r\n", "a\nb\n"},
		{"one line in a file of CR LF", "a\r\nb\r\n", "a\r\nc\r\n"},
		{"a single CR LF", "a\r\nb\n", "a\nb\n"},
		{"a blank at the end", "a \nb\n", "a\nb\n"},
		{"a tab at the end", "a\t\nb\n", "a \nb\n"},
		{"tabs to blanks", "\ta\n\tb\n", "        a\n        b\n"},
		{"more blanks", "a b\n", "a  b\n"},
		{"no newline at the end", "a\nb", "a\nb\n"},
		{"control characters come", "plain\n", "pl\x1b[31main\x00\a\n"},
		{"reordered", "if admin\n", "if \u202eadmin\n"},
		{"zero width", "admin\nx\n", "ad\u200bmin\nx\n"},
		{"byte order mark", "a\nb\n", "\ufeffa\nb\n"},
		{"no-break space", "a b\nc\n", "a\u00a0b\nc\n"},
		{"composed or not", "é\nx\n", "e\u0301\nx\n"},
		{"another alphabet", "paypal\nx\n", "раypal\nx\n"},
		{"another dash", "a-b\nx\n", "a‐b\nx\n"},
		{"Latin-1, one line", "eins\ngr\xfcn\ndrei\n", "eins\nblau\ndrei\n"},
		{"Latin-1 to UTF-8", "gr\xfcn\nx\n", "grün\nx\n"},
		{"UTF-16, one line", u16("eins\nzwei\ndrei\n"), u16("eins\nZWEI\ndrei\n")},
		{"UTF-8 to UTF-16", "eins\nzwei\n", u16("eins\nzwei\n")},
		{"bytes to text", "\x00\xff\xfe\x01", "a\nb\n"},
		{"bytes to bytes", "\x00\xff\xfe\x01", "\x00\xff\xfe\x02"},
		{"looks like the notation", "a«CR»\nb\n", "a\r\nb\n"},
	} {
		shown := func(before, after string) string {
			p := &planner.Plan{Actions: []*planner.Action{file("x", "", planner.Update,
				map[string]any{"path": "/x", "content": cbor.ByteString(before)}, map[string]any{"path": "/x", "content": cbor.ByteString(after)})}}
			a := NewPlan(p, testCatalogue(), "0.1.0", nil).Actions[0]
			text := (&Human{}).body(a)
			lines := strings.SplitAfter(text, "\n")
			return strings.Join(lines[2:len(lines)-2], "")
		}
		text := shown(c.before, c.after)
		b.WriteString(c.name + "\n" + text + "\n")
		if hiddenIn(text) != "" {
			t.Errorf("%s: the character %s is not made visible", c.name, hiddenIn(text))
		}
		if side(text, '+') == side(text, '-') && !strings.Contains(text, "#") && !strings.Contains(text, "other") {
			t.Errorf("%s: both sides look the same\n%s", c.name, text)
		}
	}
	golden(t, "differences.txt", b.String())
}

// side returns the lines of one side of a difference.
func side(text string, op byte) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if len(line) > 12 && line[10] == op {
			b.WriteString(line[12:])
		}
	}
	return b.String()
}
