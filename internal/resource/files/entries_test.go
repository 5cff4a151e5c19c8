package files_test

import (
	"os"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

func TestKnownHost(t *testing.T) {
	withHome(t, "TestKnownHost", func(t *testing.T, home testDir) {
		const known = ".ssh/known_hosts"
		others := "# mine\n@revoked * " + pub(7) + "\nother " + pub(8) + "\n"
		for _, c := range []struct {
			name     string
			more     args
			was      string
			want     resource.Op
			is       string
			made     bool
			whole    bool
			warns    kind.Code
			withHome bool // without path
		}{
			{name: "is added where nothing is", whole: true, withHome: true, want: resource.Create, is: "h " + pub(1) + "\n"},
			{name: "is added to others", whole: true, was: others, want: resource.Update, made: true, is: others + "h " + pub(1) + "\n"},
			{name: "gets another key", whole: true, was: others + "h " + pub(2) + "\n", want: resource.Update, is: others + "h " + pub(1) + "\n"},
			{name: "is there", was: "a,h " + pub(1) + " note\n", want: resource.NoOp},
			{name: "is hashed", more: args{"hashed": true}, was: "h " + pub(1) + "\n", want: resource.Update},
			{name: "is on another port", more: args{"port": 2222}, was: "h " + pub(2) + "\n", want: resource.Update, is: "h " + pub(2) + "\n[h]:2222 " + pub(1) + "\n"},
			{name: "is revoked", more: args{"key": text(pub(7))}, was: others, want: resource.Update, warns: kind.CodeRevoked},
			{name: "goes with all its keys", more: args{"state": "absent", "key": nil}, was: others + "h " + pub(1) + "\nh " + pub(2) + "\n", want: resource.Update, is: others},
			{name: "is gone", more: args{"state": "absent"}, was: others + "h " + pub(2) + "\n", want: resource.NoOp},
			{name: "is gone with the file", more: args{"state": "absent"}, want: resource.NoOp},
		} {
			t.Run(c.name, func(t *testing.T) {
				a := args{"name": "h", "key": text(pub(1)), "path": home.Arg(known)}
				for name, v := range c.more {
					if a[name] = v; v == nil {
						delete(a, name)
					}
				}
				if c.withHome {
					delete(a, "path")
					a["user"] = "alice"
				}
				run := resourcetest.Quickly
				if c.whole {
					run = resourcetest.Run
				}
				run(t, resourcetest.Case{
					Kind: "known_host", Args: a, Want: c.want, Made: c.made, Snapshot: home.Snapshot,
					Neighbours: func() []resourcetest.Neighbour { return nil },
					Setup: func(t *testing.T) {
						keyed(t, home, "")
						must(t, os.RemoveAll(home.At(".ssh/authorized_keys")))
						if c.withHome {
							must(t, os.Remove(home.At(".ssh")))
						}
						if c.was != "" {
							home.Write(t, known, c.was, 0o644)
						}
					},
					Verify: func(t *testing.T) {
						if b, err := os.ReadFile(home.At(known)); c.is != "" && (err != nil || string(b) != c.is) {
							t.Errorf("the file holds %q, want %q (%v)", b, c.is, err)
						}
						if c.withHome {
							home.Owned(t, ".ssh", 12345, 12345)
							home.Owned(t, known, 12345, 12345)
							home.HasMode(t, known, 0o600)
						}
					},
				})
				var warns kind.Code
				if got := mustCheck(t, newService(), "q", step{Address: "a", Kind: "known_host", Args: a}); len(got.Warnings) > 0 {
					warns = got.Warnings[0].Code
				}
				if warns != c.warns {
					t.Errorf("it warns of %q, want %q", warns, c.warns)
				}
			})
		}
		bare(t, home)
		must(t, os.Symlink("/etc", home.At(".ssh")))
		for attr, c := range map[string]struct {
			a    args
			code kind.Code
		}{
			"name": {args{"name": "a,b", "key": text(pub(1)), "path": text("/x")}, "name"},
			"key":  {args{"name": "h", "key": text("other " + pub(1)), "path": text("/x")}, "key"},
			"port": {args{"name": "h", "key": text(pub(1)), "port": 70000, "path": text("/x")}, "port"},
			"path": {args{"name": "h", "key": text(pub(1)), "user": "alice"}, kind.CodeUnsafeLink},
			"user": {args{"name": "h", "key": text(pub(1)), "user": "carol"}, kind.CodeNoUser},
		} {
			resourcetest.Problem(t, "known_host", c.a, attr, c.code)
		}
		for _, key := range []string{"", "# none", "nonsense", pub(1) + "\n" + pub(2)} {
			resourcetest.Problem(t, "known_host", args{"name": "h", "key": text(key), "path": text("/x")}, "key", "key")
		}
	})
}

func TestLimits(t *testing.T) {
	others := "# limits\n* hard core 0\n"
	nofile := func(more args) func(testDir) args {
		return func(f testDir) args {
			a := args{"path": f.Arg("x"), "domain": "app", "type": "soft", "item": "nofile", "value": "4096"}
			for name, v := range more {
				if a[name] = v; v == nil {
					delete(a, name)
				}
			}
			return a
		}
	}
	with := func(content string) func(*testing.T, testDir) {
		return func(t *testing.T, f testDir) { f.Write(t, "x", content, 0o644) }
	}
	holds := func(content string) func(*testing.T, testDir) {
		return func(t *testing.T, f testDir) { f.Holds(t, "x", content, 0o644) }
	}
	for _, c := range []fileCase{
		{name: "is added to others", want: resource.Update, made: true, args: nofile(nil), setup: with(others), verify: holds(others + "app soft nofile 4096\n")},
		{name: "is added where nothing is", want: resource.Create, args: nofile(args{"comment": "why"}), verify: holds("app soft nofile 4096 # why\n")},
		{name: "gets another value", want: resource.Update, args: nofile(args{"value": "unlimited"}), setup: with("app\tsoft nofile 1\n"), verify: holds("app soft nofile unlimited\n")},
	} {
		c.kind = "limits"
		c.run(t)
	}
	f := newTestDir(t)
	for _, c := range []struct {
		name, was string
		more      args
		want      resource.Op
		warns     kind.Code
	}{
		{"is there in another form", "app soft nofile 04096 # x\n", nil, resource.NoOp, ""},
		{"goes", others + "app soft nofile 1\n", args{"state": "absent", "value": nil}, resource.Update, ""},
		{"is gone", others, args{"state": "absent"}, resource.NoOp, ""},
		{"is set for both later", "app soft nofile 4096\napp - nofile 1\n", nil, resource.NoOp, kind.CodeOverridden},
		{"is set for both later, to the same", "app soft nofile 4096\napp - nofile 4096\n", nil, resource.NoOp, ""},
	} {
		f.Empty(t)
		with(c.was)(t, f)
		got := mustCheck(t, newService(), "p", step{Address: "a", Kind: "limits", Args: nofile(c.more)(f)})
		if got.Op != c.want {
			t.Errorf("%s: the change is %s, want %s", c.name, got.Op, c.want)
		}
		if (len(got.Warnings) > 0) != (c.warns != "") || c.warns != "" && got.Warnings[0].Code != c.warns {
			t.Errorf("%s: it warns of %v, want %q", c.name, got.Warnings, c.warns)
		}
	}
	for attr, more := range map[string]args{
		"domain": {"domain": "a b"}, "type": {"type": "both"}, "item": {"item": "files"}, "value": {"value": "many"},
		"comment": {"comment": "a\nb"}, "path": {"path": text("/etc/security/limits.d/app")},
	} {
		resourcetest.Problem(t, "limits", nofile(more)(f), attr, kind.Code(attr))
	}
	for _, blank := range []string{"\t", "\u00a0", "\f", "\v", "\u0085", "\x1b"} {
		resourcetest.Problem(t, "limits", nofile(args{"domain": "a" + blank + "b"})(f), "domain", "domain")
		resourcetest.Problem(t, "limits", nofile(args{"item": "chroot", "value": "/a" + blank + "b"})(f), "value", "value")
		resourcetest.Problem(t, "known_host", args{"path": f.Arg("k"), "name": "a" + blank + "b", "state": "absent"}, "name", "name")
	}
	for _, more := range []args{{"item": "nice", "value": "20"}, {"item": "nice", "value": "unlimited"}, {"item": "chroot", "value": "x"}, {"value": nil}, {"value": "-2"}, {"item": "nonewprivs", "value": "2"}} {
		resourcetest.Problem(t, "limits", nofile(more)(f), "value", "value")
	}
}

// TestLaterLimits: a file that pam_limits reads later counts, and a warning says so.
func TestLaterLimits(t *testing.T) {
	withHome(t, "TestLaterLimits", func(t *testing.T, home testDir) {
		home.Empty(t)
		must(t, os.MkdirAll(home.At("limits.d"), 0o755))
		resourcetest.Mount(t, home.Path, "/etc/security", "", 4096, "") // bind
		home.Write(t, "limits.d/20.conf", "app soft nofile 1\n", 0o644)
		home.Write(t, "limits.d/30.other", "app soft nofile 2\n", 0o644)
		home.Write(t, "limits.d/40.conf", "app hard nofile 3\n*  soft nofile 4\n", 0o644)
		for path, warns := range map[string]bool{
			"": true, "/etc/security/limits.d/10.conf": true, "/etc/security/limits.d/50.conf": false, "/etc/security/other": false,
		} {
			a := args{"domain": "app", "type": "soft", "item": "nofile", "value": "4096"}
			if path != "" {
				a["path"] = text(path)
			}
			got := mustCheck(t, newService(), "p", step{Address: "a", Kind: "limits", Args: a})
			if (len(got.Warnings) == 1 && got.Warnings[0].Code == kind.CodeOverridden) != warns || got.Op != resource.Create {
				t.Errorf("in %q it is %s with the warnings %v, want one: %v", path, got.Op, got.Warnings, warns)
			}
		}
	})
}
