package executor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
)

// Edits of one long file in several contexts of a machine are planned one on top of the
// other, so that a plan says what the apply does, and the plan after it says nothing.
func TestLongFileIsEditedInManyContexts(t *testing.T) {
	source := "source = \"big.bin\"\n"
	given := "content = \"first\\n${file(\"big.txt\")}\"\n"
	secret := "content = var.big\n"
	long := longLines()
	for name, c := range map[string]struct {
		owner string   // what the block of the whole file says; "" is none
		edits []string // of each: its context and its arguments
		want  func(string) string
	}{
		"two others edit a source": {source, []string{`b line = "one"`, `c line = "two"`}, func(s string) string { return s + "one\ntwo\n" }},
		"a content":                {given, []string{`b line = "one"`, `c line = "two"`}, func(s string) string { return "first\n" + s + "one\ntwo\n" }},
		"a secret":                 {secret, []string{`b line = "one"`, `c line = "two"`}, func(s string) string { return s + "one\ntwo\n" }},
		"nobody writes the whole":  {"", []string{`a line = "one"`, `b line = "two"`, `c line = "three"`}, func(s string) string { return s + "one\ntwo\nthree\n" }},
		"each edits it twice":      {source, []string{`b line = "one"`, `c line = "two"`, `b line = "three"`, `c line = "four"`}, func(s string) string { return s + "one\ntwo\nthree\nfour\n" }},
		"the owner edits it too":   {source, []string{`a line = "one"`, `b line = "two"`, `a line = "three"`, `c line = "four"`}, func(s string) string { return s + "one\ntwo\nthree\nfour\n" }},
		"every other line goes":    {source, []string{`b regexp = "[02468]$" state = "absent"`, `c line = "two"`}, func(s string) string { return odd(s) + "two\n" }},
		"a line becomes another":   {source, []string{`b regexp = "^line (77)$" line = "$1 was here" backrefs = true`, `c regexp = "^77 was" line = "77"`}, func(s string) string { return strings.Replace(s, "line 77\n", "77 was here\n", 1) }},
		"before and after":         {source, []string{`b line = "one" insert_before = "BOF"`, `c line = "two" insert_after = "^one$"`}, func(s string) string { return "one\ntwo\n" + s }},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.write("big.bin", long)
			l.write("big.txt", long)
			vars := map[string]cty.Value{"big": cty.StringVal("short").Mark(config.Sensitive)}
			if c.owner == secret { // a long one is looked for in all that is shown
				vars["big"] = cty.StringVal(long).Mark(config.Sensitive)
			}
			src := "variable \"big\" {\n  type = string\n  sensitive = true\n}\ncontext \"local\" \"a\" { host = \"a\" }\ncontext \"local\" \"b\" { host = \"b\" }\ncontext \"local\" \"c\" { host = \"c\" }\n"
			if c.owner == "" {
				l.write("x", long)
			} else {
				src += "resource \"file\" \"x\" {\n  on = context.local.a\n  path = \"$DIR/x\"\n  " + c.owner + "}\n"
			}
			for k, e := range c.edits {
				on, args, _ := strings.Cut(e, " ")
				args = strings.NewReplacer(" line =", "\n  line =", " state =", "\n  state =", " backrefs =", "\n  backrefs =", " insert", "\n  insert").Replace(args)
				src += fmt.Sprintf("resource \"line\" \"e%d\" {\n  on = context.local.%s\n  path = \"$DIR/x\"\n  %s\n}\n", k, on, args)
			}
			if name == "a line becomes another" {
				src = strings.Replace(src, "line = \"77\"", "line = \"77 was here\"", 1)
			}
			s := l.open(l.fromDisk(src, vars))
			p := l.plan(s)
			for _, a := range p.Actions {
				if len(a.Unknown) > 0 {
					t.Errorf("of %s the plan does not know %v", a.Address, a.Unknown)
				}
			}
			if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
				t.Fatal(diags)
			}
			if got, want := l.read("x"), c.want(long); got != want {
				t.Errorf("the file holds %d bytes ending in %q, want %d ending in %q", len(got), got[max(0, len(got)-40):], len(want), want[len(want)-40:])
			}
			for _, a := range l.plan(l.open(l.fromDisk(src, vars))).Actions {
				if a.Op != planner.NoOp {
					t.Errorf("the plan after the apply would %s %s", a.Op, a.Address)
				}
			}
		})
	}
}

// longLines is a text of more than 2 MiB: many short lines, and as many long ones as that
// takes.
func longLines() string {
	var b strings.Builder
	for k := range 10_000 {
		fmt.Fprintln(&b, "line", k)
	}
	for k := 0; b.Len() < 2<<20; k++ {
		fmt.Fprintln(&b, strings.Repeat("long ", 200), k)
	}
	return b.String()
}

// odd is a text without the lines that end in an even digit.
func odd(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if text := strings.TrimSuffix(line, "\n"); !strings.ContainsAny(text[len(text)-1:], "02468") {
			b.WriteString(line)
		}
	}
	return b.String()
}
