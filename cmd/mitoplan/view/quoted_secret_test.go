package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/secret"
	"github.com/mitoplan/mitoplan/planner"
)

// oneOfEach is a source with something of each kind in a line.
const oneOfEach = `resource "file" "motd" {
  password = var.password
  content  = "the password is ${var.password}" # a password
  mode     = sensitive(local.password["password"].sensitive)
  text     = <<PASSWORD
my password is ${var.password}
PASSWORD
  env      = { password = each.password, (var.password) = "password" }
  word     = password
  sum      = var.password12345678
}
`

// TestQuotedLinesKeepTheirNames: a secret that is spelt like a name is hidden in a quoted
// line where it may be a value. Names and references can be read. One that is more than a
// name is hidden as a whole.
func TestQuotedLinesKeepTheirNames(t *testing.T) {
	for _, c := range []struct {
		secrets []string
		changed []string // the lines that are not shown as they are; # is what is hidden
	}{
		{[]string{"password"}, []string{
			"  content  = \"the # is ${var.password}\" # a #",
			"  mode     = sensitive(local.password[\"#\"].sensitive)",
			"my # is ${var.password}",
			"  env      = { # = each.password, (var.password) = \"#\" }",
			"  word     = #",
		}},
		{[]string{"resource", "sensitive", "var.password", "12345678"}, nil},
		{[]string{"password = var.password", "{var.password}", "sensitive(local"}, []string{
			"  #",
			"  content  = \"the password is $#\" # a password",
			"  mode     = #.password[\"password\"].sensitive)",
			"my password is $#",
		}},
	} {
		var changed []string
		lines := strings.Split(strings.TrimSuffix(oneOfEach, "\n"), "\n")
		for i, s := range snippets(t, oneOfEach, maskerOf(c.secrets...)) {
			if s.Code != lines[i] {
				changed = append(changed, strings.ReplaceAll(s.Code, Masked, "#"))
			}
			if s.Start != 0 || s.End != len(s.Code) {
				t.Errorf("of %q the bytes from %d to %d are underlined", s.Code, s.Start, s.End)
			}
		}
		if !slices.Equal(changed, c.changed) {
			t.Errorf("with the secrets %q:\n%s\nwant\n%s", c.secrets, strings.Join(changed, "\n"), strings.Join(c.changed, "\n"))
		}
	}
}

// Of a secret of several lines, each line is hidden in the source: a short one where it is a
// whole line, and not where it is a part of another one.
func TestQuotedLinesOfASecret(t *testing.T) {
	m := &Masker{}
	m.AddValue(cty.StringVal("MIIBVgIBADANBgkq\nhkiG9w0B\nAaz=\nx\n").Mark(config.Sensitive))
	source := "resource \"file\" \"key\" {\n  content = <<-END\n    MIIBVgIBADANBgkq\n    hkiG9w0B\n    Aaz=\n    Aaz==\n    x\n  END\n}\n"
	var shown []string
	for _, s := range snippets(t, source, m) {
		shown = append(shown, s.Code)
	}
	want := strings.NewReplacer("MIIBVgIBADANBgkq", Masked, "hkiG9w0B", Masked, " Aaz=\n", " "+Masked+"\n").Replace(source)
	if got := strings.Join(shown, "\n") + "\n"; got != want {
		t.Errorf("it is quoted as\n%s\nwant\n%s", got, want)
	}
}

// snippets are what is quoted of each line of a source, one line at a time.
func snippets(t *testing.T, text string, m *Masker) (out []*Snippet) {
	t.Helper()
	src, lines := lined(text)
	if src == nil {
		t.Fatalf("%s has errors", text)
	}
	for _, r := range lines {
		out = append(out, newDiagnostic(&hcl.Diagnostic{Subject: &r}, src.reading(), m).Snippet)
	}
	return out
}

// lined is a source without errors, and the ranges of its lines. It returns nil for one with
// errors.
func lined(text string) (*Sources, []hcl.Range) {
	f, diags := hclsyntax.ParseConfig([]byte(text), "main.mito.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, nil
	}
	var lines []hcl.Range
	at := 0
	for line := range strings.Lines(text) {
		end := at + len(strings.TrimRight(line, "\r\n"))
		lines = append(lines, hcl.Range{Filename: "main.mito.hcl", Start: hcl.Pos{Byte: at}, End: hcl.Pos{Byte: end}})
		at += len(line)
	}
	return &Sources{Files: map[string]*hcl.File{"main.mito.hcl": f}}, lines
}

// FuzzQuotedSecrets: of a quoted line, no byte of a secret is shown that stands in a text, a
// heredoc or a comment, whatever else of the line can be no secret. It runs fewer than
// 10,000 times a second: each source is parsed twice.
func FuzzQuotedSecrets(f *testing.F) {
	for _, s := range []string{"password", "the password is $", "is ${var.password}", "${var.password}\" # a pass", "sensitive", "d = var.p", "password\"]"} {
		at := strings.Index(oneOfEach, s)
		f.Add(oneOfEach, uint(at), uint(len(s)))
	}
	f.Add("a = var.b # var.b = secretsecret", uint(12), uint(12))
	f.Fuzz(func(t *testing.T, text string, at, length uint) {
		if len(text) == 0 || len(text) > 4<<10 {
			return
		}
		src, lines := lined(text)
		at %= uint(len(text))
		word := strings.TrimSpace(text[at:min(at+length, uint(len(text)))])
		if src == nil || len(word) < secret.MinLength {
			return
		}
		values := inValues(text)
		var known secret.Set
		known.Add(word)
		file := src.reading().file("main.mito.hcl")
		for _, r := range lines {
			s := &Snippet{}
			plain := s.cut(file, r)
			hidden := known.Find(s.Code, plain...)
			for k := 0; k+len(word) <= len(s.Code); k++ {
				if s.Code[k:k+len(word)] != word {
					continue
				}
				for b := k; b < k+len(word); b++ {
					if values[r.Start.Byte+b] && !slices.ContainsFunc(hidden, func(h secret.Stretch) bool { return h.From <= b && b < h.To }) {
						t.Fatalf("the secret %q is not hidden at byte %d of the line %q", word, b, s.Code)
					}
				}
			}
		}
	})
}

// inValues says of each byte of a source whether it is in a text, a heredoc or a comment.
func inValues(text string) []bool {
	out := make([]bool, len(text)+1)
	tokens, _ := hclsyntax.LexConfig([]byte(text), "", hcl.InitialPos)
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenComment, hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit, hclsyntax.TokenNumberLit:
			for i := t.Range.Start.Byte; i < t.Range.End.Byte; i++ {
				out[i] = true
			}
		}
	}
	return out
}

// TestOwnWordsOfDiagnosticsAreShown: what is mitoplan's own in a diagnostic about a host is
// shown, though a secret is spelt like a word of it. What the host said is masked, and so is
// a secret that is more than a word, whatever a host says is own.
func TestOwnWordsOfDiagnosticsAreShown(t *testing.T) {
	const detail, said = "The password of the user was not accepted.", " It said: password of user hunter2-secret"
	m := maskerOf("password", "accepted", "Authentication", "hunter2-secret")
	for own, want := range map[string]string{
		detail:                     detail + " It said: # of user #",
		detail + " It said:":       detail + " It said: # of user #",
		detail + said:              detail + " It said: password of user #",
		"":                         "The # of the user was not #. It said: # of user #",
		"THE password of the user": "The # of the user was not #. It said: # of user #",
	} {
		d := &hcl.Diagnostic{Summary: "Wrong password", Detail: detail + said, Extra: planner.Location{Host: true, Own: own}}
		shown := newDiagnostic(d, Sources{}, m)
		if got := strings.ReplaceAll(shown.Detail, Masked, "#"); got != want || shown.Summary != "Wrong password" {
			t.Errorf("own being %q: %q: %q, want %q", own, shown.Summary, got, want)
		}
	}
	for want, e := range map[string]executor.Event{
		"Wrong password": {Reason: "Wrong password"},
		"Wrong #":        {Reason: "Wrong password", Quotes: true},
		"said #":         {Reason: "said hunter2-secret"},
	} {
		if got := strings.ReplaceAll(m.reason(e), Masked, "#"); got != want {
			t.Errorf("the reason %q became %q, want %q", e.Reason, got, want)
		}
	}
}
