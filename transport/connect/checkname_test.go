package connect

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// dangerous are texts that mean something to some shell, or that hide a part of
// what a person sees.
var dangerous = []string{
	"a`id`", "a$(id)", "a$HOME", "a;id", "a'b", `a"b`, "a b", "a\tb", "a\nb", "a\rb", "-oProxyCommand=id", "-",
	"a|b", "a&b", "a<b", "a>b", "a(b", "a)b", "a{b,c}", "a\x00b", "a\x1b[2Jb", "a\x7fb", "a\u0085b", "a\u00a0b", "a\u202eb", "a\u200bb", "a\xffb", `a\`, "",
}

// TestHostNames: such a host is refused before any program sees it, and a name that
// OpenSSH accepts is accepted.
func TestHostNames(t *testing.T) {
	for _, host := range append(dangerous, `a\b`, "user@host", "ssh://host", "a/b", "a,b") {
		p := CheckHost(host)
		if len(p) != 1 || p[0].Attr != "host" || p[0].Code != "ssh_host_name" {
			t.Errorf("%q gives the problems %v, want one", host, p)
		}
	}
	for _, host := range []string{
		"web", "web_1.example.com", "10.0.0.11", "::1", "2001:db8::7", "fe80::1%eth0", "xn--mnchen-3ya.example", "münchen.example",
		"例え.jp", "web1+db", "a-b", "h1=x", "host.", "_gateway", "web*",
	} {
		if p := CheckHost(host); len(p) != 0 {
			t.Errorf("%q gives the problems %v, want none", host, p)
		}
	}
}

// TestUserNames holds the same for the users of ssh and of sudo.
func TestUserNames(t *testing.T) {
	for _, user := range append(dangerous, "a$b", "$a", "$", `a\$`) {
		p := CheckUser("code", user)
		if len(p) != 1 || p[0].Attr != "user" || p[0].Code != "code" {
			t.Errorf("%q gives the problems %v, want one", user, p)
		}
		if user == "" {
			continue
		}
		if p := (Sudo{User: user}).Validate(); len(p) != 1 || p[0].Attr != "user" {
			t.Errorf("sudo to %q gives the problems %v, want one", user, p)
		}
		if _, err := (Sudo{User: user, Path: "/nonexistent"}).Start(t.Context(), testStart(nil)); !strings.Contains(err.Error(), "Invalid user") {
			t.Errorf("the start of sudo to %q gave %v, want that the user is invalid", user, err)
		}
	}
	for _, user := range []string{"root", "deploy", "_apt", "systemd-network", "first.last", `EXAMPLE\mary`, "mary@example.com", "host$", "#1000", "münch", "a+b", "user%x"} {
		if p := append(CheckUser("code", user), Sudo{User: user}.Validate()...); len(p) != 0 {
			t.Errorf("%q gives the problems %v, want none", user, p)
		}
	}
}

// TestSudoWords holds the same for the other arguments on sudo's command line.
func TestSudoWords(t *testing.T) {
	for _, c := range []struct {
		sudo Sudo
		attr string
	}{
		{Sudo{Role: "-r"}, "role"}, {Sudo{Role: "a b"}, "role"}, {Sudo{Role: "a;b"}, "role"}, {Sudo{Type: "$x"}, "type"}, {Sudo{Type: "a\n"}, "type"},
		{Sudo{Path: "-sudo"}, "path"}, {Sudo{Path: "a/sudo"}, "path"}, {Sudo{Path: "/a\x00b"}, "path"}, {Sudo{Path: "su\ndo"}, "path"},
		{Sudo{Login: true, Common: Common{AgentPath: "/opt/$(id)"}}, "agent_path"},
	} {
		if p := c.sudo.Validate(); len(p) != 1 || p[0].Attr != c.attr {
			t.Errorf("%+v gives the problems %v, want one of %s", c.sudo, p, c.attr)
		}
	}
	for _, k := range []Sudo{{Role: "sysadm_r", Type: "sysadm_t"}, {Path: "doas"}, {Path: "/usr/local/bin/sudo"}, {Common: Common{AgentPath: "/opt/$x"}}, {Login: true, Common: Common{AgentPath: "/opt/a b"}}} {
		if p := k.Validate(); len(p) != 0 {
			t.Errorf("%+v gives the problems %v, want none", k, p)
		}
	}
}

// TestPathsAndTheirReasons: if an argument that is a path, or goes into an
// environment, is wrong, the problem says what is wrong with it and nothing else.
func TestPathsAndTheirReasons(t *testing.T) {
	for name, c := range map[string]struct {
		problems         []kind.Problem
		attr, says, nots string
	}{
		"agent_path, zero byte": {Common{AgentPath: "/a\x00b"}.Validate(), "agent_path", "zero byte", "must begin"},
		"agent_path, relative":  {Common{AgentPath: "a"}.Validate(), "agent_path", "must begin with /", "zero byte"},
		"agent_dirs, zero byte": {Common{AgentDirs: []string{"/a", "/a\x00b"}}.Validate(), "agent_dirs", "zero byte", "must begin"},
		"agent_dirs, relative":  {Common{AgentDirs: []string{"a"}}.Validate(), "agent_dirs", "must begin with /", "zero byte"},
		"path, zero byte":       {Sudo{Path: "/a\x00b"}.Validate(), "path", "control character", "must begin"},
		"path, an option":       {Sudo{Path: "-a"}.Validate(), "path", "begins with -", "control"},
		"path, relative":        {Sudo{Path: "a/b"}.Validate(), "path", "must begin with /", "control"},
		"env, a name":           {Common{Env: map[string]string{"1a": ""}}.Validate(), "env", "letters, digits and _", "zero byte"},
		"env, a value":          {Common{Env: map[string]string{"A": "\x00"}}.Validate(), "env", "zero byte", "letters"},
		"a file, zero byte":     {CheckOwnPath("identity_file", "a\x00b"), "identity_file", "zero byte", "must begin"},
	} {
		t.Run(name, func(t *testing.T) {
			if len(c.problems) != 1 || c.problems[0].Attr != c.attr {
				t.Fatalf("got %v", c.problems)
			}
			if p := c.problems[0]; !strings.Contains(p.Detail, c.says) || strings.Contains(p.Detail, c.nots) {
				t.Errorf("the problem must say %q and not %q: %s", c.says, c.nots, p.Detail)
			}
		})
	}
	if p := CheckOwnPath("identity_file", "~/.ssh/id_ed25519"); p != nil {
		t.Errorf("a path of the home directory was refused: %v", p)
	}
}
