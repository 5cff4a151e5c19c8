package planner

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/formattest"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// goldenKey seals the golden plan file.
var goldenKey = bytes.Repeat([]byte{7}, 32)

// TestPlanFileIsAsSpecified holds that the package comment lists every field that
// is written, with its name and form, and no other field.
func TestPlanFileIsAsSpecified(t *testing.T) {
	formattest.Spec{
		File: "doc.go", Tag: "cbor",
		Types: []any{File{}, Sealed{}, resource.Digest{}, resource.Excerpt{}},
		Never: []string{"Change.effects", "Problem.own"}, // see forFile
		Forms: map[reflect.Type]string{reflect.TypeFor[cbor.ByteString](): "bytes"},
	}.Compare(t)
}

// TestTheVersionsEndWithThisOne holds that the package comment calls exactly one
// version "this one", and that it is the version that this program writes.
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

// everything makes a plan file in which every field is set, and its sealed part.
func everything(t *testing.T) (*File, *Sealed) {
	t.Helper()
	text, err := NewValue(cty.StringVal("6.1"))
	if err != nil {
		t.Fatal(err)
	}
	f, s := &File{Tool: "0.1.0"}, &Sealed{}
	formattest.Fill(f, "cbor")
	formattest.Fill(s, "cbor")
	f.Outputs[0].Value, f.Outputs[0].Before = &text, &text
	f.Vars, s.PriorOutputs = map[string]Value{"release": text}, map[string]Value{"kernel": text}
	f.Large, s.Large = map[string]Large{}, map[string][]byte{}
	for name, content := range bundledSources {
		sum := sha256.Sum256([]byte(content))
		f.Large[name] = NewLarge(files.Large{Sum: sum, Size: int64(len(content))}, name == "dump.sql", true)
		if f.Large[name].Secret() {
			s.Large[name] = sum[:]
		}
	}
	f.Large["disk.img"] = NewLarge(files.Large{Sum: sha256.Sum256(nil), Size: 3 << 30}, false, false)
	f.Contexts[0].Status = ContextUp
	a := f.Actions[0]
	a.Type, a.Op, a.Drift = config.ResourceBlock, Update, OriginBoth
	a.Along.Entries[0].Op, a.Along.Entries[0].Type = resource.Delete, resource.TypeFile
	s.Answers[0].Failure.Kind = FailureLost
	a.Before = map[string]any{"mode": "0644"}
	a.After = map[string]any{"content": resource.Digest{MAC: bytes.Repeat([]byte{1}, 32), Size: 5000, Excerpt: &resource.Excerpt{Text: "a\xff", Encoding: "UTF-8", Above: 1, Below: 2, Left: 3}}}
	s.Answers = entries(s.Answers[0])
	return f, s
}

// bundledSources are in the bundle of the golden plan file. dump.sql holds a secret.
var bundledSources = map[string]string{"app.tar": "an archive", "dump.sql": "a table", "zz.bin": "\x00\xff"}

// withBundle gives the bytes of a plan file, its bundle included.
func withBundle(t *testing.T, f *File) []byte {
	t.Helper()
	var b bytes.Buffer
	err := f.Save(&b, goldenKey, func(name string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(bundledSources[name])), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// entries makes one answer of each type. Each has from all what belongs to its
// type.
func entries(all Answer) []Answer {
	c := *all.Change
	c.Effects, c.Warnings, c.Stays = nil, withoutOwn(c.Warnings), withoutOwn(c.Stays)
	return []Answer{
		{Type: StepContext, Address: "context.ssh.web", Facts: all.Facts},
		{Type: StepContext, Address: "context.ssh.away", Failure: all.Failure},
		{Type: StepCheck, Address: "file.motd", Change: &c},
		{Type: StepRead, Address: "call.stat.motd", Reply: all.Reply},
		{Type: StepProbe, Address: "call.command.reload", Reply: all.Reply},
	}
}

// TestPlanFileIsOfItsVersion fails if what a plan file is made of changes without a
// new version of the format. One golden file is a plan with every field as it is on
// disk, the other is its contents.
func TestPlanFileIsOfItsVersion(t *testing.T) {
	f, s := everything(t)
	plan, sealed := *f, *s
	plan.Sealed, plan.Large = nil, map[string]Large{"app.tar": f.Large["app.tar"]} // maps have no order
	text := fmt.Sprintf("%s TOOL\n%s\nsealed\n%s", fileFormat, formattest.CBOR(t, encoded(t, &plan)), formattest.CBOR(t, encoded(t, &sealed)))
	formattest.Golden(t, fmt.Sprintf("testdata/planfile/%d.golden", FileVersion), text)

	if err := f.Seal(goldenKey, s); err != nil {
		t.Fatal(err)
	}
	raw := withBundle(t, f)
	back, err := readBytes(formattest.Sample(t, fmt.Sprintf("testdata/planfile/%d.plan", FileVersion), raw))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := back.Unseal(goldenKey)
	if err != nil {
		t.Fatal(err)
	}
	// Values that were written and read again are maps and byte strings.
	opts := cmp.Options{cmpopts.IgnoreFields(File{}, "Sealed"), cmpopts.IgnoreUnexported(File{}), cmpopts.IgnoreFields(Action{}, "After"), cmpopts.IgnoreUnexported(resource.Change{}, resource.Trait{}, kind.Problem{})}
	if diff := cmp.Diff(f, back, opts); diff != "" {
		t.Errorf("the plan that is read differs from the one that was written (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(s, opened, opts); diff != "" {
		t.Errorf("the sealed part that is read differs from the one that was written (-want +got):\n%s", diff)
	}
	for _, s := range []*Sealed{nil, opened} {
		held, err := back.Bundle(s, goldenKey, func(string, int64, int64) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		for name, open := range held {
			in, err := open(1)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(in); err != nil || string(b) != bundledSources[name][1:] || (name == "dump.sql") != (s != nil) {
				t.Errorf("the bundle has %q as %s, %v", b, name, err)
			}
		}
	}
	want := f.Actions[0].After["content"]
	if got, ok := resource.AsDigest(back.Actions[0].After["content"]); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("the digest is read as %v, %v, want %v", got, ok, want)
	}
}

// readBytes reads a plan file.
func readBytes(b []byte) (*File, error) { return ReadFile(bytes.NewReader(b), int64(len(b))) }

// TestTimesAreWhole holds that times keep their fraction of a second. Two records
// of the same second keep their order when the plan is made again from the file.
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
	back, err := readBytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	s, err := back.Unseal(goldenKey)
	if err != nil {
		t.Fatal(err)
	}
	if back.Time != at || s.Prior["file.a"].Applied != at || !s.Prior["file.b"].Applied.IsZero() {
		t.Errorf("the times are read as %v, %v", back.Time, s.Prior)
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

// inFormat makes a plan file as another version would write it.
func inFormat(t *testing.T, head string, content any) []byte {
	t.Helper()
	raw, err := pack([]byte(head), content)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestAPlanOfAnotherFormatNamesItsVersion holds that a file of an older or newer
// version is not called damaged. The error names the version of mitoplan to use.
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
		_, err := readBytes(c.file)
		var got *FormatError
		if !errors.As(err, &got) || *got != c.want || !strings.Contains(err.Error(), fmt.Sprintf("this mitoplan reads format %d", FileVersion)) {
			t.Errorf("%s: got %v, want %+v", name, err, c.want)
		}
	}
}

// TestWhatIsNoPlanFileIsRefused holds that neither a file of something else nor a
// damaged plan file is read as a plan. The error names the damaged part in the
// words of the specification.
func TestWhatIsNoPlanFileIsRefused(t *testing.T) {
	const head = "mitoplan plan 7 0.1.0\n"
	whole := inFormat(t, head, map[string]any{"dir": strings.Repeat("a", 999)})
	other := slices.Clone(whole)
	other[len(other)-8] ^= 1 // of the checksum
	of := func(content map[string]any) []byte { return inFormat(t, head, content) }
	action := func(with map[string]any) []byte {
		good := map[string]any{"type": "resource", "op": "create"}
		maps.Copy(good, with)
		return of(map[string]any{"actions": []any{map[string]any{"type": "call", "op": "run"}, good}})
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":               {nil, "this is not a plan file of mitoplan"},
		"another file":          {[]byte("x"), "this is not a plan file of mitoplan"},
		"no version":            {[]byte("mitoplan plan x\n"), "this is not a plan file of mitoplan"},
		"a sign":                {[]byte("mitoplan plan -6 0.1.0\n"), "this is not a plan file of mitoplan"},
		"a zero before it":      {inFormat(t, "mitoplan plan 06 0.1.0\n", map[string]any{}), "this is not a plan file of mitoplan"},
		"a zero before another": {[]byte("mitoplan plan 04 0.1.0\n"), "this is not a plan file of mitoplan"},
		"a version without end": {[]byte("mitoplan plan 7 0.1.0"), "this is not a plan file of mitoplan"},

		"not packed":       {[]byte(head + "no gzip at all"), "its content is not packed as that of a plan"},
		"nothing in it":    {[]byte(head), "its content is cut short"},
		"cut short":        {whole[:len(whole)-20], "its content is cut short"},
		"another checksum": {other, "its content has another checksum than was written with it"},
		"ends within":      {packed(t, head, []byte("\xa1gactions\x82\xa0")), "its content is cut short"},
		"no map":           {inFormat(t, head, []int{1}), "its content is not a map"},
		"no item":          {packed(t, head, []byte("\xff")), "its content is not written in the form of a plan"},
		"more behind it":   {packed(t, head, []byte("\xa0\xa0")), "its content is not written in the form of a plan"},
		"without a length": {packed(t, head, []byte("\xbf\xff")), "its content is not written in the form of a plan"},
		"a part twice":     {packed(t, head, []byte("\xa2cdiraacdiraa")), `its content has "dir" twice`},

		"another form":           {of(map[string]any{"actions": "none"}), "actions is not an array"},
		"of an element":          {of(map[string]any{"actions": []any{1}}), "actions[0] is not a map"},
		"of a part of an action": {action(map[string]any{"depends_on": []any{"a", 7}}), "actions[1].depends_on[1] is not a text"},
		"of an element of a map": {of(map[string]any{"vars": map[string]any{"a": map[string]any{"type": 4}}}), `vars["a"].type is not bytes`},
		"of a number":            {of(map[string]any{"serial": "one"}), "serial is not a number"},
		"of a bool":              {of(map[string]any{"complete": 5}), "complete is not a bool"},
		"of a time":              {of(map[string]any{"time": "today"}), "time is not a time"},
		"of a pointer":           {action(map[string]any{"along": "all"}), "actions[1].along is not a map"},
		"too deep":               {of(map[string]any{"dir": deep(70)}), "its content has more elements or levels than a plan can have"},

		"an action of nothing":     {of(map[string]any{"actions": []any{nil}}), "actions[0] is null"},
		"a context of nothing":     {of(map[string]any{"contexts": []any{nil}}), "contexts[0] is null"},
		"a drift of nothing":       {of(map[string]any{"drifts": []any{nil}}), "drifts[0] is null"},
		"an operation to obey":     {action(map[string]any{"op": "\x1b[2J"}), `actions[1].op is "\x1b[2J", which is not a word that it can have`},
		"an operation of letters":  {action(map[string]any{"op": "explode"}), `actions[1].op is "explode", which is not a word that it can have`},
		"without an operation":     {action(map[string]any{"op": ""}), `actions[1].op is "", which is not a word that it can have`},
		"an action of a context":   {action(map[string]any{"type": "context"}), `actions[1].type is "context", which is not a word that it can have`},
		"another origin":           {action(map[string]any{"drift": "inside"}), `actions[1].drift is "inside", which is not a word that it can have`},
		"a status of a context":    {of(map[string]any{"contexts": []any{map[string]any{"status": "fine"}}}), `contexts[0].status is "fine", which is not a word that it can have`},
		"what else changes":        {action(map[string]any{"along": map[string]any{"count": 1, "entries": []any{map[string]any{"action": "explode"}}}}), `actions[1].along is not what an agent says: "explode" happens`},
		"a value of another type":  {of(map[string]any{"vars": map[string]any{"a": map[string]any{"type": []byte(`"number"`), "json": []byte(`"x"`)}}}), `vars["a"] is not a value of its type`},
		"an output of no type":     {of(map[string]any{"outputs": []any{map[string]any{"value": map[string]any{"type": []byte(`"foo"`), "json": []byte(`1`)}}}}), `outputs[0].value is not a value of its type`},
		"an old output of no type": {of(map[string]any{"outputs": []any{map[string]any{"before": map[string]any{"type": []byte(`"foo"`), "json": []byte(`1`)}}}}), `outputs[0].before is not a value of its type`},
		"another letter case":      {action(map[string]any{"op": "", "Op": "create"}), `actions[1].op is ""`},
	} {
		f, err := readBytes(c.file)
		if err == nil || f != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, %v, want %q", name, f, err, c.want)
			continue
		}
		damage := (*DamageError)(nil)
		if text := err.Error(); errors.As(err, &damage) && (!strings.HasPrefix(text, "it is damaged or was made by hand: ") || !strings.HasSuffix(text, ". Make a new plan")) {
			t.Errorf("%s: the message does not say that the file is damaged and what to do: %q", name, text)
		}
		for _, word := range []string{"cbor", "json", "gzip", "Go ", "planner."} {
			if strings.Contains(err.Error(), word) {
				t.Errorf("%s: the message has the word %q, which means nothing to a user: %v", name, word, err)
			}
		}
	}
}

// packed makes a plan file whose content is given in its packed form.
func packed(t *testing.T, head string, raw []byte) []byte {
	t.Helper()
	buf := bytes.NewBufferString(head)
	z := gzip.NewWriter(buf)
	if _, err := z.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// deep makes arrays in each other, that many levels deep.
func deep(levels int) any {
	v := any("")
	for range levels {
		v = []any{v}
	}
	return v
}

// TestEveryVersionKeepsItsGoldenFiles holds that the golden files of old versions
// stay, so that one can look up what a version wrote. They are refused because of
// their version, and not as damaged. The versions before the first one here had no
// golden files.
func TestEveryVersionKeepsItsGoldenFiles(t *testing.T) {
	const first = 4
	for version := first; version <= FileVersion; version++ {
		if _, err := os.Stat(fmt.Sprintf("testdata/planfile/%d.golden", version)); err != nil {
			t.Error(err)
		}
		raw, err := os.ReadFile(fmt.Sprintf("testdata/planfile/%d.plan", version))
		if err != nil {
			t.Error(err)
			continue
		}
		_, err = readBytes(raw)
		var other *FormatError
		if version < FileVersion && (!errors.As(err, &other) || other.Format != version || other.Tool == "") {
			t.Errorf("%d.plan: got %v, want an error that names the version", version, err)
		}
	}
}

// TestASealIsOfItsFormat holds that a sealed part opens only in its own format and
// with its own key.
func TestASealIsOfItsFormat(t *testing.T) {
	f, s := everything(t)
	if err := f.Seal(goldenKey, s); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Unseal(bytes.Repeat([]byte{8}, 32)); !errors.Is(err, ErrSealed) {
		t.Errorf("with another key: got %v, want ErrSealed", err)
	}
	defer func(now string) { fileFormat = now }(fileFormat)
	fileFormat = "mitoplan plan 4"
	if _, err := f.Unseal(goldenKey); !errors.Is(err, ErrSealed) {
		t.Errorf("in another format: got %v, want ErrSealed", err)
	}
	f.Sealed = f.Sealed[:5]
	if _, err := f.Unseal(goldenKey); err == nil || !strings.Contains(err.Error(), "sealed is too short") {
		t.Errorf("cut short: got %v, want that it is too short", err)
	}
}

// TestAnEntryIsOneAnswer holds that a sealed part has only answers that fit their
// steps, and values that fit their types.
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
		raw := encoded(t, &Sealed{Answers: []Answer{{Type: StepRead, Reply: reply}, e}})
		if _, err := decodeSealed(raw); err == nil || !strings.Contains(err.Error(), ": entries[1] is no answer to a step") {
			t.Errorf("%s: got %v, want that entries[1] is no answer", name, err)
		}
	}
	for want, sealed := range map[string]*Sealed{
		`entries[0].failure.kind is "odd", which is not a word`: {Answers: []Answer{{Type: StepRead, Failure: &Failure{Kind: "odd"}}}},
		`prior_outputs["a"] is not a value of its type`:         {PriorOutputs: map[string]Value{"a": {Type: []byte(`"number"`), JSON: []byte(`"x"`)}}},
	} {
		if _, err := decodeSealed(encoded(t, sealed)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f := &File{}
	if err := f.Seal(goldenKey, &Sealed{Answers: []Answer{{Type: "ask"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Unseal(goldenKey); err == nil || !strings.Contains(err.Error(), ": sealed.entries[0] is no answer") {
		t.Errorf("got %v, want that sealed.entries[0] is no answer", err)
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
		if _, err := readBytes(raw); err != nil {
			b.Fatal(err)
		}
		size = len(raw)
	}
	b.ReportMetric(float64(size), "bytes")
}

// goldenFile returns the golden plan file of this version.
func goldenFile(f *testing.F) []byte {
	f.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("testdata/planfile/%d.plan", FileVersion))
	if err != nil {
		f.Fatal(err)
	}
	return raw
}

// FuzzPlanFileHead: whatever a file begins with, decoding gives either a plan or an error.
// It runs fewer than 10,000 times a second: each run unpacks and decodes a plan file, and the
// fuzzer looks through the counters of all that is linked, also of HCL.
func FuzzPlanFileHead(f *testing.F) {
	golden := goldenFile(f)
	f.Add(golden)
	f.Add(golden[:len(golden)/2])
	for _, s := range []string{"", "mitoplan plan ", "mitoplan plan 5\n", "mitoplan plan 1\nfoo", "mitoplan plan 99999999999 x\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := readBytes(b); (got == nil) == (err == nil) {
			t.Errorf("got %v, %v; want either a plan or an error", got, err)
		}
	})
}

// FuzzPlanFile: whatever a plan file holds, it is refused or is a plan that can be shown
// without a panic. It runs fewer than 10,000 times a second: each run decodes a plan and makes
// its summaries, and the fuzzer looks through the counters of all that is linked, also of
// HCL.
func FuzzPlanFile(f *testing.F) {
	_, _, packed, err := cutHead(goldenFile(f))
	if err != nil {
		f.Fatal(err)
	}
	raw, err := gunzip(bytes.NewReader(packed))
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
			p.NotStarted()
			p.Recall(file)
		}
	})
}

// FuzzSealed: whatever a sealed part holds, it is refused or each of its answers fits its
// step. It runs fewer than 10,000 times a second: after each run, the fuzzer looks through the
// counters of all that is linked, also of HCL.
func FuzzSealed(f *testing.F) {
	file, err := readBytes(goldenFile(f))
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
				t.Errorf("the check of %q has neither a change nor a failure", e.Address)
			}
		}
	})
}

// FuzzValue: whatever bytes a value of a variable or an output has, it is refused or can
// be written and read again. It runs fewer than 10,000 times a second: after each run,
// the fuzzer looks through the counters of all that is linked, also of HCL.
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
			t.Fatalf("%#v can be read but not written: %v", v, err)
		}
		if back, err := again.Cty(); err != nil || !back.RawEquals(v) {
			t.Errorf("%#v became %#v when it was written and read again: %v", v, back, err)
		}
	})
}
