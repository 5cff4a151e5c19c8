package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view/viewtest"
	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/planner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// still is a clock that always shows the same time.
func still() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// indented writes each object of a stream on several lines.
func indented(t *testing.T, stream string) string {
	t.Helper()
	var b bytes.Buffer
	for line := range strings.Lines(stream) {
		if err := json.Indent(&b, []byte(line), "", "  "); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
	}
	return b.String()
}

const source = "resource \"file\" \"motd\" {\n  path = \"/etc/motd\"\n\tmode = var.mode + var.secret\n}\n"

type located struct{}

func (located) DiagnosticAddress() string { return `file.motd["a"]` }
func (located) DiagnosticChain() []string {
	return []string{"local", "ssh bastion", `ssh web["a"]`, "sudo root"}
}

// problems are diagnostics with every part that a diagnostic can have.
func problems(t *testing.T) (hcl.Diagnostics, Sources) {
	t.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(source), "main.mito.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	block := f.Body.(*hclsyntax.Body).Blocks[0]
	mode := block.Body.Attributes["mode"]
	vars := &hcl.EvalContext{Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{
		"mode": cty.StringVal("0999"), "secret": cty.StringVal("hunter2").Mark(config.Sensitive),
	})}}
	return hcl.Diagnostics{
		{
			Severity: hcl.DiagError, Summary: "Invalid mode", Detail: "The mode \x1b[31m0999 has a digit that is not octal. Write four octal digits, such as 0644.",
			Subject: mode.Expr.Range().Ptr(), Expression: mode.Expr, EvalContext: vars, Extra: located{},
		},
		{Severity: hcl.DiagWarning, Summary: "No state", Detail: "Nothing is known of earlier applies."},
		{Severity: hcl.DiagError, Summary: "Whole block", Subject: block.Range().Ptr()},
		{Severity: hcl.DiagError, Summary: "Elsewhere", Detail: "  kept as it is", Subject: &hcl.Range{Filename: "other.hcl", Start: hcl.Pos{Line: 3, Column: 1, Byte: 40}}},
		{Severity: hcl.DiagError, Summary: "A directory", Subject: &hcl.Range{Filename: "."}},
	}, Sources{Files: map[string]*hcl.File{"main.mito.hcl": f}}
}

func TestDiagnosticReadsLikeTerraforms(t *testing.T) {
	diags, src := problems(t)
	for name, h := range map[string]*Human{"diagnostics.txt": {Width: 60}, "diagnostics_colour.txt": {Paint: Paint{On: true}}} {
		var b strings.Builder
		for _, d := range NewDiagnostics(diags, src, nil) {
			b.WriteString("\n" + h.Diagnostic(d))
		}
		golden(t, name, b.String())
	}
}

type at string

func (a at) DiagnosticAddress() string { return string(a) }
func (a at) DiagnosticChain() []string { return nil }

func TestTheSameDiagnosticOfManyInstancesIsToldOnce(t *testing.T) {
	var diags hcl.Diagnostics
	for i := range 25 {
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Disk full", Detail: "No space left.", Extra: at(fmt.Sprintf("file.motd[%q]", fmt.Sprint("h", i)))})
	}
	shown := NewDiagnostics(diags, Sources{}, nil)
	if len(shown) != 1 {
		t.Fatalf("the diagnostic is shown %d times, want once", len(shown))
	}
	golden(t, "diagnostic_many.txt", (&Human{Width: 80}).Diagnostic(shown[0]))
}

type inHost string

func (h inHost) DiagnosticAddress() string { return fmt.Sprintf("file.motd[%q]", string(h)) }
func (h inHost) DiagnosticChain() []string {
	return []string{"local", "ssh bastion", fmt.Sprintf("ssh web[%q]", string(h))}
}

// Whichever host answers first, the diagnostics are the same: they have the order
// of the configuration, with the contexts that all instances share.
func TestDiagnosticsDoNotDependOnWhoAnswersFirst(t *testing.T) {
	of := func(summary string, line int, host string) *hcl.Diagnostic {
		r := hcl.Range{Filename: "main.mito.hcl", Start: hcl.Pos{Line: line, Byte: line}, End: hcl.Pos{Line: line, Byte: line + 1}}
		return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Subject: &r, Extra: inHost(host)}
	}
	diags := hcl.Diagnostics{of("Later", 9, "b"), of("Denied", 4, "b"), of("Later", 9, "a"), of("Once", 9, "a"), of("Denied", 4, "a")}
	text := func() string {
		var b strings.Builder
		for _, d := range NewDiagnostics(diags, Sources{}, nil) {
			b.WriteString((&Human{}).Diagnostic(d) + "\n")
		}
		return b.String()
	}
	first := text()
	golden(t, "diagnostics_order.txt", first)
	slices.Reverse(diags)
	if again := text(); again != first {
		t.Errorf("in another order of answers the text is:\n%s", again)
	}
}

func TestJSONStream(t *testing.T) {
	var b bytes.Buffer
	j := NewJSON(&b, &Masker{}, still)
	diags, src := problems(t)
	j.SetSources(src)
	j.Version("0.1.0")
	j.Plan(NewPlan(documented(), testCatalogue(), "0.1.0", nil), "plan")
	e := executor.Event{Address: "file.motd", Context: "context.local.here", Op: planner.Create, Elapsed: 1500 * time.Millisecond}
	for _, typ := range []executor.EventType{executor.ReadStart, executor.ApplyStart, executor.ApplyDone} {
		e.Type = typ
		j.Event(e)
	}
	e.Type, e.Reason = executor.ApplyErrored, "no space\nleft"
	j.Event(e)
	e.Type = executor.ApplySkipped
	j.Event(e)
	for range 2 { // told once
		j.Event(executor.Event{Type: executor.ContextStatus, Address: "context.ssh.web", Status: planner.ContextUnreachable, Reason: "refused"})
	}
	j.Beat(Beat{Running: 2, Done: 3, Busy: 1, Contexts: 2, Slowest: "file.motd", SlowestContext: "context.local.here", Elapsed: 12 * time.Second})
	j.Diagnostics(diags[1:2])
	j.Diagnostics(diags[:2])
	j.Applied(&Plan{Complete: true}, executor.Summary{Added: 1, Failed: 1, Elapsed: 2 * time.Second}, true)
	j.Outputs(NewOutputs(everything().Outputs, nil))
	golden(t, "stream.json", indented(t, b.String()))
	if err := viewtest.Lines(b.Bytes()); err != nil {
		t.Error(err)
	}
}

func TestPlanDocument(t *testing.T) {
	doc, err := json.MarshalIndent(NewPlan(everything(), testCatalogue(), "0.1.0", nil), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "plan.json", string(doc)+"\n")
	if err := viewtest.Document("plan", doc); err != nil {
		t.Error(err)
	}
}

func TestNumbersAreShort(t *testing.T) {
	for want, f := range map[string]float64{"0.006045611": 0.006045611, "0.1": 0.1, "3": 3} {
		if got := Value(cty.NumberFloatVal(f)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestStrip(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ttext\n":                    "plain\ttext\n",
		"\x1b[2J\x1b]0;title\x07red\x1b[m": "red",
		"a\rb\x00c\x7f\u009bd":             "abcd",
		"in\u202eorder":                    "inorder",
		"caf\u00e9":                        "caf\u00e9",
	} {
		if got := strip(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestDiffHasContextAndCountsTheRest(t *testing.T) {
	var before, after []string
	for i := range 30 {
		before = append(before, fmt.Sprint("line ", i))
	}
	after = append(after, before...)
	after[10] = "changed"
	after = append(after[:25], after[26:]...)
	var b strings.Builder
	for _, l := range diffLines(utf8Text(strings.Join(before, "\n")+"\n"), utf8Text(strings.Join(after, "\n")+"\n")) {
		fmt.Fprintf(&b, "%c %s\n", l.Op, l.Text)
	}
	golden(t, "diff.txt", b.String())
	for _, c := range []struct{ before, after, want string }{
		{"", "a\n", "+a"}, {"a\n", "", "-a"}, {"a", "a\n", "-a #(no newline at the end) +a"}, {"a\nb\n", "b\n", "-a  b"},
	} {
		var got []string
		for _, l := range diffLines(utf8Text(c.before), utf8Text(c.after)) {
			got = append(got, string(l.Op)+l.Text)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q to %q: got %q, want %q", c.before, c.after, s, c.want)
		}
	}
}

func TestProgressSaysEvery10SecondsWhatItWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		p := NewProgress(&Lines{Human: &Human{}, W: &b}, func() {})
		tell := func(typ executor.EventType, address, context string) {
			p.Event(executor.Event{Type: typ, Address: address, Context: context, Op: planner.Create, Elapsed: 3 * time.Second, Reason: "why\nnot"})
		}
		for _, c := range []string{"context.ssh.a", "context.ssh.b", "context.ssh.c"} {
			tell(executor.ContextStarting, c, "")
		}
		p.Event(executor.Event{Type: executor.ContextStatus, Address: "context.ssh.a", Status: planner.ContextUp})
		p.Event(executor.Event{Type: executor.ContextStatus, Address: "context.ssh.c", Status: planner.ContextUnreachable, Reason: "refused"})
		tell(executor.ApplyStart, "file.slow", "context.ssh.a")
		time.Sleep(4 * time.Second)
		tell(executor.ApplyStart, "file.quick", "context.ssh.a")
		tell(executor.ApplyDone, "file.quick", "context.ssh.a")
		tell(executor.ApplySkipped, "file.skipped", "context.ssh.a")
		tell(executor.ContextStatus, "context.ssh.b", "")
		time.Sleep(7 * time.Second)
		tell(executor.ApplyErrored, "file.slow", "context.ssh.a")
		p.Flush()
		time.Sleep(30 * time.Second) // nothing runs: nothing to say
		p.Close()
		golden(t, "progress.txt", b.String())
	})
}

func TestAPanicInTheViewReachesTheGuard(t *testing.T) {
	caught := make(chan any, 1)
	p := NewProgress(panics{}, func() { caught <- recover() })
	p.Event(executor.Event{})
	p.Flush()
	p.Event(executor.Event{})
	if got := <-caught; got != "sink" {
		t.Errorf("got %v", got)
	}
	p.Close()
}

type panics struct{}

func (panics) Event(executor.Event) { panic("sink") }
func (panics) Beat(Beat)            {}

func TestAppliedCountsWhatWasNotDone(t *testing.T) {
	h := &Human{}
	golden(t, "applied.txt", h.Applied(&Plan{Complete: true}, executor.Summary{Added: 1, Changed: 2, Ran: 3, Elapsed: 1234 * time.Millisecond}, false)+
		h.Applied(&Plan{Complete: true}, executor.Summary{Failed: 1, Refused: 2, Skipped: 3, Elapsed: 2 * time.Minute}, true)+
		h.Applied(&Plan{Complete: true}, executor.Summary{Added: 1}, true))
}
