package ssh

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// keyOf writes a public key as known_hosts has it: its type and base64.
func keyOf(t testing.TB) string {
	s, _ := newKey(t)
	return strings.TrimSpace(authorized(s.PublicKey()))
}

func anySigner(t testing.TB) ssh.Signer {
	s, _ := newKey(t)
	return s
}

// hashed writes a host name as HashKnownHosts does.
func hashed(name string) string {
	salt := []byte("0123456789abcdefghij")
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(name))
	return "|1|" + base64.StdEncoding.EncodeToString(salt) + "|" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// foreignLine is a well-formed key of a type that nobody knows.
const foreignLine = "ssh-future AAAACnNzaC1mdXR1cmUAAAABYQ=="

// A line that OpenSSH skips is skipped, with the reason. A line that may revoke a
// key is never skipped.
func TestOddLinesOfKnownHosts(t *testing.T) {
	key := keyOf(t)
	blob := strings.Fields(key)[1]
	cert := certify(t, anySigner(t), anySigner(t).PublicKey(), ssh.HostCert, "web", time.Now().Add(time.Hour))
	for _, c := range []struct {
		name, line string
		// says is why the line cannot be used, "" if it can. nothing is true for a
		// line without content. revokes is true for a line that keeps every key
		// from being trusted.
		says             string
		nothing, revokes bool
	}{
		{name: "plain", line: "web " + key},
		{name: "with a comment", line: "web " + key + " root@web # really"},
		{name: "tabs and blanks", line: " \t web\t \t" + strings.Replace(key, " ", "\t ", 1) + "\t"},
		{name: "carriage return", line: "web " + key + "\r"},
		{name: "a comment of 1 MB", line: "web " + key + " " + strings.Repeat("x", 1<<20)},
		{name: "zero byte in the comment", line: "web " + key + " a\x00b"},
		{name: "authority", line: "@cert-authority *.example " + key},
		{name: "revoked", line: "@revoked * " + key},
		{name: "revoked, with tabs", line: "@revoked\t*\t" + key},
		{name: "revoked certificate", line: "@revoked * " + strings.TrimSpace(authorized(cert))},
		{name: "hashed", line: hashed("web") + " " + key},
		{name: "comment", line: "# @revoked * " + key, nothing: true},
		{name: "indented comment", line: "\t # web", nothing: true},
		{name: "empty", line: "", nothing: true},
		{name: "empty, with a carriage return", line: " \r", nothing: true},

		{name: "SSH 1", line: "old.example 1024 35 123456", says: "is of version 1 of the SSH protocol"},
		{name: "SSH 1 without a comment", line: "old.example 768 35 9", says: "is of version 1"},
		{name: "one word", line: "web", says: "has no key"},
		{name: "no key", line: "web ssh-ed25519", says: "has no key"},
		{name: "comment in the place of the key", line: "web # " + key, says: "has a key that is not base64"},
		{name: "type of no key", line: "web " + foreignLine, says: `has a key of the unknown type "ssh-future"`},
		{name: "another type", line: "web ssh-rsa " + blob, says: `says "ssh-rsa" but has a key of type "ssh-ed25519"`},
		{name: "no base64", line: "web ssh-ed25519 AAAA!", says: "is not base64"},
		{name: "base64 cut off", line: "web ssh-ed25519 " + blob[:len(blob)-5], says: "is not base64"},
		{name: "key cut off", line: "web ssh-ed25519 " + blob[:len(blob)-8], says: "cannot be read"},
		{name: "type cut off", line: "web ssh-ed25519 AAAA", says: "is cut off"},
		{name: "certificate", line: "web " + strings.TrimSpace(authorized(cert)), says: "has a certificate in the place of a key"},
		{name: "unknown marker", line: "@trusted web " + key, says: `has the unknown marker "@trusted"`},
		{name: "marker alone", line: "@cert-authority", says: "names no host"},
		{name: "bad hash", line: "|1|AAAA|BBBB " + key, says: "has a hashed host name that is not valid"},
		{name: "hash of another kind", line: "|2|AAAA|BBBB " + key, says: "has a hashed host name that is not valid"},
		{name: "1 MB of nothing", line: strings.Repeat("x", 1<<20), says: "has no key"},
		{name: "zero bytes", line: "\x00\x00\x00\x00", says: "begins with a zero byte"},
		{name: "zero bytes before a line", line: "\x00\x00web " + key, says: "begins with a zero byte"},
		{name: "zero byte in the key", line: "web ssh-ed25519 " + blob[:9] + "\x00" + blob[9:], says: "base64"},

		{name: "revoked, SSH 1", line: "@revoked old.example 1024 35 123456", says: "version 1", revokes: true},
		{name: "revoked, no base64", line: "@revoked * ssh-ed25519 AAAA!", says: "base64", revokes: true},
		{name: "revoked, cut off", line: "@revoked * ssh-ed25519 " + blob[:len(blob)-8], says: "cannot be read", revokes: true},
		{name: "revoked, no key", line: "@revoked *", says: "has no key", revokes: true},
		{name: "revoked, no host", line: "@revoked", says: "names no host", revokes: true},
		{name: "revoked, another type", line: "@revoked * ssh-rsa " + blob, says: "says", revokes: true},
		{name: "revoked, bad hash", line: "@revoked |1|x|y " + key, says: "hashed", revokes: true},
		{name: "revoked twice", line: "@revoked @revoked * " + key, says: "two markers", revokes: true},
		{name: "authority and revoked", line: "@cert-authority @revoked * " + key, says: "two markers", revokes: true},
		{name: "revoked in capitals", line: "@REVOKED * " + key, says: "unknown marker", revokes: true},
		{name: "revoked, misspelled", line: "@revoke * " + key, says: "unknown marker", revokes: true},
		{name: "revoked, in the wrong place", line: "web @revoked " + key, says: "base64", revokes: true},
		{name: "revoked, after zero bytes", line: "\x00\x00@revoked web " + key, says: "zero byte", revokes: true},
		{name: "revoked, of a type that no host can show", line: "@revoked * " + foreignLine, says: "unknown type"},
		{name: "address like the marker", line: "web 1024 35 9 me@revoked.example", says: "version 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, ok := parseHostLine(c.line)
			if ok == c.nothing {
				t.Fatalf("that the line has content is %v", ok)
			}
			if (l.odd == "") != (c.says == "") || !strings.Contains(l.odd, c.says) {
				t.Errorf("the reason is %q, want %q", l.odd, c.says)
			}
			if c.says != "" && (l.mark == markRevoked) != c.revokes {
				t.Errorf("that the line revokes keys is %v, want %v", l.mark == markRevoked, c.revokes)
			}
			if c.says == "" && !c.nothing && l.key == nil {
				t.Error("the line has no key")
			}
		})
	}
}

// A line matches the same hosts as `ssh-keygen -F` says.
func TestHostsOfKnownHostsLikeOpenSSH(t *testing.T) {
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not installed")
	}
	key := keyOf(t)
	patterns := []string{
		"web", "WEB.Example", "web,10.0.0.1", "*", "*.example", "web?", "!web,*", "*,!web", "!web", "web,!web", "[web]:2222", "[*]:2222", "[web]:*",
		"[WEB]:2222", "[10.0.0.1]:22", "fe80::1", "[fe80::1]:2222", "10.0.0.*", hashed("web"), hashed("[web]:2222"), hashed("WEB"), ",", "web,", "a,,web",
		"*example", "w*b", "*[web]*", `w\eb`, "?", "???", "w**b", "[a-z]eb", "web:2222",
	}
	var text strings.Builder
	for _, p := range patterns {
		fmt.Fprintf(&text, "%s %s\n", p, key)
	}
	file := writeFile(t, "known_hosts", text.String())
	f, err := readHostFile(file)
	if err != nil {
		t.Fatal(err)
	}
	known := &knownHosts{files: []*hostFile{f}}
	for _, name := range []string{"web", "[web]:2222", "web.example", "web1", "db", "10.0.0.1", "fe80::1", "[fe80::1]:2222", "[10.0.0.1]:2222", "wxxb", "a"} {
		out, _ := exec.Command(program, "-F", name, "-f", file).Output()
		var want, got []int
		for _, m := range regexp.MustCompile(`(?m)^# Host .* found: line (\d+)`).FindAllStringSubmatch(string(out), -1) {
			n, _ := strconv.Atoi(m[1])
			want = append(want, n)
		}
		for _, l := range known.lookup(name) {
			got = append(got, l.line)
		}
		if !slices.Equal(got, want) {
			for _, n := range append(got, want...) {
				if slices.Contains(got, n) != slices.Contains(want, n) {
					t.Errorf("%s and the pattern %.40q: ours %v, ssh-keygen %v", name, patterns[n-1], slices.Contains(got, n), slices.Contains(want, n))
				}
			}
		}
	}
}

// The algorithms have the order of ssh, and those of known keys come first.
func TestOrderOfHostKeyAlgorithms(t *testing.T) {
	all := hostKeyAlgorithms()
	if out, err := exec.Command("ssh", "-F", "none", "-G", "web").Output(); err == nil {
		theirs := strings.Split(regexp.MustCompile(`(?m)^hostkeyalgorithms (.*)$`).FindStringSubmatch(string(out))[1], ",")
		both := func(a string) bool { return slices.Contains(theirs, a) && slices.Contains(all, a) }
		mine := slices.DeleteFunc(slices.Clone(all), func(a string) bool { return !both(a) })
		theirs = slices.DeleteFunc(theirs, func(a string) bool { return !both(a) })
		if !slices.Equal(mine, theirs) || len(mine) < 10 {
			t.Errorf("our order is %q\nssh's order is %q", mine, theirs)
		}
	}
	plain := func(a string) bool { return !isCertAlgorithm(a) }
	for _, c := range []struct {
		name  string
		known []string
		ca    bool
		first string // of the plain ones; certificates where ca is set
	}{
		{"nothing is known", nil, false, ssh.KeyAlgoED25519},
		{"rsa", []string{ssh.KeyAlgoRSA}, false, ssh.KeyAlgoRSASHA512},
		{"ecdsa and rsa", []string{ssh.KeyAlgoRSA, ssh.KeyAlgoECDSA256}, false, ssh.KeyAlgoECDSA256},
		{"all", []string{ssh.KeyAlgoRSA, ssh.KeyAlgoED25519}, false, ssh.KeyAlgoED25519},
		{"nistp384", []string{ssh.KeyAlgoECDSA384}, false, ssh.KeyAlgoECDSA384},
		{"rsa and an authority", []string{ssh.KeyAlgoRSA}, true, ssh.KeyAlgoRSASHA512},
		{"a type that nobody can check", []string{"ssh-dss"}, false, ssh.KeyAlgoED25519},
	} {
		got := orderAlgorithms(all, c.known, c.ca)
		if len(got) != len(all) {
			t.Errorf("%s: got %d of %d algorithms", c.name, len(got), len(all))
		}
		if i := slices.IndexFunc(got, plain); got[i] != c.first {
			t.Errorf("%s: %s comes first, want %s", c.name, got[i], c.first)
		}
		if c.ca && !isCertAlgorithm(got[0]) {
			t.Errorf("%s: %s comes first, want an algorithm of certificates", c.name, got[0])
		}
	}
}

// A file is read once, and again only after it has changed.
func TestKnownHostsIsReadOnce(t *testing.T) {
	file := writeFile(t, "known_hosts", "web "+keyOf(t)+"\n")
	a, err := readHostFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := readHostFile(file); a != b {
		t.Error("the file was read twice although it is the same")
	}
	if err := os.WriteFile(file, []byte("db "+keyOf(t)+"\nweb "+keyOf(t)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, _ := readHostFile(file); len(b.lines) != 2 {
		t.Error("the file was not read again after a change")
	}
	if f, err := readHostFile(filepath.Join(t.TempDir(), "none")); err != nil || len(f.lines) != 0 {
		t.Errorf("a missing file gave %v, want an empty one", err)
	}
	for _, name := range []string{t.TempDir(), file + "/below"} {
		if _, err := readHostFile(name); err == nil {
			t.Errorf("reading %s succeeded", name)
		}
	}
}

// FuzzKnownHosts: whatever is in a file of host keys, no line with a problem is used, and
// one that revokes every key is never skipped. It runs fewer than 10,000 times a second:
// after each, the fuzzer looks through the counters of all that is linked, also of the ssh
// library.
func FuzzKnownHosts(f *testing.F) {
	key := keyOf(f)
	for _, seed := range []string{"web " + key, "@revoked * " + key, "@cert-authority *.x,!y " + key, hashed("web") + " " + key, "old 1024 35 1", "a\x00b\n\r\n@revoked", "@revoked |1|x|y z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := parseHostFile("known_hosts", []byte(text))
		known := &knownHosts{files: []*hostFile{file}}
		for _, l := range known.lookup("web") {
			if l.key == nil || l.odd != "" || l.line < 1 {
				t.Errorf("line %d is used although it has no key or a problem: %+v", l.line, l)
			}
		}
		file.warning()
		// Whatever stands before it, a line that revokes every key is not skipped.
		// Whatever is on a bad line, it is never trusted.
		both := parseHostFile("known_hosts", []byte(text+"\n@revoked *\n"))
		if (&knownHosts{files: []*hostFile{both}}).unreadable("web") == nil {
			t.Error("a line that revokes every key was skipped")
		}
	})
}

func BenchmarkKnownHosts(b *testing.B) {
	key := keyOf(b)
	var text strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&text, "host%d,10.0.%d.%d %s\n", i, i/256, i%256, key)
	}
	content := []byte(text.String())
	b.Run("read 10000 lines", func(b *testing.B) {
		for b.Loop() {
			parseHostFile("known_hosts", content)
		}
	})
	file := parseHostFile("known_hosts", content)
	b.Run("look up", func(b *testing.B) {
		for b.Loop() {
			(&knownHosts{files: []*hostFile{file}}).lookup("host9999")
		}
	})
	hashes := parseHostFile("known_hosts", []byte(strings.Repeat(hashed("web")+" "+key+"\n", 10000)))
	b.Run("a login's lookups among 10000 hashed lines", func(b *testing.B) {
		for b.Loop() {
			known := &knownHosts{files: []*hostFile{hashes}}
			for range 8 {
				known.lookup("db")
			}
		}
	})
}
