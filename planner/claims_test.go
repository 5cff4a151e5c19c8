package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

func TestTwoClaims(t *testing.T) {
	file := func(name, more string) string {
		return fmt.Sprintf("resource \"file\" %q {\n  on   = context.sudo.root\n  path = \"/etc/x\"\n%s\n}\n", name, more)
	}
	for name, tt := range map[string]struct{ src, want string }{
		"the same kind twice": {file("a", "") + strings.Replace(file("b", ""), "/etc/x", "/etc/./x", 1),
			"file.a (main.mito.hcl:4) and file.b (main.mito.hcl:9) both manage path /etc/x on context.ssh.h. Each would undo"},
		"two wholes in order":                {file("a", "") + file("b", "depends_on = [file.a]"), "Each would undo"},
		"two kinds":                          {file("a", "") + "resource \"directory\" \"d\" {\n  on   = context.sudo.root\n  path = \"/etc/x\"\n}\n", "Each would undo"},
		"the whole put last":                 {lineBlock("a", "") + file("x", "content = \"x\"\ndepends_on = [line.a]"), "file.x writes all of it after line.a changed a part"},
		"what is written where missing last": {lineBlock("a", "create = true") + file("x", "content = \"x\"\nreplace = false\ndepends_on = [line.a]"), ""},
		"only the owner last":                {lineBlock("a", "") + file("x", "mode = \"0600\"\ndepends_on = [line.a]"), ""},
		"removed and edited":                 {file("x", "state = \"absent\"") + lineBlock("a", "create = true"), "One removes it and the other adds to it"},
		"both remove":                        {file("x", "state = \"absent\"") + lineBlock("a", "state = \"absent\""), ""},
	} {
		t.Run(name, func(t *testing.T) { wantConflict(t, oneHost+tt.src, "Two claims on one thing", tt.want) })
	}
}

// wantConflict wants one diagnostic with this summary, and want in its detail. If
// want is empty, it wants none.
func wantConflict(t *testing.T, src, summary, want string) {
	t.Helper()
	_, p := makePlan(t, src, &world{})
	diags := p.Diagnostics()
	if want == "" {
		noErrors(t, p)
		return
	}
	if len(diags) != 1 || diags[0].Summary != summary || !strings.Contains(diags[0].Detail, want) {
		t.Errorf("diagnostics: %v; want one %q with %q", diags, summary, want)
	}
}

// Edits that would undo each other at every apply are an error. Edits that agree
// are none, whatever their order.
func TestEditsThatUndoEachOther(t *testing.T) {
	edit := func(name, line, regexp, more string) string {
		s := fmt.Sprintf("resource \"line\" %q {\n  on   = context.sudo.root\n  path = \"/etc/x\"\n%s\n", name, more)
		if line != "" {
			s += fmt.Sprintf("  line = %q\n", line)
		}
		if regexp != "" {
			s += fmt.Sprintf("  regexp = %q\n", regexp)
		}
		return s + "}\n"
	}
	const gone = `  state = "absent"`
	for name, tt := range map[string]struct{ a, b, want string }{
		"different lines":              {edit("a", "A 1", "", ""), edit("b", "B 2", "", ""), ""},
		"different regexps":            {edit("a", "Port 22", "^#?Port ", ""), edit("b", "X11Forwarding no", "^#?X11", ""), ""},
		"the same line, nothing else":  {edit("a", "A", "", ""), edit("b", "A", "", ""), ""},
		"the same regexp":              {edit("a", "A 1", "^A", ""), edit("b", "A 2", "^A", ""), "look for the same line"},
		"identical":                    {edit("a", "A 1", "^A", ""), edit("b", "A 1", "^A", ""), "look for the same line"},
		"a search and a regexp":        {edit("a", "A 1", "A", ""), edit("b", "A 2", "", `  search = "A"`), "look for the same line: regexp and search find the same"},
		"a search takes a line":        {edit("a", "AcceptEnv LANG", "", ""), edit("b", "AcceptEnv LC_*", "", `  search = "AcceptEnv"`), "The search of line.b (main.mito.hcl:10) finds the line of line.a (main.mito.hcl:4)"},
		"a search removes a line":      {edit("a", "AcceptEnv LANG", "", ""), edit("b", "", "", gone+"\n"+`  search = "AcceptEnv"`), "or have the search of the first find only the lines that should go."},
		"same regexp, one removes":     {edit("a", "A 1", "^A", ""), edit("b", "", "^A", gone), "look for the same line"},
		"takes the line of another":    {edit("a", "AcceptEnv LANG", "", ""), edit("b", "AcceptEnv LC_*", "^AcceptEnv", ""), "The regexp of line.b (main.mito.hcl:10) matches the line of line.a (main.mito.hcl:4)"},
		"takes it, declared before":    {edit("a", "AcceptEnv LC_*", "^AcceptEnv", ""), edit("b", "AcceptEnv LANG", "^AcceptEnv LANG", ""), "The regexp of line.a (main.mito.hcl:4) matches the line of line.b (main.mito.hcl:11)"},
		"takes it and leaves it":       {edit("a", "Port 22", "", ""), edit("b", "Port 22", "^Port", ""), ""},
		"removes the line of another":  {edit("a", "Port 22", "", ""), edit("b", "", "^Port", gone), "line.b (main.mito.hcl:10) removes the line that line.a (main.mito.hcl:4) adds"},
		"removes it by name":           {edit("a", "Port 22", "^#?Port", ""), edit("b", "Port 22", "", gone), "removes the line that"},
		"two removals":                 {edit("a", "", "^A", gone), edit("b", "", "^AB", gone), ""},
		"removal of another line":      {edit("a", "Port 22", "^#?Port", ""), edit("b", "Port 23", "", gone), ""},
		"what is kept of a group":      {edit("a", `$1 quiet`, "^(GRUB=.*)", ""), edit("b", "GRUB_TIMEOUT=5", "^GRUB_TIMEOUT", ""), ""},
		"a part of another's regexp":   {edit("a", "net.ipv4.ip_forward = 1", `^net\.ipv4\.ip_forward\s*=`, ""), edit("b", "net.ipv4.ip_forward_use_pmtu = 0", `^net\.ipv4\.ip_forward_use_pmtu\s*=`, ""), ""},
		"a regexp that is not precise": {edit("a", "net.ipv4.ip_forward = 1", `^net.ipv4.ip_forward`, ""), edit("b", "net.ipv4.ip_forward_use_pmtu = 0", "", ""), "The regexp of line.a"},
	} {
		t.Run(name, func(t *testing.T) { wantConflict(t, oneHost+tt.a+tt.b, "Two edits undo each other", tt.want) })
	}
}

// A replace that changes another block's line does so at every apply, and the line is added again.
// Where a block says all that the file holds, each apply begins with that and comes to the same.
func TestReplaceOfAnothersLine(t *testing.T) {
	edits := lineBlock("a", "") + "resource \"replace\" \"r\" {\n  on = context.sudo.root\n  path = \"/etc/x\"\n  regexp = \"a\"\n  replace = \"b\"\n}\n"
	const clash = "The regexp of replace.r"
	file := func(name, more string) string {
		return fmt.Sprintf("resource \"file\" %q {\n  on   = context.sudo.root\n  path = \"/etc/x\"\n%s\n}\n", name, more)
	}
	for name, tt := range map[string]struct{ src, want string }{
		"alone":                  {edits, clash},
		"of a file":              {edits + file("x", "content = \"x\\n\""), ""},
		"of a file for its mode": {edits + file("x", "mode = \"0600\""), clash},
		"of what is left alone":  {edits + file("x", "content = \"x\\n\"\nreplace = false"), clash},
	} {
		t.Run(name, func(t *testing.T) { wantConflict(t, oneHost+tt.src, "Two edits undo each other", tt.want) })
	}
}

// If two instances of one block conflict, the advice is about their keys.
func TestInstancesWithOneRegexp(t *testing.T) {
	wantConflict(t, oneHost+`
resource "line" "x" {
  for_each = { A = "1", B = "2" }
  on       = context.sudo.root
  path     = "/etc/x"
  regexp   = "^[AB]"
  line     = each.key
}`, "Two edits undo each other", "find its own line only, such as with each.key in it.")
}

// A line that only an apply can tell conflicts with nothing while planning.
func TestEditsWithUnknownLines(t *testing.T) {
	wantConflict(t, oneHost+`
call "command" "c" {
  on   = context.sudo.root
  argv = ["date"]
}
resource "line" "a" {
  on     = context.sudo.root
  path   = "/etc/x"
  line   = "A ${call.command.c.stdout}"
  regexp = "^A"
}
resource "line" "b" {
  on     = context.sudo.root
  path   = "/etc/x"
  line   = "B"
  regexp = "^(B|A ).*"
}`, "", "")
}

// The message of a conflict quotes no line that is secret.
func TestConflictNamesNoSecret(t *testing.T) {
	w := &world{}
	_, p := makePlan(t, oneHost+`
resource "line" "a" {
  on     = context.sudo.root
  path   = "/etc/x"
  line   = sensitive("A hunter2")
}
resource "line" "b" {
  on     = context.sudo.root
  path   = "/etc/x"
  line   = "A"
  regexp = sensitive("^A h.nter2")
}`, w)
	if d := p.Diagnostics(); len(d) != 1 || strings.Contains(d[0].Detail, "nter2") {
		t.Errorf("want one conflict that does not quote the secret: %v", d)
	}
}

// A check that is made again, after others, may find that its path is another file
// than before. What it writes no longer is no conflict.
func TestConflictOfAFormerName(t *testing.T) {
	src := oneHost + `
resource "file" "link" {
  on   = context.sudo.root
  path = "/etc/link"
}
resource "file" "real" {
  on   = context.sudo.root
  path = "/etc/real"
}
resource "directory" "d" {
  on   = context.sudo.root
  path = on.os == "linux" ? "/etc" : "/none"
}`
	p := planner.New(load(t, src), options())
	w := &world{}
	seen := 0
	for !p.Finished() {
		for _, s := range p.Next() {
			r := w.answer(s)
			if s.Address == "file.link" {
				if seen++; seen == 1 {
					r = planner.Result{Change: &resource.Change{Op: resource.Create, Writes: []kind.Thing{"path:/etc/real"}, Results: map[string]any{"path": kind.Text("")}}}
				}
			}
			p.Done(s, r)
		}
	}
	p.Plan()
	noErrors(t, p)
	if seen != 2 {
		t.Errorf("file.link was checked %d times, want 2", seen)
	}
}

// The edits that roles usually make to one file do not conflict. They form one
// chain, and planning it takes no more rounds than a single line.
func TestRealisticEdits(t *testing.T) {
	each := func(path, body, forEach string) string {
		return fmt.Sprintf("resource \"line\" \"x\" {\n  for_each = %s\n  on   = context.sudo.root\n  path = %q\n%s\n}\n", forEach, path, body)
	}
	for name, tt := range map[string]struct {
		src   string
		edits int
	}{
		"sshd_config": {each("/etc/ssh/sshd_config", "  regexp = \"^#?\\\\s*${each.key}\\\\s\"\n  line = \"${each.key} ${each.value}\"", `{
			Port = "2222", Protocol = "2", PermitRootLogin = "no", PasswordAuthentication = "no", PermitEmptyPasswords = "no", X11Forwarding = "no",
			MaxAuthTries = "3", ClientAliveInterval = "300", ClientAliveCountMax = "2", UsePAM = "yes", AllowTcpForwarding = "no", LogLevel = "VERBOSE" }`), 12},
		"sysctl": {each("/etc/sysctl.d/99.conf", "  regexp = \"^${replace(each.key, \".\", \"\\\\.\")}\\\\s*=\"\n  line = \"${each.key} = ${each.value}\"\n  create = true", `{
			"net.ipv4.ip_forward" = 1, "net.ipv4.ip_forward_use_pmtu" = 0, "net.ipv4.conf.all.rp_filter" = 1, "net.ipv4.conf.all.rp_filter_mask" = 0, "vm.swappiness" = 10 }`), 5},
		"limits.conf": {each("/etc/security/limits.conf", "  line = \"${each.value}\"", `{ a = "app soft nofile 65535", b = "app hard nofile 65535", c = "app soft nproc 4096" }`), 3},
		"hosts, one for each host": {`
resource "line" "x" {
  on       = { a = context.sudo.root, b = context.ssh.h }
  for_each = { for n in range(20) : "h${n}" => "10.0.0.${n}" }
  path     = "/etc/hosts-${on.key}"
  regexp   = "\\s${each.key}$"
  line     = "${each.value} ${each.key}"
}`, 40},
		"a hundred keys": {each("/etc/big", "  line = each.key", `toset([for n in range(100) : "key${n}"])`), 100},
		"grub, sudoers and fstab": {`
resource "line" "grub" {
  on       = context.sudo.root
  path     = "/etc/f"
  regexp   = "^GRUB_CMDLINE_LINUX=\"(.*)\"$"
  line     = "GRUB_CMDLINE_LINUX=\"$1 quiet\""
  backrefs = true
}
resource "line" "timeout" {
  on     = context.sudo.root
  path   = "/etc/f"
  regexp = "^GRUB_TIMEOUT="
  line   = "GRUB_TIMEOUT=5"
}
resource "line" "swap" {
  on     = context.sudo.root
  path   = "/etc/f"
  regexp = "\\sswap\\s"
  state  = "absent"
}
resource "line" "wheel" {
  on            = context.sudo.root
  path          = "/etc/f"
  line          = "%wheel ALL=(ALL) NOPASSWD: ALL"
  insert_before = "BOF"
}`, 4},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{}
			plan, p := makePlan(t, oneHost+tt.src, w)
			noErrors(t, p)
			edges := 0
			for _, a := range plan.Actions {
				edges += len(a.DependsOn)
			}
			files := 1
			if strings.HasPrefix(name, "hosts") {
				files = 2
			}
			if len(plan.Actions) != tt.edits || edges != tt.edits-files || w.rounds != 1 {
				t.Errorf("got %d edits, %d edges and %d rounds; want %d, %d and 1", len(plan.Actions), edges, w.rounds, tt.edits, tt.edits-files)
			}
		})
	}
}
