package ssh

import (
	"crypto"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// hostKeyCase says what a host shows, what is known of it, and what follows.
type hostKeyCase struct {
	name string
	// shows are the names of the keys and certificates that the host shows; see
	// hostKeys.
	shows []string
	// known is the content of known_hosts. {host} stands for the host with its
	// port, {plain} for the host without it, and {KEY} for a public key. global is
	// the content of a second file.
	known, global string
	check         string
	// code is the code of the problem, "" if the login succeeds. mentions are texts
	// in the detail of the problem or of the warning. They have the same
	// placeholders, and {file} and {global}.
	code     kind.Code
	mentions []string
	// warns is the summary of the warning, "" if there is none.
	warns string
	// writes is what the login adds to known_hosts.
	writes string
}

var hostKeyCases = []hostKeyCase{
	{name: "known", shows: []string{"ed"}, known: "{host} {ed}\n"},
	{name: "known in the second file", shows: []string{"ed"}, global: "{host} {ed}\n"},
	{name: "known, hashed", shows: []string{"ed"}, known: "{hashed} {ed}\n"},
	{name: "known by one of several keys", shows: []string{"ed"}, known: "{host} {other}\n{host} {ed}\n"},
	{name: "another key in one file, the right one in the other", shows: []string{"ed"}, known: "{host} {other}\n", global: "{host} {ed}\n"},
	{name: "known rsa of a host that has ed25519, too", shows: []string{"ed", "rsa"}, known: "{host} {rsa}\n"},
	{name: "known ecdsa of a host that has all", shows: []string{"ed", "rsa", "ecdsa"}, known: "{host} {ecdsa}\n"},
	{name: "known without a port", shows: []string{"ed"}, known: "{plain} {ed}\n"},
	{name: "known rsa without a port", shows: []string{"ed", "rsa"}, known: "{plain} {rsa}\n"},
	{name: "another key without a port", shows: []string{"ed"}, known: "{plain} {other}\n", code: "ssh_host_key_unknown",
		mentions: []string{"{file}:1 has another key for 127.0.0.1 without the port"}},
	{name: "another key without a port is none of this port", shows: []string{"ed"}, known: "{plain} {other}\n", check: checkAcceptNew, writes: "{host} {ed}\n"},
	{name: "with a port before one without", shows: []string{"ed"}, known: "{plain} {ed}\n{host} {other}\n", code: "ssh_host_key_changed", mentions: []string{"{file}:2"}},

	{name: "unknown", shows: []string{"ed", "rsa"}, known: "web.example {other}\n", code: "ssh_host_key_unknown",
		mentions: []string{"shows the key ssh-ed25519 {ed#}", "append this line to {file}", "\n  {host} {ed}", "ssh_host_ed25519_key.pub", "accept_new"}},
	{name: "unknown, by that name", shows: []string{"ed"}, known: "web.example {ed}\n", code: "ssh_host_key_unknown", mentions: []string{"{file}:1 has the same key for web.example"}},
	{name: "unknown, no file", shows: []string{"rsa"}, code: "ssh_host_key_unknown", mentions: []string{"which does not exist yet", "ssh_host_rsa_key.pub"}},
	{name: "accepted is what ssh prefers", shows: []string{"rsa", "ecdsa", "ed"}, check: checkAcceptNew, writes: "{host} {ed}\n"},
	{name: "accepted without an end of the last line", shows: []string{"ed"}, known: "# no end", check: checkAcceptNew, writes: "\n{host} {ed}\n"},

	{name: "changed", shows: []string{"ed"}, known: "# first\n{host} {other}\n", code: "ssh_host_key_changed",
		mentions: []string{"shows the key ssh-ed25519 {ed#}", "{file}:2 has ssh-ed25519 {other#}\n  ssh-keygen", "ssh-keygen -R '{host}' -f {file}", "somebody may be between"}},
	{name: "changed, in two files", shows: []string{"ed"}, known: "{host} {other}\n", global: "{hashed} {rsa}\n", code: "ssh_host_key_changed",
		mentions: []string{"{file}:1", "{global}:1", "-f {file}\n", "-f {global}"}},
	{name: "changed, a pattern", shows: []string{"ed"}, known: "*,!x {other}\n", code: "ssh_host_key_changed", mentions: []string{"{file}:1 has ssh-ed25519 {other#}, for *,!x: correct it by hand, because it is about other hosts, too"}},
	{name: "changed, to another type", shows: []string{"ed"}, known: "{host} {rsa}\n", code: "ssh_host_key_changed", mentions: []string{"ssh-rsa {rsa#}"}},
	{name: "changed, accept_new", shows: []string{"ed"}, known: "{host} {other}\n", check: checkAcceptNew, code: "ssh_host_key_changed"},

	{name: "revoked", shows: []string{"ed"}, known: "{host} {ed}\n@revoked * {ed}\n", code: "ssh_host_key_revoked", mentions: []string{"ssh-ed25519 {ed#}", "{file}:2 revokes", "ssh-keygen -A"}},
	{name: "revoked in the second file", shows: []string{"ed"}, known: "{host} {ed}\n", global: "@revoked * {ed}\n", code: "ssh_host_key_revoked", mentions: []string{"{global}:1"}},
	{name: "revoked without a port", shows: []string{"ed"}, known: "@revoked {plain} {ed}\n", check: checkAcceptNew, code: "ssh_host_key_revoked"},
	{name: "revoked for another host", shows: []string{"ed"}, known: "@revoked web.example {ed}\n{host} {ed}\n"},
	{name: "another key is revoked", shows: []string{"ed"}, known: "@revoked * {other}\n{host} {ed}\n"},
	{name: "revoked, but nobody can tell what", shows: []string{"ed"}, known: "{host} {ed}\n@revoked * ssh-ed25519 AAAA!\n", code: "ssh_revocation_unreadable",
		mentions: []string{"{file}:2 revokes a key of {addr}", "base64"}},
	{name: "the same of another host", shows: []string{"ed"}, known: "{host} {ed}\n@revoked web.example ssh-ed25519 AAAA!\n"},
	{name: "the same without a host", shows: []string{"ed"}, known: "{host} {ed}\n@revoked\n", code: "ssh_revocation_unreadable", mentions: []string{"{file}:2"}},
	{name: "the same without a port", shows: []string{"ed"}, known: "{host} {ed}\n@revoked {plain} 1024 35 9\n", code: "ssh_revocation_unreadable"},

	{name: "odd lines", shows: []string{"ed"}, known: "old.example 1024 35 123456\nx\n{host} {ed}\n", warns: "Line of known_hosts is left out",
		mentions: []string{"In {file}, line 1 is of version 1 of the SSH protocol, line 2 has no key."}},
	{name: "many odd lines", shows: []string{"ed"}, known: strings.Repeat("x\n", 100) + "{host} {ed}\n", warns: "Line of known_hosts is left out",
		mentions: []string{"line 5 has no key, and 95 more lines cannot be used either."}},
	{name: "odd lines and CRLF", shows: []string{"ed"}, known: "\ufeff# windows\r\n\r\n{host} {ed}\r\n@revoked * {other}\r\n"},
	{name: "odd lines of an unknown host", shows: []string{"ed"}, known: "old.example 1024 35 123456\n", code: "ssh_host_key_unknown", warns: "Line of known_hosts is left out"},

	{name: "certificate", shows: []string{"cert"}, known: "@cert-authority {host} {ca}\n"},
	{name: "certificate, any port", shows: []string{"cert"}, known: "@cert-authority 127.0.0.* {ca}\n"},
	{name: "certificate, of another authority, too", shows: []string{"cert"}, known: "@cert-authority * {other}\n@cert-authority * {ca}\n"},
	{name: "certificate beside a plain key that is known", shows: []string{"ed", "cert"}, known: "{host} {ed}\n"},
	{name: "certificate of nobody", shows: []string{"cert"}, known: "", code: "ssh_host_ca_unknown", mentions: []string{"ssh-ed25519 {ca#}", "@cert-authority {host} {ca}"}},
	{name: "certificate of nobody, but the key is known", shows: []string{"cert"}, known: "{host} {ed}\n"},
	{name: "certificate of another authority", shows: []string{"cert"}, known: "@cert-authority * {other}\n", code: "ssh_host_ca_unknown"},
	{name: "authority that signs for others", shows: []string{"cert"}, known: "@cert-authority *.example {ca}\n", code: "ssh_host_ca_unknown"},
	{name: "key of an authority is no host key", shows: []string{"ed"}, known: "@cert-authority * {ed}\n", code: "ssh_host_key_unknown"},
	{name: "expired certificate", shows: []string{"late"}, known: "@cert-authority * {ca}\n", code: "ssh_host_cert_expired",
		mentions: []string{"{file}:1 trusts", "was valid until 20", "Its plain key ssh-ed25519 {ed#} is not known either", "ssh-keygen -s"}},
	{name: "expired certificate, but the key is known", shows: []string{"late"}, known: "@cert-authority * {ca}\n{host} {ed}\n"},
	{name: "expired certificate of a key that changed", shows: []string{"late"}, known: "@cert-authority * {ca}\n{host} {rsa}\n", code: "ssh_host_key_changed"},
	{name: "certificate of tomorrow", shows: []string{"early"}, known: "@cert-authority * {ca}\n", code: "ssh_host_cert_early", mentions: []string{"valid from", "clocks"}},
	{name: "certificate of another name", shows: []string{"elsewhere"}, known: "@cert-authority * {ca}\n", code: "ssh_host_cert_principal",
		mentions: []string{"valid for db.example and db, and not for 127.0.0.1", "ssh-keygen -s AUTHORITY -I elsewhere -h -n db.example,db,127.0.0.1 /etc/ssh/ssh_host_ed25519_key.pub"}},
	{name: "certificate of any name", shows: []string{"anywhere"}, known: "@cert-authority * {ca}\n"},
	{name: "certificate of a user", shows: []string{"user"}, known: "@cert-authority * {ca}\n", code: "ssh_host_cert_kind"},
	{name: "certificate with an option that nobody knows", shows: []string{"strange"}, known: "@cert-authority * {ca}\n", code: "ssh_host_cert_option", mentions: []string{`"moon@example"`}},
	{name: "certificate that somebody forged", shows: []string{"forged"}, known: "@cert-authority * {ca}\n", code: "ssh_host_cert_broken", mentions: []string{"signature"}},
	{name: "revoked authority", shows: []string{"cert"}, known: "@cert-authority * {ca}\n@revoked * {ca}\n", code: "ssh_host_key_revoked", mentions: []string{"a certificate signed by ssh-ed25519 {ca#}", "{file}:2"}},
	{name: "revoked key of a certificate", shows: []string{"cert"}, known: "@cert-authority * {ca}\n@revoked * {ed}\n", code: "ssh_host_key_revoked", mentions: []string{"{file}:2"}},

	{name: "file that is a directory", shows: []string{"ed"}, known: "/", code: "ssh_known_hosts", mentions: []string{"not a regular file"}},
	{name: "second file that cannot be read", shows: []string{"ed"}, known: "{host} {ed}\n", global: "/", warns: "File of known hosts cannot be read", mentions: []string{"{global} is not a regular file"}},
}

// hostKeys makes the keys and certificates that the hosts of the cases have.
func hostKeys(t *testing.T) map[string]ssh.Signer {
	signer := func(key crypto.Signer) ssh.Signer {
		s, err := ssh.NewSignerFromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	keys := map[string]ssh.Signer{"ed": anySigner(t), "rsa": signer(newRSA(t)), "ecdsa": signer(newECDSA(t)), "other": anySigner(t), "ca": anySigner(t)}
	cert := func(name string, change func(*ssh.Certificate)) {
		now := time.Now()
		c := &ssh.Certificate{Key: keys["ed"].PublicKey(), CertType: ssh.HostCert, KeyId: name, ValidPrincipals: []string{"127.0.0.1"},
			ValidAfter: uint64(now.Add(-time.Hour).Unix()), ValidBefore: uint64(now.Add(time.Hour).Unix())}
		change(c)
		if err := c.SignCert(rand.Reader, keys["ca"]); err != nil {
			t.Fatal(err)
		}
		if name == "forged" {
			c.KeyId = "another"
		}
		s, err := ssh.NewCertSigner(c, keys["ed"])
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = s
	}
	cert("cert", func(c *ssh.Certificate) {})
	cert("late", func(c *ssh.Certificate) { c.ValidBefore = c.ValidAfter + 60 })
	cert("early", func(c *ssh.Certificate) { c.ValidAfter = c.ValidBefore - 60 })
	cert("elsewhere", func(c *ssh.Certificate) { c.ValidPrincipals = []string{"db.example", "db"} })
	cert("anywhere", func(c *ssh.Certificate) { c.ValidPrincipals, c.ValidBefore = nil, ssh.CertTimeInfinity })
	cert("user", func(c *ssh.Certificate) { c.CertType = ssh.UserCert })
	cert("strange", func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"moon@example": "full"} })
	cert("forged", func(c *ssh.Certificate) {})
	return keys
}

// Every state of a host key is told as what it is, with the file, the line and the
// command to run.
func TestHostKeyProblems(t *testing.T) {
	keys := hostKeys(t)
	for _, c := range hostKeyCases {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, func(s *server) {
				s.config = &ssh.ServerConfig{NoClientAuth: true}
				for _, name := range c.shows {
					s.config.AddHostKey(keys[name])
				}
			})
			c.run(t, s, keys)
		})
	}
}

func (c hostKeyCase) run(t *testing.T, s *server, keys map[string]ssh.Signer) {
	addr := "127.0.0.1:" + strconv.Itoa(int(s.port()))
	dir := t.TempDir()
	file, global := filepath.Join(dir, "known_hosts"), filepath.Join(dir, "global")
	pairs := []string{"{host}", knownName(addr), "{plain}", "127.0.0.1", "{addr}", addr, "{hashed}", hashed(knownName(addr)), "{file}", file, "{global}", global}
	for name, k := range keys {
		_, key := plainKey(k.PublicKey())
		pairs = append(pairs, "{"+name+"}", strings.TrimSpace(authorized(key)), "{"+name+"#}", ssh.FingerprintSHA256(key))
	}
	fill := strings.NewReplacer(pairs...).Replace
	for name, text := range map[string]string{file: c.known, global: c.global} {
		switch {
		case text == "/":
			os.Mkdir(name, 0o700)
		case text != "":
			os.WriteFile(name, []byte(fill(text)), 0o600)
		}
	}
	k := s.args()
	k.HostKey, k.HostKeyCheck = nil, c.check
	if k.KnownHosts = file; c.global != "" {
		k.KnownHosts, k.SSHConfig = "", writeFile(t, "config", fmt.Sprintf("UserKnownHostsFile %s\nGlobalKnownHostsFile %s\n", file, global))
	}
	var said []string
	st := start()
	st.Warn = func(w kind.Problem) {
		if said = append(said, w.Detail); w.Summary != c.warns {
			t.Errorf("got the warning %q: %s", w.Summary, w.Detail)
		}
	}
	conn, err := k.open(t.Context(), st)
	if err == nil {
		conn.close()
		conn.wait()
	}
	if (c.warns != "") != (len(said) > 0) {
		t.Errorf("got %d warnings, want them: %v", len(said), c.warns != "")
	}
	switch {
	case c.code != "":
		said = append(said, wantCode(t, err, c.code).Detail)
	case err != nil:
		t.Fatal(err)
	}
	for _, m := range c.mentions {
		if text := strings.Join(said, "\n"); !strings.Contains(text, fill(m)) {
			t.Errorf("the problem or warning lacks %q: %s", fill(m), text)
		}
	}
	if testing.Verbose() {
		t.Log(strings.Join(said, "\n"))
	}
	if c.known != "/" {
		if now, _ := os.ReadFile(file); string(now) != fill(c.known+c.writes) {
			t.Errorf("known_hosts is now %q, want %q", now, fill(c.known+c.writes))
		}
	}
}

// A new key that cannot be written is told at known_hosts, with the reason and the line.
func TestAKeyThatCannotBeAcceptedIsToldAtKnownHosts(t *testing.T) {
	file := writeFile(t, "no directory", "") + "/known_hosts"
	s := &settings{host: "10.0.0.1", port: "2222", alias: "10.0.0.1:2222", acceptTo: file, args: SSH{HostKeyCheck: checkAcceptNew}}
	tr, err := newTrust(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	key := anySigner(t).PublicKey()
	p := wantCode(t, tr.check("", nil, key), kind.CodeSSHKnownHosts, file, "not a directory", knownLine("[10.0.0.1]:2222", key))
	if p.Attr != "known_hosts" {
		t.Errorf("%q is to blame: %s", p.Attr, p.Detail)
	}
}

// The command in a problem does what it says: after it, this host is unknown, and
// every other line is still there.
func TestTheCommandThatForgetsAHost(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not installed")
	}
	key := keyOf(t)
	for _, text := range []string{"{} " + key + "\n", "db " + key + "\n" + hashed("[10.0.0.1]:2222") + " " + key + "\n"} {
		file := writeFile(t, "known hosts", strings.ReplaceAll(text, "{}", "[10.0.0.1]:2222"))
		s := &settings{host: "10.0.0.1", port: "2222", alias: "10.0.0.1:2222", knownHosts: []string{file}, acceptTo: file}
		tr, err := newTrust(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		shown := anySigner(t).PublicKey()
		p := wantCode(t, tr.check("", nil, shown), "ssh_host_key_changed", "to append to "+file+": "+knownLine("[10.0.0.1]:2222", shown))
		_, command, _ := strings.Cut(p.Detail, "\n  ssh-keygen")
		command, _, _ = strings.Cut(command, "\n")
		if out, err := exec.Command("sh", "-c", "ssh-keygen"+command).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen%s: %v %s", command, err, out)
		}
		if tr, err = newTrust(s, nil); err != nil {
			t.Fatal(err)
		}
		wantCode(t, tr.check("", nil, anySigner(t).PublicKey()), "ssh_host_key_unknown")
	}
}

// The library reports an unknown type of key with certain words. They are still the
// same.
func TestForeignKeysAreToldFromBrokenOnes(t *testing.T) {
	l, _ := parseHostLine("web " + foreignLine)
	if !l.foreign {
		t.Errorf("%+v", l)
	}
}
