package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

const wellFormed = `# a comment
/* and another */
context "local" "here" {}
resource "file" "conf" {
  on      = context.local.here
  path    = join("/", ["", "etc", "app"])
  content = <<-EOT
    hello ${upper("you")} and %{ if true }one%{ else }other%{ endif }
    ${join(", ", [for x in ["a", "b"] : "<${x}>"])}
  EOT
  lifecycle {
    precondition {
      condition     = length({ a = 1, b = [2, 3] }) == 2
      error_message = "no"
    }
  }
}
locals {
  a = "x${1 + 2}y"
}
`

// assertTold holds that the diagnostics of a wrong source are sentences, about
// lines that it has.
func assertTold(t *testing.T, name, src string, diags hcl.Diagnostics) {
	t.Helper()
	lines := strings.Count(src, "\n") + 1
	for _, d := range diags {
		switch {
		case d.Subject == nil || d.Subject.Start.Line < 1 || d.Subject.Start.Line > lines:
			t.Errorf("%s: the source has no line %v: %s: %s", name, d.Subject, d.Summary, d.Detail)
		case d.Detail != sentenceEnd(d.Detail) || d.Summary == "":
			t.Errorf("%s: the detail is no sentence, or the summary is missing: %s: %s", name, d.Summary, d.Detail)
		}
	}
}

// TestCutOff: wherever a source ends too early, there is at most one message. It
// points to the beginning of what was left open.
func TestCutOff(t *testing.T) {
	const whole = wellFormed
	for at := range len(whole) {
		src := whole[:at]
		_, diags := parseFile("main.mito.hcl", []byte(src))
		assertTold(t, fmt.Sprintf("cut at %d", at), src, diags)
		if len(diags) > 1 {
			t.Errorf("cut at %d: got more than one message: %v", at, diags)
		}
	}
}

// TestOneIsMissing: if one bracket or quote is missing, a few messages point to its
// own line, to its partner, or to the first place where one can notice it.
func TestOneIsMissing(t *testing.T) {
	for at, r := range wellFormed {
		if !strings.ContainsRune(`{}()[]"`, r) {
			continue
		}
		src := wellFormed[:at] + wellFormed[at+1:]
		_, diags := parseFile("main.mito.hcl", []byte(src))
		assertTold(t, fmt.Sprintf("without byte %d", at), src, diags)
		if len(diags) > 3 {
			t.Errorf("without byte %d: %d messages: %v", at, len(diags), diags)
		}
	}
}

// TestUnclosed: what is not closed is reported at its opening.
func TestUnclosed(t *testing.T) {
	for name, c := range map[string]struct {
		src, summary string
		line, column int
	}{
		"heredoc":              {"a = 1\nb = <<EOT\nx\ny\n", "Unclosed heredoc", 2, 5},
		"indented heredoc":     {"b = <<-EOT\nx\ny\n", "Unclosed heredoc", 1, 5},
		"quote":                {"a = \"x\nb = 2\n", "Unclosed string", 1, 5},
		"quote before others":  {"a = \"x\nb = \"y\"\nc = \"z\"\n", "Unclosed string", 1, 5},
		"block":                {"a {\n b = 1\n", "Unclosed bracket", 1, 3},
		"inner block":          {"a {\n  b {\n    c = 1\n}\n", "Unclosed bracket", 2, 5},
		"block before another": {"context \"a\" \"b\" {\n  x = 1\n\nresource \"c\" \"d\" {\n}\n", "Unclosed bracket", 1, 17},
		"parenthesis":          {"a {\n  b = f(1, 2\n  c = 3\n}\n", "Unclosed bracket", 2, 8},
		"list":                 {"a {\n  b = [1, 2\n}\n", "Unclosed bracket", 2, 7},
		"object":               {"a {\n  b = {\n    c = 1\n}\n", "Unclosed bracket", 2, 7},
		"template":             {"a = \"x${b\"\n", "Unclosed template sequence", 1, 7},
		"template with a hash": {"a = \"x${#b}\"\nc = 1\n", "Unclosed template sequence", 1, 7},
		"directive's brace":    {"a = \"x%{ if b\"\n", "Unclosed template sequence", 1, 7},
		"directive":            {"a = \"%{ if b }x\"\n", "Unclosed directive", 1, 6},
		"directive in a text":  {"a = <<EOT\n%{ for x in b }\ny\nEOT\n", "Unclosed directive", 2, 1},
		"comment":              {"a = 1\n/* b\nc = 1\n", "Unclosed comment", 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := parseFile("main.mito.hcl", []byte(c.src))
			if len(diags) != 1 || diags[0].Summary != c.summary || diags[0].Subject.Start.Line != c.line || diags[0].Subject.Start.Column != c.column {
				t.Errorf("got %v, want %s at %d,%d", diags, c.summary, c.line, c.column)
			}
		})
	}
}
