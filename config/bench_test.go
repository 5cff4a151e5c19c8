package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// thousand is a configuration of 1,000 blocks that refer to each other and to
// locals.
func thousand() map[string][]byte {
	var b strings.Builder
	b.WriteString("variable \"hosts\" {\n default = { a = \"1\" }\n}\nlocals {\n domain = \"example.com\"\n names = { for k, v in var.hosts : k => \"${v}.${local.domain}\" }\n}\n")
	b.WriteString("context \"ssh\" \"web\" {\n for_each = local.names\n host = each.value\n}\n")
	for i := range 998 {
		fmt.Fprintf(&b, "resource \"file\" \"f%d\" {\n on = context.ssh.web\n path = \"/etc/%d/${on.key}\"\n content = \"${local.domain} ${upper(on.distro)}\"\n owner = \"root\"\n mode = \"0644\"\n", i, i)
		if i > 0 {
			fmt.Fprintf(&b, " depends_on = [file.f%d]\n", i-1)
		}
		b.WriteString("}\n")
	}
	return map[string][]byte{"main.mito.hcl": []byte(b.String())}
}

// BenchmarkLoad reads, checks and evaluates 1,000 blocks.
func BenchmarkLoad(b *testing.B) {
	files, cat := thousand(), testCatalogue()
	b.ReportAllocs()
	for b.Loop() {
		if _, diags := LoadSources("x", files, cat); diags.HasErrors() {
			b.Fatal(diags)
		}
	}
}

// BenchmarkEval evaluates one instance of one block; a plan can have 100,000 of
// them. The size of the configuration must not matter.
func BenchmarkEval(b *testing.B) {
	for _, size := range []string{"small", "thousand"} {
		b.Run(size, func(b *testing.B) {
			files := thousand()
			if size == "small" {
				src, _, _ := strings.Cut(string(files["main.mito.hcl"]), "resource \"file\" \"f1\"")
				files["main.mito.hcl"] = []byte(src)
			}
			cfg, diags := LoadSources("x", files, testCatalogue())
			if diags.HasErrors() {
				b.Fatal(diags)
			}
			vars, _ := cfg.ResolveVariables(VariableInputs{})
			s, block := NewScope(cfg, vars), cfg.Block("file.f0")
			on := cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal("a"), "distro": cty.StringVal("debian")})
			b.ReportAllocs()
			for b.Loop() {
				child := s.Child()
				child.On = &on
				if _, diags := block.Eval(child); diags.HasErrors() {
					b.Fatal(diags)
				}
			}
		})
	}
}

// collections are types of variables with many elements, each beside the list that is
// read as it.
var collections = []struct{ ty, element, list string }{
	{"set(string)", `"xNUM"`, "list(string)"},
	{"set(number)", `"NUM"`, "list(number)"},
	{"set(object({ a = string, b = optional(number, 3), c = optional(list(string), []) }))", `{ a = "xNUM" }`, "list(object({ a = string, b = optional(number, 3), c = optional(list(string), []) }))"},
	{"set(object({ a = string, b = optional(set(number), [3]) }))", `{ a = "xNUM", b = ["NUM"] }`, "list(object({ a = string, b = optional(list(number), [3]) }))"},
	{"set(set(string))", `["xNUM", "y"]`, "list(list(string))"},
	{"set(map(number))", `{ a = "NUM" }`, "list(map(number))"},
	{"set(tuple([string, number]))", `["xNUM", NUM]`, "list(tuple([string, number]))"},
}

// valued is a configuration with a variable of a type, to which a file of values gives n
// elements.
func valued(tb testing.TB, ty, element string, n int) *Config {
	tb.Helper()
	text := "v = ["
	for i := range n {
		text += strings.ReplaceAll(element, "NUM", fmt.Sprint(i)) + ", "
	}
	dir := tb.TempDir()
	for name, content := range map[string]string{"main.mito.hcl": "variable \"v\" {\n  type = " + ty + "\n}\n", "mitoplan.mitovars.hcl": text + "]\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	cfg, diags := Load(dir, testCatalogue())
	if diags.HasErrors() {
		tb.Fatal(diags)
	}
	return cfg
}

// resolve reads the values, and looks for secrets in them as a plan does.
func resolve(tb testing.TB, cfg *Config) {
	vars, diags := cfg.ResolveVariables(VariableInputs{})
	if diags.HasErrors() || len(SecretTexts(vars["v"])) > 0 || IsSecret(vars["v"]) {
		tb.Fatal(vars["v"], diags)
	}
}

// Sets of whatever are read nearly as lists are: with at most twice the allocations. Looking
// at the elements of a set sorts them, and each comparison writes out two of them.
func TestSetsAreReadAsListsAre(t *testing.T) {
	for _, c := range collections {
		allocations := func(ty string) float64 {
			cfg := valued(t, ty, c.element, 300)
			return testing.AllocsPerRun(1, func() { resolve(t, cfg) })
		}
		if set, list := allocations(c.ty), allocations(c.list); set > 2*list {
			t.Errorf("%s: %v allocations, and %v for %s", c.ty, set, list, c.list)
		}
	}
}

// BenchmarkValues reads 10,000 elements from a file of values.
func BenchmarkValues(b *testing.B) {
	for _, c := range collections {
		for _, ty := range []string{c.list, c.ty} {
			b.Run(ty, func(b *testing.B) {
				cfg := valued(b, ty, c.element, 10_000)
				b.ReportAllocs()
				for b.Loop() {
					resolve(b, cfg)
				}
			})
		}
	}
}
