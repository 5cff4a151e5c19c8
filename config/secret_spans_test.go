package config

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestSecretSpans: in every source X is the secret. Nothing of it is in what may be
// quoted, and everything else is.
func TestSecretSpans(t *testing.T) {
	secret := &kind.Kind{Args: kind.Schema{Attrs: []kind.Attr{{Name: "password", Secret: true}, {Name: "key", Secret: true}, {Name: "user"}}}}
	cfg := &Config{catalogue: Catalogue{Contexts: map[string]*kind.Kind{"sudo": secret}}}
	for _, tc := range []struct{ name, src, shown string }{
		{"short literal", `password = "XX"`, `password = "*"`},
		{"empty literal", `password = ""`, `password = "*"`},
		{"beside others", "a = \"s\"\npassword = \"XX\"\nuser = \"u\"\n", "a = \"s\"\npassword = \"*\"\nuser = \"u\"\n"},
		{"twice", "password = \"XX\"\npassword = \"XY\"\n", "password = \"*\"\npassword = \"*\"\n"},
		{"on one line", `context "sudo" "a" { password = "XX" }`, `context "sudo" "a" { password = "*" }`},
		{"number", "password = 12", "password = *"},
		{"word without quotes", "password = XX", "password = *"},
		{"template", `password = "X${var.p}X"`, `password = "*"`},
		{"call with a literal", `password = upper("XX")`, `password = *`},
		{"choice", `password = var.a ? "XX" : var.b`, `password = *`},
		{"list", "password = [\n  \"XX\",\n]\nuser = 1\n", "password = *\nuser = 1\n"},
		{"heredoc", "key = <<-EOT\n  XX\n  XY\n  EOT\nuser = 1\n", "key = *\nuser = 1\n"},
		{"unclosed heredoc", "key = <<EOT\nXX\nuser = 1\n", "key = *"},
		{"unclosed quote", "password = \"XX\nkey = \"XY\"\nuser = \"a\"\n", "password = *\"*\"\nuser = \"a\"\n"},
		{"text of lines in quotes", "key = \"XX\nXY\nXZ\"\nuser = \"a\"\n", "key = *\"\nuser = \"a\"\n"},
		{"unclosed quote above", "user = \"a\npassword = \"XX\"\n", "user = \"a\npassword = \"*\"\n"},
		{"without a value", "password =\nuser = 1\n", "password =\nuser = 1\n"},
		{"broken expression", "password = \"XX\" \"XY\"\nuser = 1\n", "password = *\nuser = 1\n"},
		{"reference", "password = var.password", "password = var.password"},
		{"reference in a template", `password = "${var.password}"`, `password = "${var.password}"`},
		{"reference by key", `password = local.all["db"].password`, `password = local.all["db"].password`},
		{"function of a reference", `password = trimspace(var.p)`, `password = trimspace(var.p)`},
		{"name of a file", `key = file("~/.ssh/id")`, `key = file("~/.ssh/id")`},
		{"null", `key = null`, `key = null`},
		{"variable of that name", "variable \"password\" {\n  default = \"a\"\n}\n", "variable \"password\" {\n  default = \"a\"\n}\n"},
		{"JSON", `{"a": {"password": "XX", "user": "u"}}`, `{"a": {"password": "*", "user": "u"}}`},
		{"JSON of another type", `{"password": ["XX"], "user": "u"}`, `{"password": *, "user": "u"}`},
		{"JSON with a reference", `{"password": "${var.p}"}`, `{"password": "${var.p}"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			shown, at := "", 0
			for _, s := range cfg.SecretSpans([]byte(tc.src)) {
				if s.From >= at {
					shown += tc.src[at:s.From] + "*"
				}
				at = max(at, s.To)
			}
			if shown += tc.src[at:]; strings.Contains(shown, "X") || shown != tc.shown {
				t.Errorf("the quoted text is %q, want %q", shown, tc.shown)
			}
		})
	}
}
