package edit

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ed and rsa are public keys.
const (
	ed  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFgSwXDkvCvmvjMTEt0pAs4uuD3ZnrCh3KSUYpkYyb1V"
	ed2 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGsIawhrCGsIawhrCGsIawhrCGsIawhrCGsIawhrCGsI"
	rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQC3"
)

// TestKeyOptions holds which options are the same, and which texts are none.
func TestKeyOptions(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"no-pty,from=\"a\"", "from=\"a\",NO-PTY", true},
		{"environment=\"A=1\",environment=\"B=2\"", "environment=\"B=2\",environment=\"A=1\"", false}, // the first counts
		{"command=\"a,b\"", "command=\"a\",b", false},
		{"from=\"A\"", "from=\"a\"", false},
		{"", "no-pty", false},
	} {
		if got := sameOptions(c.a, c.b); got != c.same {
			t.Errorf("that %q and %q are the same is %v", c.a, c.b, got)
		}
	}
	for _, bad := range []string{"a b", "a,", ",a", "a,,b", `from="a`, "a\nb", `"a"`, "=x", "#a", "#"} {
		if list, ok := KeyOptions(bad); ok {
			t.Errorf("%q is taken as options %q", bad, list)
		}
	}
}

// TestAuthorizedKeyLines holds what sshd reads as a key, with which fingerprint, as ssh-keygen
// says it.
func TestAuthorizedKeyLines(t *testing.T) {
	for _, line := range []string{ed, "\t" + ed + "  my key ", `no-pty,command="echo \"x\" y" ` + ed + " c", "cert-authority " + rsa, rsa} {
		k, ok := ParseAuthorizedKey(line)
		if !ok {
			t.Errorf("%q is no key", line)
		}
		if !strings.HasPrefix(line, "\t") && string(k.line()) != line {
			t.Errorf("%q is written as %q", line, k.line())
		}
	}
	for _, line := range []string{"", "#" + ed, "ssh-ed25519", "ssh-rsa " + strings.Fields(ed)[1], "no-pty", "no-pty  ", "a b c " + ed} {
		if k, ok := ParseAuthorizedKey(line); ok {
			t.Errorf("%q is taken as the key %v", line, k)
		}
	}
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("this machine has no ssh-keygen")
	}
	cmd := exec.Command("ssh-keygen", "-lf", "-")
	cmd.Stdin = strings.NewReader(ed + "\n")
	out, err := cmd.Output()
	if k, _ := ParseAuthorizedKey(ed); err != nil || !strings.Contains(string(out), k.Fingerprint()) {
		t.Errorf("the fingerprint is %s, and ssh-keygen says %s (%v)", k.Fingerprint(), out, err)
	}
}

// TestKnownHosts holds what becomes of a file of known hosts, and that ssh-keygen finds the same.
func TestKnownHosts(t *testing.T) {
	yes, no := true, false
	marked := "@revoked * " + ed2 + "\n@cert-authority *.example.com " + rsa + "\n"
	for _, c := range []struct {
		name     string
		args     HostArgs
		in, want string // want "" is any
	}{
		{"a new host", HostArgs{Name: "H.example.com", Key: kind.Text(ed + " a comment")}, "# c\nother " + ed2, "# c\nother " + ed2 + "\nh.example.com " + ed + "\n"},
		{"a port", HostArgs{Name: "h", Port: 2222, Key: ed}, "h " + ed2 + "\n", "h " + ed2 + "\n[h]:2222 " + ed + "\n"},
		{"port 22 is none", HostArgs{Name: "h", Port: 22, Key: ed}, "", "h " + ed + "\n"},
		{"another key", HostArgs{Name: "h", Key: ed}, "a x\nh " + ed2 + " note\nb y\n", "a x\nh " + ed + " note\nb y\n"},
		{"another key of a host with other names", HostArgs{Name: "h", Key: ed}, "h,10.0.0.1 " + ed2 + " n\n", "10.0.0.1 " + ed2 + " n\nh " + ed + "\n"},
		{"there with other names", HostArgs{Name: "H", Key: ed}, "10.0.0.1,h " + ed + " n\n", "10.0.0.1,h " + ed + " n\n"},
		{"there twice", HostArgs{Name: "h", Key: ed}, "h " + ed + "\nh " + ed2 + "\n", "h " + ed + "\n"},
		{"another type stays", HostArgs{Name: "h", Key: ed}, "h " + rsa + "\n", "h " + rsa + "\nh " + ed + "\n"},
		{"two types", HostArgs{Name: "h", Key: ed + "\n" + rsa}, "", "h " + ed + "\nh " + rsa + "\n"},
		{"as ssh-keyscan prints it", HostArgs{Name: "h", Key: "# h:22 SSH-2.0\nh " + ed}, "", "h " + ed + "\n"},
		{"marks and patterns stay", HostArgs{Name: "h.example.com", Key: ed}, marked + "*.example.com " + ed2 + "\n", marked + "*.example.com " + ed2 + "\nh.example.com " + ed + "\n"},
		{"hashed", HostArgs{Name: "h", Key: ed, Hashed: &yes}, "", ""},
		{"hashed from plain", HostArgs{Name: "h", Key: ed, Hashed: &yes}, "h " + ed + "\n", ""},
		{"hashed among others", HostArgs{Name: "h", Key: ed, Hashed: &yes}, "a,h " + ed + "\n", ""},
		{"plain from hashed", HostArgs{Name: "h", Key: ed, Hashed: &no}, hashedName("h", PublicKey{}) + " " + ed + "\n", "h " + ed + "\n"},
		{"hashed stays", HostArgs{Name: "h", Key: ed}, hashedName("h", PublicKey{}) + " " + ed + "\n", hashedName("h", PublicKey{}) + " " + ed + "\n"},
		{"another key of a hashed host", HostArgs{Name: "h", Key: ed}, hashedName("h", PublicKey{}) + " " + ed2 + "\n", hashedName("h", PublicKey{}) + " " + ed + "\n"},
		{"gone", HostArgs{Name: "h", State: "absent"}, marked + "h " + ed + "\na,h " + rsa + " n\n" + hashedName("h", PublicKey{}) + " " + ed + "\n", marked + "a " + rsa + " n\n"},
		{"one key gone", HostArgs{Name: "h", Key: ed, State: "absent"}, "h " + ed + "\nh " + rsa + "\n", "h " + rsa + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, p := c.args.Apply([]byte(c.in))
			if p != nil {
				t.Fatal(p)
			}
			if c.want != "" && string(got) != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if again, _ := c.args.Apply(got); !bytes.Equal(again, got) {
				t.Errorf("the second edit makes\n%s", again)
			}
			sameAsKeygen(t, &c.args, got)
		})
	}
}

// sameAsKeygen holds that ssh-keygen -F finds the keys of the host that the arguments ask for.
func sameAsKeygen(t *testing.T, a *HostArgs, content []byte) {
	t.Helper()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		return
	}
	file := filepath.Join(t.TempDir(), "known")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("ssh-keygen", "-F", a.Host(), "-f", file).Output()
	var found []string
	for line := range strings.Lines(string(out)) {
		if h, ok := parseHostRow(strings.TrimSpace(line)); ok && !strings.Contains(strings.Join(h.names, ","), "*") {
			found = append(found, h.key.Base64)
		}
	}
	wanted, _ := a.Wanted()
	for _, k := range wanted {
		if slices.Contains(found, k.Base64) == (a.State == "absent") {
			t.Errorf("ssh-keygen -F finds %s, and %s should be there: %v", out, k.Base64, a.State != "absent")
		}
	}
	if len(wanted) == 0 && len(found) > 0 {
		t.Errorf("ssh-keygen -F still finds %s", out)
	}
}

func TestLimitLines(t *testing.T) {
	note := "why"
	nofile := LimitArgs{Domain: "app", Type: "soft", Item: "nofile", Value: "4096"}
	with := func(change func(*LimitArgs)) LimitArgs {
		a := nofile
		change(&a)
		return a
	}
	for _, c := range []struct {
		name     string
		args     LimitArgs
		in, want string
	}{
		{"new", nofile, "# c\n", "# c\napp soft nofile 4096\n"},
		{"new, before the end that is told", nofile, "* hard core 0\n\n# End of file\n", "* hard core 0\n\napp soft nofile 4096\n# End of file\n"},
		{"another value", nofile, "app\tsoft  nofile\t1024 # note\n* - x y\n", "app soft nofile 4096 # note\n* - x y\n"},
		{"there in another form", nofile, "app SOFT nofile 04096\n", "app SOFT nofile 04096\n"},
		{"unlimited in another form", with(func(a *LimitArgs) { a.Value = "infinity" }), "app soft nofile -1\n", "app soft nofile -1\n"},
		{"there twice, and the last counts", nofile, "app soft nofile 4096\nx - a 1\napp soft nofile 1\n", "x - a 1\napp soft nofile 4096\n"},
		{"other types and items stay", nofile, "app hard nofile 1\napp - nofile 2\napp soft nproc 3\n", "app hard nofile 1\napp - nofile 2\napp soft nproc 3\napp soft nofile 4096\n"},
		{"a comment", with(func(a *LimitArgs) { a.Comment = &note }), "app soft nofile 4096\n", "app soft nofile 4096 # why\n"},
		{"gone", with(func(a *LimitArgs) { a.State = "absent" }), "app soft nofile 1\n#app soft nofile 1\napp soft nofile 2 # x\n", "#app soft nofile 1\n"},
		{"a line that sets nothing stays", nofile, "app soft nofile\n", "app soft nofile\napp soft nofile 4096\n"},
	} {
		got := c.args.Apply([]byte(c.in))
		if string(got) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if again := c.args.Apply(got); !bytes.Equal(again, got) {
			t.Errorf("%s: the second edit makes %q", c.name, again)
		}
	}
}

// FuzzEntries holds that an edit of entries changes nothing the second time and keeps every line
// that is of nobody, and that an entry that was added and taken out leaves what was there, but
// for the end of the last line.
func FuzzEntries(f *testing.F) {
	f.Add([]byte("# c\n"+ed+" x\r\nno-pty,from=\"a b\" "+rsa), "no-pty", "h", int64(22), false)
	f.Add([]byte("h,a "+ed+"\n@revoked h "+rsa+"\n|1|AA==|AA== "+ed+"\n"), `command="\" ,"`, "a", int64(2222), true)
	f.Add([]byte("0"), "#a", "h", int64(22), false)
	f.Add([]byte("a soft nofile 1 # x\na hard core unlimited"), "", "a", int64(0), true)
	f.Fuzz(func(t *testing.T, content []byte, options, name string, port int64, hashed bool) {
		_, _ = KeyOptions(options)
		given := bytes.Clone(content)
		for _, a := range []Any{
			{Keys: &KeyArgs{Key: ed, Options: &options}},
			{Keys: &KeyArgs{Key: kind.Text(content), Exclusive: hashed}},
			{Host: &HostArgs{Name: name, Port: port, Key: ed, Hashed: &hashed}},
			{Host: &HostArgs{Name: name, Port: port, Key: kind.Text(content)}},
			{Limit: &LimitArgs{Domain: "a", Type: "soft", Item: "nofile", Value: NormalLimit(name)}},
		} {
			if a.Keys != nil && a.Keys.Options != nil {
				if _, ok := KeyOptions(options); !ok {
					continue
				}
			}
			if a.Limit != nil && (len(strings.Fields(name)) != 1 || strings.ContainsAny(name, "#\n\r")) {
				continue
			}
			once, err := a.Apply(content)
			if err != nil {
				continue
			}
			if twice, err := a.Apply(once); err != nil || !bytes.Equal(once, twice) {
				t.Fatalf("the second edit changed the text again: %q, then %q, then %q (%v)", content, once, twice, err)
			}
			for _, r := range RowsOf(content) {
				if isNote(string(r.Text)) && !bytes.Contains(once, r.Text) {
					t.Fatalf("the comment %q is gone from %q", r.Text, once)
				}
			}
		}
		if !bytes.Equal(given, content) {
			t.Fatalf("the edit wrote into its input: %q became %q", given, content)
		}
	})
}
