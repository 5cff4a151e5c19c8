package config

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

const scoped = `
variable "secret" {
  sensitive = true
  default   = "hunter2"
}
locals {
  first  = call.command.a.stdout
  second = "<${local.first}>"
  other  = upper("x")
}
context "local" "here" {}
call "command" "a" {
  on   = context.local.here
  argv = ["a"]
}
resource "file" "b" {
  for_each = { x = 1, y = 2 }
  on       = context.local.here
  path     = "/${on.os}/${each.key}"
  content  = "${local.second}${var.secret}"
  owner    = local.other
}
resource "file" "c" {
  count = 2
  on    = context.local.here
  path  = "/c${count.index}"
  mode  = file.b["x"].mode
  depends_on = [file.b["x"], all(file.b)]
  lifecycle {
    postcondition {
      condition     = self.mode == "0644"
      error_message = "The mode is ${self.mode}."
    }
  }
}
`

// TestScope: what is not set is unknown, locals follow what is set, and each
// instance has its own values of each and count.
func TestScope(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": scoped})
	vars, _ := cfg.ResolveVariables(VariableInputs{})
	s := NewScope(cfg, vars)
	b := cfg.Block("file.b")
	on := cty.ObjectVal(map[string]cty.Value{"os": cty.StringVal("linux"), "key": cty.NullVal(cty.String)})
	child := s.Child()
	child.On = &on
	child.Each = &Each{Key: cty.StringVal("x"), Value: cty.NumberIntVal(1)}
	eval := func() Arguments {
		v, diags := b.Eval(child)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		return v
	}
	v := eval()
	for _, a := range b.Def.Args.Attrs {
		if got := v.Get(a.Name); !a.Computed && !got.Type().Equals(CtyType(a.Type)) {
			t.Errorf("%s is of type %#v", a.Name, got.Type())
		}
	}
	if got := v.Get("path"); got.AsString() != "/linux/x" {
		t.Errorf("path is %#v", got)
	}
	if got := v.Get("content"); got.IsKnown() || !got.HasMark(Sensitive) {
		t.Errorf("content is %#v before the call", got)
	}
	if got := v.Get("source"); !got.IsNull() {
		t.Errorf("source is %#v", got)
	}
	for _, stdout := range []string{"one", "two"} {
		s.Set("call.command.a", cty.ObjectVal(map[string]cty.Value{"stdout": cty.StringVal(stdout)}))
		got := eval().Get("content")
		if got, _ := got.Unmark(); got.AsString() != "<"+stdout+">hunter2" {
			t.Errorf("content is %#v after the call said %s", got, stdout)
		}
	}
	s.Set("local.first", cty.StringVal("given"))
	if got, _ := eval().Get("content").Unmark(); got.AsString() != "<given>hunter2" {
		t.Errorf("content is %#v after a local was set", got)
	}
}

// TestInstances: keys are sorted, and what is not known yet is reported as unknown.
func TestInstances(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": scoped})
	s := NewScope(cfg, nil)
	each, known, diags := cfg.Block("file.b").EvalForEach(s)
	if diags.HasErrors() || !known || len(each) != 2 || each[0].Key.AsString() != "x" || each[1].Key.AsString() != "y" {
		t.Errorf("got %v %v %v", each, known, diags)
	}
	if n, known, diags := cfg.Block("file.c").EvalCount(s); n != 2 || !known || diags.HasErrors() {
		t.Errorf("got %v %v %v", n, known, diags)
	}
	if ok, known, diags := cfg.Block("file.c").EvalEnabled(s); !ok || !known || diags.HasErrors() {
		t.Errorf("got %v %v %v", ok, known, diags)
	}
}

// TestReferences: the references of a block are things, with their keys or all().
// The block's own words, such as each and on, are none.
func TestReferences(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": scoped})
	var got []string
	for _, r := range cfg.Block("file.c").References() {
		text := r.Address
		if r.Key != cty.NilVal {
			text += keyText(r.Key)
		}
		if r.All {
			text = "all(" + text + ")"
		}
		got = append(got, text)
	}
	if want := `context.local.here file.b["x"] all(file.b) file.b["x"]`; strings.Join(sorted(got), " ") != strings.Join(sorted(strings.Split(want, " ")), " ") {
		t.Errorf("got %v, want %s", got, want)
	}
}

func sorted(s []string) []string {
	m := map[string]int{}
	for _, x := range s {
		m[x]++
	}
	return sortedNames(m)
}

// TestPostcondition: a condition that is not known yet does not fail.
func TestPostcondition(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": scoped})
	s := NewScope(cfg, nil).Child()
	cond := cfg.Block("file.c").Lifecycle.Postconditions[0]
	for _, tt := range []struct {
		mode  cty.Value
		known bool
		want  string
	}{
		{cty.StringVal("0644"), true, ""},
		{cty.UnknownVal(cty.String), false, ""},
		{cty.StringVal("0600"), true, "The mode is 0600."},
	} {
		self := cty.ObjectVal(map[string]cty.Value{"mode": tt.mode})
		s.Self = &self
		known, diags := cond.Check(s, "Postcondition failed")
		if known != tt.known || diags.HasErrors() != (tt.want != "") || tt.want != "" && (diags[0].Detail != tt.want || diags[0].Summary != "Postcondition failed") {
			t.Errorf("%#v: known is %v, and the problems are %v", tt.mode, known, diags)
		}
	}
}

// TestEvalExpr: a value is converted to the type, or the message says which part
// does not fit.
func TestEvalExpr(t *testing.T) {
	s := scopeFor(t)
	v, diags := EvalExpr(parse(t, `["1", 2]`), s, cty.List(cty.Number))
	if diags.HasErrors() || show(v) != "[1,2]" {
		t.Errorf("got %#v %v", v, diags)
	}
	_, diags = EvalExpr(parse(t, `{ a = [1, {}] }`), s, cty.Map(cty.List(cty.Number)))
	if !diags.HasErrors() || !strings.Contains(diags[0].Detail, `["a"][1]: a number is required, and this is an empty object`) || diags[0].Subject.Start.Column != 11 {
		t.Errorf("got %v, want that [\"a\"][1] is no number", diags)
	}
}
