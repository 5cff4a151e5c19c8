package config_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// realCatalogue is made once: it is the same for all tests, and none changes it.
var realCatalogue = sync.OnceValue(controller.Catalogue)

const secretVariables = `
variable "s" {
  type      = string
  sensitive = true
}
variable "e" {
  type      = string
  ephemeral = true
}
context "local" "here" {}
`

// loadWith loads a block beside two variables: var.s is sensitive and var.e is
// ephemeral. They have no values, so that whatever is refused is refused by
// validate, too.
func loadWith(block string) hcl.Diagnostics {
	_, diags := config.LoadSources("x", map[string][]byte{"main.mito.hcl": []byte(secretVariables + block)}, realCatalogue())
	return diags
}

// An argument that says which thing a block is about, or where a context is, may
// not be made of a secret. The problem is on its line.
func TestSecretInName(t *testing.T) {
	cat := realCatalogue()
	var seen []string
	for role, kinds := range map[config.BlockType]map[string]*kind.Kind{config.ContextBlock: cat.Contexts, config.ResourceBlock: cat.Resources, config.CallBlock: cat.Functions} {
		for _, k := range kinds {
			for _, a := range k.Args.Attrs {
				if a.Claims == "" && a.Edits == "" && !a.Public {
					continue
				}
				seen = append(seen, fmt.Sprintf("%s %s %s", role, k.Name, a.Name))
				for word, hint := range map[string]string{"var.s": "nonsensitive()", "var.e": "not ephemeral"} {
					switch a.Type.Base {
					case kind.List:
						word = "[" + word + "]"
					case kind.Map:
						word = "{ k = " + word + " }"
					}
					refused(t, block(role, k, a.Name, word), "Secret in a name", hint)
				}
				if a.Type.Base == kind.String {
					accepted(t, block(role, k, a.Name, "nonsensitive(var.s)"))
				}
			}
		}
	}
	for _, want := range []string{"resource file path", "resource line path", "resource directory path", "resource user name",
		"context local name", "context ssh name", "context sudo name", "context ssh host", "context ssh port", "context ssh user", "context sudo user",
		"context ssh identity_file", "context ssh known_hosts", "context ssh ssh_config", "context local agent_dirs", "context sudo agent_path", "context sudo path"} {
		if !slices.Contains(seen, want) {
			t.Errorf("%s may be made of a secret", want)
		}
	}
}

// block writes a block of a kind. One argument is made of a word, and the other
// arguments that it needs are there.
func block(role config.BlockType, k *kind.Kind, name, word string) string {
	value := word
	if a, _ := k.Args.Attr(name); a.Type.Base == kind.String {
		value = fmt.Sprintf("\"/x-${%s}\"", word)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q \"x\" {\n", role, k.Name)
	if role != config.ContextBlock {
		b.WriteString("  on = context.local.here\n")
	}
	for _, a := range k.Args.Attrs {
		switch {
		case a.Name == name:
			fmt.Fprintf(&b, "  %s = %s # here\n", name, value)
		case a.Required && len(a.OneOf) > 0:
			fmt.Fprintf(&b, "  %s = %q\n", a.Name, a.OneOf[0])
		case a.Required:
			fmt.Fprintf(&b, "  %s = %s\n", a.Name, map[kind.Base]string{kind.List: `["/x"]`, kind.Number: "1", kind.String: `"/x"`}[a.Type.Base])
		}
	}
	return b.String() + "}\n"
}

// refused wants one error, on the line that ends in "# here".
func refused(t *testing.T, src, summary, hint string) {
	t.Helper()
	diags := loadWith(src)
	if len(diags) != 1 || diags[0].Summary != summary || !strings.Contains(diags[0].Detail, hint) {
		t.Errorf("%s\ngot %v\nwant one %s with %q", src, diags, summary, hint)
		return
	}
	lines := strings.Split(secretVariables+src, "\n")
	if line := lines[diags[0].Subject.Start.Line-1]; !strings.HasSuffix(line, "# here") {
		t.Errorf("%s\nthe error is on the line %q", src, line)
	}
}

func accepted(t *testing.T, src string) {
	t.Helper()
	for _, d := range loadWith(src) {
		if strings.Contains(d.Summary, "Secret") || strings.Contains(d.Detail, "sensitive") {
			t.Errorf("%s\n%s: %s", src, d.Summary, d.Detail)
		}
	}
}

// A meta-argument that decides about addresses, instances or time may not be made
// of a secret. The problem is on its line.
func TestSecretInAddress(t *testing.T) {
	for _, tt := range []struct{ arg, summary string }{
		{`for_each = toset([%s])`, "Invalid for_each value"},
		{`for_each = { for k in [%s] : k => 1 }`, "Invalid for_each value"}, {`for_each = { for k in ["a"] : k => 1 if k != %s }`, "Invalid for_each value"},
		{`count = length(%s)`, "Invalid count value"}, {`enabled = %s == "x"`, "Invalid enabled value"}, {`timeout = %s`, "Invalid timeout value"},
		{`timeout = "${%s}s"`, "Invalid timeout value"}, {`enabled = can(tobool(%s))`, "Invalid enabled value"},
	} {
		for word, hint := range map[string]string{"var.s": "nonsensitive()", "var.e": "not ephemeral"} {
			src := "resource \"file\" \"x\" {\n  on = context.local.here\n  path = \"/x\"\n  " + fmt.Sprintf(tt.arg, word) + " # here\n}\n"
			refused(t, src, tt.summary, hint)
		}
	}
	accepted(t, "resource \"file\" \"x\" {\n  on = context.local.here\n  path = \"/x\"\n  for_each = toset([nonsensitive(var.s)])\n}\n")
}

// A secret is accepted if it neither names a thing nor says where it is.
func TestSecretInContent(t *testing.T) {
	accepted(t, `
resource "file" "x" {
  on      = context.local.here
  path    = "/x"
  content = "${var.s} ${var.e}"
}
call "command" "x" {
  on       = context.local.here
  argv     = ["echo", var.s, var.e]
  triggers = { s = var.s }
}
context "sudo" "x" {
  via      = context.local.here
  password = var.e
  env      = { PW = var.s }
}
`)
}
