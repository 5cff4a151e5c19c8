package kinds_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// Reasons why an argument has no trait of its own.
const (
	namesIt   = "it names the thing"
	comesGoes = "the trait type says whether the thing is there"
	isAWay    = "it says how a change is made, and nothing of the thing"
)

// decidedValue is that of the kinds that keep a value of a document.
func decidedValue(cases string) resourcetest.Decision {
	return resourcetest.Decision{
		Cases: cases,
		Traits: map[string]string{
			"pointer": "value", "value": "value", "state": "value",
			"owner": "owner", "group": "group", "mode": "mode",
		},
		Besides: []string{"content"}, // of the file that the value is in
		Without: map[string]string{"path": namesIt, "create": isAWay, "validate": isAWay, "backup": isAWay, "in_place": isAWay, "hard_links": isAWay},
	}
}

// decided is what was decided on for every kind. Whoever adds a kind or an argument says
// here how an outside change of it is told.
var decided = map[string]resourcetest.Decision{
	"file": {
		Cases: "files.TestFile",
		Traits: map[string]string{
			"content": "content", "content_base64": "content", "source": "content", "copy_from": "content", "fragments": "content",
			"owner": "owner", "group": "group", "mode": "mode",
			"attributes": "attributes", "acl": "acl", "capabilities": "capabilities", "selinux": "selinux",
		},
		Without: map[string]string{
			"path": namesIt, "state": comesGoes, "create": isAWay, "replace": isAWay, "force": isAWay, "follow": isAWay, "checksum": isAWay,
			"validate": isAWay, "backup": isAWay, "in_place": isAWay, "hard_links": isAWay,
		},
	},
	"directory": {
		Cases:     "files.TestDirectory",
		Traits:    map[string]string{"owner": "owner", "group": "group", "mode": "mode", "recurse": resource.RecurseTrait, "purge": "purge"},
		Elsewhere: map[string]string{"purge": "files.TestPurge"},
		Without:   map[string]string{"path": namesIt, "state": comesGoes, "hard_links": isAWay},
	},
	"archive": {
		Cases: "files.TestArchive",
		Traits: map[string]string{
			"source": "source", "strip": "source", "exclude": "source", "delete": "delete", "owner": "owner", "group": "group", "mode": "mode", "directory_mode": "directory_mode",
		},
		Without: map[string]string{"path": namesIt},
	},
	"directory_sync": {
		Cases: "files.TestDirectorySync",
		Traits: map[string]string{
			"source": "source", "exclude": "source", "delete": "delete", "owner": "owner", "group": "group", "mode": "mode", "directory_mode": "directory_mode",
		},
		Without: map[string]string{"path": namesIt},
	},
	"line": {
		Cases: "files.TestLine",
		Traits: map[string]string{
			"line": resource.LineTrait, "regexp": resource.LineTrait, "search": resource.LineTrait, "match": resource.LineTrait, "state": resource.LineTrait,
			"owner": "owner", "group": "group", "mode": "mode",
		},
		Besides: []string{"content"}, // of the file that the line is in
		Without: map[string]string{
			"path": namesIt, "create": isAWay, "backrefs": isAWay, "insert_after": isAWay, "insert_before": isAWay,
			"validate": isAWay, "backup": isAWay, "in_place": isAWay, "hard_links": isAWay,
		},
	},
	"block": {
		Cases: "files.TestBlock",
		Traits: map[string]string{
			"content": "content", "marker": "content", "state": "content",
			"owner": "owner", "group": "group", "mode": "mode",
		},
		Without: map[string]string{
			"path": namesIt, "create": isAWay, "insert_after": isAWay, "insert_before": isAWay,
			"validate": isAWay, "backup": isAWay, "in_place": isAWay, "hard_links": isAWay,
		},
	},
	"authorized_key": {
		Cases: "files.TestAuthorizedKey",
		Traits: map[string]string{
			"key": "key", "options": "key", "comment": "key", "state": "key", "exclusive": "exclusive",
		},
		Besides: []string{"content"}, // of the file
		Without: map[string]string{"user": namesIt, "path": namesIt},
	},
	"known_host": {
		Cases:   "files.TestKnownHost",
		Traits:  map[string]string{"key": "key", "state": "key", "hashed": "hashed"},
		Besides: []string{"content"}, // of the file
		Without: map[string]string{"name": namesIt, "port": namesIt, "user": namesIt, "path": namesIt},
	},
	"limits": {
		Cases:   "files.TestLimits",
		Traits:  map[string]string{"value": "value", "state": "value", "comment": "comment"},
		Besides: []string{"content"}, // of the file
		Without: map[string]string{"domain": namesIt, "type": namesIt, "item": namesIt, "path": namesIt},
	},
	"ini": {
		Cases: "files.TestIni",
		Traits: map[string]string{
			"section": "value", "key": "value", "value": "value", "values": "value", "section_has": "value", "match": "value", "state": "value",
			"owner": "owner", "group": "group", "mode": "mode",
		},
		Besides: []string{"content"}, // of the file that the key is in
		Without: map[string]string{
			"path": namesIt, "create": isAWay, "allow_no_value": isAWay, "inline_comments": isAWay, "no_extra_spaces": isAWay,
			"validate": isAWay, "backup": isAWay, "in_place": isAWay, "hard_links": isAWay,
		},
	},
	"replace": {
		Cases: "files.TestReplace",
		Traits: map[string]string{
			"regexp": "replace", "replace": "replace", "after": "replace", "before": "replace",
			"owner": "owner", "group": "group", "mode": "mode",
		},
		Besides: []string{"content"}, // of the file that is edited
		Without: map[string]string{"path": namesIt, "validate": isAWay, "backup": isAWay, "in_place": isAWay, "hard_links": isAWay},
	},
	"json_value": decidedValue("files.TestJSONValue"),
	"toml_value": decidedValue("documents.TestTOMLValue"),
	"yaml_value": decidedValue("documents.TestYAMLValue"),
	"group": {
		Cases:   "accounts.TestGroup",
		Traits:  map[string]string{"gid": "gid", "members": "members"},
		Without: map[string]string{"append": "members has it", "name": namesIt, "state": comesGoes, "system": isAWay},
	},
	"cron": {
		Cases: "system.TestCron",
		Traits: map[string]string{
			"command": "command", "minute": "command", "hour": "command", "day": "command", "month": "command", "weekday": "command",
			"special": "command", "disabled": "command", "user": "command", "value": "command", "state": "command",
		},
		Besides: []string{"content"}, // of the file that it is in
		Without: map[string]string{"name": namesIt, "path": namesIt, "backup": isAWay},
	},
	"hosts_entry": {
		Cases:   "system.TestHostsEntry",
		Traits:  map[string]string{"names": "names", "state": "names"},
		Besides: []string{"content"}, // of the file that it is in

		Without: map[string]string{"address": namesIt, "path": namesIt, "backup": isAWay, "in_place": isAWay},
	},
	"link": {
		Cases:     "files.TestLink",
		Traits:    map[string]string{"target": "target", "hard": "hard", "owner": "owner", "group": "group"},
		Elsewhere: map[string]string{"hard": "files.TestHardLink"},
		Without:   map[string]string{"path": namesIt, "state": comesGoes, "force": isAWay},
	},
	"mount": {
		Cases:     "system.TestMount",
		Traits:    map[string]string{"src": "src", "fstype": "src", "opts": "src", "dump": "src", "passno": "src", "state": "src", "runtime": "runtime"},
		Besides:   []string{"content"}, // of the file that it is in
		Elsewhere: map[string]string{"runtime": "system.TestMount"},
		Without:   map[string]string{"path": namesIt, "persist": isAWay, "fstab": namesIt, "backup": isAWay},
	},
	"swap": {
		Cases:     "system.TestSwap",
		Traits:    map[string]string{"path": "path", "priority": "path", "state": "path", "size": "size", "runtime": "runtime"},
		Besides:   []string{"content", "mode"}, // of the file with its line, and of itself
		Elsewhere: map[string]string{"runtime": "system.TestSwap"},
		Without:   map[string]string{"persist": isAWay, "fstab": namesIt},
	},
	"hostname": {
		Cases:   "system.TestHostname",
		Traits:  map[string]string{"name": "name"},
		Besides: []string{"content"}, // of the file that it is in
		Without: map[string]string{"path": namesIt, "runtime": isAWay, "backup": isAWay, "in_place": isAWay},
	},
	"kernel_module": {
		Cases:   "system.TestKernelModule",
		Traits:  map[string]string{"name": "name", "state": "name", "params": "params"},
		Besides: []string{"content"}, // of the file that it is in
		Without: map[string]string{"path": namesIt, "options_path": namesIt, "persist": isAWay, "runtime": isAWay},
	},
	"alternatives": {
		Cases:   "system.TestAlternatives",
		Traits:  map[string]string{"path": "path", "link": "link", "priority": "priority", "followers": "followers", "state": "state"},
		Without: map[string]string{"name": namesIt, "altdir": namesIt, "admindir": namesIt},
	},
	"locale": {
		Cases:   "system.TestLocale",
		Traits:  map[string]string{"name": "name", "charset": "name", "state": "name"},
		Besides: []string{"content"}, // of the file that it is in
		Without: map[string]string{"path": namesIt, "runtime": isAWay},
	},
	"timezone": {
		Cases:   "system.TestTimezone",
		Traits:  map[string]string{"name": "name"},
		Without: map[string]string{"path": namesIt},
	},
	"script": {
		Cases:  "scripts.TestScript",
		Traits: map[string]string{"inputs": "inputs"},
		Without: map[string]string{
			"name": namesIt, "state": comesGoes, "read": isAWay, "apply": isAWay, "destroy": isAWay, "interpreter": isAWay,
			"env": isAWay, "files": isAWay, "exact": isAWay,
		},
	},
	"sudoers": {
		Cases: "files.TestSudoers",
		Traits: map[string]string{
			"content": "content", "user": "content", "group": "content", "commands": "content", "hosts": "content",
			"runas": "content", "nopasswd": "content", "noexec": "content", "setenv": "content",
		},
		Besides: []string{"owner", "group", "mode"}, // which are always those that sudo asks for
		Without: map[string]string{"path": namesIt, "state": comesGoes, "backup": isAWay},
	},
	"download": {
		Cases:  "files.TestDownload",
		Traits: map[string]string{"checksum": "content", "owner": "owner", "group": "group", "mode": "mode"},
		Without: map[string]string{
			"path": namesIt, "state": comesGoes, "unverified": "it says that nobody looks at the content", "url": isAWay, "from": isAWay, "headers": isAWay,
			"user": isAWay, "password": isAWay, "ca": isAWay, "connect_timeout": isAWay, "validate": isAWay, "backup": isAWay,
		},
	},
	"sysctl": {
		Cases:   "system.TestSysctl",
		Traits:  map[string]string{"value": "value", "state": "value"},
		Besides: []string{"content"}, // of the file that it is in

		Without: map[string]string{"name": namesIt, "path": namesIt, "persist": isAWay, "runtime": isAWay},
	},
	"user": {
		Cases: "accounts.TestUser",
		Traits: map[string]string{
			"uid": "uid", "group": "group", "groups": "groups", "home": "home", "create_home": "create_home", "shell": "shell",
			"comment": "comment", "password_hash": "password_hash", "locked": "locked", "expires": "expires",
			"password_expire_min": "password_expire_min", "password_expire_max": "password_expire_max",
			"password_expire_warn": "password_expire_warn", "password_expire_account_disable": "password_expire_account_disable",
			"generate_ssh_key": "generate_ssh_key",
		},
		Without: map[string]string{
			"name": namesIt, "state": comesGoes, "append": "groups has it", "system": isAWay,
			"ssh_key_type": isAWay, "ssh_key_bits": isAWay, "ssh_key_comment": isAWay, "ssh_key_file": isAWay, "ssh_key_passphrase": isAWay,
			"move_home": isAWay, "remove_home": "the end looks at it alone", "force": isAWay,
			"skeleton": isAWay, "update_password": "it says whether password_hash counts",
		},
	},
}

// managed is of each kind a thing that is there, with all arguments that have traits.
var managed = map[string]decides{
	"file": {args: on("x", args{
		"content": text("a\nb\n"), "owner": "12345", "group": "12345", "mode": "0600",
		"attributes": map[string]any{"note": text("n")}, "acl": []any{"user:12345:rw"}, "capabilities": "cap_net_raw=+ep", "selinux": "system_u:object_r:etc_t:s0",
	}), setup: plainFile},
	"directory": {args: on("d", args{"owner": "12345", "group": "12345", "mode": "u=rwX,go=", "recurse": true, "hard_links": true}), setup: strange},
	"archive": {args: on("d", args{
		"source": text("s"), "source_manifest": []byte{1, 0}, "source_contents": []byte{}, "strip": 1, "exclude": []any{text("x")}, "delete": true,
		"owner": "12345", "group": "12345", "mode": "0644", "directory_mode": "0755",
	}), setup: strange},
	"directory_sync": {args: on("d", args{
		"source": text("s"), "source_manifest": []byte{1, 0}, "source_contents": []byte{}, "exclude": []any{text("x")}, "delete": true,
		"owner": "12345", "group": "12345", "mode": "0644", "directory_mode": "0755",
	}), setup: strange},
	"line":           {args: on("x", args{"line": text("a"), "regexp": "^a", "owner": "12345", "group": "12345", "mode": "0600"}), setup: plainFile},
	"block":          {args: on("x", args{"content": text("c"), "owner": "12345", "group": "12345", "mode": "0600"}), setup: plainFile},
	"authorized_key": {args: on("x", args{"user": "root", "key": text(pubKey), "options": "no-pty", "comment": "c", "exclusive": true}), setup: plainFile},
	"known_host":     {args: on("x", args{"name": "h", "key": text(pubKey), "hashed": false}), setup: func(t *testing.T, f testDir) { f.Write(t, "x", "h "+pubKey+"\n", 0o644) }},
	"limits":         {args: on("x", args{"domain": "a", "type": "-", "item": "core", "value": "1", "comment": "c"}), setup: plainFile},
	"ini":            {args: on("x", args{"key": "a", "value": text("c"), "owner": "12345", "group": "12345", "mode": "0600"}), setup: plainFile},
	"replace":        {args: on("x", args{"regexp": "a", "replace": text("c"), "owner": "12345", "group": "12345", "mode": "0600"}), setup: plainFile},
	"json_value":     {args: on("x", args{"pointer": "/a", "value": text("1"), "owner": "12345", "group": "12345", "mode": "0600"}), setup: jsonFile},
	"toml_value":     {args: on("x", args{"pointer": "/a", "value": text("1"), "owner": "12345", "group": "12345", "mode": "0600"}), setup: tomlFile},
	"yaml_value":     {args: on("x", args{"pointer": "/a", "value": text("1"), "owner": "12345", "group": "12345", "mode": "0600"}), setup: jsonFile},
	"group":          {args: account("root", args{"gid": 0, "members": []string{"root"}})},
	"link":           {args: on("l", args{"target": text("x"), "owner": "12345", "group": "12345"}), setup: linked},
	"mount":          {args: mounted(nil), setup: plainFile},
	"swap":           {args: swapped(nil), setup: plainFile},
	"kernel_module":  {args: kernelModule(args{"params": "a=1"}), setup: plainFile},
	"hostname":       {args: on("x", args{"name": "a", "runtime": false}), setup: plainFile},
	"alternatives":   {args: candidate, setup: farmed},
	"locale":         {args: on("x", args{"name": "de_DE.UTF-8", "charset": "UTF-8", "runtime": false}), setup: plainFile},
	"timezone":       {args: on("l", args{"name": "UTC"}), setup: linked},
	"script":         {args: scripted(args{"inputs": map[string]any{"mode": text("on")}})},
	"sudoers":        {args: on("x", args{"content": text("a\nb\n")}), setup: plainFile},
	"download":       {args: on("x", args{"url": "https://a.example/x", "checksum": strings.Repeat("0a", 32), "owner": "12345", "group": "12345", "mode": "0600"}), setup: plainFile},
	"cron":           {args: on("x", args{"name": "job", "command": text("true")}), setup: plainFile},
	"hosts_entry":    {args: on("x", args{"address": "10.0.0.1", "names": []string{"a"}}), setup: plainFile},
	"sysctl":         {args: on("x", args{"name": "vm.x", "value": "1", "runtime": false}), setup: plainFile},
	"user": {args: account("root", args{
		"uid": 0, "group": "root", "groups": []string{"root"}, "home": text("/root"), "create_home": true, "shell": text("/bin/sh"),
		"comment": text("root"), "password_hash": "*", "locked": true, "expires": "never",
		"password_expire_min": 1, "password_expire_max": 90, "password_expire_warn": 7, "password_expire_account_disable": -1, "generate_ssh_key": true,
	})},
}

// pubKey is a public key.
const pubKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFgSwXDkvCvmvjMTEt0pAs4uuD3ZnrCh3KSUYpkYyb1V"

// rootsOwn are the kinds of which only root can plan anything.
var rootsOwn = map[string]bool{"user": true, "sudoers": true, "authorized_key": true}

// TestEveryKindIsDecidedOn: each kind has cases in resourcetest, and its traits are those
// that somebody decided on.
func TestEveryKindIsDecidedOn(t *testing.T) {
	for _, wrong := range resourcetest.Undecided(kinds.Kinds(), decided) {
		t.Error(wrong)
	}
	for _, def := range kinds.Kinds() {
		t.Run(def.Name, func(t *testing.T) {
			if rootsOwn[def.Name] && os.Geteuid() != 0 {
				t.Skip("only root can plan it")
			}
			c, ok := managed[def.Name]
			if !ok {
				t.Fatal("managed has no thing of this kind")
			}
			f := newTestDir(t)
			f.Empty(t)
			if c.setup != nil {
				c.setup(t, f)
			}
			decided[def.Name].HoldsPage(t, kind.WithManual(def))
			decided[def.Name].HoldsTraits(t, mustCheck(t, newService(), "p", step{Address: "a", Kind: def.Name, Args: c.args(f)}))
		})
	}
}

// What a kind edits a part of has more that the block says nothing of. The planner tells the part
// from that by the attribute that is marked as the one of parts: without the mark, what others
// write into the rest of a file is drift of the block.
func TestEveryEditHasAPart(t *testing.T) {
	for _, def := range kinds.Kinds() {
		if def.Name == "alternatives" {
			continue // It edits a directory, in which each block has a link of its own, and shows nothing of the rest.
		}
		if def.Edits() && def.Parts() != "content" {
			t.Errorf("%s edits a part of a file, and the attribute of parts is %q", def.Name, def.Parts())
		}
	}
}
