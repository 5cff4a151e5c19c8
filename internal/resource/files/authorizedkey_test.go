package files_test

import (
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// onHome is set in the environment of the process that has a /home of its own.
const onHome = "MITOPLAN_TEST_HOME"

// withHome runs a test in a process of its own, in which an account alice has a home directory
// and nothing else is in /home and /etc/ssh.
func withHome(t *testing.T, name string, test func(t *testing.T, home testDir)) {
	dir := os.Getenv(onHome)
	if dir == "" {
		if os.Geteuid() != 0 || resourcetest.OwnMounts() == nil {
			t.Skip("only root can have a /home of its own, and only on Linux")
		}
		cmd := exec.Command(os.Args[0], "-test.run=^"+name+"$")
		cmd.Env = append(os.Environ(), onHome+"="+t.TempDir())
		cmd.SysProcAttr = resourcetest.OwnMounts()
		err := childtest.Run(t, cmd)
		if errors.Is(err, syscall.EPERM) {
			t.Skip("no mount namespaces here")
		}
		must(t, err)
		return
	}
	must(t, os.Chmod(dir, 0o755))
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.MkdirAll(at("ssh"), 0o755))
	must(t, os.WriteFile(at("passwd"), []byte("root:x:0:0:root:/root:/bin/sh\nalice:x:12345:12345::/home/alice:/bin/sh\nbob:x:12346:12346::/home/gone:/bin/sh\n"), 0o644))
	must(t, os.WriteFile(at("group"), []byte("root:x:0:\nalice:x:12345:\nbob:x:12346:\n"), 0o644))
	resourcetest.Cover(t, map[string]string{"/etc/ssh": at("ssh"), "/etc/passwd": at("passwd"), "/etc/group": at("group")})
	resourcetest.Mount(t, "test", "/home", "tmpfs", 0, "size=16m,mode=755") // where nothing waits for a disk
	test(t, testDir{Path: "/home/alice"})
}

// bare makes the home of alice anew, with nothing in it, and sshd_config as it is by default.
func bare(t *testing.T, home testDir) {
	t.Helper()
	home.Empty(t)
	must(t, os.Lchown(home.Path, 12345, 12345))
	must(t, os.WriteFile("/etc/ssh/sshd_config", nil, 0o644))
}

// keyed makes the home with a file of keys of alice.
func keyed(t *testing.T, home testDir, content string) {
	t.Helper()
	bare(t, home)
	must(t, os.Mkdir(home.At(".ssh"), 0o700))
	home.Write(t, ".ssh/authorized_keys", content, 0o600)
	for _, name := range []string{".ssh", ".ssh/authorized_keys"} {
		must(t, os.Lchown(home.At(name), 12345, 12345))
	}
}

// pub is a public key, another for each number.
func pub(n byte) string {
	blob := append([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), []byte(strings.Repeat(string([]byte{'k', n}), 16))...)
	return "ssh-ed25519 " + base64.StdEncoding.EncodeToString(blob)
}

// printOf is the fingerprint of a line.
func printOf(line string) string {
	k, _ := edit.ParseAuthorizedKey(line)
	return k.Fingerprint()
}

func TestAuthorizedKey(t *testing.T) {
	withHome(t, "TestAuthorizedKey", func(t *testing.T, home testDir) {
		const keys = ".ssh/authorized_keys"
		others := "# mine\n" + pub(8) + " theirs\r\nfrom=\"a b\" " + pub(9) + "\nnonsense\n"
		holds := func(want string) func(*testing.T) {
			return func(t *testing.T) {
				home.Holds(t, keys, want, 0o600)
				home.Owned(t, keys, 12345, 12345)
			}
		}
		for _, c := range []struct {
			name   string
			more   args
			was    string // of the file; "" is none
			want   resource.Op
			is     string
			made   bool
			whole  bool // the whole contract, of which the other cases show no more
			verify func(*testing.T)
		}{
			{name: "is added where nothing is", whole: true, want: resource.Create, is: pub(1) + " me\n", verify: func(t *testing.T) {
				home.HasMode(t, ".ssh", os.ModeDir|0o700)
				home.Owned(t, ".ssh", 12345, 12345)
			}},
			{name: "is added to others", whole: true, was: others, want: resource.Update, made: true, is: others + pub(1) + " me\n"},
			{name: "is added behind a line without an end", whole: true, was: pub(8), want: resource.Update, made: true, is: pub(8) + "\n" + pub(1) + " me\n"},
			{name: "is there with another comment", was: others + pub(1) + " another\n", want: resource.NoOp},
			{name: "is there with options", was: "no-pty " + pub(1) + "\n", want: resource.NoOp},
			{name: "is there twice", was: "no-pty " + pub(1) + "\n" + pub(1) + "\n", want: resource.NoOp},
			{name: "gets options", whole: true, more: args{"options": `no-pty,from="10.0.0.0/8,!10.1.1.1"`}, was: others + pub(1) + " another\n", want: resource.Update,
				is: others + `no-pty,from="10.0.0.0/8,!10.1.1.1" ` + pub(1) + " another\n"},
			{name: "has its options in another order and case", more: args{"options": `no-pty,from="a",command="b \" c"`},
				was: `command="b \" c",NO-PTY,from="a" ` + pub(1) + "\n", want: resource.NoOp},
			{name: "loses its options", more: args{"options": ""}, was: "no-pty " + pub(1) + " me\n", want: resource.Update, is: pub(1) + " me\n"},
			{name: "is there once more without its options", more: args{"options": "no-pty"}, was: "no-pty " + pub(1) + "\n" + pub(8) + "\n" + pub(1) + "\n",
				want: resource.Update, is: "no-pty " + pub(1) + "\n" + pub(8) + "\n"},
			{name: "gets a comment", more: args{"comment": "new one"}, was: "no-pty " + pub(1) + " me\n", want: resource.Update, is: "no-pty " + pub(1) + " new one\n"},
			{name: "is an authority of certificates, too", was: "cert-authority " + pub(1) + "\n", want: resource.Update, made: true,
				is: "cert-authority " + pub(1) + "\n" + pub(1) + " me\n"},
			{name: "is the only one", more: args{"exclusive": true}, was: others + "cert-authority " + pub(1) + "\n", want: resource.Update,
				is: "# mine\nnonsense\n" + pub(1) + " me\n"},
			{name: "is one of the only two", whole: true, more: args{"exclusive": true, "key": text(pub(1) + "\n# and\n" + pub(2) + " two\n")}, was: pub(2) + "\n" + pub(8) + "\n",
				want: resource.Update, is: pub(2) + "\n" + pub(1) + "\n"},
			{name: "are the only ones already", more: args{"exclusive": true}, was: "#\n" + pub(1) + "\n", want: resource.NoOp},
			{name: "goes", more: args{"state": "absent"}, was: "no-pty " + pub(1) + "\n" + others + pub(1), want: resource.Update, is: others},
			{name: "is gone", more: args{"state": "absent"}, was: others + "cert-authority " + pub(1) + "\n", want: resource.NoOp},
			{name: "is gone with the file", more: args{"state": "absent"}, want: resource.NoOp},
		} {
			t.Run(c.name, func(t *testing.T) {
				a := args{"user": "alice", "key": text(pub(1) + " me\n")}
				for name, v := range c.more {
					a[name] = v
				}
				run := resourcetest.Quickly
				if c.whole {
					run = resourcetest.Run
				}
				run(t, resourcetest.Case{
					Kind: "authorized_key", Args: a, Want: c.want, Made: c.made, Snapshot: home.Snapshot,
					Neighbours: func() []resourcetest.Neighbour { return nil },
					Setup: func(t *testing.T) {
						if c.was == "" {
							bare(t, home)
							return
						}
						keyed(t, home, c.was)
					},
					Verify: func(t *testing.T) {
						if c.is != "" {
							holds(c.is)(t)
						}
						if c.verify != nil {
							c.verify(t)
						}
					},
				})
			})
		}
	})
}

// TestAuthorizedKeyProblems: a link of the user is not followed by root, what belongs to others is
// not touched, and a bad argument is told.
func TestAuthorizedKeyProblems(t *testing.T) {
	withHome(t, "TestAuthorizedKeyProblems", func(t *testing.T, home testDir) {
		own := func(t *testing.T, name string) { must(t, os.Lchown(home.At(name), 12345, 12345)) }
		elsewhere := testDir{Path: "/home/elsewhere"}
		for _, c := range []struct {
			name  string
			more  args
			setup func(t *testing.T)
			attr  string
			code  kind.Code
		}{
			{"~/.ssh is a link of the user", nil, func(t *testing.T) { must(t, os.Symlink("/home/elsewhere", home.At(".ssh"))); own(t, ".ssh") }, "path", kind.CodeUnsafeLink},
			{"~/.ssh is a link to what is the user's", nil, func(t *testing.T) {
				must(t, os.Mkdir(home.At("s"), 0o700))
				own(t, "s")
				must(t, os.Symlink("s", home.At(".ssh")))
				own(t, ".ssh")
			}, "path", kind.CodeUnsafeLink},
			{"the file is a link of the user", nil, func(t *testing.T) {
				keyed(t, home, "")
				must(t, os.Remove(home.At(".ssh/authorized_keys")))
				must(t, os.Symlink("/home/elsewhere/x", home.At(".ssh/authorized_keys")))
				own(t, ".ssh/authorized_keys")
			}, "path", kind.CodeUnsafeLink},
			{"the path names a link of the user", args{"path": home.Arg(".ssh/authorized_keys")}, func(t *testing.T) {
				must(t, os.Symlink("/home/elsewhere", home.At(".ssh")))
				own(t, ".ssh")
			}, "path", kind.CodeUnsafeLink},
			{"the file is of root and has another name", nil, func(t *testing.T) {
				keyed(t, home, "")
				must(t, os.Remove(home.At(".ssh/authorized_keys")))
				must(t, os.Link(elsewhere.At("x"), home.At(".ssh/authorized_keys")))
			}, "user", kind.CodeSeveralNames},
			{"the file is of another user", nil, func(t *testing.T) {
				keyed(t, home, "x\n")
				must(t, os.Lchown(home.At(".ssh/authorized_keys"), 12346, 12346))
			}, "user", kind.CodePermission},
			{"the file is a directory", nil, func(t *testing.T) { must(t, os.MkdirAll(home.At(".ssh/authorized_keys"), 0o700)) }, "path", kind.CodeInTheWay},
			{"the home is not there", args{"user": "bob"}, nil, "user", kind.CodeMissing},
			{"there is no such account", args{"user": "carol"}, nil, "user", kind.CodeNoUser},
			{"no key", args{"key": text("# none\n")}, nil, "key", "key"},
			{"not a key", args{"key": text("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIFgSwXDkvCvmvjMTEt0pAs4uuD3ZnrCh3KSUYpkYyb1V")}, nil, "key", "key"},
			{"a private key", args{"key": text("-----BEGIN OPENSSH PRIVATE KEY-----\n")}, nil, "key", "key"},
			{"two keys", args{"key": text(pub(1) + "\n" + pub(2))}, nil, "key", "key"},
			{"one key twice", args{"key": text(pub(1) + " a\n" + pub(1) + " b"), "exclusive": true}, nil, "key", "key"},
			{"options twice", args{"key": text("no-pty " + pub(1)), "options": "no-pty"}, nil, "options", kind.CodeExcluded},
			{"options with a blank", args{"options": "no-pty, from=a"}, nil, "options", "options"},
			{"options with an open quote", args{"options": `from="a`}, nil, "options", "options"},
			{"options that end in a comma", args{"options": "no-pty,"}, nil, "options", "options"},
			{"a comment of two lines", args{"comment": "a\n" + pub(3)}, nil, "comment", "comment"},
			{"exclusive and absent", args{"exclusive": true, "state": "absent"}, nil, "exclusive", kind.CodeExcluded},
			{"a relative path", args{"path": text("x")}, nil, "path", kind.CodePath},
			{"sshd reads no file", nil, func(t *testing.T) {
				must(t, os.WriteFile("/etc/ssh/sshd_config", []byte("AuthorizedKeysFile none\n"), 0o644))
			}, "user", kind.CodeMissing},
			{"the directory of another path is not there", args{"path": text("/home/no/keys")}, nil, "path", kind.CodeNoParent},
		} {
			t.Run(c.name, func(t *testing.T) {
				bare(t, home)
				elsewhere.Empty(t)
				elsewhere.Write(t, "x", "secret\n", 0o600)
				if c.setup != nil {
					home.Empty(t)
					must(t, os.Lchown(home.Path, 12345, 12345))
					c.setup(t)
				}
				a := args{"user": "alice", "key": text(pub(1))}
				for name, v := range c.more {
					a[name] = v
				}
				before := resourcetest.Tree(t, "/home", true)
				resourcetest.Problem(t, "authorized_key", a, c.attr, c.code)
				for name, is := range resourcetest.Tree(t, "/home", true) {
					if before[name] != is {
						t.Errorf("%s was %q and is %q", name, before[name], is)
					}
				}
			})
		}
	})
}

// TestAuthorizedKeysOfSSHD: without path the file is the one that sshd_config names, and what else
// sshd would do otherwise is a warning.
func TestAuthorizedKeysOfSSHD(t *testing.T) {
	withHome(t, "TestAuthorizedKeysOfSSHD", func(t *testing.T, home testDir) {
		conf := testDir{Path: "/etc/ssh"}
		for _, c := range []struct {
			name, config string
			more         args
			setup        func(t *testing.T)
			path         string
			warns        kind.Code
		}{
			{name: "nothing is said", path: home.At(".ssh/authorized_keys")},
			{name: "a file of the system", config: "Port 22\nauthorizedkeysfile = \"/etc/ssh/%u.keys\" .ssh/x\n", path: "/etc/ssh/alice.keys"},
			{name: "the first value counts", config: "AuthorizedKeysFile %h/k1\nAuthorizedKeysFile %h/k2\n", path: home.At("k1")},
			{name: "in a file that is included first", config: "Include conf.d/*.conf\nAuthorizedKeysFile %h/k2\n", path: home.At("k3"), setup: func(t *testing.T) {
				must(t, os.MkdirAll(conf.At("conf.d"), 0o755))
				conf.Write(t, "conf.d/b.conf", "AuthorizedKeysFile %h/k4\n", 0o644)
				conf.Write(t, "conf.d/a.conf", "AuthorizedKeysFile %h/k3\n", 0o644)
				conf.Write(t, "conf.d/0.other", "AuthorizedKeysFile %h/k5\n", 0o644)
			}},
			{name: "an included directory is missing", config: "Include no/*.conf\nInclude /home/none\n", path: home.At(".ssh/authorized_keys")},
			{name: "a Match block says something else", config: "Match User alice\n  AuthorizedKeysFile /x\n", path: home.At(".ssh/authorized_keys"), warns: kind.CodeStrictModes},
			{name: "Match all is no Match block", config: "Match all\nAuthorizedKeysFile %h/%U\n", path: home.At("12345")},
			{name: "the home may be written by others", setup: func(t *testing.T) { must(t, os.Chmod(home.Path, 0o775)) }, path: home.At(".ssh/authorized_keys"), warns: kind.CodeStrictModes},
			{name: "sshd does not mind", config: "StrictModes no\n", setup: func(t *testing.T) { must(t, os.Chmod(home.Path, 0o775)) }, path: home.At(".ssh/authorized_keys")},
			{name: "~/.ssh may be written by others", setup: func(t *testing.T) { keyed(t, home, "\n"); must(t, os.Chmod(home.At(".ssh"), 0o770)) }, path: home.At(".ssh/authorized_keys"), warns: kind.CodeStrictModes},
			{name: "the file may be written by others", setup: func(t *testing.T) {
				keyed(t, home, pub(1)+"\n")
				must(t, os.Chmod(home.At(".ssh/authorized_keys"), 0o666))
			}, path: home.At(".ssh/authorized_keys"), warns: kind.CodeStrictModes},
			{name: "another file lets the key in", more: args{"state": "absent"}, setup: func(t *testing.T) {
				keyed(t, home, pub(1)+"\n")
				home.Write(t, ".ssh/authorized_keys2", pub(1)+"\n", 0o600)
			}, path: home.At(".ssh/authorized_keys"), warns: kind.CodeKeyElsewhere},
			{name: "another file alone lets the key in", more: args{"state": "absent"}, setup: func(t *testing.T) {
				keyed(t, home, "\n")
				home.Write(t, ".ssh/authorized_keys2", pub(1)+"\n", 0o600)
			}, path: home.At(".ssh/authorized_keys"), warns: kind.CodeKeyElsewhere},
			{name: "another file lets others in", more: args{"exclusive": true}, setup: func(t *testing.T) {
				keyed(t, home, pub(1)+"\n")
				home.Write(t, ".ssh/authorized_keys2", pub(2)+"\n", 0o600)
			}, path: home.At(".ssh/authorized_keys"), warns: kind.CodeKeyElsewhere},
		} {
			t.Run(c.name, func(t *testing.T) {
				bare(t, home)
				if c.setup != nil {
					c.setup(t)
				}
				conf.Write(t, "sshd_config", c.config, 0o644)
				a := args{"user": "alice", "key": text(pub(1))}
				for name, v := range c.more {
					a[name] = v
				}
				got := mustCheck(t, newService(), "p", step{Address: "a", Kind: "authorized_key", Args: a})
				if len(got.Writes) != 1 || got.Writes[0] != kind.PathThing(c.path) {
					t.Errorf("it writes %q, want %s", got.Writes, c.path)
				}
				var code kind.Code
				if len(got.Warnings) > 0 {
					code = got.Warnings[0].Code
				}
				if code != c.warns || len(got.Warnings) > 1 {
					t.Errorf("it warns of %v, want %q", got.Warnings, c.warns)
				}
			})
		}
	})
}

// TestLoginKeyStays: what let the connection in is not taken away, by an apply or by an end, and
// without a fingerprint of a plan either.
func TestLoginKeyStays(t *testing.T) {
	withHome(t, "TestLoginKeyStays", func(t *testing.T, home testDir) {
		mine, theirs := printOf(pub(1)), printOf(pub(2))
		was := pub(1) + "\ncert-authority " + pub(2) + "\n" + pub(3) + "\n"
		absent := func(key string) args { return args{"user": "alice", "key": text(key), "state": "absent"} }
		for _, c := range []struct {
			name  string
			login *resource.Login
			args  args
			end   bool
			code  kind.Code // of the refusal
			warns kind.Code
		}{
			{name: "the key", login: &resource.Login{User: "alice", Keys: []string{mine}}, args: absent(pub(1)), code: kind.CodeLoginKey},
			{name: "another key", login: &resource.Login{User: "alice", Keys: []string{mine}}, args: absent(pub(3))},
			{name: "the key, but the login was by a password", login: &resource.Login{User: "alice"}, args: absent(pub(1))},
			{name: "the key, but not of that user", login: &resource.Login{User: "bob", Keys: []string{mine}}, args: absent(pub(1))},
			{name: "the key, in a file that root names", login: &resource.Login{User: "alice", Keys: []string{mine}},
				args: args{"user": "root", "path": home.Arg(".ssh/authorized_keys"), "key": text(pub(3)), "exclusive": true}, code: kind.CodeLoginKey},
			{name: "nobody logged in", args: absent(pub(1))},
			{name: "all but others", login: &resource.Login{User: "alice", Keys: []string{mine}}, args: args{"user": "alice", "key": text(pub(3)), "exclusive": true}, code: kind.CodeLoginKey},
			{name: "all but the key", login: &resource.Login{User: "alice", Keys: []string{mine}}, args: args{"user": "alice", "key": text(pub(1)), "exclusive": true}},
			{name: "the authority of the certificate", login: &resource.Login{User: "alice", Keys: []string{theirs}, Authorities: []string{theirs}}, args: absent("cert-authority " + pub(2)), code: kind.CodeLoginKey},
			{name: "an authority that has the key", login: &resource.Login{User: "alice", Keys: []string{theirs}}, args: absent("cert-authority " + pub(2))},
			{name: "its options", login: &resource.Login{User: "alice", Keys: []string{mine}}, args: args{"user": "alice", "key": text(pub(1)), "options": "no-pty"}, warns: kind.CodeLoginKey},
			{name: "any, and the ssh program does not say by which", login: &resource.Login{User: "alice", Unknown: true}, args: absent(pub(3)), warns: kind.CodeLoginKey},
			{name: "none, and the ssh program does not say by which", login: &resource.Login{User: "alice", Unknown: true}, args: args{"user": "alice", "key": text(pub(4))}},
			{name: "the key, by an end", login: &resource.Login{User: "alice", Keys: []string{mine}}, args: args{"user": "alice", "key": text(pub(1))}, end: true, code: kind.CodeLoginKey},
			{name: "another key, by an end", login: &resource.Login{User: "alice", Keys: []string{mine}}, args: args{"user": "alice", "key": text(pub(3))}, end: true},
		} {
			t.Run(c.name, func(t *testing.T) {
				keyed(t, home, was)
				if c.args["user"] == "root" { // to whom the file has to belong then
					must(t, os.Lchown(home.At(".ssh/authorized_keys"), 0, 0))
				}
				var end *resource.End
				if c.end {
					end = &resource.End{Thing: kind.PathThing(home.At(".ssh/authorized_keys"))}
				}
				s := resource.NewService(resource.NewMachine(resource.Options{}), kinds.Lookup)
				check, errCheck := s.Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: "authorized_key", Args: resourcetest.Encode(t, c.args), Login: c.login, End: end, Key: planKey})
				_, errApply := s.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "authorized_key", Args: resourcetest.Encode(t, c.args), Login: c.login, End: end})
				for _, err := range []error{errCheck, errApply} {
					var p *kind.Problem
					if errors.As(err, &p); (p == nil) != (c.code == "") || p != nil && p.Code != c.code || p == nil && err != nil {
						t.Errorf("the answer is %v, want the code %q", err, c.code)
					}
				}
				if c.code != "" {
					home.Holds(t, ".ssh/authorized_keys", was, 0o600)
					return
				}
				var warns kind.Code
				for _, w := range check.Change.Warnings {
					warns = w.Code
				}
				if warns != c.warns {
					t.Errorf("it warns of %q, want %q", warns, c.warns)
				}
			})
		}
	})
}
