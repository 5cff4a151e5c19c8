package executor_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// The secrets that the tests of this file plant.
const (
	inputSecret     = "planted-by-a-variable"
	ephemeralSecret = "planted-and-ephemeral"
	rotatedSecret   = "planted-before-rotation"
	loginSecret     = "planted-for-a-login"
	fileSecret      = "planted-in-a-file-of-data"
)

var planted = []string{inputSecret, ephemeralSecret, rotatedSecret, loginSecret, fileSecret}

// wherePlanted returns the names of the planted secrets that are in b, as they are
// or in base64.
func wherePlanted(b []byte) (found []string) {
	for _, s := range planted {
		for before := range 3 {
			enc := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + s))
			if bytes.Contains(b, []byte(s)) || bytes.Contains(b, []byte(enc[4:len(enc)-2])) {
				found = append(found, s)
				break
			}
		}
	}
	return found
}

// opened returns what anybody can read in a plan file, without the seal.
func opened(t *testing.T, raw []byte) []byte {
	t.Helper()
	_, packed, ok := bytes.Cut(raw, []byte("\n"))
	if !ok {
		t.Fatal("the file has no line that ends its head")
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func plantedVars() map[string]cty.Value {
	return map[string]cty.Value{
		"s":     cty.StringVal(inputSecret).Mark(config.Sensitive),
		"e":     cty.StringVal(ephemeralSecret).Mark(config.Sensitive).Mark(config.Ephemeral),
		"login": cty.StringVal(loginSecret).Mark(config.Sensitive).Mark(config.Ephemeral),
	}
}

const plantedDecls = `
variable "s" {
  type      = string
  sensitive = true
}
variable "e" {
  type      = string
  sensitive = true
  ephemeral = true
}
variable "login" {
  type      = string
  sensitive = true
  ephemeral = true
}
context "local" "h" {
  password = var.login
}
`

// plantedEverywhere is a configuration in which hosts have secrets, make them, read
// them and fail with them.
const plantedEverywhere = plantedDecls + `
resource "line" "made" {
  on     = context.local.h
  path   = "$DIR/made.conf"
  line   = "DB_PASSWORD=${var.e}"
  create = true
}
resource "line" "rotated" {
  on     = context.local.h
  path   = "$DIR/rotated.conf"
  line   = "DB_PASSWORD=${var.s}"
  regexp = "^DB_PASSWORD="
}
resource "line" "port" {
  on         = context.local.h
  path       = "$DIR/rotated.conf"
  line       = "PORT=1"
  depends_on = [line.rotated]
}
resource "file" "encoded" {
  on      = context.local.h
  path    = "$DIR/encoded"
  content = "PW=${base64encode(var.s)}"
}
resource "file" "base64" {
  on             = context.local.h
  path           = "$DIR/base64"
  content_base64 = base64encode("PW=${var.s}")
}
resource "file" "cleared" {
  on      = context.local.h
  path    = "$DIR/cleared"
  content = "nothing\n"
}
resource "file" "gone" {
  on    = context.local.h
  path  = "$DIR/gone"
  state = "absent"
}
resource "file" "data" {
  on      = context.local.h
  path    = "$DIR/data"
  content = sensitive(file("data.txt"))
}
call "read_file" "now" {
  on   = context.local.h
  path = "$DIR/holds"
}
call "command" "cat" {
  on        = context.local.h
  argv      = ["cat", "$DIR/holds"]
  read_only = true
}
call "command" "base64" {
  on        = context.local.h
  argv      = ["base64", "-w0", "$DIR/holds"]
  read_only = true
}
call "command" "given" {
  on        = context.local.h
  argv      = ["printf", "%s", var.s]
  read_only = true
}
resource "file" "copy" {
  on      = context.local.h
  path    = "$DIR/copy"
  content = "${call.read_file.now.content}${call.command.base64.stdout}"
}
call "command" "echo" {
  on    = context.local.h
  shell = "cat $DIR/holds"
}
call "command" "triggered" {
  on       = context.local.h
  argv     = ["true"]
  triggers = { pw = var.s }
}
output "made" {
  value     = line.made.content
  sensitive = true
}
output "read" { value = call.command.cat.stdout }
output "sum" { value = call.read_file.now.sha256 }
output "echoed" { value = call.command.echo.stdout }
`

func (l *lab) plant() {
	l.write("rotated.conf", "DB_PASSWORD="+rotatedSecret+"\n")
	l.write("holds", "it is "+inputSecret+" and "+ephemeralSecret+"\n")
	l.write("cleared", "it was "+inputSecret+"\n")
	l.write("gone", "it was "+inputSecret+"\n")
	l.write("data.txt", fileSecret+"\n")
}

// A plan full of secrets is saved, shown and applied. The secrets reach the files
// on the host, and are shown or stored nowhere else.
func TestPlantedSecretsAreNowhere(t *testing.T) {
	l := newLab(t)
	l.plant()
	o := l.options(plantedEverywhere, plantedVars())
	s := l.open(o)
	p := l.plan(s)
	raw, err := planFile(s, p)
	if err != nil {
		t.Fatal(err)
	}
	if found := wherePlanted(opened(t, raw)); len(found) > 0 {
		t.Errorf("these secrets are in the plan file: %q", found)
	}
	f, err := planner.ReadFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"data.txt"}; !slices.Equal(f.Secret, want) {
		t.Errorf("files that are read again: %q, want %q", f.Secret, want)
	}
	shown, err := f.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for address, hidden := range map[string][2][]string{
		"line.made":    {nil, {"line", "content"}},
		"line.rotated": {{"line", "content"}, {"line", "content"}},
		"line.port":    {{"content"}, {"content"}},
		"file.encoded": {nil, {"content"}},
		"file.base64":  {nil, {"content", "content_base64"}},
		"file.cleared": {{"content"}, nil},
		"file.gone":    {{"content"}, nil},
		"file.data":    {nil, {"content"}},
		"file.copy":    {nil, {"content"}},
	} {
		a := shown.Action(address)
		if !slices.Equal(a.SensitiveBefore, hidden[0]) || !slices.Equal(a.Sensitive, hidden[1]) {
			if slices.Sort(hidden[1]); !slices.Equal(slices.Sorted(slices.Values(a.Sensitive)), hidden[1]) || !slices.Equal(a.SensitiveBefore, hidden[0]) {
				t.Errorf("%s hides %q and %q, want %q", address, a.SensitiveBefore, a.Sensitive, hidden)
			}
		}
	}

	// The file is applied with another login password than the plan was made with.
	vars := plantedVars()
	vars["login"] = cty.StringVal("another-login-password").Mark(config.Sensitive).Mark(config.Ephemeral)
	o = l.options(plantedEverywhere, vars)
	saved, p := l.reopen(f, o)
	if _, diags := l.apply(t.Context(), saved, p); diags.HasErrors() {
		t.Fatal(diags)
	}
	outputs, diags := saved.Outputs()
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for _, o := range outputs {
		if !o.Sensitive {
			t.Errorf("the value of output %s is shown: %#v", o.Name, o.Value)
		}
	}
	for name, want := range map[string]string{
		"made.conf": "DB_PASSWORD=" + ephemeralSecret + "\n", "rotated.conf": "DB_PASSWORD=" + inputSecret + "\nPORT=1\n",
		"data": fileSecret + "\n", "base64": "PW=" + inputSecret,
	} {
		if got := l.read(name); got != want {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
	l.nothingPlanted(t)
}

// nothingPlanted holds that no secret is in the state, the journal or an event.
func (l *lab) nothingPlanted(t *testing.T) {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(l.Dir, ".mitoplan"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if found := wherePlanted([]byte(l.read(filepath.Join(".mitoplan", f.Name())))); len(found) > 0 {
			t.Errorf("the file %s has the secrets %q", f.Name(), found)
		}
	}
	for _, e := range l.events {
		if found := wherePlanted(fmt.Appendf(nil, "%+v", e)); len(found) > 0 {
			t.Errorf("an event has the secrets %q: %+v", found, e)
		}
	}
}

// Hosts put secrets into the reasons of their failures. The problems of a plan and
// an apply give the reasons without the secrets.
func TestPlantedSecretsAreNotInReasons(t *testing.T) {
	l := newLab(t)
	l.plant()
	s := l.session(plantedDecls+`
call "command" "now" {
  on        = context.local.h
  shell     = "cat $DIR/holds >&2; exit 3"
  read_only = true
}
call "command" "guarded" {
  on     = context.local.h
  argv   = ["true"]
  unless = ["sh", "-c", "exit 1"]
  env    = { X = var.s }
  dir    = "$DIR/none"
}
`, plantedVars())
	_, planned := s.Plan(t.Context())
	s = l.session(plantedDecls+`
resource "file" "refused" {
  on       = context.local.h
  path     = "$DIR/refused"
  content  = var.s
  validate = "cat %s; cat $DIR/holds >&2; exit 1"
}
call "command" "fails" {
  on    = context.local.h
  shell = "echo ${var.e}; cat $DIR/holds; exit 4"
}
`, plantedVars())
	_, applied := l.apply(t.Context(), s, l.plan(s))
	if len(planned) != 2 || len(applied) != 2 {
		t.Fatalf("want two problems of the plan and two of the apply, got %v and %v", planned, applied)
	}
	for _, d := range append(planned, applied...) {
		if found := wherePlanted([]byte(d.Summary + d.Detail)); len(found) > 0 {
			t.Errorf("the secrets %q are in the problem %s: %s", found, d.Summary, d.Detail)
		}
	}
	l.nothingPlanted(t)
}

// At apply, the password that opens a context may differ from that of the plan.
// Every other input must be the same.
func TestWhatMayDifferAtApply(t *testing.T) {
	src := plantedDecls + `
resource "file" "x" {
  on      = context.local.h
  path    = "$DIR/x"
  content = var.e
}
resource "file" "data" {
  on      = context.local.h
  path    = "$DIR/data"
  content = sensitive(file("data.txt"))
}
output "s" {
  value     = var.s
  sensitive = true
}`
	l := newLab(t)
	l.plant()
	s := l.session(src, plantedVars())
	f := l.savedOf(s, l.plan(s))
	for name, c := range map[string]struct {
		change func(map[string]cty.Value)
		data   string
		want   string
	}{
		"the same":              {func(map[string]cty.Value) {}, "", ""},
		"another login":         {func(v map[string]cty.Value) { v["login"] = cty.StringVal("x").Mark(config.Sensitive) }, "", ""},
		"another ephemeral one": {func(v map[string]cty.Value) { v["e"] = cty.StringVal("x").Mark(config.Ephemeral) }, "", "var.e, var.s and the files that hold a secret, data.txt"},
		"another output":        {func(v map[string]cty.Value) { v["s"] = cty.StringVal("x").Mark(config.Sensitive) }, "", "var.e, var.s"},
		"one is missing":        {func(v map[string]cty.Value) { v["s"] = cty.NullVal(cty.String).Mark(config.Sensitive) }, "", "made with var.e and var.s, and what was given now is var.e."},
		"another file":          {func(map[string]cty.Value) {}, "other\n", "data.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			l.write("data.txt", fileSecret+"\n")
			if c.data != "" {
				l.write("data.txt", c.data)
			}
			vars := plantedVars()
			c.change(vars)
			sources, err := executor.FileSources(f, l.Dir)
			if err != nil {
				t.Fatal(err)
			}
			o := l.options(src, vars)
			var diags hcl.Diagnostics
			if o.Config, diags = config.LoadSources(l.Dir, sources, l.catalogue()); diags.HasErrors() {
				t.Fatal(diags)
			}
			opened, _, diags := executor.Open(t.Context(), f, o)
			if opened != nil {
				defer opened.Close()
			}
			switch {
			case c.want == "" && diags.HasErrors():
				t.Errorf("the plan was refused: %v", diags)
			case c.want != "" && (len(diags) != 1 || diags[0].Summary != "Sensitive inputs differ from the plan's" || !strings.Contains(diags[0].Detail, c.want)):
				t.Errorf("got %v, want %q", diags, c.want)
			}
		})
	}
}

// An answer with a secret that does not have to be given again at apply is not kept
// in the file. The host is asked again. If the plan is another one then, it is
// refused.
func TestWhatAPlanFileMayNotKeepIsAskedAgain(t *testing.T) {
	src := plantedDecls + `
call "command" "login" {
  on        = context.local.h
  argv      = ["cat", "$DIR/login"]
  read_only = true
}
resource "file" "copy" {
  on      = context.local.h
  path    = "$DIR/copy"
  content = call.command.login.stdout
}
resource "line" "edited" {
  on   = context.local.h
  path = "$DIR/edited"
  line = "PORT=1"
}
resource "line" "again" {
  on         = context.local.h
  path       = "$DIR/edited"
  line       = "HOST=x"
  depends_on = [line.edited]
}
resource "file" "second" {
  on      = context.local.h
  path    = "$DIR/second"
  content = line.again.content
}`
	for name, c := range map[string]struct{ login, want string }{
		"as it was":    {loginSecret, ""},
		"it was moved": {"somebody else", "call.command.login"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.write("login", loginSecret)
			l.write("edited", "PW="+loginSecret+"\n")
			s := l.session(src, plantedVars())
			raw, err := planFile(s, l.plan(s))
			if err != nil {
				t.Fatal(err)
			}
			f, err := planner.ReadFile(bytes.NewReader(raw), int64(len(raw)))
			if err != nil {
				t.Fatal(err)
			}
			if found := wherePlanted(opened(t, raw)); len(found) > 0 {
				t.Errorf("these secrets are in the plan file: %q", found)
			}
			l.write("login", c.login)
			saved, p, diags := executor.Open(t.Context(), f, l.options(src, plantedVars()))
			if saved != nil {
				defer saved.Close()
			}
			if c.want != "" {
				if len(diags) != 1 || diags[0].Summary != "Changed since it was planned" || !strings.Contains(diags[0].Detail, c.want) {
					t.Errorf("got %v, want \"Changed since it was planned\" with %q", diags, c.want)
				}
				return
			}
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if _, diags := l.apply(t.Context(), saved, p); diags.HasErrors() {
				t.Fatal(diags)
			}
			if got, want := l.read("second"), "PW="+loginSecret+"\nPORT=1\nHOST=x\n"; got != want {
				t.Errorf("second holds %q, want %q", got, want)
			}
			l.nothingPlanted(t)
		})
	}
}

// Each machine has a key of its own, which all its contexts share. A saved plan is
// applied with the keys that it was made with.
func TestEachMachineHasItsOwnKey(t *testing.T) {
	l := newLab(t)
	keys := l.recordKeys()
	src := `
context "far" "b" { host = "b" }
context "local" "a" { host = "a" }
context "local" "aa" { host = "aa" }
resource "file" "x" {
  on      = { a = context.local.a, b = context.far.b, aa = context.local.aa }
  path    = "$DIR/${on.key}"
  content = "x"
}`
	s := l.session(src, nil)
	p := l.plan(s)
	raw, err := planFile(s, p)
	if err != nil {
		t.Fatal(err)
	}
	planned := keys()
	a, b, aa := planned["a"], planned["b"], planned["aa"]
	if len(a) != 1 || len(b) != 1 || len(aa) != 1 || a[0] == b[0] || a[0] != aa[0] || len(a[0]) != 16 {
		t.Errorf("want one key of 16 bytes for a and aa and another for b, got a %x, aa %x, b %x", a, aa, b)
	}
	f, err := planner.ReadFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	saved, p := l.reopen(f, l.options(src, nil))
	if _, diags := l.apply(t.Context(), saved, p); diags.HasErrors() {
		t.Fatal(diags)
	}
	if applied := keys(); !maps.EqualFunc(applied, planned, slices.Equal) {
		t.Errorf("the keys at apply are %x, those of the plan were %x", applied, planned)
	}
}

// recordKeys makes the agents note the keys that they get, by the name of the file
// that a request is about. The function that it returns gives the notes and clears
// them.
func (l *lab) recordKeys() func() map[string][]string {
	var mu sync.Mutex
	seen := map[string][]string{}
	note := func(address string, key []byte) {
		mu.Lock()
		defer mu.Unlock()
		name := strings.Trim(strings.TrimPrefix(address, "file.x"), `[]"`)
		if !slices.Contains(seen[name], string(key)) {
			seen[name] = append(seen[name], string(key))
		}
	}
	service := resource.NewService(resource.NewMachine(resource.Options{}), kinds.Lookup)
	l.replace = []transport.Function{
		transport.NewFunc(kinds.CheckFunc.FuncName(), func(ctx context.Context, node *transport.Node, in resource.CheckRequest) (resource.CheckReply, error) {
			if err := in.Take(node); err != nil {
				return resource.CheckReply{}, err
			}
			note(in.Address, in.Key)
			return service.Check(ctx, in)
		}),
		transport.NewFunc(kinds.ApplyFunc.FuncName(), func(ctx context.Context, node *transport.Node, in resource.ApplyRequest) (resource.ApplyReply, error) {
			if err := in.Take(node); err != nil {
				return resource.ApplyReply{}, err
			}
			note(in.Address, in.Key)
			return service.Apply(ctx, in)
		}),
	}
	return func() map[string][]string {
		mu.Lock()
		defer mu.Unlock()
		out := seen
		seen = map[string][]string{}
		return out
	}
}

// The digests in the record of an earlier version still count, and the next apply
// replaces them.
func TestDigestsOfAnEarlierRecord(t *testing.T) {
	l := newLab(t)
	src := plantedDecls + `
resource "file" "x" {
  on      = context.local.h
  path    = "$DIR/x"
  content = "x"
}
resource "file" "secret" {
  on      = context.local.h
  path    = "$DIR/secret"
  content = var.s
}
call "command" "build" {
  on       = context.local.h
  argv     = ["true"]
  triggers = { v = 1, pw = var.s }
}`
	s := l.session(src, plantedVars())
	if _, diags := l.apply(t.Context(), s, l.plan(s)); diags.HasErrors() {
		t.Fatal(diags)
	}
	st := l.loaded()
	for address, digest := range map[string]string{"file.x": st.Instance("file.x").Args["content"], "call.command.build": st.Instance("call.command.build").Triggers} {
		if !strings.HasPrefix(digest, map[string]string{"file.x": "k1:", "call.command.build": "s1:"}[address]) {
			t.Errorf("%s has the digest %s, of another form", address, digest)
		}
	}
	// From here on the record has the digests as the first version made them.
	st.Things, st.Instance("file.x").Args = nil, nil
	st.Instance("file.x").Digest = plainArgs(t, map[string]any{"path": kind.Text(filepath.Join(l.Dir, "x")), "content": kind.Text("x")})
	st.Instance("call.command.build").Triggers = plainValue(cty.ObjectVal(map[string]cty.Value{"v": cty.NumberIntVal(1), "pw": cty.StringVal(inputSecret)}))
	if err := l.store.Save(st); err != nil {
		t.Fatal(err)
	}
	l.write("x", "changed by hand")
	s = l.session(src, plantedVars())
	p := l.plan(s)
	if a := p.Action("file.x"); a.Drift != "outside" {
		t.Errorf("the drift of file.x comes from %q, want outside", a.Drift)
	}
	if a := p.Action("call.command.build"); a.Op != planner.NoOp {
		t.Errorf("the call is planned as %s because of %s, want nothing to do", a.Op, a.Reason)
	}
	if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
		t.Fatal(diags)
	}
	st = l.loaded()
	if r := st.Instance("file.x"); r.Digest != "" || !strings.HasPrefix(r.Args["content"], "k1:") {
		t.Errorf("file.x still has the old digests: %+v", r)
	}
	if d := st.Instance("call.command.build").Triggers; !strings.HasPrefix(d, "s1:") {
		t.Errorf("the call still has the old digest %s", d)
	}
}

// plainArgs and plainValue make digests as the first version did.
func plainArgs(t testing.TB, args map[string]any) string {
	t.Helper()
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := mode.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}

func plainValue(v cty.Value) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(v.GoString()))) }

func (l *lab) loaded() *state.State {
	l.t.Helper()
	st, err := l.store.Load()
	if err != nil {
		l.t.Fatal(err)
	}
	return st
}
