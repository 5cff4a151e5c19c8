package ssh

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func config(t testing.TB, host, text string) (options, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return readConfig(host, "/home/me", name)
}

func TestReadConfig(t *testing.T) {
	for _, c := range []struct {
		name, host, text string
		want             options
	}{
		{"first value counts", "web", "User a\nHost web\n User b\n Port 2\n", options{"user": {"a"}, "port": {"2"}}},
		{"no match", "db", "Host web\n User b\n", options{}},
		{"patterns", "web1.example", "Host web?.* other\nUser b\n", options{"user": {"b"}}},
		{"negation", "web2", "Host web* !web2\nUser b\nHost *\nUser c\n", options{"user": {"c"}}},
		{"case of host and keyword", "WEB", "hOST web\nHOSTNAME=10.0.0.1\n", options{"hostname": {"10.0.0.1"}}},
		{"quotes, equals and comments", "web", "# x\nIdentityFile = \"/k with space\" # why\nUser  =  b\n", options{"identityfile": {"/k with space"}, "user": {"b"}}},
		{"files add up", "web", "IdentityFile /a\nHost web\nIdentityFile /b\nCertificateFile /c\n", options{"identityfile": {"/a", "/b"}, "certificatefile": {"/c"}}},
		{"match all", "web", "Host db\nUser a\nMatch all\nUser b\n", options{"user": {"b"}}},
		{"brackets mean themselves", "a", "Host [a]\nUser x\n", options{}},
		{"others are left alone", "web", "ForwardAgent yes\nCiphers x\n", options{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := config(t, c.host, c.text)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
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
	write("d/1.conf", "Host db\nUser dbuser\n")
	write("d/2.conf", "Port 22222\n")
	main := write("config", "Host web\n Include "+dir+"/d/*.conf\n User b\nHost *\n Include "+dir+"/config\n")
	o, err := readConfig("web", "", main)
	if err == nil || !strings.Contains(err.Error(), "nested") {
		t.Errorf("a file that includes itself: %v, %v", o, err)
	}
	main = write("config", "Host web\n Include "+dir+"/d/*.conf "+dir+"/missing\n User b\n")
	for host, want := range map[string]options{"web": {"port": {"22222"}, "user": {"b"}}, "db": {}} {
		o, err := readConfig(host, "", main)
		if d := cmp.Diff(want, o); d != "" || err != nil {
			t.Error(host, err, d)
		}
	}
}

func TestMatchNeedsSSH(t *testing.T) {
	_, err := config(t, "web", "Match user b\nPort 3\n")
	var need *needsSSH
	if !errors.As(err, &need) || need.directive != "Match" {
		t.Errorf("error %v", err)
	}
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is not installed")
	}
	name := writeFile(t, "config", "Match host we*\n Port 3\n User b\n")
	o, err := SSH{Host: "web", SSHConfig: name}.options(t.Context(), "")
	if err != nil || o.first("port") != "3" || o.first("user") != "b" {
		t.Errorf("%v, %v", o, err)
	}
}

// TestLikeSSH compares with what the real program makes of a configuration.
func TestLikeSSH(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is not installed")
	}
	text := "Host web db\n HostName 10.0.0.%%1\n Port 7\nHost w*\n User \"a b\"\n Port 8\n IdentityFile ~/one\nHost * !web\n User c\n ProxyJump hop:22\n HostKeyAlias al\n"
	name := writeFile(t, "config", text)
	for _, host := range []string{"web", "db", "www", "x"} {
		want, err := SSH{Host: host, SSHConfig: name}.dump(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readConfig(host, "", name)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"port", "user", "proxyjump", "hostkeyalias"} {
			if v := got.first(key); v != "" && v != want.first(key) {
				t.Errorf("%s: %s is %q, ssh says %q", host, key, v, want.first(key))
			}
		}
	}
}

// TestDumpLearnsNoSecrets holds that ssh, which may run programs that its
// configuration names, sees no value of ours.
func TestDumpLearnsNoSecrets(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte("#!/bin/sh\necho hostname \"[$MITOPLAN_VAR_password]\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("MITOPLAN_VAR_password", "s3cret")
	o, err := SSH{Host: "h"}.dump(t.Context(), nil)
	if err != nil || o.first("hostname") != "[]" {
		t.Errorf("ssh was given %q (%v)", o.first("hostname"), err)
	}
}

func TestMissingConfigIsAProblem(t *testing.T) {
	_, err := SSH{Host: "web", SSHConfig: "/nonexistent/config"}.Start(t.Context(), start())
	if p := wantCode(t, err, "ssh_config", "/nonexistent/config"); p.Attr != "ssh_config" {
		t.Error(p)
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("Host a* !b\nUser \"x y\"\nInclude z\nMatch all\nPort=3 # c\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := &configReader{host: "a", home: "/h", opts: options{},
			glob: func(p string) ([]string, error) { return []string{p}, nil },
			open: func(name string) (io.ReadCloser, error) {
				if name != "main" {
					return nil, os.ErrNotExist
				}
				return io.NopCloser(strings.NewReader(text)), nil
			}}
		if r.file("main", true, 0) != nil {
			return
		}
		for key, v := range r.opts {
			if !slices.Contains(relevant, key) || (len(v) > 1 && !slices.Contains(repeatable, key)) {
				t.Errorf("%s: %q", key, v)
			}
		}
	})
}

func FuzzDump(f *testing.F) {
	f.Add("user a\nport 22\nidentityfile ~/.ssh/a b\nproxycommand none\n")
	f.Fuzz(func(t *testing.T, text string) {
		for key := range parseDump(text) {
			if !slices.Contains(relevant, key) {
				t.Errorf("keyword %q", key)
			}
		}
	})
}
