package executor_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/planner"
)

// large copies a source of the controller to two hosts.
const large = `
variable "pw" {
  default   = null
  sensitive = true
}
context "local" "a" { host = "a" }
context "far" "b" { host = "b" }
resource "file" "a" {
  on     = context.local.a
  path   = "$DIR/a"
  source = "big.bin"
}
resource "file" "b" {
  on     = context.far.b
  path   = "$DIR/b"
  source = "big.bin"
}
resource "file" "pw" {
  on      = context.local.a
  path    = "$DIR/pw"
  content = var.pw
}`

// fromDisk are the options of a configuration that is read from the disk.
func (l *lab) fromDisk(src string, vars map[string]cty.Value) executor.Options {
	l.t.Helper()
	l.write("main.mito.hcl", strings.ReplaceAll(src, "$DIR", l.Dir))
	if vars == nil {
		vars = map[string]cty.Value{"pw": cty.NullVal(cty.String).Mark(config.Sensitive)}
	}
	o := l.options(`context "local" "h" {}`, vars)
	cfg, diags := config.Load(l.Dir, l.catalogue())
	if diags.HasErrors() {
		l.t.Fatal(diags)
	}
	o.Config = cfg
	return o
}

// fromFile are the options of a plan file.
func (l *lab) fromFile(f *planner.File, vars map[string]cty.Value) executor.Options {
	l.t.Helper()
	sources, err := executor.FileSources(f, l.Dir)
	if err != nil {
		l.t.Fatal(err)
	}
	if vars == nil {
		vars = map[string]cty.Value{"pw": cty.NullVal(cty.String).Mark(config.Sensitive)}
	}
	o := l.options(`context "local" "h" {}`, vars)
	cfg, diags := config.LoadSources(l.Dir, sources, l.catalogue())
	if diags.HasErrors() {
		l.t.Fatal(diags)
	}
	o.Config = cfg
	return o
}

// savedWith saves a plan, and reads the file again.
func (l *lab) savedWith(o executor.Options, bundle bool) (*planner.File, []byte) {
	l.t.Helper()
	s := l.open(o)
	var b bytes.Buffer
	if err := s.WritePlanFile(l.t.Context(), &b, l.plan(s), bundle); err != nil {
		l.t.Fatal(err)
	}
	f, err := planner.ReadFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		l.t.Fatal(err)
	}
	return f, b.Bytes()
}

// inClear is what anybody can read in a plan file, unpacked, without its bundle.
func inClear(t *testing.T, raw []byte) []byte {
	t.Helper()
	_, packed, _ := bytes.Cut(raw, []byte("\n"))
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	z.Multistream(false)
	clear, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return clear
}

// apply of a plan file. It returns what opening or applying it said.
func (l *lab) applyLarge(f *planner.File, vars map[string]cty.Value) hcl.Diagnostics {
	l.t.Helper()
	s, p, diags := executor.Open(l.t.Context(), f, l.fromFile(f, vars))
	if s != nil {
		defer s.Close()
	}
	if diags.HasErrors() {
		return diags
	}
	_, diags = l.apply(l.t.Context(), s, p)
	return diags
}

// megabytes are n MiB of text that is different all along.
func megabytes(n int, seed string) string {
	var b strings.Builder
	for k := 0; b.Len() < n<<20; k++ {
		fmt.Fprintln(&b, seed, k)
	}
	return b.String()[:n<<20]
}

// TestALargeSourceIsSent holds that a source of more than 1 MiB is written on every host,
// that a plan after that has nothing to do, and that views are told how far it is.
func TestALargeSourceIsSent(t *testing.T) {
	l := newLab(t)
	want := megabytes(3, "image")
	l.write("big.bin", want)
	o := l.fromDisk(large, nil)
	read, moved := 0, 0
	l.told = func(e executor.Event) {
		if e.Type == executor.SourceRead && e.Address == "big.bin" && e.Of == 3<<20 {
			read++
		}
		if e.Type == executor.ApplyStart && e.Moved != nil {
			if _, _, ok := e.Moved(); ok {
				t.Error("it is on its way before it was asked for")
			}
			moved++
		}
	}
	s := l.open(o)
	p := l.plan(s)
	if a := p.Action("file.a"); a == nil || a.Op != planner.Create {
		t.Fatalf("the plan is %v", a)
	}
	if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
		t.Fatal(diags)
	}
	if l.read("a") != want || l.read("b") != want {
		t.Errorf("the files have %d and %d bytes", len(l.read("a")), len(l.read("b")))
	}
	if read < 3 || read > 5 || moved != 2 { // the beginning may be told, and the end twice
		t.Errorf("the view was told %d times of the reading and %d times of what is sent", read, moved)
	}
	if p := l.plan(l.open(l.fromDisk(large, nil))); !p.Empty() {
		t.Error("a second plan has something to do")
	}
	l.write("big.bin", megabytes(2, "another"))
	if p := l.plan(l.open(l.fromDisk(large, nil))); p.Action("file.a").Op != planner.Update {
		t.Error("another source is not seen")
	}
}

// TestALargeSourceThatChangesIsNotSent holds that a source that is another one than was
// planned is not written, and that the error names the file, and is at its argument.
func TestALargeSourceThatChangesIsNotSent(t *testing.T) {
	for name, c := range map[string]struct {
		change func(path string) error
		want   string
	}{
		"longer":      {func(path string) error { return os.WriteFile(path, []byte(megabytes(4, "x")), 0o600) }, "it had 3145728 bytes when it was read for the plan, and has 4194304 now"},
		"overwritten": {func(path string) error { return os.WriteFile(path, []byte(megabytes(3, "x")), 0o600) }, "it was written again"},
		"missing":     {os.Remove, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.write("big.bin", megabytes(3, "image"))
			l.write("a", "before")
			path := filepath.Join(l.Dir, "big.bin")
			if err := os.Chtimes(path, time.Now(), time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
			s := l.open(l.fromDisk(large, nil))
			p := l.plan(s)
			if err := c.change(path); err != nil {
				t.Fatal(err)
			}
			_, diags := l.apply(t.Context(), s, p)
			if len(diags) != 2 {
				t.Fatalf("got %v, want an error of each host", diags)
			}
			for _, d := range diags {
				if !strings.Contains(d.Detail, "The file big.bin on the machine that mitoplan runs on cannot be sent: ") || !strings.Contains(d.Detail, c.want) {
					t.Errorf("got %s, want %s", d.Detail, c.want)
				}
				if d.Subject == nil || !strings.Contains(sourceLine(l, d.Subject.Start.Line), `source = "big.bin"`) {
					t.Errorf("the error is at %v", d.Subject)
				}
			}
			if l.read("a") != "before" {
				t.Error("something was written")
			}
			if _, err := os.Stat(filepath.Join(l.Dir, "b")); err == nil {
				t.Error("a file was made")
			}
			l.nothingLeft(t)
		})
	}
}

// TestWhatACommandDidWithACutOffInputStays holds that an error of a source that is another
// one than was planned does not say of a command that nothing was written.
func TestWhatACommandDidWithACutOffInputStays(t *testing.T) {
	for name, save := range map[string]string{"result in the reply": "", "result into a file": `stdout_file = "out"`} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.write("big.bin", megabytes(3, "image"))
			s := l.open(l.fromDisk(`
context "local" "h" {}
call "command" "c" {
  on         = context.local.h
  shell      = "echo began > $DIR/part; cat >> $DIR/part; touch $DIR/whole"
  stdin_file = "big.bin"
  `+save+`
}`, nil))
			p := l.plan(s)
			if err := os.Truncate(filepath.Join(l.Dir, "big.bin"), 5); err != nil {
				t.Fatal(err)
			}
			_, diags := l.apply(t.Context(), s, p)
			if len(diags) != 1 {
				t.Fatalf("got %v", diags)
			}
			d := diags[0]
			for _, want := range []string{"The file big.bin on the machine that mitoplan runs on cannot be sent: ", "The command was ended", "What it did until then stays"} {
				if !strings.Contains(d.Detail, want) {
					t.Errorf("got %s, want %s", d.Detail, want)
				}
			}
			if strings.Contains(d.Detail, "Nothing was written") {
				t.Errorf("it says %s", d.Detail)
			}
			if d.Subject == nil || !strings.Contains(sourceLine(l, d.Subject.Start.Line), `stdin_file = "big.bin"`) {
				t.Errorf("the error is at %v", d.Subject)
			}
			if _, err := os.Stat(filepath.Join(l.Dir, "whole")); err == nil {
				t.Error("the command took a part for all")
			}
		})
	}
}

func sourceLine(l *lab, n int) string {
	return strings.Split(l.read("main.mito.hcl"), "\n")[n-1]
}

// nothingLeft looks for temporary files.
func (l *lab) nothingLeft(t *testing.T) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(l.Dir, ".*mito*"))
	if err != nil || slices.ContainsFunc(names, func(n string) bool { return filepath.Base(n) != ".mitoplan" }) {
		t.Errorf("there are %q", names)
	}
}

// TestAPlanFileNamesALargeSource holds that a plan file has the name of a large source,
// that the source is looked at before anything is applied, and that what is wrong with it
// is said at its argument.
func TestAPlanFileNamesALargeSource(t *testing.T) {
	want := megabytes(3, "image")
	for name, c := range map[string]struct {
		change func(path string) error
		want   []string
	}{
		"as it was": {func(string) error { return nil }, nil},
		"touched":   {func(path string) error { return os.Chtimes(path, time.Now(), time.Unix(7, 0)) }, nil},
		"missing":   {os.Remove, []string{"no such file", "it had 3145728 bytes, and its SHA-256 was " + fmt.Sprintf("%x", sha256.Sum256([]byte(want)))}},
		"short":     {func(path string) error { return os.Truncate(path, 5) }, []string{"it had 3145728 bytes when it was read for the plan, and has 5 now"}},
		"another": {func(path string) error { return os.WriteFile(path, []byte(megabytes(3, "x")), 0o600) },
			[]string{fmt.Sprintf("its SHA-256 was %x when it was read for the plan, and is %x now", sha256.Sum256([]byte(want)), sha256.Sum256([]byte(megabytes(3, "x"))))}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.write("big.bin", want)
			f, raw := l.savedWith(l.fromDisk(large, nil), false)
			if len(raw) > 100<<10 || f.Large["big.bin"].Bundled || f.Large["big.bin"].Size != 3<<20 || f.Sources["big.bin"] != nil {
				t.Errorf("the plan file has %d bytes and names %v", len(raw), f.Large)
			}
			if err := c.change(filepath.Join(l.Dir, "big.bin")); err != nil {
				t.Fatal(err)
			}
			diags := l.applyLarge(f, nil)
			if c.want == nil {
				if diags.HasErrors() || l.read("a") != want || l.read("b") != want {
					t.Errorf("got %v", diags)
				}
				return
			}
			cannot := 0
			for _, d := range diags {
				if d.Summary != "Cannot read source" {
					continue
				}
				cannot++
				for _, want := range append(c.want, "The plan file has only its name", "Bring that file back, or make a new plan, with -bundle") {
					if !strings.Contains(d.Detail, want) {
						t.Errorf("got %s, want %s", d.Detail, want)
					}
				}
				if d.Subject == nil || !strings.Contains(sourceLine(l, d.Subject.Start.Line), `source = "big.bin"`) {
					t.Errorf("the error is at %v", d.Subject)
				}
			}
			if cannot != 2 {
				t.Errorf("got %v, want an error at each block", diags)
			}
			for _, name := range []string{"a", "b"} {
				if _, err := os.Stat(filepath.Join(l.Dir, name)); err == nil {
					t.Error("something was applied")
				}
			}
		})
	}
}

// TestOnlySourcesThatAreNeeded holds that a plan file is applied without the large sources
// of what it does not change. Those of what it changes, in whichever way it does, have to
// be there, as they were.
func TestOnlySourcesThatAreNeeded(t *testing.T) {
	const both = `
context "local" "a" { host = "a" }
resource "file" "same" {
  on     = context.local.a
  path   = "$DIR/same"
  source = "same.bin"
}
resource "file" "other" {
  on     = context.local.a
  path   = "$DIR/other"
  source = "other.bin"
  mode   = "0640"
}`
	same, other := megabytes(2, "same"), megabytes(2, "other")
	remove := func(l *lab, name string) { os.Remove(filepath.Join(l.Dir, name)) }
	edit := func(l *lab, name string) { l.write(name, megabytes(2, "edited")) }
	for name, c := range map[string]struct {
		before string // what other is
		lose   func(l *lab, name string)
		source string
		refuse bool
	}{
		"of the same, gone":     {"old", remove, "same.bin", false},
		"of the same, edited":   {"old", edit, "same.bin", false},
		"of a change, gone":     {"old", remove, "other.bin", true},
		"of a change, edited":   {"old", edit, "other.bin", true},
		"of another mode, gone": {other, remove, "other.bin", true},
		"none is gone":          {"old", func(*lab, string) {}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.write("same.bin", same)
			l.write("other.bin", other)
			l.write("same", same)
			l.write("other", c.before)
			f, _ := l.savedWith(l.fromDisk(both, map[string]cty.Value{}), false)
			c.lose(l, c.source)
			diags := l.applyLarge(f, map[string]cty.Value{})
			if !c.refuse {
				if diags.HasErrors() || l.read("other") != other || l.read("same") != same {
					t.Errorf("got %v", diags)
				}
				return
			}
			if len(diags) != 1 || diags[0].Summary != "Cannot read source" || !strings.Contains(diags[0].Detail, "reading other.bin: ") {
				t.Errorf("got %v", diags)
			} else if !strings.Contains(sourceLine(l, diags[0].Subject.Start.Line), `source = "other.bin"`) {
				t.Errorf("the error is at %v", diags[0].Subject)
			}
			if l.read("other") != c.before {
				t.Error("something was applied")
			}
		})
	}
}

// TestABundleNeedsNoSources holds that a plan file with a bundle is applied without the
// sources, and is refused if the bundle is damaged.
func TestABundleNeedsNoSources(t *testing.T) {
	l := newLab(t)
	want := megabytes(3, "image")
	l.write("big.bin", want)
	f, raw := l.savedWith(l.fromDisk(large, nil), true)
	if !f.Large["big.bin"].Bundled || len(raw) < 3<<20 {
		t.Errorf("the plan file has %d bytes and names %v", len(raw), f.Large)
	}
	l.write("big.bin", "another")
	damaged := bytes.Clone(raw)
	damaged[len(raw)-5] ^= 1
	bad, err := planner.ReadFile(bytes.NewReader(damaged), int64(len(damaged)))
	if err != nil {
		t.Fatal(err)
	}
	if diags := l.applyLarge(bad, nil); len(diags) != 1 || !strings.Contains(diags[0].Detail, `large["big.bin"] is not the content that the plan names`) {
		t.Errorf("a damaged bundle gives %v", diags)
	} else if !strings.HasPrefix(diags[0].Detail, "The plan file cannot be used: it is damaged ") {
		t.Errorf("it says %q", diags[0].Detail)
	}
	if diags := l.applyLarge(f, nil); diags.HasErrors() || l.read("a") != want || l.read("b") != want {
		t.Errorf("got %v", diags)
	}
}

// TestALargeSourceWithASecret holds that neither a secret that is found in a large source
// can be read in a plan file, nor its SHA-256, and that the source has to be the same
// when the plan is applied.
func TestALargeSourceWithASecret(t *testing.T) {
	const pw = "correct horse battery"
	vars := map[string]cty.Value{"pw": cty.StringVal(pw).Mark(config.Sensitive)}
	for name, at := range map[string]int{"beginning": 0, "between two pieces": 1<<20 - 5, "end": 3<<20 - len(pw)} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			content := []byte(megabytes(3, "image"))
			copy(content[at:], pw)
			sum := sha256.Sum256(content)
			l.write("big.bin", string(content))
			f, raw := l.savedWith(l.fromDisk(large, vars), false)
			if !slices.Contains(f.Secret, "big.bin") || !f.Large["big.bin"].Secret() || bytes.Contains(inClear(t, raw), sum[:]) {
				t.Errorf("secret are %q, large %v", f.Secret, f.Large)
			}
			bundled, raw := l.savedWith(l.fromDisk(large, vars), true)
			if slices.Contains(bundled.Secret, "big.bin") || bytes.Contains(raw, []byte(pw)) || bytes.Contains(raw, content[1<<20:1<<20+100]) {
				t.Error("the bundle is not encrypted")
			}
			l.write("big.bin", megabytes(3, "another"))
			if diags := l.applyLarge(f, vars); len(diags) != 1 || !strings.Contains(diags[0].Detail, "big.bin") || diags[0].Summary != "Sensitive inputs differ from the plan's" {
				t.Errorf("another source gives %v", diags)
			}
			if err := os.Remove(filepath.Join(l.Dir, "big.bin")); err != nil {
				t.Fatal(err)
			}
			if diags := l.applyLarge(f, vars); len(diags) != 1 || !strings.Contains(diags[0].Detail, `the file "big.bin" holds a secret, so the plan does not hold it, and it is read again: reading big.bin: `) {
				t.Errorf("a missing source gives %v", diags)
			}
			other := map[string]cty.Value{"pw": cty.StringVal("another password").Mark(config.Sensitive)}
			if diags := l.applyLarge(bundled, other); len(diags) != 1 || diags[0].Summary != "Sensitive inputs differ from the plan's" {
				t.Errorf("another password gives %v", diags)
			}
			if diags := l.applyLarge(bundled, vars); diags.HasErrors() || l.read("a") != string(content) {
				t.Errorf("the bundle gives %v", diags)
			}
		})
	}
}

// TestALargeSourceWithASecretComesBack holds that a plan is applied with a large source
// that holds a secret if that is as it was.
func TestALargeSourceWithASecretComesBack(t *testing.T) {
	l := newLab(t)
	vars := map[string]cty.Value{"pw": cty.StringVal("correct horse").Mark(config.Sensitive)}
	want := "correct horse" + megabytes(2, "image")
	l.write("big.bin", want)
	f, _ := l.savedWith(l.fromDisk(large, vars), false)
	if diags := l.applyLarge(f, vars); diags.HasErrors() || l.read("a") != want {
		t.Errorf("got %v", diags)
	}
}

// TestABundleThatCannotBeEncrypted holds that a secret is not put into a bundle if
// everybody could derive the key.
func TestABundleThatCannotBeEncrypted(t *testing.T) {
	l := newLab(t)
	l.write("big.bin", "correct horse"+megabytes(2, "image"))
	src := strings.Replace(large, `context "local" "a" { host = "a" }`, "context \"local\" \"a\" {\n  host     = \"a\"\n  password = var.pw\n}", 1)
	src = src[:strings.Index(src, `resource "file" "pw"`)]
	s := l.open(l.fromDisk(src, map[string]cty.Value{"pw": cty.StringVal("correct horse").Mark(config.Sensitive)}))
	var b bytes.Buffer
	err := s.WritePlanFile(t.Context(), &b, l.plan(s), true)
	if err == nil || b.Len() > 0 || !strings.Contains(err.Error(), "big.bin\" holds a secret") || !strings.Contains(err.Error(), "Leave out -bundle") {
		t.Errorf("got %v", err)
	}
}

// TestReadingALargeSourceCanBeInterrupted holds that who waits for it can give up.
func TestReadingALargeSourceCanBeInterrupted(t *testing.T) {
	l := newLab(t)
	l.write("big.bin", megabytes(3, "image"))
	s := l.open(l.fromDisk(large, nil))
	ctx, cancel := context.WithCancel(t.Context())
	l.told = func(e executor.Event) {
		if e.Type == executor.SourceRead {
			cancel()
		}
	}
	if p, diags := s.Plan(ctx); len(diags) != 1 || diags[0].Summary != "Interrupted" || len(p.Actions) > 0 {
		t.Errorf("got %v", diags)
	}
}

// TestATreeWithASecretComesBack holds that a saved plan is applied whose directory or archive holds
// a secret, be it short or long: it is read again, or in the bundle. Nobody can read the SHA-256 of
// its files in the plan file.
func TestATreeWithASecretComesBack(t *testing.T) {
	const short = "correct horse"
	long := short + megabytes(2, "image")
	vars := map[string]cty.Value{"pw": cty.StringVal(short).Mark(config.Sensitive)}
	for name, c := range map[string]struct {
		kind, want string
		bundle     bool
		again      []string // of what is read again
	}{
		"short":                       {kind: "directory_sync", want: short, again: []string{`files("site")`, `tree("site")`}},
		"long":                        {kind: "directory_sync", want: long, again: []string{`files("site")`, `tree("site")`}},
		"long, in a bundle":           {kind: "directory_sync", want: long, bundle: true},
		"a short archive":             {kind: "archive", want: short, again: []string{`archive("site", "0")`, `unpacked("site", "0")`}},
		"a long archive, in a bundle": {kind: "archive", want: long, bundle: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.site(c.kind == "archive", c.want)
			f, raw := l.savedWith(l.fromDisk(fmt.Sprintf(`
variable "pw" { sensitive = true }
context "local" "a" { host = "a" }
resource %q "a" {
  on     = context.local.a
  path   = "$DIR/made"
  source = "site"
}
resource "file" "pw" {
  on      = context.local.a
  path    = "$DIR/pw"
  content = var.pw
}
`, c.kind), vars), c.bundle)
			if !slices.Equal(f.Secret, c.again) {
				t.Errorf("secret are %q", f.Secret)
			}
			sum := sha256.Sum256([]byte(c.want))
			if clear := inClear(t, raw); bytes.Contains(clear, sum[:]) || bytes.Contains(clear, fmt.Appendf(nil, "%x", sum)) {
				t.Error("the SHA-256 is in the plan file")
			}
			if len(c.again) == 0 {
				if err := os.RemoveAll(filepath.Join(l.Dir, "site")); err != nil {
					t.Fatal(err)
				}
			}
			if diags := l.applyLarge(f, vars); diags.HasErrors() || l.read("made/key") != c.want {
				t.Errorf("got %v", diags)
			}
		})
	}
}

// TestTheRecordOfATreeWithASecret holds that the list of a directory that holds a secret is not
// recorded, that the next plan is empty all the same, and that what was made stays when the block
// is gone, and says why.
func TestTheRecordOfATreeWithASecret(t *testing.T) {
	const pw = "correct horse"
	vars := map[string]cty.Value{"pw": cty.StringVal(pw).Mark(config.Sensitive)}
	head := driftHead + "variable \"pw\" { sensitive = true }\nresource \"file\" \"pw\" {\n on = context.local.h\n path = \"$DIR/pw\"\n content = var.pw\n}\n"
	l := newLab(t)
	l.site(false, pw)
	src := head + copies("/made", "site", "")
	s := l.open(l.fromDisk(src, vars))
	l.mustApply(s, l.plan(s))
	end := l.loaded().Instance("directory_sync.d").End
	if end.Args["source"] == nil || end.Args["source_manifest"] != nil {
		t.Errorf("recorded is %v", end.Args)
	}
	left := l.loaded().Thing("local", l.loaded().Instance("directory_sync.d").Thing).State
	args := l.loaded().Instance("directory_sync.d").Args
	for name, digest := range left {
		if strings.HasPrefix(name, "source ") { // and which names it is of
			left["source"] = digest
		}
	}
	for name, digest := range map[string]string{"source_manifest": args["source_manifest"], "source_contents": args["source_contents"], "source": left["source"]} {
		if !strings.HasPrefix(digest, "s1:") {
			t.Errorf("the digest of %s is not made by scrypt: %s", name, digest)
		}
	}
	if p := l.plan(l.open(l.fromDisk(src, vars))); !p.Empty() {
		t.Errorf("the second plan is not empty: %+v", p.Actions)
	}
	l.write("made/key", "edited")
	if p := l.plan(l.open(l.fromDisk(src, vars))); len(p.Drifts) != 1 || !slices.Equal(p.Drifts[0].Changed, []string{"source"}) {
		t.Errorf("an edit is told as %+v", p.Drifts)
	}
	l.write("made/key", pw)
	s = l.open(l.fromDisk(head, vars))
	p := l.plan(s)
	l.mustApply(s, p)
	if a := p.Action("directory_sync.d"); a == nil || a.Op != planner.Forget || !strings.Contains(fmt.Sprintf("%+v", a), "was a secret") || l.read("made/key") != pw {
		t.Errorf("the plan says %+v", a)
	}
}

// site makes a directory that holds one file, or an archive of one.
func (l *lab) site(archive bool, key string) {
	l.t.Helper()
	if !archive {
		if err := os.Mkdir(filepath.Join(l.Dir, "site"), 0o755); err != nil {
			l.t.Fatal(err)
		}
		l.write("site/key", key)
		return
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "key", Mode: 0o644, Size: int64(len(key))}); err != nil {
		l.t.Fatal(err)
	}
	if _, err := io.WriteString(w, key); err != nil {
		l.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		l.t.Fatal(err)
	}
	l.write("site", b.String())
}
