package config

import (
	"fmt"
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
