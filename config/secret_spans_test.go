package config

import (
	"runtime"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestSecretSpans: in every source X is the secret. Nothing of it is in what may be
// quoted, and everything else is.
func TestSecretSpans(t *testing.T) {
	secret := &kind.Kind{Args: kind.Schema{Attrs: []kind.Attr{{Name: "password", Secret: true, OtherNames: []string{"login_pass"}}, {Name: "key", Secret: true}, {Name: "user"}, {Name: "keys"}}}}
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
		{"misspelt", "pasword = \"XX\"\npassw0rd = \"XY\"\nuser = \"u\"\n", "pasword = \"*\"\npassw0rd = \"*\"\nuser = \"u\"\n"},
		{"of another tool", "login_pass = \"XX\"", "login_pass = \"*\""},
		{"similar, and another argument", "keys = \"a\"", "keys = \"a\""},
		{"default of a secret", "variable \"v\" {\n  default = \"XX\"\n  sensitive = true\n}\n", "variable \"v\" {\n  default = \"*\"\n  sensitive = true\n}\n"},
		{"default below the mark", "variable \"v\" {\n  ephemeral = true\n  default = upper(\"XX\", 1)\n}\n", "variable \"v\" {\n  ephemeral = true\n  default = *\n}\n"},
		{"default with an unclosed quote", "variable \"v\" {\n  default = \"XX\n  sensitive = true\n}\nx = \"a\"\n", "variable \"v\" {\n  default = *\"a\"\n"},
		{"default in a body without an end", "variable \"v\" {\n  sensitive = true\n  default = { a = \"XX\" }\n", "variable \"v\" {\n  sensitive = true\n  default = *\n"},
		{"defaults of two variables", "variable \"v\" {\n  sensitive = true\n  default = 12\n}\nvariable \"w\" {\n  default = 12\n  sensitive = false\n}\n", "variable \"v\" {\n  sensitive = true\n  default = *\n}\nvariable \"w\" {\n  default = 12\n  sensitive = false\n}\n"},
		{"value of an output", "output \"o\" {\n  sensitive = true\n  value = [\"XX\", bogus.x]\n}\n", "output \"o\" {\n  sensitive = true\n  value = *\n}\n"},
		{"sensitive()", `argv = ["echo", sensitive("XX"), bogus.x]`, `argv = ["echo", sensitive("*"), bogus.x]`},
		{"sensitive() of two", "a = tonumber(sensitive(\n  \"XX\",\n  {a = (1)}\n))", "a = tonumber(sensitive(*))"},
		{"sensitive() in a template", `a = "the ${sensitive("XX")} b"`, `a = "the ${sensitive("*")} b"`},
		{"sensitive() of a reference", `a = sensitive(var.x)`, `a = sensitive(var.x)`},
		{"condition of a secret", "variable \"v\" {\n  validation {\n    condition = var.v != \"XX\" && length(var.v) > 8 && 12 != var.v\n    error_message = \"a\"\n  }\n  sensitive = true\n}\n", "variable \"v\" {\n  validation {\n    condition = var.v != \"*\" && length(var.v) > 8 && * != var.v\n    error_message = \"a\"\n  }\n  sensitive = true\n}\n"},
		{"condition with a text first", "output \"v\" {\n  ephemeral = true\n  precondition {\n    condition = \"XX\" != \"${var.v}X\"\n  }\n}\n", "output \"v\" {\n  ephemeral = true\n  precondition {\n    condition = *\n  }\n}\n"},
		{"condition with a text in a text", "variable \"v\" {\n  sensitive = true\n  validation {\n    condition = contains([<<EOT\nXX\nEOT\n, \"${upper(\"XX\")}X\"], var.v)\n  }\n}\n", "variable \"v\" {\n  sensitive = true\n  validation {\n    condition = contains([<<EOT\n*EOT\n, \"*\"], var.v)\n  }\n}\n"},
		{"condition without an end", "variable \"v\" {\n  sensitive = true\n  validation {\n    condition = var.v != \"XX\n  }\n}\n", "variable \"v\" {\n  sensitive = true\n  validation {\n    condition = *\n  }\n}\n"},
		{"condition of what is no secret", "variable \"v\" {\n  validation {\n    condition = var.v != \"a\"\n  }\n}\nresource \"a\" \"b\" {\n  lifecycle {\n    precondition {\n      condition = var.w != \"a\"\n    }\n  }\n}\n", "variable \"v\" {\n  validation {\n    condition = var.v != \"a\"\n  }\n}\nresource \"a\" \"b\" {\n  lifecycle {\n    precondition {\n      condition = var.w != \"a\"\n    }\n  }\n}\n"},
		{"JSON of a condition", `{"variable": {"v": {"sensitive": true, "validation": {"condition": "${var.v != \"XX\"}", "error_message": "a"}}}}`, `{"variable": {"v": {"sensitive": true, "validation": {"condition": *`},
		{"JSON of a variable", `{"variable": {"v": {"default": "XX", "sensitive": true}, "w": {"default": "a"}}}`, `{"variable": {"v": {"default": "*", "sensitive": true}, "w": {"default": "a"}}}`},
		{"JSON", `{"a": {"password": "XX", "user": "u"}}`, `{"a": {"password": "*", "user": "u"}}`},
		{"JSON of another type", `{"password": ["XX"], "user": "u"}`, `{"password": *, "user": "u"}`},
		{"JSON with a reference", `{"password": "${var.p}"}`, `{"password": "${var.p}"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if shown := cover([]byte(tc.src), cfg.SecretSpans([]byte(tc.src))); strings.Contains(shown, "X") || shown != tc.shown {
				t.Errorf("the quoted text is %q, want %q", shown, tc.shown)
			}
		})
	}
}

// TestSecretLiterals: of what a source gives as a secret, each text and number is known by
// itself. What selects a secret, and a condition that one has to meet, gives none.
func TestSecretLiterals(t *testing.T) {
	secret := &kind.Kind{Args: kind.Schema{Attrs: []kind.Attr{{Name: "password", Secret: true}}}}
	for _, tc := range []struct{ src, want string }{
		{`password = "a b"`, "a b"},
		{"password = \"q\\\"n\\n\"", "q\"n\n"},
		{"password = 12", "12"},
		{`password = ["one", {x = "two"}]`, "one two"},
		{`password = "one${var.x}two${upper("three")}"`, "one two three"},
		{`password = (var.x == "s" ? "one" : [var.y, {a = "two", b = var.x}])`, "one two"},
		{`password = lookup(var.all, "production")`, ""},
		{`password = var.all["production"]`, ""},
		{`password = file("name")`, ""},
		{"password = <<EOT\none\nEOT\n", "one\n"},
		{`password = "one" "two"`, "one two"},
		{"password = \"one\nuser = \"", "one one\nuser ="},
		{`argv = [sensitive("one")]`, "one"},
		{`argv = [sensitive("one", var.x)]`, "one"},
		{"variable \"v\" {\n  default = [\"one\", 2]\n  sensitive = true\n}\n", "one 2"},
		{"variable \"v\" {\n  validation {\n    condition = var.v != \"s\"\n  }\n  sensitive = true\n}\n", ""},
		{`{"password": "one"}`, "one"},
		{"user = \"s\"", ""},
		{"password = " + strings.Repeat("(", 200000) + `"one"` + strings.Repeat(")", 200000), "one"},
		{"password = sensitive(" + strings.Repeat("1+", 200000) + `"one")`, "one"},
	} {
		cfg := &Config{catalogue: Catalogue{Contexts: map[string]*kind.Kind{"sudo": secret}}, Sources: map[string][]byte{"a.mito.hcl": []byte(tc.src), "data": []byte(`password = "data"`)}}
		if got := strings.Join(cfg.SecretLiterals(), " "); got != tc.want {
			t.Errorf("%.200s: %q, want %q", tc.src, got, tc.want)
		}
	}
}

// TestUnclosedQuotesAreReadOnce: of four times as many lines with an unclosed quote, four
// times as much is read.
func TestUnclosedQuotesAreReadOnce(t *testing.T) {
	var cfg Config
	taken := func(lines int) uint64 {
		src := []byte(strings.Repeat("path = \"a\n", lines))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		cfg.SecretSpans(src)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if few, many := taken(500), taken(2000); many > 6*few {
		t.Errorf("%d bytes of memory are taken for 500 lines, and %d for 2,000", few, many)
	}
}
