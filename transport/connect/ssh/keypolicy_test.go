package ssh

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestHashKnownHosts: with HashKnownHosts a new host is known afterwards, but the
// file does not have its name.
func TestHashKnownHosts(t *testing.T) {
	signer, key := newKey(t)
	s := newServer(t, func(s *server) { s.acceptKey(signer.PublicKey()) })
	known := writeFile(t, "known_hosts", "")
	config := "HashKnownHosts yes\nUserKnownHostsFile " + known + "\nGlobalKnownHostsFile none\nIdentityFile " + writeFile(t, "id", pemOf(t, key, "")) + "\n"
	k := s.args()
	k.HostKey, k.SSHConfig = nil, writeFile(t, "config", config+"StrictHostKeyChecking accept-new\n")
	assertWorks(t, k)
	content, _ := os.ReadFile(known)
	if text := string(content); !strings.HasPrefix(text, "|1|") || strings.Contains(text, "127.0.0.1") {
		t.Errorf("known_hosts is %q, want a hashed name", text)
	}
	k.SSHConfig = writeFile(t, "strict", config)
	assertWorks(t, k)
}

// TestRevokedHostKeys: if the list of revoked keys cannot be read, no host is
// trusted.
func TestRevokedHostKeys(t *testing.T) {
	s := newServer(t, func(s *server) { s.acceptPassword("x") })
	known := writeFile(t, "known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s", s.port(), authorized(s.signer.PublicKey())))
	for name, c := range map[string]struct{ content, code, says string }{
		"revoked":  {"# a comment\n" + authorized(s.signer.PublicKey()), "ssh_host_key_revoked", "revokes"},
		"krl":      {"SSHKRL\n\x00\x00", "ssh_revoked_keys", "key revocation list"},
		"of other": {"", "ssh_nothing_to_offer", ""},
	} {
		t.Run(name, func(t *testing.T) {
			k := s.args()
			k.HostKey, k.KnownHosts = nil, known
			k.SSHConfig = writeFile(t, "config", "IdentityFile none\nRevokedHostKeys "+writeFile(t, "revoked", c.content)+"\n")
			_, err := k.Start(t.Context(), start())
			wantCode(t, err, kind.Code(c.code), c.says)
		})
	}
}
