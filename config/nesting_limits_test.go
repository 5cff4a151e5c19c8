package config

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// TestNesting: sources that are nested so deeply that the parser would overflow the
// stack are refused before they are parsed.
func TestNesting(t *testing.T) {
	n := 5_000
	for name, src := range map[string]string{
		"parentheses": "locals {\n a = " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) + "\n}",
		"brackets":    "locals {\n a = " + strings.Repeat("[", n),
		"braces":      "locals {\n a = " + strings.Repeat("{a=", n),
		"blocks":      strings.Repeat("a {\n", n),
		"templates":   "locals {\n a = " + strings.Repeat("\"${", n),
		"directives":  "locals {\n a = \"" + strings.Repeat("%{ if true }", n) + "\"\n}",
		"sum":         "locals {\n a = 1" + strings.Repeat("+1", n) + "\n}",
		"long sum":    "locals {\n a = (1" + strings.Repeat("\n+1", n) + ")\n}",
		"for":         "locals {\n a = {for k in x : k => 1" + strings.Repeat("\n+1", n) + "}\n}",
		"not":         "locals {\n a = " + strings.Repeat("!", n) + "true\n}",
		"minus":       "locals {\n a = " + strings.Repeat("-", n) + "1\n}",
		"condition":   "locals {\n a = " + strings.Repeat("true ? 1 : ", n) + "1\n}",
		"index":       "locals {\n a = local.b" + strings.Repeat("[local.b]", n) + "\n}",
		"splat":       "locals {\n a = local.b" + strings.Repeat("[*]", n) + "\n}",
		"calls":       "locals {\n a = " + strings.Repeat("f(", n),
		"size":        "# " + strings.Repeat("x", maxSourceSize),
	} {
		_, diags := LoadSources("x", map[string][]byte{"main.mito.hcl": []byte(src)}, testCatalogue())
		if !diags.HasErrors() || !strings.Contains(diags.Error(), "deep") && !strings.Contains(diags.Error(), "too l") {
			t.Errorf("%s: got %.300v", name, diags)
		}
	}
	for name, src := range map[string]string{
		"arrays":     strings.Repeat("[", n),
		"objects":    strings.Repeat(`{"a":`, n),
		"template":   `{"locals": {"a": "` + strings.Repeat("${(", n) + `"}}`,
		"type":       `{"variable": {"a": {"type": "` + strings.Repeat("list(", n) + `"}}}`,
		"escaped":    `{"locals": {"a": "` + strings.Repeat(`\u0024{(`, n) + `"}}`,
		"depends_on": `{"output": {"a": {"value": 1, "depends_on": ["` + strings.Repeat("a[", n) + `"]}}}`,
	} {
		_, diags := LoadSources("x", map[string][]byte{"main.mito.json": []byte(src)}, testCatalogue())
		if !diags.HasErrors() || !strings.Contains(diags.Error(), "deep") {
			t.Errorf("%s: got %.300v", name, diags)
		}
	}
}

// TestNestingAllows: long files of an ordinary shape are accepted.
func TestNestingAllows(t *testing.T) {
	var b strings.Builder
	b.WriteString("locals {\n")
	b.WriteString(" list = [\n" + strings.Repeat("  1 + 1,\n", 2000) + " ]\n")
	b.WriteString(" map = {\n")
	for i := range 2000 {
		b.WriteString("  \"k" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + "\" = \"${1}-${2}\"\n")
	}
	b.WriteString(" }\n text = <<-EOT\n" + strings.Repeat("  case (((( %{ if true }x%{ endif } ${1}\n", 2000) + "  EOT\n}\n")
	_, diags := LoadSources("x", map[string][]byte{"main.mito.hcl": []byte(b.String())}, testCatalogue())
	if diags.HasErrors() {
		t.Errorf("an ordinary file was refused: %.500v", diags)
	}
}

// FuzzLoad: whatever is in a file, loading and evaluating it ends without a panic, and
// each diagnostic has a place. It runs fewer than 10,000 times a second: each run loads and
// evaluates a whole configuration, and the fuzzer looks through the counters of all that
// is linked, also of HCL.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		scoped, "", "locals {", "a = 1", `resource "file" "x" { on = context.local.here`, `variable "a" { type = list(`, "output \"x\" { value = each.key[0] }",
		`context "local" "x" { for_each = toset(["a"]) via = each.value }`, "locals { a = all(file.b)\n b = convert(1, object({a=number})) }",
		`call "command" "x" { depends_on = [all(), "x", file["a"]] }`, "locals { a = [for x in var.y : x if x][0].*.b }",
	} {
		f.Add([]byte(seed), false)
	}
	f.Add([]byte(`{"resource": {"file": {"a": {"on": "${context.local.here}", "path": 5}}}}`), true)
	f.Add([]byte(`{"locals": [{"a": "${local.b}"}, {"b": {"${1}": null}}]}`), true)
	f.Fuzz(func(t *testing.T, src []byte, json bool) {
		name := "main.mito.hcl"
		if json {
			name = "main.mito.json"
		}
		cfg, diags := LoadSources("x", map[string][]byte{name: src}, testCatalogue())
		for _, d := range diags {
			if d.Subject == nil || d.Summary == "" {
				t.Fatalf("a diagnostic has no place or no summary: %#v", d)
			}
		}
		if diags.HasErrors() {
			return
		}
		vars, _ := cfg.ResolveVariables(VariableInputs{})
		s := NewScope(cfg, vars)
		for _, o := range cfg.Outputs {
			_, _ = o.Eval(s)
		}
		for _, bs := range [][]*Block{cfg.Contexts, cfg.Resources, cfg.Calls} {
			for _, b := range bs {
				args, _ := b.Eval(s.Child())
				for _, a := range b.Def.Args.Attrs {
					if v := args.Get(a.Name); v == cty.NilVal && !a.Computed {
						t.Fatalf("%s of %s has no value", a.Name, b.Address())
					}
				}
				_, _, _, _ = args.ToWire()
			}
		}
	})
}
