package config

import (
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Arguments answer for what differs between instances and for what is constant. Of an
// instance that was not evaluated they have nothing.
func TestArguments(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": `
variable "word" {
  sensitive = true
}
context "ssh" "h" {
  for_each = toset(["a"])
  host     = each.key
}
resource "file" "x" {
  on      = context.ssh.h
  path    = "/etc/x"
  content = "${var.word} ${timestamp()}"
  mode    = "0600"
}`})
	s := NewScope(cfg, map[string]cty.Value{"word": cty.StringVal("hush").Mark(Sensitive)})
	args, diags := cfg.Block("file.x").Eval(s.Child())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for name, want := range map[string]cty.Value{
		"path": cty.StringVal("/etc/x"), "mode": cty.StringVal("0600"), "source": cty.NullVal(cty.String), "nonsense": cty.NilVal,
	} {
		if got := args.Get(name); got != want {
			t.Errorf("%s is %#v, want %#v", name, got, want)
		}
		if got := (Arguments{}).Get(name); got != cty.NilVal {
			t.Errorf("%s is %#v before it was evaluated", name, got)
		}
	}
	if got := args.Volatile(); !slices.Equal(got, []string{"content"}) {
		t.Errorf("new at every apply are %q", got)
	}
	wire, unknown, sensitive, err := args.ToWire()
	if err != nil || len(wire) != 2 || !slices.Equal(unknown, []string{"content"}) || !slices.Equal(sensitive, unknown) {
		t.Errorf("sent are %v; unknown %q, sensitive %q: %v", wire, unknown, sensitive, err)
	}
	if wire, unknown, sensitive, err := (Arguments{}).ToWire(); err != nil || len(wire)+len(unknown)+len(sensitive) != 0 {
		t.Errorf("sent are %v; unknown %q, sensitive %q before anything was evaluated: %v", wire, unknown, sensitive, err)
	}
}

// The secrets of arguments are found wherever in them they are, also in what is the
// same for all instances.
func TestSecretTextsOfArguments(t *testing.T) {
	secret := cty.StringVal("hush").Mark(Sensitive)
	type args struct {
		Plain string            `cbor:"plain"`
		Texts map[string]string `cbor:"texts"`
	}
	schema := kind.SchemaOf(args{})
	deep := argumentsOf(schema, map[string]cty.Value{"texts": cty.MapVal(map[string]cty.Value{"k": secret})})
	plain := argumentsOf(schema, map[string]cty.Value{"plain": cty.StringVal("loud")})
	constant := Arguments{block: &Block{args: []argument{{schema: &schema.Attrs[0], constant: secret}}}, marked: true}
	for name, c := range map[string]struct {
		args Arguments
		want []string
	}{"a part": {deep, []string{"hush"}}, "none": {plain, nil}, "a constant": {constant, []string{"hush"}}, "not evaluated": {Arguments{}, nil}} {
		if got := c.args.SecretTexts(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	cfg := load(t, map[string]string{"main.mito.hcl": `
context "sudo" "h" { password = "hush" }
`})
	written, _ := cfg.Block("context.sudo.h").Eval(NewScope(cfg, nil))
	if got := written.SecretTexts(); !slices.Equal(got, []string{"hush"}) {
		t.Errorf("of a secret that is written out: %q", got)
	}
}
