package config

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// The evaluator's own messages about an expression show no secret either. Each row
// leads to one of these messages.
func TestEvaluatorKeepsSecrets(t *testing.T) {
	for _, m := range []Mark{Sensitive, Ephemeral} {
		s := secretScope(t, m)
		for _, src := range []string{
			`var.list[var.s]`, `var.list[99]`, `var.map["x"]`, `{ a = 1 }[var.s]`, `["a"][var.s]`, `jsondecode(var.doc).nothing`,
			`var.plain.pw.x`, `var.plain.nothing`, `var.s.x`, `var.map.x.y`, `[for k in var.list : k.x]`,
			`[for k, v in var.map : var.list[k]]`, `{ for k in concat(var.list, var.list) : k => 1 }`, `{ for k in ["a", "a"] : var.s => 1 }`,
			`{ for k in concat(var.list, var.list) : "x${k}" => 1 }`, `[for k in var.list : k if k]`, `[for x in var.s : x]`, `{ for k in [1] : var.list => 1 }`,
			`{ for k, v in var.map : k => tobool(v) }`, `[for k, v in var.map : [for x in ["a"] : tobool(k)]]`, `[for l in [var.list] : [for x in l : tobool(x)]]`,
			`[for k in keys(var.map) : file(k)]`, `[for o in [var.plain] : tobool(o.pw)]`, `[for o in [var.plain] : o.nothing]`,
			`var.list[*].x`, `var.list[*][var.s]`, `jsondecode("[${var.doc}]")[*][file("x")]`,
			`"a${var.list}"`, `"a${var.map}"`, `"%{ for k in var.list }${tobool(k)}%{ endfor }"`, `"%{ if var.s }x%{ endif }"`,
			`var.s ? 1 : 2`, `true ? jsondecode(var.doc) : []`, `true ? jsondecode(var.doc) : { other = [] }`, `var.n == "x" ? var.list : var.map`,
			`var.s + 1`, `-var.s`, `!var.s`, `var.s && true`, `var.list < 1`,
			`{ (var.list) = 1 }`, `{ (null) = var.s }`, `{ (var.s) = tobool(var.s) }`,
			`upper(var.list...)`, `abs(var.list...)`, `abs([for x in var.list : x]...)`, `upper(var.list)`, `upper(var.s...)`,
			`convert(var.list, map(string))`, `nonsensitive(var.plain).nothing`, `tobool(nonsensitive(var.plain).pw)`, `tobool(lookup(var.map, sensitive("x"), var.s))`,
		} {
			for form, expr := range map[string]hcl.Expression{"native": parse(t, src), "json": parseJSON(t, src)} {
				_, diags := s.eval(expr)
				if !diags.HasErrors() {
					t.Errorf("%s %s: no error", form, src)
				}
				for _, d := range diags {
					noSecretIn(t, form+" "+src, d)
				}
			}
		}
	}
}

// If a secret selects an element, the element is secret.
func TestKeysHandOnMarks(t *testing.T) {
	s := secretScope(t, Sensitive)
	for src, marked := range map[string]bool{
		`{ hunter2-is-secret = 1 }[var.s]`: true, `[for k in var.list : { hunter2-is-secret = 1, hunter2-is-secret2 = 2 }[k]]`: true,
		`[for k in ["hunter2-is-secret"] : { hunter2-is-secret = 1 }[k == "x" ? "x" : var.s]]`: true,
		`{ a = 1 }["a"]`: false, `[for k in ["a"] : { a = 1 }[k]]`: false, `var.plain["name"]`: false,
		`{ hunter2-is-secret = 1 }[nonsensitive(var.s)]`: false,
	} {
		for form, expr := range map[string]hcl.Expression{"native": parse(t, src), "json": parseJSON(t, src)} {
			if v, diags := s.eval(expr); diags.HasErrors() || v.ContainsMarked() != marked {
				t.Errorf("%s %s: %#v %v, want marked %v", form, src, v, diags, marked)
			}
		}
	}
}

// A problem that has nothing to do with a secret is told in full, even if another
// part of the expression is secret.
func TestReasonsStay(t *testing.T) {
	s := secretScope(t, Sensitive)
	for src, want := range map[string]string{
		`[var.s, tobool("yess")]`:                      `"yess"`,
		`"${var.s}${file("missing")}"`:                 "missing",
		`var.plain.nothing`:                            `has no "nothing"`,
		`[for k in ["yess"] : tobool(k) if var.n > 0]`: "",
		`tobool(nonsensitive(var.s))`:                  testSecret,
		`[for k in nonsensitive(var.list) : file(k)]`:  testSecret,
		`[for k in ["yess"] : tobool(k)]`:              `"yess"`,
		`convert("x", number)`:                         "number",
		`["yess"][*].x`:                                "primitive",
	} {
		_, diags := s.eval(parse(t, src))
		if want != "" && !strings.Contains(diags.Error(), want) {
			t.Errorf("%s: %s, want %q", src, diags.Error(), want)
		}
	}
}

const secretArguments = `
variable "s" {
  sensitive = true
}
variable "doc" {
  type      = map(string)
  sensitive = true
}
variable "eph" {
  type      = string
  ephemeral = true
}
context "local" "here" {}
`

// A message about an argument with a wrong value shows no secret.
func TestArgumentsKeepSecrets(t *testing.T) {
	vars := map[string]cty.Value{
		"s":   cty.StringVal(testSecret).Mark(Sensitive),
		"doc": cty.MapVal(map[string]cty.Value{testSecret: cty.StringVal(testSecret)}).Mark(Sensitive),
		"eph": cty.StringVal(testSecret).Mark(Ephemeral),
	}
	for _, tt := range []struct{ block, summary string }{
		{`resource "file" "x" {
			on = context.local.here
			path = "/x"
			state = var.s
		}`, "Invalid value"},
		{`resource "file" "x" {
			on = context.local.here
			path = "/x"
			backup = var.s
		}`, "Wrong type of value"},
		{`resource "file" "x" {
			on = context.local.here
			path = "/x"
			content_base64 = var.s
		}`, "Wrong type of value"},
		{`resource "file" "x" {
			on = context.local.here
			path = "/x"
			validate = [for k, v in var.doc : { (k) = [] }]
		}`, "Wrong type of value"},
		{`resource "file" "x" {
			on = context.local.here
			path = "/x"
			content = file("/run/${var.eph}")
		}`, "Invalid function argument"},
		{`context "local" "x" { env = { for k, v in var.doc : k => null } }`, "Wrong type of value"},
		{`context "local" "x" { env = { for k, v in var.doc : k => [] } }`, "Wrong type of value"},
		{`resource "file" "x" {
			on = context.local.here
			path = "/x"
			lifecycle {
				precondition {
					condition = [for k, v in var.doc : tobool(k)] == []
					error_message = "x"
				}
			}
		}`, "Invalid function argument"},
		{`resource "file" "x" {
			on = context.local.here
			path = "/x"
			lifecycle {
				precondition {
					condition = var.s == "x"
					error_message = "it is ${var.s}"
				}
			}
		}`, "Precondition failed"},
		{`resource "file" "x" {
			on = context.local.here
			path = "/x"
			lifecycle {
				precondition {
					condition = var.eph == "x"
					error_message = "it is ${var.eph}"
				}
			}
		}`, "Precondition failed"},
	} {
		cfg, diags := LoadSources("x", map[string][]byte{"main.mito.hcl": []byte(secretArguments + tt.block)}, testCatalogue())
		if diags.HasErrors() {
			t.Errorf("%s: %s", tt.block, diags)
			continue
		}
		s := NewScope(cfg, vars)
		diags = nil
		for _, b := range append(cfg.Contexts, cfg.Resources...) {
			_, more := b.Eval(s.Child())
			diags = append(diags, more...)
			for _, c := range b.Lifecycle.Preconditions {
				_, more := c.Check(s, "Precondition failed")
				diags = append(diags, more...)
			}
		}
		if len(diags) == 0 || diags[0].Summary != tt.summary {
			t.Errorf("%s: %v, want %s", tt.block, diags, tt.summary)
		}
		for _, d := range diags {
			noSecretIn(t, tt.block, d)
		}
	}
}

// If the value of a variable does not fit, the message quotes neither the value nor
// the file that it is in.
func TestValuesKeepSecrets(t *testing.T) {
	for name, file := range map[string]string{
		"type": `doc = { hunter2-is-secret = [] }`, "syntax": `s = "hunter2-is-secret`, "name": `ss = "hunter2-is-secret"`,
		"validation": `s = "hunter2-is-secret"`,
	} {
		cfg := load(t, map[string]string{"main.mito.hcl": secretArguments + `
			variable "checked" {
				default = 1
				validation {
					condition     = tobool(var.s)
					error_message = "no ${var.s}"
				}
			}`, "mitoplan.mitovars.hcl": file})
		_, diags := cfg.ResolveVariables(VariableInputs{Environ: []string{"MITOPLAN_VAR_eph=x", "MITOPLAN_VAR_doc={}"}})
		if len(diags) == 0 {
			t.Errorf("%s: got no problem", name)
		}
		for _, d := range diags {
			noSecretIn(t, name, d)
		}
		if cfg.Files["mitoplan.mitovars.hcl"] != nil {
			t.Errorf("%s: the source of the file of values is kept, so that it would be quoted", name)
		}
	}
}

// An option without a name may be the value itself, so that it is not quoted.
func TestOptionWithoutNameIsNotQuoted(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": secretArguments})
	for _, arg := range []string{testSecret, "s:" + testSecret} {
		_, diags := cfg.ResolveVariables(VariableInputs{Args: []VariableArg{{Var: arg}}})
		for _, d := range diags {
			noSecretIn(t, arg, d)
		}
	}
}

// If no variable is secret, a message quotes the file of values.
func TestValuesQuoted(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": `variable "v" { type = number }`, "mitoplan.mitovars.hcl": `v = "x"`})
	if _, diags := cfg.ResolveVariables(VariableInputs{}); !diags.HasErrors() || cfg.Files["mitoplan.mitovars.hcl"] == nil {
		t.Errorf("got %v, and that the file can be quoted is %v", diags, cfg.Files["mitoplan.mitovars.hcl"] != nil)
	}
}
