package accounts_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestUserKey runs the cases of keys of ssh where TestUser runs those of accounts.
func TestUserKey(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("this machine has no ssh-keygen")
	}
	onStage(t, "TestUserKey", testKeys)
}

func testKeys(t *testing.T, s stage) {
	t.Run("is made", func(t *testing.T) {
		resourcetest.Run(t, resourcetest.Case{
			Kind: "user", Args: args{"name": "old", "generate_ssh_key": true}, Want: resource.Update, Setup: s.withHome, Neighbours: accountNeighbours,
			Snapshot: func(t *testing.T, times bool) map[string]string {
				out := s.snapshot(t, times)
				for name, is := range out {
					if f := strings.Fields(is); strings.Contains(name, "/.ssh/id_") && !times {
						out[name] = strings.Join(f[:len(f)-1], " ") // No key is like another.
					}
				}
				return out
			},
		})
	})
	t.Run("ways", func(t *testing.T) { s.keysOfAllSorts(t) })
	t.Run("kept", func(t *testing.T) { s.keysStay(t) })
	t.Run("problems", func(t *testing.T) { s.keyProblems(t) })
}

// keysOfAllSorts: a key is of the type, size and comment, and has the passphrase that are asked for;
// it belongs to the account, and its public half is a result.
func (s stage) keysOfAllSorts(t *testing.T) {
	for _, c := range []struct {
		name       string
		args       args
		file       string
		says       string // ssh-keygen -l
		passphrase string
		env        map[string]string
	}{
		{"usual", args{"name": "old"}, "/home/old/.ssh/id_ed25519", "256 SHA256:", "", nil},
		{"of a new account", args{"name": "app", "uid": 500 + 1000}, "/home/app/.ssh/id_ed25519", "256 SHA256:", "", nil},
		{"rsa", args{"name": "old", "ssh_key_type": "rsa", "ssh_key_bits": 2048, "ssh_key_comment": text("a b c")}, "/home/old/.ssh/id_rsa", "2048 SHA256:", "", nil},
		{"elsewhere", args{"name": "old", "ssh_key_type": "ecdsa", "ssh_key_bits": 384, "ssh_key_file": text("deep/key")}, "/home/old/deep/key", "384 SHA256:", "", nil},
		{"with a passphrase", args{"name": "old", "ssh_key_passphrase": "open se'same"}, "/home/old/.ssh/id_ed25519", "256 SHA256:", "open se'same", nil},
		// ssh-keygen takes the answer of a program that is missing for an empty passphrase.
		{"with a passphrase, beside a screen", args{"name": "old", "ssh_key_passphrase": "open se'same"}, "/home/old/.ssh/id_ed25519", "256 SHA256:", "open se'same", map[string]string{"DISPLAY": ":0", "SSH_ASKPASS": "/nowhere", "SSH_ASKPASS_REQUIRE": "prefer"}},
		{"in a home that moves", args{"name": "old", "home": text("/home/new"), "move_home": true}, "/home/new/.ssh/id_ed25519", "256 SHA256:", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.withHome(t)
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			c.args["generate_ssh_key"] = true
			svc := newService()
			planned := mustCheck(t, svc, "p", step{Address: "u", Kind: "user", Args: c.args})
			if _, known := planned.Results["ssh_public_key"]; known || !alongHas(planned, c.file) || !alongHas(planned, c.file+".pub") {
				t.Errorf("the plan knows a key that is not made, or does not name its files: %v, %v", planned.Results, planned.Along)
			}
			reply, err := svc.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "user", Args: resourcetest.Encode(t, c.args), Fingerprint: planned.Fingerprint, Key: planKey})
			must(t, err)
			public, err := os.ReadFile(c.file + ".pub")
			must(t, err)
			said, err := exec.Command("ssh-keygen", "-l", "-f", c.file+".pub").CombinedOutput()
			must(t, err)
			r := reply.Change.Results
			comment := c.args["name"].(string)
			if c.name == "rsa" {
				comment = "a b c"
			}
			if fmt.Sprint(r["ssh_public_key"])+"\n" != string(public) || !strings.Contains(string(said), fmt.Sprint(r["ssh_key_fingerprint"])) || !strings.HasPrefix(string(said), c.says) || !strings.Contains(string(said), comment) {
				t.Errorf("the results are %v\nthe file has %s\nssh-keygen says %s", r, public, said)
			}
			tree, owner := resourcetest.Tree(t, "/home", false), "500:500"
			if c.args["name"] == "app" {
				owner = "1500:"
			}
			for name, want := range map[string]string{c.file: "600 ", c.file + ".pub": "644 "} {
				if is := tree[name]; !strings.Contains(is, want) || !strings.Contains(is, owner) {
					t.Errorf("%s is %s", name, is)
				}
			}
			private, err := os.ReadFile(c.file)
			must(t, err)
			if _, err := exec.Command("ssh-keygen", "-y", "-P", c.passphrase, "-f", c.file).Output(); err != nil {
				t.Errorf("the passphrase does not open the key: %v", err)
			}
			if c.passphrase != "" {
				if exec.Command("ssh-keygen", "-y", "-P", "", "-f", c.file).Run() == nil {
					t.Error("the key has no passphrase")
				}
			}
			again := mustCheck(t, newService(), "q", step{Address: "u", Kind: "user", Args: c.args})
			if again.Op != resource.NoOp || fmt.Sprint(again.Results["ssh_public_key"]) != fmt.Sprint(r["ssh_public_key"]) {
				t.Errorf("then a plan says %s: %v, %v", again.Op, again.After, again.Results)
			}
			must(t, apply(t, newService(), "user", c.args))
			if b, _ := os.ReadFile(c.file); string(b) != string(private) {
				t.Error("another apply made another key")
			}
		})
	}
	if left, _ := os.ReadDir(os.TempDir()); slices.ContainsFunc(left, func(e os.DirEntry) bool {
		return strings.HasPrefix(e.Name(), "mitoplan-temp-0-") && holdsKey(os.TempDir()+"/"+e.Name())
	}) {
		t.Error("a key was left in a temporary directory")
	}
}

func holdsKey(dir string) bool {
	_, err := os.Stat(dir + "/key")
	return err == nil
}

func alongHas(c resource.Change, p string) bool {
	return c.Along != nil && slices.ContainsFunc(c.Along.Entries, func(e resource.AlongEntry) bool { return string(e.Path) == p })
}

// keysStay: a key that is there is never replaced, whatever the block asks for. A public half that is
// missing is made of the private one, which nobody needs the passphrase for.
func (s stage) keysStay(t *testing.T) {
	s.withHome(t)
	must(t, os.Mkdir("/home/old/.ssh", 0o700))
	must(t, exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-C", "theirs", "-f", "/home/old/.ssh/id_rsa").Run())
	key, err := os.ReadFile("/home/old/.ssh/id_rsa")
	must(t, err)
	public, err := os.ReadFile("/home/old/.ssh/id_rsa.pub")
	must(t, err)
	a := args{"name": "old", "generate_ssh_key": true, "ssh_key_type": "rsa", "ssh_key_passphrase": "other"}
	c := mustCheck(t, newService(), "p", step{Address: "u", Kind: "user", Args: a})
	if c.Op != resource.NoOp || fmt.Sprint(c.Results["ssh_public_key"])+"\n" != string(public) {
		t.Errorf("a key of another type is %s: %v", c.Op, c.Results)
	}
	must(t, os.Remove("/home/old/.ssh/id_rsa.pub"))
	if c := mustCheck(t, newService(), "q", step{Address: "u", Kind: "user", Args: a}); c.Op != resource.Update || !alongHas(c, "/home/old/.ssh/id_rsa.pub") || alongHas(c, "/home/old/.ssh/id_rsa") {
		t.Errorf("without its public half it is %s: %+v", c.Op, c.Along)
	}
	must(t, apply(t, newService(), "user", a))
	b, err := os.ReadFile("/home/old/.ssh/id_rsa.pub")
	must(t, err)
	if string(b) != strings.TrimSuffix(string(public), " theirs\n")+"\n" {
		t.Errorf("the public half that was made is %q, want that of %q", b, public)
	}
	if now, _ := os.ReadFile("/home/old/.ssh/id_rsa"); string(now) != string(key) {
		t.Error("the private key is another one")
	}
	must(t, os.WriteFile("/home/old/.ssh/id_rsa.pub", []byte("root:*:secret\n"), 0o600))
	c = mustCheck(t, newService(), "r", step{Address: "u", Kind: "user", Args: a})
	if c.Op != resource.NoOp || c.Results["ssh_public_key"] != "" && fmt.Sprint(c.Results["ssh_public_key"]) != "" || len(c.Warnings) != 1 || c.Warnings[0].Code != kind.CodeKeyUnread {
		t.Errorf("what is no public key is %s: %v, %v", c.Op, c.Results, c.Warnings)
	}
	must(t, os.Remove("/home/old/.ssh/id_rsa"))
	resourcetest.Problem(t, "user", a, "ssh_key_file", kind.CodeInTheWay)
}

// keyProblems: what could lead elsewhere or cannot be made is a problem of the argument, while planning.
func (s stage) keyProblems(t *testing.T) {
	with := func(more args) args {
		out := args{"name": "old", "generate_ssh_key": true}
		for name, v := range more {
			out[name] = v
		}
		return out
	}
	for name, c := range map[string]struct {
		prepare func(t *testing.T)
		args    args
		attr    string
		code    kind.Code
	}{
		"directory is a link": {func(t *testing.T) { must(t, os.Symlink("/etc", "/home/old/.ssh")) }, nil, "ssh_key_file", kind.CodeUnsafeLink},
		"key is a link": {func(t *testing.T) {
			must(t, os.Mkdir("/home/old/.ssh", 0o700))
			must(t, os.Symlink("/etc/shadow", "/home/old/.ssh/id_ed25519"))
		}, nil, "ssh_key_file", kind.CodeUnsafeLink},
		"public key is a link": {func(t *testing.T) {
			must(t, os.Mkdir("/home/old/.ssh", 0o700))
			must(t, os.Symlink("/etc/shadow", "/home/old/.ssh/id_ed25519.pub"))
		}, nil, "ssh_key_file", kind.CodeUnsafeLink},
		"a directory":       {func(t *testing.T) { must(t, os.MkdirAll("/home/old/.ssh/id_ed25519", 0o700)) }, nil, "ssh_key_file", kind.CodeInTheWay},
		"a file above":      {func(t *testing.T) { must(t, os.WriteFile("/home/old/.ssh", nil, 0o600)) }, nil, "ssh_key_file", kind.CodeNoParent},
		"two missing above": {nil, args{"ssh_key_file": text("a/b/key")}, "ssh_key_file", kind.CodeNoParent},
		"no home":           {func(t *testing.T) { must(t, os.RemoveAll("/home/old")) }, nil, "generate_ssh_key", kind.CodeMissing},
		"outside":           {nil, args{"ssh_key_file": text("../x")}, "ssh_key_file", "ssh_key_file"},
		"absolute":          {nil, args{"ssh_key_file": text("/etc/x")}, "ssh_key_file", "ssh_key_file"},
		"public":            {nil, args{"ssh_key_file": text(".ssh/x.pub")}, "ssh_key_file", "ssh_key_file"},
		"short passphrase":  {nil, args{"ssh_key_passphrase": "abcd"}, "ssh_key_passphrase", "ssh_key_passphrase"},
		"lines":             {nil, args{"ssh_key_passphrase": "abcdef\nx"}, "ssh_key_passphrase", "ssh_key_passphrase"},
		"comment":           {nil, args{"ssh_key_comment": text("a\nssh-rsa x")}, "ssh_key_comment", "ssh_key_comment"},
		"bits of ed25519":   {nil, args{"ssh_key_bits": 256}, "ssh_key_bits", "ssh_key_bits"},
		"weak":              {nil, args{"ssh_key_type": "rsa", "ssh_key_bits": 1024}, "ssh_key_bits", "ssh_key_bits"},
		"bits of ecdsa":     {nil, args{"ssh_key_type": "ecdsa", "ssh_key_bits": 255}, "ssh_key_bits", "ssh_key_bits"},
		"type":              {nil, args{"ssh_key_type": "dsa"}, "ssh_key_type", "ssh_key_type"},
		"nothing to open":   {nil, args{"generate_ssh_key": false, "ssh_key_passphrase": "abcdef"}, "ssh_key_passphrase", kind.CodeExcluded},
	} {
		t.Run(name, func(t *testing.T) {
			s.withHome(t)
			if c.prepare != nil {
				c.prepare(t)
			}
			resourcetest.Problem(t, "user", with(c.args), c.attr, c.code)
		})
	}
	t.Run("a key without the passphrase", func(t *testing.T) {
		s.withHome(t)
		real, err := exec.LookPath("ssh-keygen")
		must(t, err)
		dir := t.TempDir()
		must(t, os.WriteFile(dir+"/ssh-keygen", []byte("#!/bin/sh\nexec "+real+" -q -t ed25519 -N '' -f key\n"), 0o755)) //nolint:gosec // A program.
		t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
		wantProblem(t, apply(t, newService(), "user", with(args{"ssh_key_passphrase": "abcdef"})), "ssh_key_passphrase", kind.CodeToolFailed)
		if left, _ := os.ReadDir("/home/old/.ssh"); len(left) > 0 {
			t.Errorf("%s was made without a passphrase", left[0].Name())
		}
	})
	t.Run("no ssh-keygen", func(t *testing.T) {
		s.withHome(t)
		t.Setenv("PATH", t.TempDir())
		wantCode(t, apply(t, newService(), "user", with(nil)), kind.CodeToolMissing)
	})
}
