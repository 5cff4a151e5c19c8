package ssh

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readText evaluates a configuration for a host, with a home directory that does
// not exist.
func readText(t testing.TB, host, text string) (options, error) {
	t.Helper()
	r := newConfigReader(t.Context(), subject{host: host, home: "/home/me"})
	err := r.read(configFile{name: writeFile(t, "config", text), user: true})
	return r.opts, err
}

// plain returns the values of options without their places.
func plain(o options) map[string][]string {
	out := map[string][]string{}
	for key, lines := range o {
		for _, l := range lines {
			out[key] = append(out[key], l.value())
		}
	}
	return out
}

func TestReadConfig(t *testing.T) {
	type want = map[string][]string
	for _, c := range []struct {
		name, host, text string
		want             want
	}{
		{"first value counts", "web", "User a\nHost web\n User b\n Port 2\n", want{"user": {"a"}, "port": {"2"}}},
		{"no match", "db", "Host web\n User b\n", want{}},
		{"patterns", "web1.example", "Host web?.* other\nUser b\n", want{"user": {"b"}}},
		{"negation", "web2", "Host web* !web2\nUser b\nHost *\nUser c\n", want{"user": {"c"}}},
		{"case of host and keyword", "web", "hOST web\nHOSTNAME=10.0.0.1\n", want{"hostname": {"10.0.0.1"}}},
		{"quotes, equals and comments", "web", "# x\nIdentityFile = \"/k with space\" # why\nUser  =  b\n", want{"identityfile": {"/k with space"}, "user": {"b"}}},
		{"files add up", "web", "IdentityFile /a\nHost web\nIdentityFile /b\nCertificateFile /c\n", want{"identityfile": {"/a", "/b"}, "certificatefile": {"/c"}}},
		{"brackets mean themselves", "a", "Host [a]\nUser x\n", want{}},
		{"old names", "web", "PubkeyAcceptedKeyTypes ssh-rsa\nIdentityFile2 /a\n", want{"pubkeyacceptedalgorithms": {"ssh-rsa"}, "identityfile": {"/a"}}},
		{"the first of two ways through", "web", "ProxyCommand none\nProxyJump hop\n", want{"proxycommand": {"none"}}},
		{"ignored unknown", "web", "IgnoreUnknown Foo*,b\nFooBar yes\nB x\nUser me\n", want{"ignoreunknown": {"Foo*,b"}, "user": {"me"}}},

		{"match all", "web", "Host db\nUser a\nMatch all\nUser b\n", want{"user": {"b"}}},
		{"match host", "web", "Match host w*,!web\nUser a\nMatch host web,db\nUser b\n", want{"user": {"b"}}},
		{"match host by its name", "web", "Host web\nHostName %h.example\nMatch host web.example\nPort 1\nMatch originalhost web.example\nPort 2\n", want{"hostname": {"%h.example"}, "port": {"1"}}},
		{"match user", "web", "User b\nMatch user a,b\nPort 1\nMatch !user b\nUser c\n", want{"user": {"b"}, "port": {"1"}}},
		{"match several", "web", "Match host web user nobody-else\nPort 1\nMatch host web !user x\nPort 2\n", want{"port": {"2"}}},
		{"match exec", "web", "Match exec \"test %h = db\"\nPort 1\nMatch exec \"test %n = web\"\nPort 2\n", want{"port": {"2"}}},
		{"match not exec", "web", "Match !exec \"test %h = web\"\nPort 1\nMatch !exec false\nPort 2\n", want{"port": {"2"}}},
		{"match tagged", "web", "Tag x\nMatch tagged x\nPort 1\n", want{"tag": {"x"}, "port": {"1"}}},
		{"match a network", "web", "Match localnetwork 255.255.255.255/32\nPort 1\nMatch localnetwork 127.0.0.0/8\nPort 2\n", want{"port": {"2"}}},
		{"match before the second pass", "web", "Match canonical\nPort 1\nMatch !canonical\nPort 2\n", want{"port": {"2"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readText(t, c.host, c.text)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, plain(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestConfigErrors: what ssh refuses is an error on its line, even if the line is
// about another host.
func TestConfigErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown keyword", "Host db\n Foo bar\n", "config:2: Foo is not a keyword that mitoplan knows. If ssh knows it, name it in IgnoreUnknown above this line"},
		{"no argument", "Port\n", "config:1: Port has no argument"},
		{"no number", "Host db\nPort x\n", `config:2: Port: "x" is neither a number nor a TCP service in /etc/services`},
		{"too many", "User a b\n", `config:1: User: extra arguments at the end of the line, after "a"`},
		{"no flag", "IdentitiesOnly maybe\n", `config:1: IdentitiesOnly: "maybe" is not one of yes, no, true, false`},
		{"no time", "ConnectTimeout 10x\n", `config:1: ConnectTimeout: "10x" is not a time, such as 90, 1m30s or 2h`},
		{"no policy", "StrictHostKeyChecking maybe\n", `"maybe" is not one of yes, no, true, false, ask, off, accept-new`},
		{"quotes", "User \"a\n", `config:1: the closing " is missing`},
		{"criterion", "Match color blue\n", "config:1: unknown criterion color of Match"},
		{"criterion without value", "Match user\n", "config:1: the Match user has no value"},
		{"all and more", "Match all user x\n", "config:1: a Match all takes no other criterion"},
		{"token in exec", "Match exec \"true %z\"\n", `config:1: the Match exec: %z means nothing in "true %z"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readText(t, "web", c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestInclude(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(p), 0o700)
		os.WriteFile(p, []byte(text), 0o600)
		return p
	}
	read := func(host, name string) (options, error) {
		r := newConfigReader(t.Context(), subject{host: host, home: dir})
		err := r.read(configFile{name: name, user: true})
		return r.opts, err
	}
	write("d/1.conf", "Host db\nUser dbuser\n")
	write("d/2.conf", "Port 22222\nInclude nested\n")
	write(".ssh/nested", "Compression no\n")
	os.Mkdir(filepath.Join(dir, "d/directory.conf"), 0o700)
	main := write("config", "Host web\n Include "+dir+"/d/*.conf\n User b\nHost *\n Include "+dir+"/config\n")
	o, err := read("web", main)
	if err == nil || !strings.Contains(err.Error(), "nested") {
		t.Errorf("a file that includes itself gave %v, %v; want that it is nested too deeply", o, err)
	}
	main = write("config", "Host web\n Include ~/d/*.conf "+dir+"/missing\n User b\n")
	for host, want := range map[string]map[string][]string{"web": {"port": {"22222"}, "user": {"b"}, "compression": {"no"}}, "db": {}} {
		o, err := read(host, main)
		if d := cmp.Diff(want, plain(o)); d != "" || err != nil {
			t.Error(host, err, d)
		}
	}
	if at := must(read("web", main)).where("port").at; at.file != filepath.Join(dir, "d/2.conf") || at.line != 1 {
		t.Errorf("the place of the port is %s, want line 1 of d/2.conf", at)
	}
}

func must(o options, err error) options {
	if err != nil {
		panic(err)
	}
	return o
}

// TestMatchFinal: the second pass keeps what the first pass found, and matches the
// host name that it found.
func TestMatchFinal(t *testing.T) {
	name := writeFile(t, "config", "Host web\n HostName 10.0.0.9\n User a\nMatch final user a\n User b\n Port 3\nHost 10.0.0.9\n IdentityFile /k\n")
	o, err := SSH{Host: "web", SSHConfig: name}.options(t.Context(), "/home/me")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string][]string{"hostname": {"10.0.0.9"}, "user": {"a"}, "port": {"3"}, "identityfile": {"/k"}}, plain(o)); d != "" {
		t.Error(d)
	}
}

// TestOthersMayNotWriteTheConfig: ~/.ssh/config and the files that it includes must
// belong to the user, as ssh demands.
func TestOthersMayNotWriteTheConfig(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, ".ssh", "config")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("Port 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o620); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	_, err := SSH{Host: "web"}.Start(t.Context(), start())
	wantCode(t, err, "ssh_config", "bad owner or permissions on "+path)
}

// TestCommandsLearnNoSecrets: a command that a configuration runs does not get a
// value of a variable of mitoplan.
func TestCommandsLearnNoSecrets(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte("#!/bin/sh\necho hostname \"[$MITOPLAN_VAR_password]\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("MITOPLAN_VAR_password", "s3cret")
	name, err := canonicalName(t.Context(), "h", options{})
	if err != nil || name != "[]" {
		t.Errorf("ssh was given the variables %q (%v), want none", name, err)
	}
	o, err := readText(t, "h", "Match exec \"test x$MITOPLAN_VAR_password != x\"\nPort 1\nMatch exec \"test x$MITOPLAN_VAR_password = x\"\nPort 2\n")
	if err != nil || o.first("port") != "2" {
		t.Errorf("Match exec saw the value: the port is %s (%v), want 2", o.first("port"), err)
	}
}

func TestMissingConfigIsAProblem(t *testing.T) {
	_, err := SSH{Host: "web", SSHConfig: "/nonexistent/config"}.Start(t.Context(), start())
	if p := wantCode(t, err, "ssh_config", "/nonexistent/config"); p.Attr != "ssh_config" {
		t.Errorf("want a problem of ssh_config, got %v", p)
	}
}

// FuzzConfig: whatever is in an ssh configuration, it is refused, or sets keywords that
// are known, each as often as it may be set. It runs fewer than 10,000 times a second:
// after each, the fuzzer looks through the counters of all that is linked, also of the ssh
// library.
func FuzzConfig(f *testing.F) {
	f.Add("Host a* !b\nUser \"x y\"\nInclude z\nMatch all\nPort=3 # c\n")
	f.Add("Match host a exec \"x %h\" !user b\nIdentityFile ${X}/%d\nCiphers ^aes*,-x\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := newConfigReader(t.Context(), subject{host: "a", home: "/h"})
		r.glob = func(p string) ([]string, error) { return []string{p}, nil }
		r.run = func(string) bool { return true }
		r.open = func(name string) (io.ReadCloser, error) {
			if name != "main" {
				return nil, os.ErrNotExist
			}
			return io.NopCloser(strings.NewReader(text)), nil
		}
		if r.read(configFile{name: "main", user: true}) != nil {
			return
		}
		for key, v := range r.opts {
			if _, ok := keywords[key]; !ok || len(v) > 1 && !repeatable[key] {
				t.Errorf("the keyword %s is unknown, or has too many values: %q", key, v)
			}
		}
		k := SSH{Host: "a", SSHConfig: "false"}
		s := &settings{args: k, home: "/h"}
		for _, step := range []func(options) error{s.identify, s.findReach, s.findTrust, s.findLogin, s.keepAlive} {
			if step(r.opts) != nil {
				return
			}
		}
		notesOf(r.opts)
	})
}
