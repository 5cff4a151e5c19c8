package planner_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

const (
	planted = "hunter2-planted"
	rotated = "hunter1-rotated" // the password before the present one: no variable has it
)

// secretVars are the variables of every configuration in this file.
const secretVars = `
variable "s" {
  type      = string
  sensitive = true
}
variable "e" {
  type      = string
  sensitive = true
  ephemeral = true
}
context "local" "here" {}
`

func withSecretVars(o *planner.Options) {
	o.Vars = map[string]cty.Value{
		"s": cty.StringVal(planted).Mark(config.Sensitive),
		"e": cty.StringVal("the-ephemeral-one").Mark(config.Sensitive).Mark(config.Ephemeral),
	}
}

// lineChange is what a host says of an edit. The content is made of the line that
// the host was given; no argument has that content as its value.
func lineChange(before, after string) planner.Result {
	c := &resource.Change{
		Op: resource.Update, Fingerprint: "f", Writes: []kind.Thing{"path:/etc/x"},
		Before:  map[string]any{"path": kind.Text("/etc/x"), "content": kind.Text(before)},
		After:   map[string]any{"path": kind.Text("/etc/x"), "content": kind.Text(after)},
		Results: map[string]any{"content": kind.Text(after)},
		Effects: []resource.Effect{{Thing: "path:/etc/x", Entry: &resource.Entry{Type: resource.TypeFile, Content: &resource.Content{Data: []byte(after), Whole: true}}}},
	}
	if before == "" {
		c.Op, c.Before = resource.Create, nil
	}
	return planner.Result{Change: c}
}

func reply(results map[string]any) planner.Result {
	return planner.Result{Reply: &function.CallReply{WouldRun: true, Results: results}}
}

// everything returns all that a plan, and then its apply, show, store or report.
func everything(t *testing.T, plan *planner.Plan, p *planner.Planner) string {
	t.Helper()
	var b strings.Builder
	f := &planner.File{}
	if err := f.SetPlan(plan); err != nil {
		t.Fatal(err)
	}
	raw, err := cbor.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(raw)
	for _, a := range plan.Actions {
		fmt.Fprintf(&b, "%+v\n", *a)
	}
	for _, c := range plan.Contexts {
		fmt.Fprintf(&b, "%+v\n", *c)
	}
	for _, d := range p.Diagnostics() {
		fmt.Fprintf(&b, "%s: %s\n", d.Summary, d.Detail)
	}
	for _, o := range plan.Outputs {
		if !o.Sensitive {
			fmt.Fprintf(&b, "%s = %#v\n", o.Name, o.Value)
		}
	}
	a := applyPlan(t, p, plan, &world{})
	for _, s := range a.steps {
		fmt.Fprintf(&b, "%+v\n", s.Intent)
	}
	for _, e := range a.progress {
		fmt.Fprintf(&b, "%s %+v %v\n", e.Reason, e.Recorded, e.State)
	}
	for _, d := range p.Diagnostics() {
		fmt.Fprintf(&b, "%s: %s\n", d.Summary, d.Detail)
	}
	return b.String()
}

func holds(text string, secrets ...string) (found []string) {
	for _, s := range secrets {
		if strings.Contains(text, s) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(s))[:12]) {
			found = append(found, s)
		}
	}
	return found
}

// A value that is made of a secret is hidden, however it is made.
func TestWhatHangsOnASecretIsHidden(t *testing.T) {
	for name, c := range map[string]struct {
		src     string
		answers map[string]planner.Result
		// before and after are the attributes of the action that must be hidden.
		address       string
		before, after []string
	}{
		"the content that a line makes": {
			src: `resource "line" "x" {
				on     = context.local.here
				path   = "/etc/x"
				line   = "DB_PASSWORD=${var.e}"
				create = true
			}`,
			answers: map[string]planner.Result{"line.x": lineChange("", "DB_PASSWORD=the-ephemeral-one\n")},
			address: "line.x", after: []string{"line", "content"},
		},
		"the password before": {
			src: `resource "line" "x" {
				on   = context.local.here
				path = "/etc/x"
				line = "DB_PASSWORD=${var.s}"
			}`,
			answers: map[string]planner.Result{"line.x": lineChange("DB_PASSWORD="+rotated+"\n", "DB_PASSWORD="+planted+"\n")},
			address: "line.x", before: []string{"line", "content"}, after: []string{"line", "content"},
		},
		"what is encoded on the way": {
			src: `resource "file" "x" {
				on      = context.local.here
				path    = "/etc/x"
				content = "PW=${base64encode(var.s)}"
			}`,
			address: "file.x", after: []string{"content"},
		},
		"content in base64": {
			src: `resource "file" "x" {
				on             = context.local.here
				path           = "/etc/x"
				content_base64 = base64encode("x${var.s}")
			}`,
			answers: map[string]planner.Result{"file.x": lineChange("old "+rotated, "x"+planted)},
			address: "file.x", before: []string{"content", "content_base64"}, after: []string{"content", "content_base64"},
		},
		"what was there before a file that says nothing secret": {
			src: `resource "file" "x" {
				on      = context.local.here
				path    = "/etc/x"
				content = "nothing"
			}`,
			answers: map[string]planner.Result{"file.x": lineChange("it was "+planted, "nothing")},
			address: "file.x", before: []string{"content"},
		},
		"a later edit of the same file": {
			src: `resource "line" "secret" {
				on   = context.local.here
				path = "/etc/x"
				line = "DB_PASSWORD=${var.s}"
			}
			resource "line" "x" {
				on         = context.local.here
				path       = "/etc/x"
				line       = "PORT=1"
				depends_on = [line.secret]
			}`,
			answers: map[string]planner.Result{
				"line.secret": lineChange("DB_PASSWORD="+rotated+"\n", "DB_PASSWORD="+planted+"\n"),
				"line.x":      lineChange("DB_PASSWORD="+rotated+"\n", "DB_PASSWORD="+rotated+"\nPORT=1\n"),
			},
			address: "line.x", before: []string{"content"}, after: []string{"content"},
		},
		"an earlier edit of the same file, by another name": {
			src: `resource "line" "x" {
				on   = context.local.here
				path = "/etc/link"
				line = "PORT=1"
			}
			resource "line" "secret" {
				on         = context.local.here
				path       = "/etc/x"
				line       = "DB_PASSWORD=${var.s}"
				depends_on = [line.x]
			}`,
			answers: map[string]planner.Result{
				"line.x":      lineChange("DB_PASSWORD="+rotated+"\n", "DB_PASSWORD="+rotated+"\nPORT=1\n"),
				"line.secret": lineChange("DB_PASSWORD="+rotated+"\nPORT=1\n", "DB_PASSWORD="+planted+"\nPORT=1\n"),
			},
			address: "line.x", before: []string{"content"}, after: []string{"content"},
		},
		"an edit of the same file in another context of the machine": {
			src: `context "local" "other" {}
			resource "line" "secret" {
				on   = context.local.here
				path = "/etc/x"
				line = "DB_PASSWORD=${var.s}"
			}
			resource "line" "x" {
				on         = context.local.other
				path       = "/etc/x"
				line       = "PORT=1"
				depends_on = [line.secret]
			}`,
			answers: map[string]planner.Result{
				"line.secret": lineChange("", "DB_PASSWORD="+planted+"\n"),
				"line.x":      lineChange("DB_PASSWORD="+planted+"\n", "DB_PASSWORD="+planted+"\nPORT=1\n"),
			},
			address: "line.x", before: []string{"content"}, after: []string{"content"},
		},
		"a file that copies what an edit made": {
			src: `resource "line" "secret" {
				on   = context.local.here
				path = "/etc/x"
				line = "DB_PASSWORD=${var.s}"
			}
			resource "file" "x" {
				on      = context.local.here
				path    = "/etc/copy"
				content = line.secret.content
			}`,
			answers: map[string]planner.Result{"line.secret": lineChange("", "DB_PASSWORD="+planted+"\n")},
			address: "file.x", after: []string{"content"},
		},
		"a file that copies what was read, found out late": {
			src: `call "read_file" "now" {
				on   = context.local.here
				path = "/etc/x"
			}
			resource "file" "x" {
				on      = context.local.here
				path    = "/etc/copy"
				content = call.read_file.now.content
			}
			call "stat" "first" {
				on   = context.local.here
				path = "/"
			}
			resource "line" "secret" {
				on      = context.local.here
				path    = "/etc/x"
				line    = "DB_PASSWORD=${var.s}"
				enabled = call.stat.first.exists
			}`,
			answers: map[string]planner.Result{
				"call.read_file.now": reply(map[string]any{"content": kind.Text("DB_PASSWORD=" + rotated), "sha256": "aa"}),
				"call.stat.first":    reply(map[string]any{"exists": true}),
				"line.secret":        lineChange("DB_PASSWORD="+rotated+"\n", "DB_PASSWORD="+planted+"\n"),
			},
			address: "file.x", after: []string{"content"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			plan, p := makePlan(t, secretVars+c.src, &world{answers: c.answers}, withSecretVars)
			noErrors(t, p)
			a := plan.Action(c.address)
			slices.Sort(c.before)
			slices.Sort(c.after)
			if got := sorted(a.SensitiveBefore); !slices.Equal(got, c.before) {
				t.Errorf("hidden before: %v, want %v", got, c.before)
			}
			if got := sorted(a.Sensitive); !slices.Equal(got, c.after) {
				t.Errorf("hidden after: %v, want %v", got, c.after)
			}
			if found := holds(everything(t, plan, p), planted, rotated, "the-ephemeral-one"); len(found) > 0 {
				t.Errorf("these secrets are shown or stored: %q", found)
			}
		})
	}
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return out
}

// An answer of a host that holds a secret is hidden as a whole, and so is
// everything made of it. An output is then hidden, and not refused.
func TestWhatAHostEchoesIsHidden(t *testing.T) {
	for name, results := range map[string]map[string]any{
		"as it is": {"stdout": kind.Text("it is " + planted), "exit_code": int64(0)},
		"base64":   {"stdout": kind.Text("x " + base64.StdEncoding.EncodeToString([]byte("PW="+planted))), "exit_code": int64(0)},
		"bytes":    {"stdout": []byte("it is " + planted), "exit_code": int64(0)},
	} {
		t.Run(name, func(t *testing.T) {
			plan, p := makePlan(t, secretVars+`
call "command" "say" {
  on        = context.local.here
  argv      = ["say"]
  read_only = true
}
resource "file" "copy" {
  on      = context.local.here
  path    = "/etc/copy"
  content = "<${call.command.say.stdout}>"
}
output "said" { value = call.command.say.stdout }
output "copied" { value = file.copy.content }
output "length" { value = length(call.command.say.stdout) }
`, &world{answers: map[string]planner.Result{"call.command.say": reply(results)}}, withSecretVars)
			noErrors(t, p)
			for _, o := range plan.Outputs {
				if !o.Sensitive {
					t.Errorf("output %s is shown", o.Name)
				}
			}
			if found := holds(everything(t, plan, p), planted); len(found) > 0 {
				t.Error("the secret is shown or stored")
			}
			for _, e := range p.Answers(false) {
				if e.Address == "call.command.say" {
					t.Error("the answer is kept outside the sealed part")
				}
			}
		})
	}
}

func TestFactsAndTextsOfHostsAreHidden(t *testing.T) {
	plan, p := makePlan(t, secretVars+`
context "ssh" "web" { host = "h" }
resource "file" "warned" {
  on   = context.local.here
  path = "/etc/warned"
}
resource "file" "failed" {
  on      = context.local.here
  path    = "/etc/failed"
  content = var.s
}
call "command" "guarded" {
  on      = context.local.here
  shell   = "x"
  creates = "/etc/failed"
}
resource "file" "fact" {
  on      = context.ssh.web
  path    = "/etc/fact"
  content = on.hostname
}
`, &world{answers: map[string]planner.Result{
		"context.ssh.web": {Facts: map[string]any{"hostname": planted + ".example.org", "os": "linux"}},
		"file.warned": {Change: &resource.Change{Op: resource.Create, Fingerprint: "f", After: map[string]any{"path": kind.Text("/etc/warned")},
			Warnings: []kind.Problem{{Summary: "Odd", Detail: "there is " + planted}}}},
		"file.failed":          {Failure: &planner.Failure{Attr: "content", Summary: "No", Detail: `it says "` + planted + `"`}},
		"call.command.guarded": {Reply: &function.CallReply{Results: map[string]any{"stdout": kind.Text(planted)}}},
	}}, withSecretVars)
	if d := p.Diagnostics(); len(d) != 1 || !strings.Contains(d[0].Detail, "(sensitive value)") {
		t.Errorf("want one problem with its secret hidden: %v", d)
	}
	if text := everything(t, plan, p); len(holds(text, planted)) > 0 {
		t.Errorf("the secret is shown or stored: %s", text)
	}
	if a := plan.Action("file.fact"); !slices.Contains(a.Sensitive, "content") {
		t.Errorf("the content is made of a fact with a secret, and is not hidden: %+v", a)
	}
	for _, c := range plan.Contexts {
		if c.Address == "context.ssh.web" && c.Facts["os"] != "linux" {
			t.Errorf("other facts are hidden, too: %v", c.Facts)
		}
	}
}

// Nothing is hidden that only looks like a secret: a short secret, an argument that
// the configuration says is not sensitive, a thing that no secret is in.
func TestWhatHangsOnNoSecretIsShown(t *testing.T) {
	plan, p := makePlan(t, secretVars+`
resource "file" "open" {
  on      = context.local.here
  path    = "/srv/${nonsensitive(var.s)}"
  content = "for ${nonsensitive(var.s)}"
}
resource "line" "secret" {
  on   = context.local.here
  path = "/etc/x"
  line = "DB_PASSWORD=${var.s}"
}
resource "line" "other" {
  on   = context.local.here
  path = "/etc/xy"
  line = "PORT=1"
}
context "ssh" "elsewhere" { host = "h" }
resource "line" "elsewhere" {
  on   = context.ssh.elsewhere
  path = "/etc/x"
  line = "PORT=1"
}
call "command" "near" {
  on        = context.local.here
  argv      = ["cat", "/etc/xy"]
  read_only = true
}
call "command" "at" {
  on        = context.local.here
  shell     = "cat </etc/x"
  read_only = true
}
output "near" { value = call.command.near.stdout }
output "at" { value = call.command.at.stdout }
`, &world{answers: map[string]planner.Result{
		"line.secret": lineChange("", "DB_PASSWORD="+planted+"\n"),
		"line.other": {Change: &resource.Change{Op: resource.Create, Fingerprint: "f", Writes: []kind.Thing{"path:/etc/xy"},
			After: map[string]any{"path": kind.Text("/etc/xy"), "content": kind.Text("PORT=1\n")}}},
		"line.elsewhere": lineChange("", "PORT=1\n"),
	}}, withSecretVars)
	noErrors(t, p)
	for _, address := range []string{"file.open", "line.other", "line.elsewhere"} {
		a := plan.Action(address)
		if len(a.Sensitive)+len(a.SensitiveBefore) > 0 || a.After["content"] == nil {
			t.Errorf("%s: hidden are %v and %v, want nothing; after is %v", address, a.SensitiveBefore, a.Sensitive, a.After)
		}
	}
	for _, o := range plan.Outputs {
		if want := o.Name == "at"; o.Sensitive != want {
			t.Errorf("output %s: sensitive %v, want %v", o.Name, o.Sensitive, want)
		}
	}
}

// If a check shows that a path is made of a secret, the path is refused before it
// is shown anywhere.
func TestAPathThatTurnsOutToBeASecret(t *testing.T) {
	plan, p := makePlan(t, secretVars+`
call "read_file" "now" {
  on   = context.local.here
  path = "/etc/x"
}
resource "file" "named" {
  on   = context.local.here
  path = "/srv/${call.read_file.now.content}"
}
call "stat" "first" {
  on   = context.local.here
  path = "/"
}
resource "line" "secret" {
  on      = context.local.here
  path    = "/etc/x"
  line    = "DB_PASSWORD=${var.s}"
  enabled = call.stat.first.exists
}
`, &world{answers: map[string]planner.Result{
		"call.read_file.now": reply(map[string]any{"content": kind.Text(rotated)}),
		"call.stat.first":    reply(map[string]any{"exists": true}),
		"line.secret":        lineChange(rotated, planted),
	}}, withSecretVars)
	d := p.Diagnostics()
	if len(d) != 1 || !strings.Contains(d[0].Detail, "sensitive") || d[0].Subject == nil || d[0].Subject.Start.Line != 19 {
		t.Errorf("want one problem at line 19 that says that the path is sensitive: %v", d)
	}
	if plan.Action("file.named") != nil || plan.Complete {
		t.Error("file.named is in the plan, or the plan is complete")
	}
	if found := holds(everything(t, plan, p), planted, rotated); len(found) > 0 {
		t.Errorf("these secrets are shown or stored: %q", found)
	}
}

// Only the inputs of the plan itself open its seal.
func TestSeal(t *testing.T) {
	f := &planner.File{Salt: []byte("salt")}
	want := []planner.Answer{{Type: planner.StepRead, Address: "call.command.x", Reply: &function.CallReply{WouldRun: true, Results: map[string]any{"stdout": kind.Text(planted)}}}}
	if err := f.Seal(sealKey, &planner.Sealed{Key: []byte("k"), Answers: want}); err != nil {
		t.Fatal(err)
	}
	back := throughBytes(t, f)
	if bytes.Contains(back.Sealed, []byte(planted)) {
		t.Error("the secret stands in the sealed part as it is")
	}
	if _, err := back.Unseal(bytes.Repeat([]byte{8}, 32)); err != planner.ErrSealed {
		t.Errorf("with another key: got %v, want ErrSealed", err)
	}
	s, err := back.Unseal(sealKey)
	if err != nil || len(s.Answers) != 1 || fmt.Sprint(s.Answers[0].Reply.Results["stdout"]) != fmt.Sprint(kind.Text(planted)) {
		t.Errorf("the opened seal has %+v, %v; want the one answer", s, err)
	}
	for _, damage := range [][]byte{nil, {1}, back.Sealed[:len(back.Sealed)-1]} {
		back.Sealed = damage
		if _, err := back.Unseal(sealKey); err == nil {
			t.Errorf("a damaged seal of %d bytes was opened", len(damage))
		}
	}
}

// A password that only opens a context is no input of the seal. Any variable that
// something else uses is one.
func TestInputs(t *testing.T) {
	cfg := load(t, `
variable "login" {}
variable "both" {}
variable "host" {}
variable "through" {}
variable "content" {}
variable "shown" {}
variable "unused" {}
locals {
  creds   = { password = var.login }
  content = "x${var.through}"
}
context "ssh" "h" {
  host     = var.host
  password = local.creds.password
}
context "sudo" "h" {
  via      = context.ssh.h
  password = var.both
}
resource "file" "x" {
  on      = context.ssh.h
  path    = "/etc/x"
  content = "${var.content}${local.content}${var.both}"
}
output "o" { value = var.shown }
`)
	want := []string{"both", "content", "host", "shown", "through"}
	if got := planner.Inputs(cfg); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A plan file keeps no secret of its inputs. With a seal it may keep the secrets of
// hosts, without one it may not.
func TestRecordKeepsNoSecretOfOthers(t *testing.T) {
	src := secretVars + `
variable "login" {
  type      = string
  sensitive = true
}
context "ssh" "h" {
  host     = "h"
  password = var.login
}
call "command" "login" {
  on        = context.ssh.h
  argv      = ["login"]
  read_only = true
}
call "command" "input" {
  on        = context.local.here
  argv      = ["input"]
  read_only = true
}
call "command" "given" {
  on        = context.local.here
  argv      = ["given", var.s]
  read_only = true
}
call "command" "token" {
  on        = context.local.here
  argv      = ["token"]
  read_only = true
}
call "command" "plain" {
  on        = context.local.here
  argv      = ["plain"]
  read_only = true
}
resource "file" "token" {
  on      = context.local.here
  path    = "/etc/token"
  content = sensitive("TOKEN=${call.command.token.stdout}")
}
resource "line" "login" {
  on   = context.ssh.h
  path = "/etc/x"
  line = "PORT=1"
}
resource "file" "beside" {
  on   = context.ssh.h
  path = "/etc/beside"
}
`
	answers := map[string]planner.Result{
		"call.command.login": reply(map[string]any{"stdout": kind.Text("the-login-password")}),
		"call.command.input": reply(map[string]any{"stdout": kind.Text(planted)}),
		"call.command.given": reply(map[string]any{"stdout": kind.Text("something")}),
		"call.command.token": reply(map[string]any{"stdout": kind.Text("a-token-of-the-host\n")}),
		"call.command.plain": reply(map[string]any{"stdout": kind.Text("something else")}),
		"line.login":         lineChange("the-login-password\n", "the-login-password\nPORT=1\n"),
	}
	plan, p := makePlan(t, src, &world{answers: answers}, withSecretVars, func(o *planner.Options) {
		o.Vars["login"] = cty.StringVal("the-login-password").Mark(config.Sensitive)
	})
	noErrors(t, p)
	_ = plan
	for name, c := range map[string]struct {
		sealed  bool
		without []string
	}{
		"sealed":     {true, []string{"call.command.login", "line.login", "file.beside"}},
		"not sealed": {false, []string{"call.command.login", "line.login", "file.beside", "call.command.input", "call.command.given", "call.command.token"}},
	} {
		t.Run(name, func(t *testing.T) {
			kept := map[string]bool{}
			entries := p.Answers(c.sealed)
			for _, e := range entries {
				kept[e.Address] = true
			}
			for _, address := range []string{"call.command.login", "line.login", "file.beside", "call.command.input", "call.command.given", "call.command.token", "call.command.plain", "file.token", "context.ssh.h", "context.local.here"} {
				if want := !slices.Contains(c.without, address); kept[address] != want {
					t.Errorf("%s is kept: %v, want %v", address, kept[address], want)
				}
			}
			raw, err := cbor.Marshal(entries)
			if err != nil {
				t.Fatal(err)
			}
			secrets := []string{"the-login-password"}
			if !c.sealed {
				secrets = append(secrets, planted, "a-token-of-the-host")
			}
			if found := holds(string(raw), secrets...); len(found) > 0 {
				t.Errorf("these secrets are kept: %q", found)
			}
		})
	}
}

// A call also names a path by the directory that it runs in, by its environment, and
// in another spelling of the path.
func TestCallsThatNameASecretPath(t *testing.T) {
	for args, want := range map[string]bool{
		`argv = ["cat", "/etc/x"]`:                           true,
		`argv = ["cat", "/etc/../etc//x"]`:                   true,
		`shell = "cat </etc/./x"`:                            true,
		`shell = "cat x", dir = "/etc"`:                      true,
		`argv = ["cat", "../etc/x"], dir = "/srv"`:           true,
		`shell = "cat \"$CONF\"", env = { CONF = "/etc/x" }`: true,
		`argv = ["cat", "x"], dir = "/srv"`:                  false,
		`argv = ["cat", "x"]`:                                false,
		`argv = ["cat", "/etc/xy"]`:                          false,
		`shell = "cat /etc"`:                                 false,
	} {
		plan, p := makePlan(t, secretVars+`
resource "line" "secret" {
  on   = context.local.here
  path = "/etc/x"
  line = "DB_PASSWORD=${var.s}"
}
call "command" "at" {
  on        = context.local.here
  read_only = true
  `+strings.NewReplacer(", dir", "\n  dir", ", env", "\n  env").Replace(args)+`
}
output "at" { value = call.command.at.stdout }
`, &world{answers: map[string]planner.Result{"line.secret": lineChange("", "DB_PASSWORD="+planted+"\n")}}, withSecretVars)
		noErrors(t, p)
		if got := plan.Outputs[0].Sensitive; got != want {
			t.Errorf("%s: sensitive %v, want %v", args, got, want)
		}
	}
}
