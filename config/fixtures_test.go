package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

const fixtures = "../testdata/config"

// expectation is a comment of a fixture. "# ERROR: Summary: part of the detail" or
// "# WARNING: …" is on the line where the diagnostic begins. "# VALUE: JSON" is on
// the line of the value of an output.
type expectation struct {
	file, what, summary, detail string
	line                        int
	met                         bool
}

var expected = regexp.MustCompile(`(?:#|//) (ERROR|WARNING|VALUE): (.*)$`)

func expectations(files map[string][]byte) (out []*expectation) {
	for name, src := range files {
		for i, line := range strings.Split(string(src), "\n") {
			if strings.HasSuffix(name, ".json") {
				line = fromJSON(line)
			}
			m := expected.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			e := &expectation{file: name, line: i + 1, what: m[1], detail: m[2]}
			if e.what != "VALUE" {
				e.summary, e.detail, _ = strings.Cut(m[2], ": ")
			} else {
				e.detail = strings.TrimSpace(line[strings.Index(line, "VALUE: ")+len("VALUE: "):])
			}
			out = append(out, e)
		}
	}
	return out
}

// fromJSON handles a line of JSON whose last string ends in such a comment. It
// returns the line without the quotes.
func fromJSON(line string) string {
	line = strings.TrimRight(line, " ,{}")
	return strings.ReplaceAll(strings.TrimSuffix(line, "\""), `\"`, `"`)
}

// TestFixtures loads every directory and every single file below testdata/config.
// Its diagnostics and outputs must be exactly those of the comments.
func TestFixtures(t *testing.T) {
	entries, err := os.ReadDir(fixtures)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < 15 {
		t.Fatalf("only %d fixtures found", len(entries))
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			dir := filepath.Join(fixtures, e.Name())
			if !e.IsDir() {
				src, err := os.ReadFile(dir)
				if err != nil {
					t.Fatal(err)
				}
				dir = t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, e.Name()), src, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			runFixture(t, dir)
		})
	}
}

func runFixture(t *testing.T, dir string) {
	cfg, diags := Load(dir, testCatalogue())
	var vars map[string]cty.Value
	if !diags.HasErrors() {
		var more hcl.Diagnostics
		vars, more = cfg.ResolveVariables(VariableInputs{})
		diags = append(diags, more...)
	}
	files := map[string][]byte{}
	for name, f := range cfg.Files {
		files[name] = f.Bytes
	}
	values, _ := filepath.Glob(filepath.Join(dir, "*mitovars.*")) // not in Files where a variable is a secret
	for _, path := range values {
		if src, err := os.ReadFile(path); err == nil {
			files[filepath.Base(path)] = src
		}
	}
	wants := expectations(files)
	for _, d := range diags {
		if !meet(wants, d) {
			t.Errorf("no comment expects this: %s", text(d))
		}
		if d.Subject == nil || d.Detail == "" || d.Summary == "" {
			t.Errorf("the summary, the detail or the place is missing: %s", text(d))
		}
		if d.Detail != sentenceEnd(d.Detail) || strings.ContainsAny(d.Summary, ".\n") {
			t.Errorf("the detail must be sentences, and the summary must be none: %s", text(d))
		}
	}
	if !diags.HasErrors() {
		checkOutputs(t, cfg, vars, wants)
		checkSnapshot(t, cfg, vars, wants)
	}
	for _, w := range wants {
		if !w.met {
			t.Errorf("%s:%d: missing %s %s: %s", w.file, w.line, w.what, w.summary, w.detail)
		}
	}
}

func text(d *hcl.Diagnostic) string {
	return fmt.Sprintf("%s: %s: %s", d.Subject, d.Summary, d.Detail)
}

func meet(wants []*expectation, d *hcl.Diagnostic) bool {
	what := map[hcl.DiagnosticSeverity]string{hcl.DiagError: "ERROR", hcl.DiagWarning: "WARNING"}[d.Severity]
	for _, w := range wants {
		if !w.met && w.what == what && d.Subject != nil && w.file == d.Subject.Filename && w.line == d.Subject.Start.Line && w.summary == d.Summary && strings.Contains(d.Detail, w.detail) {
			w.met = true
			return true
		}
	}
	return false
}

func checkOutputs(t *testing.T, cfg *Config, vars map[string]cty.Value, wants []*expectation) {
	s := NewScope(cfg, vars)
	for name, o := range cfg.Outputs {
		v, diags := o.Eval(s)
		if diags.HasErrors() {
			t.Errorf("output %s: %s", name, diags)
			continue
		}
		i := slices.IndexFunc(wants, func(w *expectation) bool {
			return w.what == "VALUE" && w.file == o.Value.Range().Filename && w.line == o.Value.Range().Start.Line
		})
		if i < 0 {
			t.Errorf("output %s has no expected value", name)
			continue
		}
		wants[i].met = true
		if got := show(v); got != wants[i].detail {
			t.Errorf("output %s:\n got  %s\n want %s", name, got, wants[i].detail)
		}
	}
}

// show writes a value as JSON, with words for what JSON cannot express.
func show(v cty.Value) string {
	switch {
	case IsSensitive(v):
		return "sensitive"
	case IsEphemeral(v):
		return "ephemeral"
	case !v.IsWhollyKnown():
		return "unknown " + typeexpr.TypeString(v.Type())
	}
	v, _ = v.UnmarkDeep() // what is left is no secret
	b, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// checkSnapshot loads the configuration again from the sources that were read. Its
// directory does not exist, so that nothing can come from the disk.
func checkSnapshot(t *testing.T, cfg *Config, vars map[string]cty.Value, wants []*expectation) {
	again, diags := LoadSources("/nonexistent", cfg.Sources, testCatalogue())
	if diags.HasErrors() {
		t.Fatalf("from a snapshot: %s", diags)
	}
	if len(again.Sources) != len(cfg.Sources) {
		t.Errorf("the snapshot grew from %d to %d files", len(cfg.Sources), len(again.Sources))
	}
	checkOutputs(t, again, vars, wants)
	for address, b := range cfg.byAddress {
		other := again.Block(address)
		if other == nil || len(other.References()) != len(b.References()) || other.Range != b.Range {
			t.Errorf("%s differs when loaded from a snapshot", address)
		}
	}
}

// scopeFor makes a scope of an empty configuration.
func scopeFor(t testing.TB) *Scope {
	cfg, diags := LoadSources("/nonexistent", map[string][]byte{"main.mito.hcl": nil}, testCatalogue())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return NewScope(cfg, nil)
}

func parse(t testing.TB, src string) hcl.Expression {
	expr, diags := hclsyntax.ParseExpression([]byte(src), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %s", src, diags)
	}
	return expr
}
