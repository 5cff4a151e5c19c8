package files_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// needVisudo leaves a test out where no rules can be written or checked.
func needVisudo(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can write rules for sudo")
	}
	if _, err := exec.LookPath("visudo"); err != nil {
		t.Skip("this machine has no visudo")
	}
}

// oldRule is what a file has that a case begins with.
const oldRule = "bob ALL=(root) /bin/ls\n"

func withRule(mode os.FileMode) func(*testing.T, testDir) {
	return func(t *testing.T, f testDir) { f.Write(t, "x", oldRule, mode) }
}

func TestSudoers(t *testing.T) {
	needVisudo(t)
	newRule := args{"user": "alice", "runas": "app", "nopasswd": true, "commands": []string{"/bin/true", "/bin/ls -l"}}
	with := func(more args) func(testDir) args { return on("x", more) }
	isNew := func(t *testing.T, f testDir) {
		f.Holds(t, "x", "alice ALL=(app) NOPASSWD: /bin/true, /bin/ls -l\n", 0o440)
		f.Owned(t, "x", 0, 0)
	}
	isOld := func(t *testing.T, f testDir) {
		f.Holds(t, "x", oldRule, 0o440)
		f.Owned(t, "x", 0, 0)
	}
	for _, c := range []fileCase{
		{name: "is made of a rule", want: resource.Create, args: with(newRule), verify: isNew},
		{name: "is made of content", want: resource.Create, args: with(args{"content": text(oldRule)}), verify: isOld},
		{name: "is replaced", want: resource.Update, args: with(newRule), setup: withRule(0o440), verify: isNew},
		{name: "is replaced, and a backup kept", want: resource.Update, leaves: []string{"x.TIME.bak"},
			args:  with(args{"backup": true, "user": "alice", "runas": "app", "nopasswd": true, "commands": []string{"/bin/true", "/bin/ls -l"}}),
			setup: withRule(0o440),
			verify: func(t *testing.T, f testDir) {
				isNew(t, f)
				if kept := f.Kept(t, "x"); len(kept) != 1 || kept[0] != oldRule {
					t.Errorf("the backups hold %q", kept)
				}
			}},
		{name: "gets the permissions that sudo asks for", want: resource.Update, args: with(args{"content": text(oldRule)}), setup: withRule(0o644), verify: isOld},
		{name: "gets its owner back", want: resource.Update, args: with(args{"content": text(oldRule)}), setup: func(t *testing.T, f testDir) {
			withRule(0o440)(t, f)
			must(t, os.Lchown(f.At("x"), 12345, 12345))
		}, verify: isOld},
		{name: "is as it should be", want: resource.NoOp, args: with(args{"user": "bob", "runas": "root", "commands": []string{"/bin/ls"}}), setup: withRule(0o440)},
		{name: "goes", want: resource.Delete, args: with(args{"state": "absent"}), setup: withRule(0o440), verify: func(t *testing.T, f testDir) { f.Gone(t, "x") }},
		{name: "is gone", want: resource.NoOp, args: with(args{"state": "absent"})},
	} {
		c.kind = "sudoers"
		c.run(t)
	}
}

// TestRulesOfSudoers: the arguments make the rule that they name, and visudo takes it.
func TestRulesOfSudoers(t *testing.T) {
	needVisudo(t)
	for want, a := range map[string]args{
		"ALL ALL=ALL\n":                                   {"user": "ALL", "commands": []string{"ALL"}},
		"%wheel ALL=(ALL:ALL) ALL\n":                      {"group": "wheel", "runas": "ALL:ALL", "commands": []string{"ALL"}},
		"#1000 ALL=(:adm) /bin/ls\n":                      {"user": "#1000", "runas": ":adm", "commands": []string{"/bin/ls"}},
		"svc$ web1,10.0.0.0/8=/bin/\n":                    {"user": "svc$", "hosts": []string{"web1", "10.0.0.0/8"}, "commands": []string{"/bin/"}},
		"a.b-c ALL=NOEXEC: NOPASSWD: SETENV: /bin/ls\n":   {"user": "a.b-c", "nopasswd": true, "noexec": true, "setenv": true, "commands": []string{"/bin/ls"}},
		"a ALL=/bin/x a\\,b\\=c\\:d, sudoedit /etc/*\n":   {"user": "a", "commands": []string{`/bin/x a\,b\=c\:d`, "sudoedit /etc/*"}},
		"ADMINS ALL=(a) APPS\n":                           {"user": "ADMINS", "runas": "a", "commands": []string{"APPS"}},
		"a fe80::1=/bin/ls \"\"\n":                        {"user": "a", "hosts": []string{"fe80::1"}, "commands": []string{`/bin/ls ""`}},
		"müller ALL=(root) /opt/bin/run [a-z]*, /bin/x\n": {"user": "müller", "runas": "root", "commands": []string{"/opt/bin/run [a-z]*", "/bin/x"}},
	} {
		f := newTestDir(t)
		f.Empty(t)
		a["path"] = f.Arg("x")
		must(t, apply(t, newService(), "sudoers", a))
		f.Holds(t, "x", want, 0o440)
	}
}

// TestSudoersProblems: what would not mean what it says, or would not be read, is a problem
// of its argument, and nothing is written.
func TestSudoersProblems(t *testing.T) {
	needVisudo(t)
	f := newTestDir(t)
	f.Empty(t)
	withRule(0o440)(t, f)
	must(t, os.Mkdir(f.At("d"), 0o755))
	must(t, os.Symlink("x", f.At("l")))
	before := f.Snapshot(t, true)
	run := func(commands ...string) args { return args{"user": "a", "commands": commands} }
	for _, c := range []struct {
		at   string
		more args
		attr string
		code kind.Code
	}{
		{"a.conf", run("ALL"), "path", kind.CodePath},
		{".a", run("ALL"), "path", kind.CodePath},
		{"a~", run("ALL"), "path", kind.CodePath},
		{"x", args{"path": text("/etc/sudoers"), "state": "absent"}, "path", kind.CodePath},
		{"x", args{"path": text("/etc/./sudoers"), "content": text("#\n")}, "path", kind.CodePath},
		{"x", args{"path": text("sudoers"), "content": text("#\n")}, "path", kind.CodePath},
		{"x", args{"path": text("/etc/sudoers.d/"), "content": text("#\n")}, "path", kind.CodePath},
		{"no/x", run("ALL"), "path", kind.CodeNoParent},
		{"d", run("ALL"), "path", kind.CodeInTheWay},
		{"d", args{"state": "absent"}, "path", kind.CodeInTheWay},
		{"l", run("ALL"), "path", kind.CodeInTheWay},
		{"x", nil, "commands", "commands"},
		{"x", args{"commands": []string{"ALL"}}, "commands", "commands"},
		{"x", args{"user": "a", "commands": []string{}}, "commands", "commands"},
		{"x", args{"content": text("#\n"), "nopasswd": true}, "nopasswd", kind.CodeExcluded},
		{"x", args{"content": text("#\n"), "hosts": []string{"h"}}, "hosts", kind.CodeExcluded},
		{"x", args{"user": "a b", "commands": []string{"ALL"}}, "user", "user"},
		{"x", args{"user": "", "commands": []string{"ALL"}}, "user", "user"},
		{"x", args{"user": "%wheel", "commands": []string{"ALL"}}, "user", "user"},
		{"x", args{"user": "#include", "commands": []string{"ALL"}}, "user", "user"},
		{"x", args{"user": "@include", "commands": []string{"ALL"}}, "user", "user"},
		{"x", args{"user": "a,b", "commands": []string{"ALL"}}, "user", "user"},
		{"x", args{"user": "a\nroot", "commands": []string{"ALL"}}, "user", "user"},
		{"x", args{"group": "%wheel", "commands": []string{"ALL"}}, "group", "group"},
		{"x", args{"user": "a", "runas": "(root)", "commands": []string{"ALL"}}, "runas", "runas"},
		{"x", args{"user": "a", "hosts": []string{"h=ALL"}, "commands": []string{"ALL"}}, "hosts", "hosts"},
		{"x", run("ls"), "commands", "commands"},
		{"x", run("/bin/ls, /bin/sh"), "commands", "commands"},
		{"x", run("/bin/ls a=b"), "commands", "commands"},
		{"x", run("/bin/ls # x"), "commands", "commands"},
		{"x", run("/bin/ls\nroot ALL=ALL"), "commands", "commands"},
		{"x", run(`/bin/ls \`, "/bin/sh"), "commands", "commands"},
		{"x", run("/bin/ls "), "commands", "commands"},
		{"x", run("NOPASSWD: ALL"), "commands", "commands"},
		{"x", run("!/bin/sh"), "commands", "commands"},
		{"x", args{"state": "there"}, "state", kind.CodeState},
	} {
		a := on(c.at, c.more)(f)
		resourcetest.Problem(t, "sudoers", a, c.attr, c.code)
		if t.Failed() {
			t.Fatalf("with %v", a)
		}
	}
	if after := f.Snapshot(t, true); len(after) != len(before) || after[f.At("x")] != before[f.At("x")] {
		t.Errorf("there was %v and then %v", before, after)
	}
}

// TestVisudoDecides: what visudo refuses is not put in place, in whichever argument it is,
// and the reason names the file of the block and not the temporary one.
func TestVisudoDecides(t *testing.T) {
	needVisudo(t)
	for attr, a := range map[string]args{
		"content":  {"content": text("alice ALL=(root) NOPASWD: /bin/ls\n")},
		"commands": {"user": "alice", "commands": []string{"sudoedit"}, "runas": "a:b:c"},
	} {
		f := newTestDir(t)
		f.Empty(t)
		withRule(0o440)(t, f)
		a["path"] = f.Arg("x")
		mustCheck(t, newService(), "p", step{Address: "a", Kind: "sudoers", Args: a})
		err := apply(t, newService(), "sudoers", a)
		wantProblem(t, err, attr, kind.CodeInvalid)
		if p := resourcetest.AsProblem(err); p != nil && (!strings.Contains(p.Said, f.At("x")+":1") || strings.Contains(p.Said, ".mitoplan-")) {
			t.Errorf("visudo is quoted with %q", p.Said)
		}
		f.Holds(t, "x", oldRule, 0o440)
		f.NothingLeft(t)
	}
}

// TestWithoutVisudo: nothing is put in place that nothing has checked. A plan warns of it,
// as a call may still install sudo.
func TestWithoutVisudo(t *testing.T) {
	needVisudo(t)
	f := newTestDir(t)
	f.Empty(t)
	withRule(0o440)(t, f)
	s, rule := newService(), step{Address: "a", Kind: "sudoers", Args: on("x", args{"content": text("#\n")})(f)}
	if c := mustCheck(t, s, "p", rule); len(c.Warnings) > 0 {
		t.Errorf("with visudo the warnings are %v", c.Warnings)
	}
	visudo, err := exec.LookPath("visudo")
	must(t, err)
	mustCheck(t, s, "q", step{Address: "gone", Kind: "file", Args: args{"path": text(visudo), "state": "absent"}})
	rule.After = []string{"gone"}
	if c := mustCheck(t, s, "q", rule); len(c.Warnings) != 1 || c.Warnings[0].Code != kind.CodeToolMissing {
		t.Errorf("where visudo goes the warnings are %v", c.Warnings)
	}
	t.Setenv("PATH", f.Path)
	wantProblem(t, apply(t, newService(), "sudoers", rule.Args), "path", kind.CodeToolMissing)
	f.Holds(t, "x", oldRule, 0o440)
	f.NothingLeft(t)
}

// TestRulesKnownAfterApply: a rule of a value that is not known yet is planned without it,
// and none of what is missing by then is a mistake.
func TestRulesKnownAfterApply(t *testing.T) {
	needVisudo(t)
	f := newTestDir(t)
	f.Empty(t)
	for _, c := range []step{
		{Unknown: []string{"user"}, Args: args{"commands": []string{"ALL"}}},
		{Unknown: []string{"commands"}, Args: args{"user": "a"}},
		{Unknown: []string{"content"}, Args: args{}},
	} {
		c.Address, c.Kind, c.Args["path"] = "a", "sudoers", f.Arg("x")
		got := mustCheck(t, newService(), "p", c)
		if _, known := got.After["content"]; known || got.Op != resource.Create {
			t.Errorf("without %v the plan is %s with %v", c.Unknown, got.Op, got.After)
		}
	}
}
