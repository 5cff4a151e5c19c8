package view

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
)

// numbered makes n lines. Every so many lines one has a mark.
func numbered(n, every int, mark string) string {
	var b strings.Builder
	for i := range n {
		if every > 0 && i%every == 0 {
			b.WriteString(mark)
		}
		fmt.Fprintf(&b, "line %d of a file that is long\n", i)
	}
	return b.String()
}

func edited(key, before, after string) *planner.Action {
	return file("long", key, planner.Update, map[string]any{"path": "/long", "content": cbor.ByteString(before)}, map[string]any{"path": "/long", "content": cbor.ByteString(after)})
}

func command(attr string, v any) *planner.Action {
	return &planner.Action{
		Address: "call.command.x", Block: "call.command.x", Type: config.CallBlock, Kind: "command", Name: "x", Context: "context.local.here",
		Op: planner.Run, After: map[string]any{attr: v},
	}
}

// Long values are shown up to a bound. What is beyond it is counted.
func TestLongValuesAreShownUpToABound(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	list := make([]any, 2000)
	for i := range list {
		list[i] = fmt.Sprint("argument number ", i)
	}
	for name, c := range map[string]struct {
		action *planner.Action
		says   []string
	}{
		"a rewrite of 10,000 lines":    {edited("", numbered(10000, 1, "old "), numbered(10000, 1, "new ")), []string{"- old line 0 ", "# (… and 9750 more removed lines)", "+ new line 0 ", "# (… and 9750 more added lines)"}},
		"a new text of 10,000 lines":   {file("long", "", planner.Create, nil, map[string]any{"path": "/long", "content": numbered(10000, 0, "")}), []string{"+ line 0 ", "# (… and 9500 more lines)"}},
		"a change in every 50th line":  {edited("", numbered(50000, 50, "old "), numbered(50000, 50, "new ")), []string{"- old line 0 ", "+ new line 0 ", "- old line 2700", "more changed lines)"}},
		"one line in the middle":       {edited("", numbered(20000, 10001, "old "), numbered(20000, 10001, "new ")), []string{"- old line 10001", "+ new line 10001", "unchanged lines hidden"}},
		"one character in a long line": {edited("", long+"A"+long+"\n", long+"B"+long+"\n"), []string{"xA" + "x", "xB" + "x", "characters left out»"}},
		"the end of a long line":       {edited("", long+"A\n", long+"B\n"), []string{"xA\n", "xB\n", "«1048376 characters left out»"}},
		"a long line without another":  {edited("", "a\n", "a\n"+long+"\n"), []string{"«1047576 characters left out»"}},
		"stdin in one line":            {command("stdin", long), []string{`stdin = "xxx`, "«1047576 characters left out»", `xxx"`}},
		"stdin in lines":               {command("stdin", numbered(20000, 0, "")), []string{"stdin = <<-EOT", "line 0 of", "# (… and 19500 more lines)"}},
		"a script as an argument":      {command("argv", []any{"sh", "-c", "set -e\n" + numbered(30, 0, "")}), []string{"            <<-EOT\n", "line 29 of", "            EOT,"}},
		"a long list":                  {command("argv", list), []string{`"argument number 0"`, "/* and 1500 more elements */"}},
	} {
		text := (&Human{}).Plan(NewPlan(&planner.Plan{Complete: true, Actions: []*planner.Action{c.action}}, testCatalogue(), "0.1.0", nil))
		for _, want := range c.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing in\n%.3000s", name, want, text)
			}
		}
		lines := strings.Split(text, "\n")
		if len(lines) > maxLines+50 {
			t.Errorf("%s: %d lines are shown", name, len(lines))
		}
		for _, line := range lines {
			if len(line) > 2*maxLine {
				t.Errorf("%s: a line has %d bytes, want %d at most", name, len(line), 2*maxLine)
			}
		}
	}
}

// Two changes are not called alike if they differ in a part that is not shown.
func TestChangesThatDifferWhereNobodySeesItAreTwo(t *testing.T) {
	text := func(mark string) string { return numbered(1000, 0, "") + mark + numbered(1000, 0, "") }
	p := &planner.Plan{Complete: true}
	for key, mark := range map[string]string{"a": "1\n", "b": "2\n"} {
		p.Actions = append(p.Actions, file("long", key, planner.Create, nil, map[string]any{"path": "/long", "content": text(mark)}))
	}
	if shown := (&Human{}).Plan(NewPlan(p, testCatalogue(), "0.1.0", nil)); strings.Contains(shown, "alike") {
		t.Errorf("two different changes are called alike:\n%.2000s", shown)
	}
}

// A secret is hidden before a text is cut or made visible. So neither a part of it
// nor its length is shown.
func TestSecretsAreMaskedBeforeTextIsCut(t *testing.T) {
	secret := "pässword\u200b-" + strings.Repeat("0123456789", 20)
	m := maskerOf(secret)
	long := strings.Repeat("x", maxLine-around-10)
	var b strings.Builder
	for _, content := range []string{long + secret + long, "a\r\n" + secret + " \r\n", "a\nb " + latin1Of("pässword-in-latin-1") + "\n"} {
		m.Add("pässword-in-latin-1")
		p := &planner.Plan{Actions: []*planner.Action{edited("", "a\nb\n", content), command("stdin", cbor.ByteString(content))}}
		b.WriteString((&Human{}).Plan(NewPlan(p, testCatalogue(), "0.1.0", m)))
	}
	for _, part := range []string{"ssword", "01234", "«U+200B»", "latin"} {
		if strings.Contains(b.String(), part) {
			t.Errorf("%q is shown in\n%s", part, b.String())
		}
	}
}

func latin1Of(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
	}
	return b.String()
}

// Time and memory grow with the amount that is compared, and not faster.
func BenchmarkPlan(b *testing.B) {
	long := strings.Repeat("x", 1<<20)
	many := &planner.Plan{Complete: true}
	for i := range 5000 {
		many.Actions = append(many.Actions, edited(fmt.Sprint("h", i), "a\nb\n", fmt.Sprint("a\n", i%50, "\n")))
	}
	for name, p := range map[string]*planner.Plan{
		"5000-changes":      many,
		"10000-line-diff":   {Actions: []*planner.Action{edited("", numbered(10000, 3, "old "), numbered(10000, 3, "new "))}},
		"1-MiB-of-lines":    {Actions: []*planner.Action{edited("", numbered(30000, 1, "old "), numbered(30000, 1, "new "))}},
		"1-MiB-of-newlines": {Actions: []*planner.Action{edited("", strings.Repeat("\n", 1<<20), strings.Repeat("a\n", 1<<19))}},
		"1-MiB-line":        {Actions: []*planner.Action{edited("", long+"A"+long, long+"B"+long)}},
		"1-MiB-of-controls": {Actions: []*planner.Action{command("stdin", strings.Repeat("\x1b\u200b\n", 1<<18))}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				shown := NewPlan(p, testCatalogue(), "0.1.0", maskerOf(password))
				if text := (&Human{}).Plan(shown); len(text) > 8<<20 {
					b.Fatal(len(text))
				}
			}
		})
	}
}
