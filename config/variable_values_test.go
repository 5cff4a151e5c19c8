package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// write makes a directory with these files.
func write(t testing.TB, files map[string]string) string {
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t testing.TB, files map[string]string) *Config {
	t.Helper()
	cfg, diags := Load(write(t, files), testCatalogue())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return cfg
}

// TestPrecedence: each source of values overrides those before it.
func TestPrecedence(t *testing.T) {
	files := map[string]string{
		"main.mito.hcl":          `variable "v" { default = "default" }`,
		"mitoplan.mitovars.hcl":  `v = "mitovars"`,
		"mitoplan.mitovars.json": `{"v": "mitovars.json"}`,
		"a.auto.mitovars.json":   `{"v": "a.auto"}`,
		"b.auto.mitovars.hcl":    `v = "b.auto"`,
		"other.hcl":              `v = "file"`,
	}
	cfg := load(t, files)
	environ := []string{"MITOPLAN_VAR_v=env", "MITOPLAN_VAR_unknown=x", "OTHER=1"}
	file := VariableArg{File: filepath.Join(cfg.Dir, "other.hcl")}
	flag := VariableArg{Var: "v=flag"}
	steps := []struct {
		remove string
		args   []VariableArg
		want   string
	}{
		{"", []VariableArg{file, flag}, "flag"},
		{"", []VariableArg{flag, file}, "file"},
		{"", nil, "b.auto"},
		{"b.auto.mitovars.hcl", nil, "a.auto"},
		{"a.auto.mitovars.json", nil, "mitovars.json"},
		{"mitoplan.mitovars.json", nil, "mitovars"},
		{"mitoplan.mitovars.hcl", nil, "env"},
	}
	for _, step := range steps {
		if step.remove != "" {
			if err := os.Remove(filepath.Join(cfg.Dir, step.remove)); err != nil {
				t.Fatal(err)
			}
		}
		vars, diags := cfg.ResolveVariables(VariableInputs{Environ: environ, Args: step.args})
		if diags.HasErrors() || vars["v"].AsString() != step.want {
			t.Errorf("without %q: got %#v, want %s (%v)", step.remove, vars["v"], step.want, diags)
		}
	}
	vars, _ := cfg.ResolveVariables(VariableInputs{})
	if vars["v"].AsString() != "default" {
		t.Errorf("got %#v, want the default", vars["v"])
	}
	for name := range cfg.Sources {
		if strings.Contains(name, "mitovars") || strings.Contains(name, "other") {
			t.Errorf("%s, a file of values, is among the sources", name)
		}
	}
}

// TestTextToValue: a text becomes a value of the variable's type. Without a type it
// stays text.
func TestTextToValue(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": `
		variable "none" {}
		variable "any" { type = any }
		variable "string" { type = string }
		variable "number" { type = number }
		variable "bool" { type = bool }
		variable "list" { type = list(string) }
		variable "object" { type = object({ a = string, b = optional(number, 5) }) }
	`})
	vars, diags := cfg.ResolveVariables(VariableInputs{Args: []VariableArg{
		{Var: "none=[1]"}, {Var: "any=[1]"}, {Var: "string=a=b"}, {Var: "number=12"}, {Var: "bool=true"}, {Var: `list=["a", 1]`}, {Var: `object={ a = "x" }`},
	}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for name, want := range map[string]string{"none": `"[1]"`, "any": `[1]`, "string": `"a=b"`, "number": `12`, "bool": `true`, "list": `["a","1"]`, "object": `{"a":"x","b":5}`} {
		if got := show(vars[name]); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestVariableProblems: each problem says what to do.
func TestVariableProblems(t *testing.T) {
	cfg := load(t, map[string]string{
		"main.mito.hcl": "variable \"port\" {\n type = number\n}\nvariable \"names\" {\n type = list(string)\n nullable = false\n default = []\n}\n",
		"extra.hcl":     `prot = 1`,
		"refs.hcl":      `port = var.x`,
	})
	path := func(name string) string { return filepath.Join(cfg.Dir, name) }
	ok := VariableArg{Var: "port=1"}
	for _, tt := range []struct {
		name string
		in   VariableInputs
		want string
	}{
		{"missing", VariableInputs{}, "Set it with -var port=…, in a file of values, or with the environment variable MITOPLAN_VAR_port."},
		{"wrong type", VariableInputs{Args: []VariableArg{{Var: "port=eighty"}}}, "does not fit its type: a number is required"},
		{"out of bounds", VariableInputs{Args: []VariableArg{{Var: "port=1e90000"}}}, "does not fit its type: the number is out of bounds."},
		{"not an expression", VariableInputs{Args: []VariableArg{ok, {Var: "names=[hunter2"}}}, "Strings inside it are written with quotes."},
		{"a bare word", VariableInputs{Args: []VariableArg{ok, {Var: "names=hunter2"}}}, "Strings inside it are written with quotes."},
		{"undeclared", VariableInputs{Args: []VariableArg{ok, {Var: "prot=1"}}}, `Did you mean "port"?`},
		{"space", VariableInputs{Args: []VariableArg{ok, {Var: "port =1"}}}, "There is a space around the name"},
		{"no equals sign", VariableInputs{Args: []VariableArg{ok, {Var: "port"}}}, "with an equals sign between"},
		{"no such file", VariableInputs{Args: []VariableArg{ok, {File: path("nothing.hcl")}}}, "no such file or directory"},
		{"a reference", VariableInputs{Args: []VariableArg{ok, {File: path("refs.hcl")}}}, "cannot refer to anything"},
		{"failing question", VariableInputs{Ask: func(*Variable) (string, error) { return "", errors.New("no terminal") }}, "no terminal"},
		{"deep", VariableInputs{Args: []VariableArg{ok, {Var: "names=" + strings.Repeat("[", 1000)}}}, "levels deep"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, diags := cfg.ResolveVariables(tt.in)
			if !diags.HasErrors() || !strings.Contains(diags.Error(), tt.want) {
				t.Errorf("got %v, want %q", diags, tt.want)
			}
			if strings.Contains(diags.Error(), "hunter2") {
				t.Errorf("the message shows the secret value: %v", diags)
			}
		})
	}
	vars, diags := cfg.ResolveVariables(VariableInputs{Args: []VariableArg{ok, {File: path("extra.hcl")}, {Var: "names=null"}}})
	if diags.HasErrors() || len(diags) != 1 || diags[0].Severity != hcl.DiagWarning {
		t.Errorf("an undeclared variable in a file: got %v, want one warning", diags)
	}
	if got := show(vars["names"]); got != "[]" {
		t.Errorf("null for a variable that cannot be null: got %s, want the default", got)
	}
}

// TestRecorded: the values of a saved plan win and keep their declared marks. Only
// the others are asked for.
func TestRecorded(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": `
		variable "a" { sensitive = true }
		variable "b" { ephemeral = true }
	`})
	var asked []string
	vars, diags := cfg.ResolveVariables(VariableInputs{
		Environ:  []string{"MITOPLAN_VAR_a=env"},
		Recorded: map[string]cty.Value{"a": cty.StringVal("recorded")},
		Ask:      func(v *Variable) (string, error) { asked = append(asked, v.Name); return "answer", nil },
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if a, _ := vars["a"].Unmark(); a.AsString() != "recorded" || !IsSensitive(vars["a"]) || IsEphemeral(vars["a"]) {
		t.Errorf("a: got %#v", vars["a"])
	}
	if b, _ := vars["b"].Unmark(); b.AsString() != "answer" || !IsEphemeral(vars["b"]) || IsSensitive(vars["b"]) {
		t.Errorf("b: got %#v", vars["b"])
	}
	if strings.Join(asked, ",") != "b" {
		t.Errorf("asked for %v, want b", asked)
	}
}

// TestRecordedContradicted: an option with another value than the plan is refused.
// An option with the same value is not, and neither is the environment.
func TestRecordedContradicted(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": `variable "n" { type = number }`})
	for arg, want := range map[string]string{"n=1": "", "n=2": "Value differs from the plan's", "n=x": "Invalid value for variable"} {
		_, diags := cfg.ResolveVariables(VariableInputs{
			Environ:  []string{"MITOPLAN_VAR_n=3"},
			Args:     []VariableArg{{Var: arg}},
			Recorded: map[string]cty.Value{"n": cty.NumberIntVal(1)},
		})
		if got := summaries(diags); got != want {
			t.Errorf("%s: got %q, want %q", arg, got, want)
		}
	}
	_, diags := cfg.ResolveVariables(VariableInputs{Environ: []string{"MITOPLAN_VAR_n=3"}, Recorded: map[string]cty.Value{"n": cty.NumberIntVal(1)}})
	if diags.HasErrors() {
		t.Errorf("a different value in the environment was refused: %v", diags)
	}
}

// TestWrongOptionIsToldFirst: a wrong option is reported before anybody is asked
// for a value.
func TestWrongOptionIsToldFirst(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": `variable "name" {}`})
	_, diags := cfg.ResolveVariables(VariableInputs{
		Args: []VariableArg{{Var: "nmae=x"}},
		Ask:  func(*Variable) (string, error) { t.Error("a value was asked for"); return "", nil },
	})
	if got := summaries(diags); got != "Value for undeclared variable" {
		t.Errorf("got %q", got)
	}
}

func summaries(diags hcl.Diagnostics) string {
	var out []string
	for _, d := range diags {
		out = append(out, d.Summary)
	}
	return strings.Join(out, ", ")
}

// TestWithheldIsAskedForAsASecret: a saved plan may leave out a value because it
// holds a secret. That value is not shown while it is typed, and has the same marks
// as before.
func TestWithheldIsAskedForAsASecret(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": `
		variable "hash" {}
		variable "other" {}
	`})
	vars, diags := cfg.ResolveVariables(VariableInputs{
		Withheld: []string{"hash"},
		Ask: func(v *Variable) (string, error) {
			if v.Secret() != (v.Name == "hash") {
				t.Errorf("that %s is asked for as a secret is %v", v.Name, v.Secret())
			}
			return "answer", nil
		},
	})
	if diags.HasErrors() || IsSecret(vars["hash"]) || cfg.Variables["hash"].Sensitive {
		t.Errorf("the value must not be marked: %#v, %v", vars["hash"], diags)
	}
}

// TestTextOfAny: wherever a text comes from, a variable of type any takes it as an
// expression, as a variable of a complex type does. A variable without a type takes
// it as text.
func TestTextOfAny(t *testing.T) {
	cfg := load(t, map[string]string{
		"main.mito.hcl": `
			variable "any" { type = any }
			variable "list" { type = list(any) }
			variable "object" { type = object({ a = any }) }
			variable "none" {}
		`,
		"values.hcl": "any = [1, \"x\"]\n",
	})
	const text = `["a", 2]`
	ask := func(v *Variable) (string, error) {
		if v.Name == "object" {
			return `{ a = [1] }`, nil
		}
		return text, nil
	}
	for source, in := range map[string]VariableInputs{
		"environment": {Environ: []string{"MITOPLAN_VAR_any=" + text, "MITOPLAN_VAR_list=" + text, "MITOPLAN_VAR_object={ a = [1] }", "MITOPLAN_VAR_none=" + text}},
		"option":      {Args: []VariableArg{{Var: "any=" + text}, {Var: "list=" + text}, {Var: "object={ a = [1] }"}, {Var: "none=" + text}}},
		"answer":      {Ask: ask},
	} {
		vars, diags := cfg.ResolveVariables(in)
		if diags.HasErrors() {
			t.Fatalf("%s: %v", source, diags)
		}
		for name, want := range map[string]string{"any": `["a",2]`, "list": `["a","2"]`, "object": `{"a":[1]}`, "none": `"[\"a\", 2]"`} {
			if got := show(vars[name]); got != want {
				t.Errorf("%s, %s: got %s, want %s", source, name, got, want)
			}
		}
	}
	only := load(t, map[string]string{"main.mito.hcl": `variable "any" { type = any }`})
	for text, want := range map[string]string{
		"5": "5", "true": "true", `"x"`: `"x"`, "null": "null", `{ a = 1 }`: `{"a":1}`, `upper("x")`: "", "hunter2": "", "a b": "", "var.x": "", "": "", "10.0.0.1": "", "[1": "",
	} {
		vars, diags := only.ResolveVariables(VariableInputs{Environ: []string{"MITOPLAN_VAR_any=" + text}})
		switch {
		case want == "" && (!diags.HasErrors() || !strings.Contains(diags.Error(), "A string is written with quotes") || strings.Contains(diags.Error(), "hunter2")):
			t.Errorf("%q: got %v, %v; want advice to use quotes", text, vars["any"], diags)
		case want != "" && (diags.HasErrors() || show(vars["any"]) != want):
			t.Errorf("%q: got %s, %v", text, show(vars["any"]), diags)
		}
	}
	vars, diags := only.ResolveVariables(VariableInputs{Args: []VariableArg{{File: filepath.Join(cfg.Dir, "values.hcl")}}})
	if diags.HasErrors() || show(vars["any"]) != `[1,"x"]` {
		t.Errorf("from a file: got %s, %v", show(vars["any"]), diags)
	}
}
