//go:build linux

package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// secret is a planted value. None of its forms may be in anything that is printed
// or left behind, except in the places where the configuration puts it.
type secret struct{ name, value string }

// planted are the secrets of secretsConfig. Each is in a place of its own, so that
// a leak shows where it comes from.
var planted = []secret{
	{"content", "Cq7-content-41fd90"},           // argument of a file
	{"ephemeral", "Ev3-ephemeral-b61c07"},       // sensitive and ephemeral, in a line
	{"rotated", "Rn5-rotated-new-80e2c4"},       // takes the place of an older one
	{"derived", "Dx9-derived-2b77aa1"},          // written as base64
	{"quoted", `Qt4"quo'ted\$x 90ab`},           // inside jsonencode
	{"argv", "Av8-argument-57c3e1"},             // an element of a command's argv
	{"stdin", "Si2-stdin-e04d9b2"},              // what a command reads
	{"environment", "En6-environ-19f8d3"},       // a command's env
	{"failing", "Fa1-failing-6d20b5"},           // what a failing command says of its argument
	{"echoed", "Ec0-echoed-read-c92e7f"},        // a host holds it in a file that is read
	{"before", "Bf7-before-plain-04a6d8"},       // it stands in a file that gets plain content
	{"stdout", "So3-stdout-plain-71be59"},       // a plain command prints it
	{"as_url", "Ur5 url/form&=3f86c1"},          // a host has it in percent encoding
	{"as_base64", "Bs6-base64-form-a85d17"},     // a host has it in base64
	{"as_shell", "Sh4 shell'form$d7190e"},       // a host has it quoted for a shell
	{"output", "Ou8-output-5e3c92fd"},           // a sensitive output
	{"trigger", "Tr2-trigger-90bd6f1"},          // a call's triggers
	{"document", "Do9-document-b2f47e0"},        // inside a sensitive document
	{"long", "Lo1-long-text-cut-8d63a2e5"},      // where long text is shortened
	{"validated", "Va4-validate-e17b0c68"},      // what a validate command says of a file
	{"login", "Lg3-login-sudo-4bd1a7"},          // typed at a prompt, and held by the host
	{"rotated_before", "Ro5-rotated-old-f3ad1"}, // nobody's input: the secret that rotated replaces
}

func plantedValue(name string) string {
	for _, s := range planted {
		if s.name == name {
			return s.value
		}
	}
	panic("no secret " + name)
}

// forms returns the forms in which a value may be in a text: the value itself, its
// encodings by programs, and its two halves, as a text that is cut or printed in
// two pieces would have them.
func (s secret) forms() map[string]string {
	out := map[string]string{
		"itself":  s.value,
		"hex":     hex.EncodeToString([]byte(s.value)),
		"percent": url.QueryEscape(s.value), "path": url.PathEscape(s.value),
		"shell": "'" + strings.ReplaceAll(s.value, "'", `'\''`) + "'",
		"HCL":   strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", "$${").Replace(s.value),
	}
	if len(s.value) >= 16 {
		out["first half"], out["second half"] = s.value[:len(s.value)/2+2], s.value[len(s.value)/2-2:]
	}
	for shift := range 3 { // the whole groups of base64 at each alignment
		b := base64.StdEncoding.EncodeToString(append(make([]byte, shift), s.value...))
		from := []int{0, 2, 3}[shift]
		to := (shift + len(s.value)) / 3 * 4
		out[fmt.Sprintf("base64 at %d", shift)] = b[from:to]
		out[fmt.Sprintf("base64url at %d", shift)] = strings.NewReplacer("+", "-", "/", "_").Replace(b[from:to])
	}
	return out
}

// leaks returns which secrets a text has, and in which forms.
func leaks(text string) []string {
	var out []string
	for _, s := range planted {
		var found []string
		for form, f := range s.forms() {
			if at := strings.Index(text, f); at >= 0 {
				found = append(found, fmt.Sprintf("%s (%s): …%q…", s.name, form, text[max(0, at-60):min(len(text), at+len(f)+20)]))
			}
		}
		if len(found) > 0 {
			out = append(out, slices.Min(found))
		}
	}
	return out
}

// The search itself is tested, because a form that it does not find would let a leak
// through.
func TestLeaksAreFound(t *testing.T) {
	for _, s := range planted {
		for form, f := range s.forms() {
			if !slices.ContainsFunc(leaks("before "+f+" after"), func(l string) bool { return strings.HasPrefix(l, s.name+" ") }) {
				t.Errorf("%s as %s is not found", s.name, form)
			}
		}
	}
	if got := leaks("plain text, and " + base64.StdEncoding.EncodeToString([]byte("more of it"))); got != nil {
		t.Errorf("found in plain text: %q", got)
	}
}

func assertNoLeak(t *testing.T, where, text string) {
	t.Helper()
	for _, l := range leaks(text) {
		t.Errorf("%s holds %s", where, l)
	}
}

// secretsConfig has contexts of host 1 and of the controller, and one block for
// each secret.
func secretsConfig(l *lab.Lab) string {
	var b strings.Builder
	for _, s := range planted {
		if s.name != "rotated_before" {
			fmt.Fprintf(&b, "variable %q {\n  type      = string\n  sensitive = true\n  ephemeral = %v\n}\n", s.name, s.name == "ephemeral" || s.name == "login")
		}
	}
	b.WriteString(`context "local" "here" {}` + "\n")
	b.WriteString(sshContext(l, "host", 1, "ops", ""))
	b.WriteString(`
context "sudo" "host" {
  via      = context.ssh.host
  password = var.login
}
locals {
  document = jsondecode(jsonencode({ pass = var.document, name = "x" }))
}
resource "file" "content" {
  on      = context.sudo.host
  path    = "/etc/app/content"
  content = "a = ${var.content}\n"
}
resource "line" "ephemeral" {
  on     = context.sudo.host
  path   = "/etc/app/env"
  line   = "DB_PASSWORD=${var.ephemeral}"
  create = true
}
resource "line" "rotated" {
  on     = context.sudo.host
  path   = "/etc/app/rotated"
  regexp = "^TOKEN="
  line   = "TOKEN=${var.rotated}"
}
resource "file" "derived" {
  on      = context.sudo.host
  path    = "/etc/app/derived"
  content = "PW=${base64encode(var.derived)}\n"
}
resource "file" "quoted" {
  on      = context.sudo.host
  path    = "/etc/app/quoted"
  content = jsonencode({ p = var.quoted, list = [var.quoted] })
}
resource "file" "here" {
  on      = context.local.here
  path    = "${abspath(path.module)}/made"
  content = "${var.content} ${var.document}\n"
}
resource "file" "document" {
  on      = context.sudo.host
  path    = "/etc/app/document"
  content = "pass: ${local.document.pass}\n"
}
resource "file" "before" {
  on      = context.sudo.host
  path    = "/etc/app/before"
  content = "plain\n"
}
resource "file" "uses" {
  on      = context.sudo.host
  path    = "/etc/app/uses"
  content = join("\n", [var.before, var.stdout, var.as_url, var.as_base64, var.as_shell, var.echoed])
}
resource "file" "copied" {
  on      = context.sudo.host
  path    = "/etc/app/copied"
  content = call.read_file.echoed.content
}
call "command" "argv" {
  on   = context.sudo.host
  argv = ["echo", var.argv, "content", "file"]
}
call "command" "stdin" {
  on        = context.sudo.host
  argv      = ["cat"]
  stdin     = var.stdin
  read_only = true
}
call "command" "environment" {
  on    = context.local.here
  shell = "printenv SECRET"
  env   = { SECRET = var.environment }
}
call "command" "trigger" {
  on       = context.sudo.host
  argv     = ["true"]
  triggers = { token = var.trigger }
}
call "read_file" "echoed" {
  on   = context.sudo.host
  path = "/etc/app/echoed"
}
call "command" "stdout" {
  on        = context.sudo.host
  argv      = ["cat", "/etc/app/holds"]
  read_only = true
}
call "command" "login" {
  on        = context.sudo.host
  argv      = ["cat", "/etc/app/login"]
  read_only = true
}
output "argv" {
  value     = call.command.argv.stdout
  sensitive = true
}
output "output" {
  value     = { inner = [var.output] }
  sensitive = true
}
output "holds" {
  value     = call.command.stdout.stdout
  sensitive = true
}
output "login" {
  value     = call.command.login.stdout
  sensitive = true
}
output "count" {
  value = length(call.read_file.echoed.content) > 0
}
`)
	return b.String()
}

// failingConfig are blocks that fail, each with a secret in its subject. Each is
// tried by itself, together with the contexts and variables.
var failingConfig = map[string]string{
	"a command that prints its environment and fails": `
call "command" "failing" {
  on        = context.sudo.host
  shell     = "echo \"no such user: $SECRET\" >&2; exit 3"
  env       = { SECRET = var.failing }
  read_only = true
}`,
	"a plain command that prints what the host holds and fails": `
call "command" "failing" {
  on        = context.sudo.host
  shell     = "cat /etc/app/holds >&2; exit 3"
  read_only = true
}
resource "file" "uses" {
  on      = context.sudo.host
  path    = "/etc/app/uses"
  content = join("\n", [var.stdout, var.as_url, var.as_base64, var.as_shell])
}`,
	"a long text that is cut in the middle of a secret": `
call "command" "long" {
  on        = context.sudo.host
  shell     = "for i in $(seq 400); do printf '%0*d' $i 0; printf %s \"$SECRET\"; done >&2; exit 3"
  env       = { SECRET = var.long }
  read_only = true
}`,
	"a validate command that prints the file": `
resource "file" "validated" {
  on       = context.sudo.host
  path     = "/etc/app/validated"
  content  = "token = ${var.validated}\n"
  validate = "sh -c 'cat %s >&2; exit 1'"
}`,
	"a file function with a path made of a secret": `
output "o" {
  value     = file("/run/${jsondecode(jsonencode({ pass = var.document })).pass}")
  sensitive = true
}`,
	"a conversion": `
output "o" {
  value     = parseint(var.document, 10)
  sensitive = true
}`,
	"an index": `
output "o" {
  value     = { a = 1 }[var.document]
  sensitive = true
}`,
	"a path made of a secret": `
resource "file" "f" {
  on      = context.local.here
  path    = "${abspath(path.module)}/x-${var.content}"
  content = ""
}`,
	"keys made of a secret": `
resource "file" "f" {
  for_each = toset([var.content])
  on       = context.local.here
  path     = "/tmp/x"
  content  = each.key
}`,
	"a precondition's message": `
resource "file" "f" {
  on      = context.local.here
  path    = "/tmp/x"
  content = ""
  lifecycle {
    precondition {
      condition     = var.content == "other"
      error_message = "It is ${var.content}."
    }
  }
}`,
	"an argument that is refused": `
resource "file" "f" {
  on      = context.local.here
  path    = "/tmp/x"
  mode    = var.content
  content = ""
}`,
	"a timeout": `
call "command" "slow" {
  on        = context.sudo.host
  shell     = "echo \"$SECRET\" >&2; sleep 30"
  env       = { SECRET = var.failing }
  timeout   = "1s"
  read_only = true
}`,
}

// secretsHost makes the files on the host that the configuration reads.
func secretsHost(l *lab.Lab) {
	l.Exec(1, "mkdir", "-p", "/etc/app")
	l.Exec(1, "sh", "-c", "echo 'ops:"+plantedValue("login")+"' | chpasswd")
	for name, content := range map[string]string{
		"rotated": "# token\nTOKEN=" + plantedValue("rotated_before") + "\n",
		"echoed":  "the token is " + plantedValue("echoed") + "\n",
		"before":  "old = " + plantedValue("before") + "\n",
		"login":   "password of ops: " + plantedValue("login") + "\n",
		"holds": strings.Join([]string{
			plantedValue("stdout"),
			"https://host/?q=" + url.QueryEscape(plantedValue("as_url")),
			"Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+plantedValue("as_base64"))),
			"export X='" + strings.ReplaceAll(plantedValue("as_shell"), "'", `'\''`) + "'",
		}, "\n") + "\n",
	} {
		l.WriteFile(1, "/etc/app/"+name, content, 0o600)
	}
}

// secretsWorkspace has the configuration and the variables, which come from the
// environment. Temporary files and the log are in directories of their own.
func secretsWorkspace(t *testing.T, l *lab.Lab, config string) *workspace {
	t.Helper()
	w := newWorkspace(t, map[string]string{"main.mito.hcl": config})
	for _, s := range planted {
		if s.name != "rotated_before" {
			w.setVar(s.name, s.value)
		}
	}
	if err := os.Mkdir(w.path("tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.env = append(w.env, "TMPDIR="+w.path("tmp"), "MITOPLAN_LOG=io", "MITOPLAN_LOG_PATH="+w.path("log"))
	return w
}

// assertNothingKept searches everything that is left: the directory of the
// configuration (plan, record, journal, log, temporary files), HOME, and the host,
// except for the files that the configuration manages.
func assertNothingKept(t *testing.T, l *lab.Lab, w *workspace) {
	t.Helper()
	for _, dir := range []string{w.dir, w.home} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path == w.path("made") {
				return err
			}
			b, err := os.ReadFile(path)
			assertNoLeak(t, path, unpacked(b))
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	args := []string{"-rlF"}
	for _, s := range planted {
		args = append(args, "-e", s.value)
	}
	args = append(args, "/home", "/root", "/tmp", "/var/tmp", "/var/log", "/run", "/dev/shm")
	if found, _ := l.Run(1, append([]string{"grep"}, args...)...); found != "" {
		t.Errorf("secrets are left on the host: %s", found)
	}
}

// unpacked returns the text of a file together with the contents of its gzip
// streams.
func unpacked(b []byte) string {
	text := string(b)
	for rest := b; ; {
		at := bytes.Index(rest, []byte{0x1f, 0x8b, 8})
		if at < 0 {
			return text
		}
		if z, err := gzip.NewReader(bytes.NewReader(rest[at:])); err == nil {
			plain, _ := io.ReadAll(io.LimitReader(z, 1<<28))
			text += string(plain)
		}
		rest = rest[at+3:]
	}
}

// Twenty secrets are planted, each in another place. No command prints one, and no file
// keeps one.
func TestPlantedSecrets(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 1})
	secretsHost(l)
	w := secretsWorkspace(t, l, secretsConfig(l))
	run := func(status int, args ...string) {
		t.Helper()
		r := watchedFor(t, w.start(args...))
		if r.status != status {
			t.Errorf("status %d was expected of %v", status, r)
		}
		assertNoLeak(t, "what "+strings.Join(args, " ")+" printed", r.all())
	}
	run(0, "validate")
	run(0, "plan")
	run(0, "plan", "-json")
	run(2, "drift")
	run(2, "drift", "-json")
	run(0, "plan", "-out", "p")
	assertNothingKept(t, l, w)
	bare := *w // without the variables
	bare.env = slices.DeleteFunc(slices.Clone(w.env), func(e string) bool { return strings.HasPrefix(e, "MITOPLAN_VAR_") })
	for _, args := range [][]string{{"show", "p"}, {"show", "-json", "p"}} {
		r := bare.must(0, args...)
		assertNoLeak(t, "what "+strings.Join(args, " ")+" printed", r.all())
		if args[1] == "p" {
			r.says(t, "(sensitive value)", "line.ephemeral")
		}
	}
	run(0, "apply", "p")
	assertNothingKept(t, l, w)
	if got := l.ReadFile(1, "/etc/app/env"); got != "DB_PASSWORD="+plantedValue("ephemeral")+"\n" {
		t.Errorf("the line on the host is %q", got)
	}
	if got, want := l.ReadFile(1, "/etc/app/copied"), l.ReadFile(1, "/etc/app/echoed"); got != want {
		t.Errorf("the copy on the host is %q, not %q", got, want)
	}
	for _, args := range [][]string{{"show"}, {"show", "-json"}, {"output"}, {"output", "-json"}} {
		run(0, args...)
	}
	l.WriteFile(1, "/etc/app/content", "b = "+plantedValue("rotated_before")+"\n", 0o644)
	run(2, "drift")
	run(2, "drift", "-json")
	run(0, "apply", "-auto-approve", "-json")
	run(0, "apply", "-auto-approve")
	assertNothingKept(t, l, w)
	l.AssertNoAgents(t)
}

// A failure says why, without the secret that it is about.
func TestSecretsInFailures(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	secretsHost(l)
	all := secretsConfig(l)
	head, _, _ := strings.Cut(all, "\nlocals {")
	for name, blocks := range failingConfig {
		t.Run(name, func(t *testing.T) {
			w := secretsWorkspace(t, l, head+blocks)
			for _, args := range [][]string{{"plan"}, {"plan", "-json"}, {"apply", "-auto-approve"}} {
				r := watchedFor(t, w.start(args...))
				if r.status != 1 && !(name == "a validate command that prints the file" && args[0] != "apply") {
					t.Errorf("status 1 was expected of %v", r)
				}
				assertNoLeak(t, "what "+strings.Join(args, " ")+" printed", r.all())
			}
			assertNothingKept(t, l, w)
		})
	}
	l.AssertNoAgents(t)
}

// watchedFor waits for a run. Meanwhile it searches the command lines and
// environments of all processes, here and on the hosts, those of the program
// included. A command that the configuration gives a secret in its argv or env has
// that secret there, and no other.
func watchedFor(t *testing.T, r *running) result {
	t.Helper()
	allowed := map[string][]string{
		"argv": {"echo"}, "environment": {"printenv", "/bin/sh"}, "failing": {"/bin/sh", "sleep"}, "long": {"/bin/sh", "seq"},
	}
	seen := map[string]bool{}
	return r.watch(func(file, argv, content string) {
		for _, s := range planted {
			program, _, _ := strings.Cut(argv, "\x00")
			if at := s.name + file + argv; strings.Contains(content, s.value) && !slices.Contains(allowed[s.name], program) && !seen[at] {
				seen[at] = true
				t.Errorf("%s is in the %s of %q", s.name, file, argv)
			}
		}
	})
}
