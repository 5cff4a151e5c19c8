package view

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/secret"
	"github.com/mitoplan/mitoplan/planner"
)

const password = "hunter2-very-secret"

func maskerOf(secrets ...string) *Masker {
	m := &Masker{}
	m.Add(secrets...)
	return m
}

// In a value only the marked parts are secret, each string for itself.
func TestMaskerKnowsMarkedStrings(t *testing.T) {
	m := &Masker{}
	m.AddValue(cty.ObjectVal(map[string]cty.Value{
		"a": cty.StringVal(password).Mark(config.Sensitive), "b": cty.StringVal("/tmp/public/file"), "n": cty.NumberIntVal(1234567890).Mark(config.Ephemeral),
		"c": cty.TupleVal([]cty.Value{cty.StringVal("first-element"), cty.StringVal("second-element").Mark(config.Ephemeral)}),
		"d": cty.StringVal("short").Mark(config.Sensitive), "e": cty.UnknownVal(cty.String).Mark(config.Sensitive), "f": cty.NullVal(cty.String),
	}))
	for in, want := range map[string]string{
		"the " + password:                "the " + Masked,
		"/tmp/public/file first-element": "/tmp/public/file first-element",
		"second-element":                 Masked,
		"port 1234567890":                "port " + Masked,
		"short":                          "short",
	} {
		if got := m.Text(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	var none *Masker
	if none.Text(password) != password || none.LogText(password) != password {
		t.Error("a nil Masker changed a text")
	}
}

// Escape sequences do not hide a secret from the Masker, and numbers are compared,
// too.
func TestMaskerLooksThroughColours(t *testing.T) {
	m := maskerOf(password, "1234567890")
	if got := m.Text("pw=\x1b[31mhunter2\x1b[0m-very-\x00secret\n"); got != "pw="+Masked+"\n" {
		t.Errorf("got %q", got)
	}
	if got := m.value(map[string]any{password: []any{int64(1234567890), int64(22), true, nil}}); !reflect.DeepEqual(got, map[string]any{Masked: []any{bare(Masked), int64(22), true, nil}}) {
		t.Errorf("got %v", got)
	}
}

// A program may write a secret in two pieces, which become two entries of the log.
// Neither entry shows a piece.
func TestMaskerSeesSecretsThatEntriesCut(t *testing.T) {
	m := maskerOf(password)
	for in, want := range map[string]string{
		"the password is hunter2-":    "the password is " + Masked,
		"very-secret, as you know":    Masked + ", as you know",
		"stderr: ter2-very-":          "stderr: " + Masked,
		"stdout: -secret":             "stdout: " + Masked,
		"stdout: hunter2-very-secre":  "stdout: " + Masked,
		"hunting season, a secretary": "hunting season, a secretary",
		"all is well":                 "all is well",
		"a: " + password + " b":       "a: " + Masked + " b",
		"one hunter2\n-very-secret":   "one " + Masked + "\n" + Masked,
	} {
		if got := m.LogText(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	const fragment = 4 // bytes, as Record says
	for cut := fragment; cut <= len(password)-fragment; cut++ {
		for _, part := range []string{"x " + password[:cut], password[cut:] + " x"} {
			if got := m.LogText(part); strings.Contains(got, password[:cut]) || strings.Contains(got, password[cut:]) {
				t.Errorf("%q: got %q", part, got)
			}
		}
	}
}

// A secret may be spelt like a word of mitoplan, or like a part of a path or name.
// Hiding it changes nothing else.
func TestSecretsSpeltLikeNames(t *testing.T) {
	v := cty.TupleVal([]cty.Value{cty.StringVal("file"), cty.StringVal("-u"), cty.StringVal(password).Mark(config.Sensitive), cty.StringVal("/tmp/x/motd"), cty.StringVal("content")})
	m := &Masker{}
	m.AddValue(v)
	m.Add("echo", "path", "reason", "mitoplan", "planned_change", "created!", "file.motd", "sensitive")
	p := &planner.Plan{Complete: true,
		Contexts: []*planner.Context{{Address: "context.local.here", Machine: "context.local.here", Kind: "local", Name: "here", Status: planner.ContextUp}},
		Actions: []*planner.Action{
			{Address: "file.motd", Block: "file.motd", Type: config.ResourceBlock, Kind: "file", Name: "motd", Context: "context.local.here", Op: planner.Create,
				After: map[string]any{"path": cbor.ByteString("/tmp/x/motd"), "content": cbor.ByteString("some content, and " + password + "\n"), "mode": "0644"}},
			{Address: "call.command.echo", Block: "call.command.echo", Type: config.CallBlock, Kind: "command", Name: "echo", Context: "context.local.here", Op: planner.Always,
				After: map[string]any{"argv": []any{"echo", "echoed"}}},
		},
		Outputs:        []*planner.Output{{Name: "echoed", New: true, Value: cty.StringVal("it echoed " + password)}},
		OutputsChanged: []string{"echoed"},
	}
	shown := NewPlan(p, testCatalogue(), "0.1.0", m)
	golden(t, "spelt_alike.txt", (&Human{}).Plan(shown))
	var b bytes.Buffer
	j := NewJSON(&b, m, still)
	j.Plan(shown, "plan")
	j.Event(executor.Event{Type: executor.ApplyErrored, Address: "file.motd", Op: planner.Create, Reason: "it said " + password})
	j.Event(executor.Event{Type: executor.ApplySkipped, Address: "call.command.echo", Reason: "file.motd failed"})
	golden(t, "spelt_alike.json", indented(t, b.String()))
}

// fill sets every string below v to the secret, if it can be set.
func fill(v reflect.Value) { fillWith(v, password) }

func fillWith(v reflect.Value, password string) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(password)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[cty.Value]() {
			v.Set(reflect.ValueOf(cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("x" + password), "b": cty.ListVal([]cty.Value{cty.StringVal(password)})})))
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillWith(v.Field(i), password)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillWith(v.Elem(), password)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(password))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillWith(v.Index(0), password)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		if v.Type().Elem().Kind() == reflect.Interface {
			for _, e := range []any{password, cbor.ByteString("a" + password), []byte(password), []any{password}, map[string]any{password: password}} {
				v.SetMapIndex(reflect.ValueOf(fmt.Sprintf("k%d", v.Len())), reflect.ValueOf(e))
			}
		}
	}
}

// holders returns the members of a JSON document that have the secret.
func holders(t *testing.T, v any) []string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case string:
			if strings.Contains(v, password) {
				found[path] = true
			}
		case []any:
			for _, e := range v {
				walk(path, e)
			}
		case map[string]any:
			for k, e := range v {
				if strings.Contains(k, password) {
					found[path+" (a key)"] = true
				}
				walk(strings.TrimPrefix(path+"."+k, "."), e)
			}
		}
	}
	walk("", doc)
	return sortedNames(found)
}

// Every text of a plan is either masked or named here as one that no host can
// influence: an address, a name of the configuration, a word of the planner.
// Whoever adds a member decides which.
func TestEveryTextOfAPlanIsDecidedOn(t *testing.T) {
	var p planner.Plan
	fill(reflect.ValueOf(&p).Elem())
	for _, o := range p.Outputs {
		o.Sensitive = false
	}
	for _, d := range p.Drifts {
		d.Outside = true
	}
	want := []string{
		"actions.action", "actions.address", "actions.after_sensitive (a key)", "actions.after_unknown (a key)", "actions.along.entries.action", "actions.before_sensitive (a key)", "actions.block", "actions.context",
		"actions.depends_on", "actions.drift", "actions.keys", "actions.kind", "actions.name", "actions.reason", "actions.sensitive_unchanged (a key)", "actions.triggered_by", "actions.type", "actions.volatile (a key)",
		"contexts.address", "contexts.key", "contexts.kind", "contexts.machine", "contexts.name", "contexts.parent", "contexts.status",
		"disabled", "orphan_reasons (a key)", "orphans", "output_changes (a key)", "outputs (a key)", "outputs_changed",
		"resource_drift.addresses", "resource_drift.changed_outside", "resource_drift.context", "resource_drift.machine", "resource_drift.never_applied",
		"resource_drift.newer_arguments", "resource_drift.shared_with", "targeting.brought_along_addresses", "targeting.excludes", "targeting.left_out_addresses", "targeting.owed", "targeting.targets",
	}
	if got := holders(t, NewPlan(&p, config.Catalogue{}, "0.1.0", maskerOf(password))); !slices.Equal(got, want) {
		t.Errorf("these texts are not masked:\n%q, want\n%q", got, want)
	}
}

type saidByHost struct{ located }

func (saidByHost) DiagnosticHost() bool { return true }

// The same holds for diagnostics. The source is shown with the secret masked, and
// the same part of it is underlined.
func TestEveryTextOfADiagnosticIsDecidedOn(t *testing.T) {
	src := Sources{Bytes: map[string][]byte{"main.mito.hcl": []byte("  default = \"" + password + "\" + 1\n")}}
	at := hcl.Range{Filename: "main.mito.hcl", Start: hcl.Pos{Line: 1, Column: 13, Byte: 12}, End: hcl.Pos{Line: 1, Column: 34, Byte: 33}}
	d := &hcl.Diagnostic{Summary: "Said " + password, Detail: "It said " + password, Subject: &at, Extra: saidByHost{}}
	shown := NewDiagnostics(hcl.Diagnostics{d}, src, maskerOf(password))
	if got := holders(t, shown); got != nil {
		t.Errorf("these texts are not masked: %q", got)
	}
	if s := shown[0].Snippet; s.Code[s.Start:s.End] != `"`+Masked+`"` {
		t.Errorf("the underlined part is %q of %q", s.Code[s.Start:s.End], s.Code)
	}
	d.Extra = located{}
	if got := holders(t, NewDiagnostics(hcl.Diagnostics{d}, src, maskerOf(password))); !slices.Equal(got, []string{"summary"}) {
		t.Errorf("only the summary, which has mitoplan's own words, may stay as it is: not masked are %q", got)
	}
}

// What is shown for an ephemeral value says that it is ephemeral.
func TestValuesOfMarkedWords(t *testing.T) {
	for want, v := range map[string]cty.Value{
		"is a sensitive value":   cty.ListVal([]cty.Value{cty.StringVal("x").Mark(config.Sensitive)}),
		"is an ephemeral value":  cty.StringVal("x").Mark(config.Ephemeral),
		`is "` + Masked + ` it"`: cty.StringVal(password + " it"),
	} {
		if got := stands(v, maskerOf(password)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Errors of a run are masked when they enter the view.
func TestEventsAreMasked(t *testing.T) {
	m := maskerOf(password)
	var text, doc bytes.Buffer
	lines, j := &Lines{Human: &Human{}, W: &text, Mask: m}, NewJSON(&doc, m, still)
	for _, typ := range []executor.EventType{executor.ContextStarting, executor.ContextStatus, executor.ReadStart, executor.ReadDone, executor.ApplyStart, executor.ApplyDone, executor.ApplyErrored} {
		e := executor.Event{Type: typ, Address: "file.x", Reason: "it said " + password}
		lines.Event(e)
		j.Event(e)
	}
	if got := text.String() + doc.String(); strings.Contains(got, password) || !strings.Contains(got, Masked) {
		t.Errorf("the password is shown, or nothing is masked: %s", got)
	}
}

// A text without a secret is not changed. A text with a secret, in any known form, does
// not have it any more. It runs fewer than 10,000 times a second: each run makes ten forms of
// a secret and looks for each, and the fuzzer looks through the counters of all that is
// linked, also of HCL.
func FuzzMasker(f *testing.F) {
	f.Add("hunter2-very-secret", "pw=", "\n")
	f.Add(`a"b'c\d$e`+"`f", "x", "")
	f.Add("pass word ünïcode\n-----KEY", "ab", "c")
	f.Add("        ", "(sensitive", "value)")
	f.Add("(sensitive value)", "(sensitive value", ")")
	f.Fuzz(func(t *testing.T, s, before, after string) {
		m := maskerOf(secret.Parts(s)...) // as AddValue does
		if s = strings.TrimSpace(s); len(s) < secret.MinLength || strings.ContainsFunc(s, controls) || strings.Contains(Masked, s) {
			return
		}
		var w secret.Set
		w.Add(secret.Parts(s)...)
		for _, text := range []string{before, after, before + after} {
			if plain := strip(text); !w.Holds(text) && !w.Holds(plain) && m.Text(text) != text {
				t.Errorf("%q became %q", text, m.Text(text))
			}
		}
		j, _ := json.Marshal(s)
		for form, text := range map[string]string{
			"itself": s, "base64": base64.StdEncoding.EncodeToString([]byte(before + s + after)), "URL base64": base64.URLEncoding.EncodeToString([]byte(before + s + after)),
			"query": url.QueryEscape(s), "path": url.PathEscape(s), "JSON": string(j), "Go": strconv.Quote(s), "HCL": quote(s),
			"shell": "'" + strings.ReplaceAll(s, "'", `'\''`) + "'", "hex": hex.EncodeToString([]byte(before + s + after)),
		} {
			if !strings.Contains(form, "base64") && form != "hex" {
				text = before + text + after
			}
			if got := m.Text(text); w.Holds(got) || strings.Contains(got, s) {
				t.Errorf("%s: %q became %q", form, text, got)
			}
		}
	})
}

// What the planner has cleared is shown. What a host said beside it is masked.
func TestWhatIsClearedIsNotMasked(t *testing.T) {
	value := map[string]any{"path": cbor.ByteString(password), "content": cbor.ByteString(password)}
	a := file("x", "", planner.Create, nil, value)
	a.Cleared = []string{"content"}
	p := &planner.Plan{
		Actions:  []*planner.Action{a},
		Contexts: []*planner.Context{{Describe: password, Given: true, Reason: password}},
		Outputs:  []*planner.Output{{Name: "given", Value: cty.StringVal(password), Cleared: true}, {Name: "said", Value: cty.StringVal(password)}},
	}
	shown := NewPlan(p, testCatalogue(), "0.1.0", maskerOf(password))
	want := []string{"actions.after.content", "contexts.describe", "outputs.given.value"}
	if got := holders(t, shown); !slices.Equal(got, want) {
		t.Errorf("shown are %q, want %q", got, want)
	}
}
