package ssh

import (
	"crypto/rand"
	"errors"
	commandline "flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
)

var update = commandline.Bool("update", false, "write the golden files anew")

// certCase is a certificate that is refused. change makes it of a good one.
type certCase struct {
	name   string
	change func(*ssh.Certificate)
}

var userCertCases = []certCase{
	{"expired", func(c *ssh.Certificate) { c.ValidBefore = c.ValidAfter + 60 }},
	{"not valid yet", func(c *ssh.Certificate) { c.ValidAfter = c.ValidBefore - 60 }},
	{"for another user", func(c *ssh.Certificate) { c.ValidPrincipals = []string{"ops", "root"} }},
	{"for nobody", func(c *ssh.Certificate) { c.ValidPrincipals = nil }},
	{"for other addresses", func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"source-address": "192.0.2.0/24"} }},
	{"with an option that sshd does not know", func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"moon@example": "full"} }},
	{"revoked, or of an authority that is not trusted", func(c *ssh.Certificate) { c.Serial = 7 }},
}

var hostCertCases = []certCase{
	{"expired", func(c *ssh.Certificate) { c.ValidBefore = c.ValidAfter + 60 }},
	{"not valid yet", func(c *ssh.Certificate) { c.ValidAfter = c.ValidBefore - 60 }},
	{"for another name", func(c *ssh.Certificate) { c.ValidPrincipals = []string{"db.example", "db"} }},
	{"for the alias, while HostName is dialled", func(c *ssh.Certificate) { c.ValidPrincipals = []string{"web"} }},
	{"of a user", func(c *ssh.Certificate) { c.CertType = ssh.UserCert }},
	{"with an option that nobody knows", func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"moon@example": "full"} }},
	{"revoked", func(c *ssh.Certificate) { c.KeyId = "revoked" }},
	{"of an authority that nothing vouches for", func(c *ssh.Certificate) { c.KeyId = "unknown" }},
}

// Each reason for which a certificate is refused is a problem of its own, which says what
// to do, with commands that are complete.
func TestEveryRefusalOfACertificateIsToldApart(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	var text strings.Builder
	codes := map[kind.Code]string{}
	tell := func(of string, c certCase, err error) {
		var p *kind.Problem
		if !errors.As(err, &p) {
			t.Fatalf("%s, %s: %v", of, c.name, err)
		}
		if before, told := codes[p.Code]; told && !strings.HasSuffix(string(p.Code), "_principal") {
			t.Errorf("%s, %s has the code %s as %s has", of, c.name, p.Code, before)
		}
		codes[p.Code] = c.name
		fmt.Fprintf(&text, "-- certificate of a %s, %s --\n%s: %s (%s)\n%s\n\n", of, c.name, p.Attr, p.Summary, p.Code, evened(p.Detail))
	}
	ca, user := anySigner(t), anySigner(t)
	_, key := newKey(t)
	for _, c := range userCertCases {
		cert := certOf(t, c, ca, publicOf(t, key), ssh.UserCert, "me")
		s := newServer(t, func(s *server) {
			checker := ssh.CertChecker{
				IsUserAuthority: func(k ssh.PublicKey) bool { return sameKey(k, ca.PublicKey()) },
				// sshd takes no certificate that is for nobody.
				IsRevoked: func(c *ssh.Certificate) bool { return c.Serial == 7 || len(c.ValidPrincipals) == 0 },
			}
			s.config.PublicKeyCallback = checker.Authenticate
		})
		k := s.args()
		k.PrivateKey, k.Certificate = pemOf(t, key, ""), authorized(cert)
		_, err := k.Start(t.Context(), start())
		tell("user", c, err)
	}
	for _, c := range hostCertCases {
		cert := certOf(t, c, ca, user.PublicKey(), ssh.HostCert, "127.0.0.1")
		signer, err := ssh.NewCertSigner(cert, user)
		if err != nil {
			t.Fatal(err)
		}
		s := newServer(t, func(s *server) {
			s.config = &ssh.ServerConfig{NoClientAuth: true}
			s.config.AddHostKey(signer)
		})
		known := map[string]string{
			"revoked": "@cert-authority * " + authorized(ca.PublicKey()) + "@revoked * " + authorized(user.PublicKey()), "unknown": "",
		}
		lines, special := known[cert.KeyId]
		if !special {
			lines = "@cert-authority * " + authorized(ca.PublicKey())
		}
		k := s.args()
		k.HostKey, k.KnownHosts = nil, writeFile(t, "known", lines)
		if cert.ValidPrincipals[0] == "web" {
			k.Host, k.SSHConfig = "web", writeFile(t, "config", "Host web\n  HostName 127.0.0.1\n")
		}
		_, err = k.Start(t.Context(), start())
		tell("host", c, err)
	}
	golden := filepath.Join("testdata", "certificates.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != text.String() {
		t.Errorf("the problems are not as in %s (%v), which -update writes anew:\n%s", golden, err, text.String())
	}
}

// certOf signs the certificate of a case.
func certOf(t *testing.T, c certCase, ca ssh.Signer, key ssh.PublicKey, of uint32, principal string) *ssh.Certificate {
	now := time.Now()
	cert := &ssh.Certificate{Key: key, CertType: of, KeyId: "lab", ValidPrincipals: []string{principal},
		ValidAfter: uint64(now.Add(-time.Hour).Unix()), ValidBefore: uint64(now.Add(time.Hour).Unix())}
	c.change(cert)
	if err := cert.SignCert(rand.Reader, ca); err != nil {
		t.Fatal(err)
	}
	return cert
}

// evened has a word for what is another one in each run.
func evened(text string) string {
	for pattern, word := range map[string]string{
		`SHA256:[A-Za-z0-9+/]{43}`: "SHA256:…", `AAAA[A-Za-z0-9+/=]{20,}`: "AAAA…", `127\.0\.0\.1:\d+`: "ADDRESS", `\[127\.0\.0\.1\]:\d+`: "NAME",
		`\d{4}-\d\d-\d\d \d\d:\d\d UTC`: "TIME", `/tmp/\S+/known`: "FILE",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, word)
	}
	return text
}
