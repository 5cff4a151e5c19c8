package planner

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/formattest"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// goldenKey seals the golden plan file.
var goldenKey = bytes.Repeat([]byte{7}, 32)

// TestPlanFileIsAsSpecified: every field that is written is in the package
// comment, under its name and in its form, and the comment has no other.
func TestPlanFileIsAsSpecified(t *testing.T) {
	formattest.Spec{
		File: "doc.go", Tag: "cbor",
		Types: []any{File{}, Sealed{}, resource.Digest{}, resource.Excerpt{}},
		Never: []string{"Change.effects"}, // see forFile
		Forms: map[reflect.Type]string{reflect.TypeFor[cbor.ByteString](): "bytes"},
	}.Compare(t)
}

// TestTheVersionsEndWithThisOne: the package comment says what the version is that
// this program writes, and that no other is.
func TestTheVersionsEndWithThisOne(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("\n//\t%d  this one", FileVersion)
	if s := string(doc); strings.Count(s, "  this one") != 1 || !strings.Contains(s, want) {
		t.Errorf("the section Versions of doc.go does not end with %q", want)
	}
}

// everything is a plan file in which every field is set, and its sealed part.
func everything(t *testing.T) (*File, *Sealed) {
	t.Helper()
	text, err := NewValue(cty.StringVal("6.1"))
	if err != nil {
		t.Fatal(err)
	}
	f, s := &File{Tool: "0.1.0"}, &Sealed{}
	formattest.Fill(f, "cbor")
	formattest.Fill(s, "cbor")
	f.Vars, f.Outputs[0].Value, s.PriorOutputs = map[string]Value{"release": text}, &text, map[string]Value{"kernel": text}
	a := f.Actions[0]
	a.Before = map[string]any{"mode": "0644"}
	a.After = map[string]any{"content": resource.Digest{MAC: bytes.Repeat([]byte{1}, 32), Size: 5000, Excerpt: &resource.Excerpt{Text: "a\xff", Encoding: "UTF-8", Above: 1, Below: 2, Left: 3}}}
	s.Answers = entries(s.Answers[0])
	return f, s
}

// entries are one of each type, out of one that has all answers.
func entries(all Answer) []Answer {
	c := *all.Change
	c.Effects = nil
	return []Answer{
		{Type: StepContext, Address: "context.ssh.web", Facts: all.Facts},
		{Type: StepContext, Address: "context.ssh.away", Failure: all.Failure},
		{Type: StepCheck, Address: "file.motd", Change: &c},
		{Type: StepRead, Address: "call.stat.motd", Reply: all.Reply},
		{Type: StepProbe, Address: "call.command.reload", Reply: all.Reply},
	}
}

// TestPlanFileIsOfItsVersion: whoever changes what a plan file is made of gives
// its format another version. The golden files are one with every field, as it
// is on the disk, and what is in it.
func TestPlanFileIsOfItsVersion(t *testing.T) {
	f, s := everything(t)
	plan, sealed := *f, *s
	plan.Sealed = nil
	text := fmt.Sprintf("%s TOOL\n%s\nsealed\n%s", fileFormat, formattest.CBOR(t, encoded(t, &plan)), formattest.CBOR(t, encoded(t, &sealed)))
	formattest.Golden(t, fmt.Sprintf("testdata/planfile/%d.golden", FileVersion), text)

	if err := f.Seal(goldenKey, s); err != nil {
		t.Fatal(err)
	}
	raw, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeFile(formattest.Sample(t, fmt.Sprintf("testdata/planfile/%d.plan", FileVersion), raw))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := back.Unseal(goldenKey)
	if err != nil {
		t.Fatal(err)
	}
	// Values that crossed a file are maps and byte strings.
	opts := cmp.Options{cmpopts.IgnoreFields(File{}, "Sealed"), cmpopts.IgnoreFields(Action{}, "After"), cmpopts.IgnoreUnexported(resource.Change{})}
	if diff := cmp.Diff(f, back, opts); diff != "" {
		t.Errorf("it is read as another one (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(s, opened, opts); diff != "" {
		t.Errorf("its sealed part is read as another one (-want +got):\n%s", diff)
	}
	want := f.Actions[0].After["content"]
	if got, ok := resource.AsDigest(back.Actions[0].After["content"]); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("its digest is read as %v, %v, want %v", got, ok, want)
	}
}

// TestTimesAreWhole: of two records of one second a plan that is made again finds
// the same one to be the later.
func TestTimesAreWhole(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)
	f := &File{Time: at}
	if err := f.Seal(goldenKey, &Sealed{Prior: map[string]Recorded{"file.a": {Applied: at}, "file.b": {}}}); err != nil {
		t.Fatal(err)
	}
	raw, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	s, err := back.Unseal(goldenKey)
	if err != nil {
		t.Fatal(err)
	}
	if back.Time != at || s.Prior["file.a"].Applied != at || !s.Prior["file.b"].Applied.IsZero() {
		t.Errorf("got %v, %v", back.Time, s.Prior)
	}
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := fileEncMode.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// inFormat is a plan file as another version would write it.
func inFormat(t *testing.T, head string, content any) []byte {
	t.Helper()
	raw, err := pack([]byte(head), content)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestAPlanOfAnotherFormatNamesItsVersion: what an older or newer version wrote
// is told from damage, with the version to use.
func TestAPlanOfAnotherFormatNamesItsVersion(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want FormatError
	}{
		"format 2, which names it inside": {inFormat(t, "mitoplan plan 2\n", map[string]any{"tool": "0.0.9"}), FormatError{Format: 2, Tool: "0.0.9"}},
		"format 2, damaged":               {[]byte("mitoplan plan 2\nfoo"), FormatError{Format: 2}},
		"format 3, of Go's names":         {inFormat(t, "mitoplan plan 3 0.1.0\n", map[string]any{"version": 3, "actions": []any{map[string]any{"Address": "file.x"}}}), FormatError{Format: 3, Tool: "0.1.0"}},
		"a later one":                     {[]byte("mitoplan plan 9 3.1.0\n\x00\x01"), FormatError{Format: 9, Tool: "3.1.0"}},
	} {
		_, err := DecodeFile(c.file)
		var got *FormatError
		if !errors.As(err, &got) || *got != c.want || !strings.Contains(err.Error(), fmt.Sprintf("this mitoplan reads format %d", FileVersion)) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestWhatIsNoPlanFileIsRefused: neither another file nor a damaged one becomes
// a plan.
func TestWhatIsNoPlanFileIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":               {nil, "not a plan file"},
		"another file":          {[]byte("x"), "not a plan file"},
		"no version":            {[]byte("mitoplan plan x\n"), "not a plan file"},
		"a sign":                {[]byte("mitoplan plan -4 0.1.0\n"), "not a plan file"},
		"a version without end": {[]byte("mitoplan plan 4 0.1.0"), "not a plan file"},
		"no gzip":               {[]byte("mitoplan plan 4 0.1.0\nno gzip at all"), "damaged plan file: gzip"},
		"no map":                {inFormat(t, "mitoplan plan 4 0.1.0\n", []int{1}), "damaged plan file: cbor"},
		"an action of nothing":  {inFormat(t, "mitoplan plan 4 0.1.0\n", map[string]any{"actions": []any{nil}}), "damaged plan file: a part of it is null"},
		"another operation":     {inFormat(t, "mitoplan plan 4 0.1.0\n", map[string]any{"actions": []any{map[string]any{"op": "\x1b[2J"}}}), `damaged plan file: there is no operation "\x1b[2J"`},
		"a context of nothing":  {inFormat(t, "mitoplan plan 4 0.1.0\n", map[string]any{"contexts": []any{nil}}), "damaged plan file: a part of it is null"},
		"a drift of nothing":    {inFormat(t, "mitoplan plan 4 0.1.0\n", map[string]any{"drifts": []any{nil}}), "damaged plan file: a part of it is null"},
	} {
		if f, err := DecodeFile(c.file); err == nil || f != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, %v, want %q", name, f, err, c.want)
		}
	}
}

// TestASealIsOfItsFormat: a sealed part opens neither in another format nor with
// another key, and holds nothing that is no answer.
func TestASealIsOfItsFormat(t *testing.T) {
	f, s := everything(t)
	if err := f.Seal(goldenKey, s); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Unseal(bytes.Repeat([]byte{8}, 32)); !errors.Is(err, ErrSealed) {
		t.Errorf("with another key: %v", err)
	}
	defer func(now string) { fileFormat = now }(fileFormat)
	fileFormat = "mitoplan plan 3"
	if _, err := f.Unseal(goldenKey); !errors.Is(err, ErrSealed) {
		t.Errorf("in another format: %v", err)
	}
	f.Sealed = f.Sealed[:5]
	if _, err := f.Unseal(goldenKey); err == nil || !strings.Contains(err.Error(), "sealed part is missing") {
		t.Errorf("cut short: %v", err)
	}
}

func TestAnEntryIsOneAnswer(t *testing.T) {
	_, s := everything(t)
	change, reply := s.Answers[2].Change, s.Answers[3].Reply
	for name, e := range map[string]Answer{
		"a check without a change":  {Type: StepCheck},
		"a read without a reply":    {Type: StepRead},
		"a probe with facts":        {Type: StepProbe, Reply: reply, Facts: map[string]any{"a": 1}},
		"a context with a change":   {Type: StepContext, Change: change},
		"a failure with an answer":  {Type: StepCheck, Failure: &Failure{}, Change: change},
		"an answer to no such step": {Type: "ask", Reply: reply},
	} {
		raw := encoded(t, &Sealed{Answers: []Answer{e}})
		if _, err := decodeSealed(raw); err == nil || !strings.Contains(err.Error(), "is no answer") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func BenchmarkPlanFile(b *testing.B) {
	const actions = 10_000
	f := &File{Tool: "0.1.0"}
	for k := range actions {
		name := fmt.Sprint("file.x[", k, "]")
		f.Actions = append(f.Actions, &Action{
			Address: name, Block: "file.x", Type: config.ResourceBlock, Kind: "file", Name: "x", Context: "context.ssh.h", Op: Create,
			After: map[string]any{"path": "/etc/" + name, "content": "for " + name, "mode": "0644"}, Fingerprint: name, Digest: name,
		})
	}
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		raw, err := f.Encode()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := DecodeFile(raw); err != nil {
			b.Fatal(err)
		}
		size = len(raw)
	}
	b.ReportMetric(float64(size), "bytes")
}

// goldenFile is the golden plan file of this version.
func goldenFile(f *testing.F) []byte {
	f.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("testdata/planfile/%d.plan", FileVersion))
	if err != nil {
		f.Fatal(err)
	}
	return raw
}

// FuzzPlanFileHead: whatever a file begins with, it is a plan, of another format
// or refused.
func FuzzPlanFileHead(f *testing.F) {
	golden := goldenFile(f)
	f.Add(golden)
	f.Add(golden[:len(golden)/2])
	for _, s := range []string{"", "mitoplan plan ", "mitoplan plan 4\n", "mitoplan plan 1\nfoo", "mitoplan plan 99999999999 x\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := DecodeFile(b); (got == nil) == (err == nil) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// FuzzPlanFile: what is in a plan file is a plan that can be looked at, or
// refused.
func FuzzPlanFile(f *testing.F) {
	_, _, packed, err := cutHead(goldenFile(f))
	if err != nil {
		f.Fatal(err)
	}
	raw, err := gunzip(packed)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte("\xa1gactions\x81\xf6"))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		file, err := decodeFile("0.1.0", raw)
		if err != nil {
			return
		}
		_, _ = file.Unseal(goldenKey)
		if p, err := file.Plan(); err == nil {
			p.Empty()
			p.Summary()
			p.Unreachable()
			p.Recall(file)
		}
	})
}

// FuzzSealed: what is in a sealed part is answers of which each fits its step,
// or refused.
func FuzzSealed(f *testing.F) {
	file, err := DecodeFile(goldenFile(f))
	if err != nil {
		f.Fatal(err)
	}
	s, err := file.Unseal(goldenKey)
	if err != nil {
		f.Fatal(err)
	}
	raw, err := fileEncMode.Marshal(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte("\xa1gentries\x81\xf6"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := decodeSealed(raw)
		if err != nil {
			return
		}
		for _, e := range s.Answers {
			if r := e.Result(); e.Type == StepCheck && r.Failure == nil && r.Change == nil {
				t.Errorf("%q has no answer", e.Address)
			}
		}
	})
}

// FuzzValue: the value of a variable or an output is one, or refused.
func FuzzValue(f *testing.F) {
	for _, seed := range [][2]string{{`"string"`, `"6.1"`}, {`["object",{"a":"number"}]`, `{"a":1}`}, {`["list","bool"]`, `[true]`}, {`"dynamic"`, `{"type":"string","value":"a"}`}} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, typ, value []byte) {
		v, err := Value{Type: typ, JSON: value}.Cty()
		if err != nil {
			return
		}
		again, err := NewValue(v)
		if err != nil {
			t.Fatalf("%#v is read and not written: %v", v, err)
		}
		if back, err := again.Cty(); err != nil || !back.RawEquals(v) {
			t.Errorf("%#v is read again as %#v, %v", v, back, err)
		}
	})
}
