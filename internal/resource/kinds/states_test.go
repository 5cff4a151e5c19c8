package kinds_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// absentRow is what an argument does together with state absent.
type absentRow struct {
	does   string // counts, unused, refused
	value  any
	beside args // what both sides have
}

// withAbsent says for each argument of each kind what it does together with state
// absent. Arguments that say how a thing is made, or what it is like, do nothing
// then. So a block can be switched by its state alone. Nothing is ignored that
// somebody may rely on: every other argument counts or is refused.
var withAbsent = map[string]map[string]absentRow{
	"file": {
		"path": {does: "counts"}, "state": {does: "counts"},
		"content": {does: "unused", value: text("x")}, "content_base64": {does: "unused", value: []byte("x")},
		"copy_from": {does: "unused", value: text("/etc/passwd")}, "fragments": {does: "unused", value: []any{text("x")}}, "checksum": {does: "unused", value: strings.Repeat("0", 64), beside: args{"content": text("x")}},
		"source": {does: "unused", value: text("x"), beside: args{"source_content": []byte("x")}},
		"owner":  {does: "unused", value: "1"}, "group": {does: "unused", value: "1"}, "mode": {does: "unused", value: "0600"},
		"validate": {does: "unused", value: text("false %s")}, "hard_links": {does: "unused", value: true}, "in_place": {does: "unused", value: true},
		"create": {does: "unused", value: false}, "replace": {does: "refused", value: false},
		"backup": {does: "counts", value: true}, "force": {does: "counts", value: true}, "follow": {does: "counts", value: true},
		"attributes": {does: "refused", value: map[string]any{"note": text("n")}}, "acl": {does: "refused", value: []any{"user:12345:rw"}},
		"capabilities": {does: "refused", value: "cap_net_raw=+ep"}, "selinux": {does: "refused", value: "system_u:object_r:etc_t:s0"},
	},
	"directory": {
		"path": {does: "counts"}, "state": {does: "counts"},
		"owner": {does: "unused", value: "1"}, "group": {does: "unused", value: "1"}, "mode": {does: "unused", value: "0700"},
		"purge":   {does: "refused", value: true},
		"recurse": {does: "counts", value: true}, "hard_links": {does: "unused", value: true, beside: args{"recurse": true}},
	},
	"line": {
		"path": {does: "counts"}, "state": {does: "counts"}, "line": {does: "counts", value: text("a")}, "regexp": {does: "counts", value: "^a"},
		"search":       {does: "counts", value: "a"},
		"match":        {does: "refused", value: "first", beside: args{"regexp": "^b"}},
		"backrefs":     {does: "refused", value: true, beside: args{"regexp": "^b"}},
		"insert_after": {does: "unused", value: "^a"}, "insert_before": {does: "unused", value: "^a"}, "create": {does: "unused", value: true},
		"owner": {does: "counts", value: "1"}, "group": {does: "counts", value: "1"}, "mode": {does: "counts", value: "0600"},
		"validate": {does: "counts", value: text("false %s")}, "backup": {does: "counts", value: true}, "in_place": {does: "counts", value: true},
		"hard_links": {does: "counts", value: true, beside: args{"mode": "0600", "line": text("not there")}},
	},
	"block": {
		"path": {does: "counts"}, "state": {does: "counts"}, "marker": {does: "counts", value: "; {mark} other"},
		"content":      {does: "unused", value: text("x")},
		"insert_after": {does: "unused", value: "^a"}, "insert_before": {does: "unused", value: "^a"}, "create": {does: "unused", value: true},
		"owner": {does: "counts", value: "1"}, "group": {does: "counts", value: "1"}, "mode": {does: "counts", value: "0600"},
		"validate": {does: "counts", value: text("false %s")}, "backup": {does: "counts", value: true}, "in_place": {does: "counts", value: true},
		"hard_links": {does: "counts", value: true, beside: args{"mode": "0600", "marker": "not there {mark}"}},
	},
	"ini": {
		"path": {does: "counts"}, "state": {does: "counts"}, "key": {does: "counts", value: "other"}, "section": {does: "counts", value: "other"},
		"section_has": {does: "counts", value: map[string]any{"no": text("where")}, beside: args{"section": "s"}}, "match": {does: "counts", value: "last", beside: args{"section": "s"}},
		"inline_comments": {does: "unused", value: true},
		"value":           {does: "unused", value: text("x")}, "values": {does: "unused", value: []any{text("x")}}, "allow_no_value": {does: "unused", value: true},
		"no_extra_spaces": {does: "unused", value: true}, "create": {does: "unused", value: true},
		"owner": {does: "counts", value: "1"}, "group": {does: "counts", value: "1"}, "mode": {does: "counts", value: "0600"},
		"validate": {does: "counts", value: text("false %s")}, "backup": {does: "counts", value: true}, "in_place": {does: "counts", value: true},
		"hard_links": {does: "counts", value: true, beside: args{"mode": "0600", "key": "other"}},
	},
	"json_value": absentValue, "toml_value": absentValue, "yaml_value": absentValue,
	"link": {
		"path": {does: "counts"}, "state": {does: "counts"},
		"target": {does: "unused", value: text("y")}, "owner": {does: "unused", value: "1"}, "group": {does: "unused", value: "1"},
		"force": {does: "unused", value: true}, "hard": {does: "counts", value: true, beside: args{"target": text("/etc/passwd")}},
	},
	"sudoers": {
		"path": {does: "counts"}, "state": {does: "counts"},
		"content": {does: "unused", value: text("#\n")}, "commands": {does: "unused", value: []string{"/bin/true"}},
		"user": {does: "unused", value: "app"}, "group": {does: "unused", value: "app"}, "hosts": {does: "unused", value: []string{"h"}},
		"runas": {does: "unused", value: "app"}, "nopasswd": {does: "unused", value: true}, "noexec": {does: "unused", value: true},
		"setenv": {does: "unused", value: true}, "backup": {does: "counts", value: true},
	},
	"download": {
		"path": {does: "counts"}, "state": {does: "counts"},
		"url": {does: "unused", value: "http://b.example/"}, "checksum": {does: "unused", value: strings.Repeat("0b", 64)}, "unverified": {does: "unused", value: true},
		"from": {does: "unused", value: "host"}, "headers": {does: "unused", value: map[string]string{"a": "b"}}, "user": {does: "unused", value: "anna"},
		"password": {does: "unused", value: "word", beside: args{"user": "anna"}}, "ca": {does: "unused", value: "-----BEGIN"}, "connect_timeout": {does: "unused", value: "1m"},
		"owner": {does: "unused", value: "1"}, "group": {does: "unused", value: "1"}, "mode": {does: "unused", value: "0600"},
		"validate": {does: "unused", value: text("false %s")}, "backup": {does: "counts", value: true},
	},
	"authorized_key": {
		"user": {does: "counts"}, "path": {does: "counts"}, "state": {does: "counts"}, "key": {does: "counts", value: text(pubKey)},
		"options": {does: "unused", value: "no-pty"}, "comment": {does: "unused", value: "c"},
		"exclusive": {does: "refused", value: true},
	},
	"known_host": {
		"name": {does: "counts"}, "path": {does: "counts"}, "state": {does: "counts"}, "user": {does: "counts"},
		"key": {does: "counts", value: text("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQC3")}, "port": {does: "counts", value: 2222},
		"hashed": {does: "unused", value: true},
	},
	"limits": {
		"domain": {does: "counts"}, "type": {does: "counts"}, "item": {does: "counts", value: "nproc"}, "path": {does: "counts"}, "state": {does: "counts"},
		"value": {does: "unused", value: "5"}, "comment": {does: "unused", value: "c"},
	},
	"group": {
		"name": {does: "counts"}, "state": {does: "counts"},
		"gid": {does: "unused", value: 4321}, "system": {does: "unused", value: true},
		"members": {does: "unused", value: []string{"daemon"}}, "append": {does: "unused", value: true, beside: args{"members": []string{"daemon"}}},
	},
	"cron": {
		"name": {does: "counts", value: "other"}, "path": {does: "counts"}, "state": {does: "counts"}, "backup": {does: "counts", value: true},
		"command": {does: "unused", value: text("false")}, "minute": {does: "unused", value: "5"}, "hour": {does: "unused", value: "5"},
		"day": {does: "unused", value: "5"}, "month": {does: "unused", value: "5"}, "weekday": {does: "unused", value: "5"},
		"special": {does: "unused", value: "daily"}, "disabled": {does: "unused", value: true}, "user": {does: "unused", value: "daemon"},
		"value": {does: "counts", value: text("x")},
	},
	"mount": {
		"path": {does: "counts", value: text("/c"), beside: args{"runtime": false}}, "state": {does: "counts"}, "fstab": {does: "counts"},
		"src": {does: "unused", value: text("/dev/sdb")}, "fstype": {does: "unused", value: "xfs"}, "opts": {does: "unused", value: "ro"},
		"dump": {does: "unused", value: 1}, "passno": {does: "unused", value: 1}, "backup": {does: "counts", value: true},
		"persist": {does: "counts", value: false}, "runtime": {does: "counts", value: false},
	},
	"swap": {
		"path": {does: "counts", value: text("/nothing-is-here2")}, "state": {does: "counts"}, "fstab": {does: "counts"},
		"size": {does: "unused", value: "2M"}, "priority": {does: "unused", value: 3},
		"persist": {does: "counts", value: false}, "runtime": {does: "counts", value: false},
	},
	"kernel_module": {
		"name": {does: "counts", value: "other"}, "path": {does: "counts"}, "options_path": {does: "counts"}, "state": {does: "counts"},
		"params": {does: "unused", value: "a=1"}, "persist": {does: "counts", value: false}, "runtime": {does: "counts", value: false},
	},
	"locale": {
		"name": {does: "counts", value: "de_DE", beside: args{"runtime": false}}, "path": {does: "counts"}, "state": {does: "counts"},
		"charset": {does: "unused", value: "UTF-8", beside: args{"runtime": false}}, "runtime": {does: "counts"},
	},
	"alternatives": {
		"name": {does: "counts", value: "other"}, "path": {does: "counts"}, "state": {does: "counts"}, "altdir": {does: "counts"}, "admindir": {does: "counts"},
		"link": {does: "unused", value: text("/usr/bin/ed9")}, "priority": {does: "unused", value: 5},
		"followers": {does: "unused", value: []any{args{"name": "a", "link": text("/a"), "path": text("/b")}}},
	},
	"hosts_entry": {
		"address": {does: "counts", value: "10.0.0.2"}, "names": {does: "unused", value: []string{"b"}}, "path": {does: "counts"}, "state": {does: "counts"},
		"backup": {does: "counts", value: true}, "in_place": {does: "counts", value: true},
	},
	"sysctl": {
		"name": {does: "counts", value: "vm.y"}, "value": {does: "unused", value: "2"}, "path": {does: "counts"}, "state": {does: "counts"},
		"persist": {does: "refused", value: false, beside: args{"name": "vm.x"}}, "runtime": {does: "unused", value: false},
	},
	"script": {
		"name": {does: "counts"}, "state": {does: "counts"}, "read": {does: "counts", value: text("echo '{}'")},
		"apply": {does: "unused", value: text("false")}, "destroy": {does: "counts"},
		"inputs": {does: "counts", value: map[string]any{"mode": text("x")}, beside: args{"read": text(`echo '{"mode":"on"}'`)}},
		"env":    {does: "counts", value: map[string]any{"ON": text("1")}},
		"files":  {does: "counts", value: map[string]any{"on": text("1")}}, "interpreter": {does: "counts", value: []string{"true"}, beside: args{"read": text("echo '{}'")}},
		"exact": {does: "unused", value: true},
	},
	"user": {
		"name": {does: "counts"}, "state": {does: "counts"},
		"uid": {does: "unused", value: 4321}, "group": {does: "unused", value: "1"}, "groups": {does: "unused", value: []string{"daemon"}},
		"append": {does: "unused", value: true, beside: args{"groups": []string{"daemon"}}}, "home": {does: "unused", value: text("/x")},
		"create_home": {does: "unused", value: true}, "shell": {does: "unused", value: text("/bin/sh")}, "comment": {does: "unused", value: text("x")},
		"skeleton": {does: "unused", value: text("/x")}, "update_password": {does: "unused", value: "on_create"},
		"system": {does: "unused", value: true}, "password_hash": {does: "unused", value: "*"}, "locked": {does: "unused", value: true}, "expires": {does: "unused", value: "never"},
		"generate_ssh_key": {does: "unused", value: true}, "ssh_key_type": {does: "unused", value: "rsa"},
		"ssh_key_bits": {does: "unused", value: 4096, beside: args{"ssh_key_type": "rsa"}}, "ssh_key_comment": {does: "unused", value: text("x")},
		"ssh_key_file": {does: "unused", value: text("x")}, "ssh_key_passphrase": {does: "unused", value: "abcdef", beside: args{"generate_ssh_key": true}},
		"move_home": {does: "unused", value: true, beside: args{"home": text("/x")}}, "remove_home": {does: "counts"}, "force": {does: "counts"},
		"password_expire_min": {does: "unused", value: 1}, "password_expire_max": {does: "unused", value: 9},
		"password_expire_warn": {does: "unused", value: 1}, "password_expire_account_disable": {does: "unused", value: 1},
	},
}

// absentValue is that of the kinds that keep a value of a document.
var absentValue = map[string]absentRow{
	"path": {does: "counts"}, "state": {does: "counts"}, "pointer": {does: "counts", value: "/other"},
	"value": {does: "unused", value: text("1")}, "create": {does: "unused", value: true},
	"owner": {does: "counts", value: "1"}, "group": {does: "counts", value: "1"}, "mode": {does: "counts", value: "0600"},
	"validate": {does: "counts", value: text("false %s")}, "backup": {does: "counts", value: true}, "in_place": {does: "counts", value: true},
	"hard_links": {does: "counts", value: true, beside: args{"mode": "0600", "pointer": "/other"}},
}

func TestEachArgumentWithStateAbsent(t *testing.T) {
	for _, def := range kinds.Kinds() {
		if _, has := def.Args.Attr("state"); !has {
			continue
		}
		for _, a := range def.Args.Attrs {
			is, ok := withAbsent[def.Name][a.Name]
			if !ok {
				t.Errorf("withAbsent does not say what %s of %s does with state absent", a.Name, def.Name)
				continue
			}
			if is.value == nil {
				continue
			}
			t.Run(def.Name+" "+a.Name, func(t *testing.T) {
				without := maps.Clone(is.beside)
				if without == nil {
					without = args{}
				}
				with := maps.Clone(without)
				with[a.Name] = is.value
				f := newTestDir(t)
				before, after := outcomes(t, f, def.Name, without), outcomes(t, f, def.Name, with)
				switch {
				case is.does == "refused":
					p := validated(t, def, with)
					if p == nil || !strings.Contains(p.Detail, a.Name) || !strings.Contains(p.Detail, "state") {
						t.Errorf("want a refusal that names the argument and state, got %v", p)
					}
				case before == after && is.does == "counts" && os.Geteuid() == 0:
					t.Errorf("the argument should count, but changes nothing:\n%s", after)
				case before != after && is.does == "unused":
					t.Errorf("the argument should change nothing; without it\n%s\nwith it\n%s", before, after)
				}
			})
		}
	}
}

// linesOf is what the file at a path holds besides, so that a kind has something to take out.
var linesOf = map[string]string{
	"ini":   "k=1\n[s]\nk=1\n[s]\n",
	"block": "# BEGIN mitoplan\nx\n# END mitoplan\n", "authorized_key": pubKey + "\n", "known_host": "h " + pubKey + "\n", "limits": "a - core 0\n",
	"cron": "#Ansible: job\n@daily true\n", "hosts_entry": "10.0.0.1 a\n", "sysctl": "vm.x = 1\n", "mount": "a /nothing-is-here b\n/dev/c /c d\n", "swap": "/nothing-is-here none swap sw 0 0\n",
	"kernel_module": "nothing_is_here\n", "locale": "de_DE.UTF-8 UTF-8\n",
}

// outcomes returns what happens to each thing that can be at a path, if it is to be
// absent.
func outcomes(t *testing.T, f testDir, kindName string, more args) string {
	t.Helper()
	var b strings.Builder
	for _, at := range []string{"x", "d", "full", "l", "no"} {
		f.Empty(t)
		must(t, os.Chmod(f.Path, 0o777))
		f.Write(t, "x", linesOf[kindName]+"a\nb\n", 0o644)
		if strings.HasSuffix(kindName, "_value") {
			f.Write(t, "x", "{\"k\": 1}\n", 0o644)
		}
		if kindName == "toml_value" {
			f.Write(t, "x", "k = 1\n", 0o644)
		}
		must(t, os.Link(f.At("x"), f.At("x2")))
		must(t, os.Mkdir(f.At("d"), 0o755))
		must(t, os.MkdirAll(f.At("full/in"), 0o755))
		must(t, os.Symlink("x", f.At("l")))
		a := args{"path": f.Arg(at), "state": "absent"}
		switch kindName {
		case "line":
			a["line"] = text("b")
		case "authorized_key":
			a["user"], a["key"] = "root", text("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQC3")
		case "known_host":
			a["name"] = "h"
		case "limits":
			a["domain"], a["type"], a["item"] = "a", "-", "core"
		case "cron":
			a["name"] = "job"
		case "hosts_entry":
			a["address"] = "10.0.0.1"
		case "sysctl":
			a["name"] = "vm.x"
		case "mount":
			a["fstab"], a["path"] = a["path"], text("/nothing-is-here")
		case "swap":
			a["fstab"], a["path"] = a["path"], text("/nothing-is-here")
		case "kernel_module":
			a["name"], a["options_path"] = "nothing_is_here", f.Arg("o")
		case "alternatives":
			must(t, os.RemoveAll(f.Path))
			must(t, os.Mkdir(f.Path, 0o755))
			farmed(t, f)
			quietAlternatives(t)
			a["name"], a["altdir"], a["admindir"] = "ed", f.Arg("alt"), f.Arg("admin")
		case "locale":
			a["name"] = "de_DE.UTF-8"
		case "ini":
			a["key"] = "k"
		case "json_value", "toml_value", "yaml_value":
			a["pointer"] = "/k"
		case "script":
			a = args{"name": "states", "state": "absent", "read": text(`[ -z "$ON" ] && [ ! -e on ] || echo '{}'`), "apply": text("true"), "destroy": text("true")}
		case "user":
			a = args{"name": "daemon", "state": "absent"}
		case "group":
			a = args{"name": "tty", "state": "absent"} // of no account
		}
		maps.Copy(a, more)
		req := resourcetest.Encode(t, a)
		c, err := newService().Check(t.Context(), resource.CheckRequest{Plan: "p", Kind: kindName, Args: req, Key: planKey})
		fmt.Fprintf(&b, "%s: %s %v %v %v", at, c.Change.Op, c.Change.Before, c.Change.After, c.Change.Uses)
		if a["path"] != nil && err == nil {
			_, err = newService().Apply(t.Context(), resource.ApplyRequest{Kind: kindName, Args: req, Key: planKey})
			fmt.Fprintf(&b, " %v", f.Snapshot(t, false))
		}
		var p *kind.Problem
		if errors.As(err, &p) {
			fmt.Fprintf(&b, " %s %s", p.Attr, p.Code)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// quietAlternatives has the program that manages alternatives write no log of this machine.
func quietAlternatives(t *testing.T) {
	t.Helper()
	program, err := exec.LookPath("update-alternatives")
	if err != nil {
		t.Skip("no update-alternatives here")
	}
	bin := t.TempDir()
	must(t, os.WriteFile(bin+"/update-alternatives", []byte("#!/bin/sh\nexec "+program+" --log /dev/null \"$@\"\n"), 0o755))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
}

// validated returns the first problem of the arguments. That needs no machine.
func validated(t *testing.T, def kind.Kind, a args) *kind.Problem {
	t.Helper()
	a = maps.Clone(a)
	a["state"] = "absent"
	return problemOf(t, def.Name, a)
}

func problemOf(t *testing.T, kindName string, a args) *kind.Problem {
	t.Helper()
	if kindName == "user" {
		a["name"] = "app"
	} else if a["path"] == nil {
		a["path"] = text("/x")
	}
	if kindName == "authorized_key" {
		a["user"], a["key"] = "root", text(pubKey)
	}
	_, err := newService().Check(t.Context(), resource.CheckRequest{Plan: "p", Kind: kindName, Args: resourcetest.Encode(t, a), Key: planKey})
	var p *kind.Problem
	errors.As(err, &p)
	return p
}

// TestArgumentsThatExcludeEachOther: the problem names both arguments.
func TestArgumentsThatExcludeEachOther(t *testing.T) {
	for _, c := range []struct {
		kind string
		args args
		both []string
	}{
		{"file", args{"replace": false, "state": "absent"}, []string{"replace", "state"}},
		{"file", args{"replace": false, "force": true}, []string{"replace", "force"}},
		{"file", args{"create": false, "force": true}, []string{"create", "force"}},
		{"file", args{"create": false, "replace": false, "content": text("x")}, []string{"create", "replace"}},
		{"line", args{"backrefs": true, "state": "absent", "regexp": "a"}, []string{"backrefs", "state"}},
		{"line", args{"backrefs": true, "insert_after": "a", "regexp": "a", "line": text("a")}, []string{"backrefs", "insert_after"}},
		{"line", args{"backrefs": true, "insert_before": "a", "regexp": "a", "line": text("a")}, []string{"backrefs", "insert_before"}},
		{"line", args{"backrefs": true, "line": text("a")}, []string{"backrefs", "regexp"}},
		{"line", args{"match": "all", "regexp": "a", "state": "absent"}, []string{"match", "state"}},
		{"line", args{"match": "all", "line": text("a")}, []string{"match", "regexp"}},
		{"download", args{"checksum": strings.Repeat("0a", 32), "unverified": true}, []string{"checksum", "unverified"}},
		{"sudoers", args{"user": "a", "content": text("#\n")}, []string{"user", "content"}},
		{"sudoers", args{"commands": []string{"/bin/true"}}, []string{"commands", "user"}},
		{"directory", args{"hard_links": true}, []string{"hard_links", "recurse"}},
		{"user", args{"append": true}, []string{"append", "groups"}},
	} {
		p := problemOf(t, c.kind, c.args)
		for _, name := range c.both {
			if p == nil || !strings.Contains(p.Detail, name) {
				t.Errorf("%s %v: the problem must name both arguments, got %v", c.kind, c.args, p)
			}
		}
	}
}
