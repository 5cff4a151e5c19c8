package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// FuzzVariables: whatever is given for the variables, on the command line, in the
// environment or in a file, each has a value of its type in the end, or there is an error.
// It runs fewer than 10,000 times a second: each run parses a file and evaluates each
// variable, and the fuzzer looks through the counters of all that is linked, also of HCL.
func FuzzVariables(f *testing.F) {
	cfg, diags := LoadSources("x", map[string][]byte{"main.mito.hcl": []byte(`
variable "text" {
  type = string
}
variable "number" {
  type = number
}
variable "list" {
  type = list(string)
}
variable "object" {
  type = object({ a = number, b = optional(bool) })
}
`)}, testCatalogue())
	if diags.HasErrors() {
		f.Fatal(diags)
	}
	for _, seed := range [][2]string{{"a", "1"}, {"[\"a\"]", "{a = 1}"}, {"{\"a\": \"${1}\"}", "1e999999"}, {"${var.x}", "%{ if true }"}, {"[for x in [1] : x]", "{"}, {"\xff", "-1"}} {
		f.Add(seed[0], seed[1])
	}
	hcl, json := filepath.Join(f.TempDir(), "x.mitovars.hcl"), filepath.Join(f.TempDir(), "x.mitovars.json")
	f.Add("text = \"a\"\nnumber = 1\nlist = []\nobject = { a = 1 }", `{"text": "a", "number": 1, "list": ["b"], "object": {"a": 2}}`)
	f.Fuzz(func(t *testing.T, argument, environ string) {
		if err := errors.Join(os.WriteFile(hcl, []byte(argument), 0o600), os.WriteFile(json, []byte(environ), 0o600)); err != nil {
			t.Fatal(err)
		}
		var args []VariableArg
		in := VariableInputs{}
		for _, v := range cfg.Variables {
			args = append(args, VariableArg{Var: v.Name + "=" + argument})
			in.Environ = append(in.Environ, "MITOPLAN_VAR_"+v.Name+"="+environ)
		}
		for _, in.Args = range [][]VariableArg{args, nil, {{File: hcl}}, {{File: json}}} {
			vars, diags := cfg.ResolveVariables(in)
			if diags.HasErrors() {
				continue
			}
			for _, v := range cfg.Variables {
				if got, ok := vars[v.Name]; !ok || got == cty.NilVal || !got.IsWhollyKnown() {
					t.Errorf("%s has the value %#v, want one that is known", v.Name, got)
				}
			}
		}
	})
}
