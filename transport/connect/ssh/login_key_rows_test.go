//go:build linux

package ssh

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// keyRows are logins that depend on private keys, certificates and ssh-agents.
var keyRows = []loginRow{
	{name: "key of a stranger", config: "IdentitiesOnly yes\nIdentityFile {stranger}\nUser deploy\nHost web\n HostName {addr}\n", in: false, says: "accepts none of the keys"},
	{name: "rsa key", config: "Host web\n HostName {addr}\n Port {port:keys}\n User deploy\n IdentityFile {rsa}\n", in: true},
	{name: "ecdsa key", config: "Host web\n HostName {addr}\n Port {port:keys}\n User deploy\n IdentityFile {ecdsa}\n", in: true},
	{name: "PKCS#1", setup: made("cp {rsa} k; ssh-keygen -q -p -m PEM -N '' -f k"), config: keyOn(""), in: true},
	{name: "SEC 1", setup: made("cp {ecdsa} k; ssh-keygen -q -p -m PEM -N '' -f k"), config: keyOn(""), in: true},
	{name: "PKCS#8", setup: made("cp {rsa} k; ssh-keygen -q -p -m PKCS8 -N '' -f k"), config: keyOn(""), in: true},
	{name: "CRLF in PEM", setup: made("cp {rsa} j; ssh-keygen -q -p -m PEM -N '' -f j; sed 's/$/\\r/' j > k; chmod 600 k"), config: keyOn(""), in: true},
	{name: "CRLF in a key of OpenSSH", setup: made("sed 's/$/\\r/' {ed} > k; chmod 600 k"), config: keyOn(""), in: false, apart: "a copy with other line ends is the same key"},
	{name: "PuTTY", files: map[string]string{"k": "PuTTY-User-Key-File-3: ssh-ed25519\n"}, config: keyOn(""), in: false, says: "in the form of PuTTY"},
	{name: "others may read it", setup: made("cp {ed} k; chmod 644 k"), config: keyOn(""), in: false, says: "has the mode 0644"},
	{name: "no file", config: keyOn(""), in: false, says: "Nothing to log in with"},
	{name: "no file, and the agent has another that will do", config: keyOn(""), agent: []string{"ed"}, in: true},

	{name: "key in the agent", config: "Host web\n HostName {addr}\n User deploy\n", agent: []string{"stranger", "ed"}, in: true},
	{name: "identities only of many in the agent", agent: []string{"stranger", "rsa", "ecdsa", "ed"}, config: webOn("{port:few}", ""), in: true},
	{name: "many in the agent", agent: []string{"stranger", "user_ca", "ed"}, config: "Host web\n HostName {addr}\n Port {port:few}\n User deploy\n", in: false, says: "MaxAuthTries"},
	{name: "configured after many in the agent", agent: []string{"stranger", "user_ca"}, config: "Host web\n HostName {addr}\n Port {port:few}\n User deploy\n IdentityFile {ed}\n", in: false,
		apart: "a key that is configured comes before those that only the agent knows"},
	{name: "configured of many in the agent", agent: []string{"stranger", "user_ca", "ed"}, config: "Host web\n HostName {addr}\n Port {port:few}\n User deploy\n IdentityFile {ed}\n", in: true},
	{name: "k.pub, in the agent", files: map[string]string{"k.pub": "{ed.pub}\n"}, agent: []string{"stranger", "ed"}, config: keyOn(".pub\n IdentitiesOnly yes"), in: true},
	{name: "only k.pub, in the agent", files: map[string]string{"k.pub": "{ed.pub}\n"}, agent: []string{"stranger", "ed"}, config: keyOn("\n IdentitiesOnly yes"), in: true},
	{name: "k.pub, not in the agent", files: map[string]string{"k.pub": "{ed.pub}\n"}, agent: []string{"stranger"}, config: keyOn(".pub\n IdentitiesOnly yes"), in: false, says: "is a public key, and the ssh-agent does not hold it"},
	{name: "encrypted, in the agent", setup: made("cp {ed} k; ssh-keygen -q -p -N 'open sesame' -f k"), agent: []string{"ed"}, config: keyOn("\n IdentitiesOnly yes"), in: true},
	{name: "encrypted PEM, in the agent", setup: made("cp {rsa} k; ssh-keygen -q -p -m PEM -N 'open sesame' -f k"), agent: []string{"rsa"}, config: keyOn(""), in: true},
	{name: "encrypted PKCS#8 with k.pub, in the agent", setup: made("cp {rsa} k; ssh-keygen -q -p -m PKCS8 -N 'open sesame' -f k"), files: map[string]string{"k.pub": "{rsa.pub}\n"}, agent: []string{"rsa"},
		config: keyOn("\n IdentitiesOnly yes"), in: true},
	{name: "encrypted PEM, no other may be tried", setup: made("cp {rsa} k; ssh-keygen -q -p -m PEM -N 'open sesame' -f k"), agent: []string{"rsa"}, config: keyOn("\n IdentitiesOnly yes"), in: false,
		says: "nothing tells whether the ssh-agent holds it"},
	{name: "encrypted, not in the agent", setup: made("cp {ed} k; ssh-keygen -q -p -N 'open sesame' -f k"), agent: []string{"stranger"}, config: keyOn(""), in: false, says: "the ssh-agent does not hold it"},
	{name: "others may read it, but the agent holds it", setup: made("cp {ed} k; chmod 644 k"), agent: []string{"ed"}, config: keyOn("\n IdentitiesOnly yes"), in: true},
	{name: "agent that is gone", config: webOn("22", ""), env: map[string]string{"SSH_AUTH_SOCK": "/run/no/such/socket"}, in: true},
	{name: "locked agent", setup: agentOf(lockedAgent), config: "Host web\n HostName {addr}\n User deploy\n", in: false, says: "is locked (ssh-add -X unlocks it)"},
	{name: "ed25519-sk in the agent", setup: agentOf(tokenOf("ed25519-sk", flagTouched)), config: bare("{port:keys}", ""), in: true},
	{name: "ecdsa-sk in the agent", setup: agentOf(tokenOf("ecdsa-sk", flagTouched)), config: bare("{port:keys}", ""), in: true},
	{name: "ed25519-sk that was not touched", setup: agentOf(tokenOf("ed25519-sk", 0)), config: bare("{port:keys}", ""), in: false, says: "Server asks for a touch of the security key"},
	{name: "ecdsa-sk that need not be touched", setup: agentOf(tokenOf("ecdsa-sk", 0, "no-touch-required")), config: bare("{port:keys}", ""), in: true},
	{name: "touch-required outweighs no-touch-required", setup: agentOf(tokenOf("ecdsa-sk", 0, "no-touch-required")), config: bare("{port:touch}", ""), in: false, says: "does nothing if PubkeyAuthOptions"},
	{name: "verify-required, and no PIN", setup: agentOf(tokenOf("ed25519-sk", flagTouched)), config: bare("{port:verify}", ""), in: false, says: "ssh-keygen -t ed25519-sk -O verify-required"},
	{name: "verify-required, with a PIN", setup: agentOf(tokenOf("ecdsa-sk", flagTouched|flagVerified)), config: bare("{port:verify}", ""), in: true},
	{name: "verify-required in authorized_keys", setup: agentOf(tokenOf("ecdsa-sk", flagTouched, "verify-required")), config: bare("{port:keys}", ""), in: false, says: "signed without a PIN or a fingerprint"},

	{name: "certificate", config: webOn("{port:certs}", " CertificateFile {certificate}\n"), in: true},
	{name: "no certificate", config: webOn("{port:certs}", ""), in: false, says: "accepts none of the keys"},
	{name: "certificate beside the key", setup: made("cp {ed} k"), files: map[string]string{"k-cert.pub": "{certificate.pub}\n"}, config: keyOn("\n Port {port:certs}"), in: true},
	{name: "rsa certificate", config: "Host web\n HostName {addr}\n Port {port:certs}\n User deploy\n IdentityFile {rsa}\n CertificateFile {rsa_cert}\n", in: true},
	{name: "certificate, the key in the agent", agent: []string{"stranger", "ed"}, config: "Host web\n HostName {addr}\n Port {port:certs}\n User deploy\n CertificateFile {certificate}\n", in: true},
	{name: "certificate and key in the agent", setup: agentOf(certifiedAgent), config: "Host web\n HostName {addr}\n Port {port:certs}\n User deploy\n", in: true},
	{name: "certificate as IdentityFile, the key in the agent", agent: []string{"stranger", "ed"}, files: map[string]string{"x-cert.pub": "{certificate.pub}\n"}, in: true,
		config: bare("{port:certs}", "IdentityFile ~/x-cert.pub\n")},
	{name: "certificate and key as IdentityFile", files: map[string]string{"x-cert.pub": "{certificate.pub}\n"}, in: true, config: bare("{port:certs}", "IdentityFile ~/x-cert.pub\nIdentityFile {ed}\n")},
	{name: "certificate as IdentityFile, both in the agent", setup: agentOf(certifiedAgent), files: map[string]string{"x-cert.pub": "{certificate.pub}\n"}, in: true,
		config: bare("{port:certs}", "IdentityFile ~/x-cert.pub\nIdentitiesOnly yes\n")},
	{name: "certificate as IdentityFile, the agent lacks the key", agent: []string{"stranger"}, files: map[string]string{"x-cert.pub": "{certificate.pub}\n"}, in: false,
		config: bare("{port:certs}", "IdentityFile ~/x-cert.pub\n"), says: "is a certificate, and the ssh-agent does not hold its key"},
	{name: "certificate as IdentityFile, of a host", agent: []string{"ed"}, files: map[string]string{"x-cert.pub": "{of_a_host.pub}\n"}, in: false,
		config: bare("{port:certs}", "IdentityFile ~/x-cert.pub\n"), says: "is a certificate of a host, and not one of a user"},

	{name: "RequiredRSASize of a user key", config: bare("{port:keys}", "IdentityFile {rsa}\nRequiredRSASize 4096\n"), in: false, says: "has 2048 bits, and RequiredRSASize of the ssh configuration asks for 4096"},
	{name: "RequiredRSASize of a key in the agent", config: bare("{port:keys}", "RequiredRSASize 4096\n"), agent: []string{"rsa"}, in: false, says: "has 2048 bits"},
	{name: "RequiredRSASize of a certificate", config: bare("{port:certs}", "IdentityFile {rsa}\nCertificateFile {rsa_cert}\nRequiredRSASize 4096\n"), in: false, says: "has 2048 bits"},
	{name: "RequiredRSASize, and another key", config: bare("{port:keys}", "IdentityFile {rsa}\nIdentityFile {ed}\nRequiredRSASize 4096\n"), in: true},
	{name: "RequiredRSASize that is met", config: bare("{port:keys}", "IdentityFile {rsa}\nRequiredRSASize 2048\n"), in: true},

	{name: "certificate of another key", config: webOn("{port:certs}", " CertificateFile {rsa_cert}\n"), in: false, says: "is for the key ssh-rsa SHA256:"},
	{name: "certificate that has expired", config: webOn("{port:certs}", " CertificateFile {late}\n"), in: false, says: "User certificate has expired"},
	{name: "certificate of tomorrow", config: webOn("{port:certs}", " CertificateFile {tomorrow}\n"), in: false, says: "User certificate is not valid yet"},
	{name: "certificate for another user", config: webOn("{port:certs}", " CertificateFile {elsewhere}\n"), in: false, says: "it is for ops, and not for deploy"},
	{name: "certificate of an authority that is not trusted", config: webOn("{port:certs}", " CertificateFile {of_nobody}\n"), in: false, says: "does not trust that authority (TrustedUserCAKeys)"},
	{name: "certificate that is revoked", config: webOn("{port:revoking}", " CertificateFile {certificate}\n"), in: false, says: "has revoked the certificate, its key or the authority (RevokedKeys)"},
	{name: "certificate with an option that sshd does not know", config: webOn("{port:certs}", " CertificateFile {strange}\n"), in: false, says: `has the critical option "moon@example"`},
	{name: "certificate for other addresses", config: webOn("{port:certs}", " CertificateFile {far}\n"), in: false, says: "may be used from 192.0.2.0/24 alone"},
	{name: "key that is revoked", config: bare("{port:revoking}", "IdentityFile {rsa}\n"), in: false, says: "may have been revoked (RevokedKeys"},
	{name: "certificate of a host", config: webOn("{port:certs}", " CertificateFile {of_a_host}\n"), in: false, says: "is a certificate of a host, and not one of a user"},
}

// keyOn is a configuration with the key k of the home directory, followed by more.
func keyOn(more string) string {
	port := "\n Port {port:keys}"
	if strings.Contains(more, "Port ") {
		port = ""
	}
	return "Host web\n HostName {addr}\n User deploy\n IdentityFile ~/k" + more + port + "\n"
}

// made runs a command in the home directory.
func made(command string) func(*testing.T, *loginLab, string) {
	return func(t *testing.T, l *loginLab, home string) { shellIn(t, home, l.replacer.Replace(command)) }
}

// agentOf serves an ssh-agent that is no simple keyring.
func agentOf(make func(*testing.T, *loginLab) agent.Agent) func(*testing.T, *loginLab, string) {
	return func(t *testing.T, l *loginLab, home string) {
		socket := filepath.Join(home, "agent.sock")
		lab.ServeAgent(t, socket, make(t, l))
		t.Setenv("SSH_AUTH_SOCK", socket)
	}
}

func lockedAgent(t *testing.T, l *loginLab) agent.Agent {
	ring := agent.NewKeyring()
	ring.Add(agent.AddedKey{PrivateKey: l.signers["ed"]})
	ring.Lock([]byte("x"))
	return ring
}

// certifiedAgent has a key and its certificate, as after ssh-add.
func certifiedAgent(t *testing.T, l *loginLab) agent.Agent {
	ring := agent.NewKeyring()
	cert, _, _, _, err := ssh.ParseAuthorizedKey([]byte(l.replacer.Replace("{certificate.pub}")))
	if err != nil {
		t.Fatal(err)
	}
	ring.Add(agent.AddedKey{PrivateKey: l.signers["stranger"]})
	ring.Add(agent.AddedKey{PrivateKey: l.signers["ed"], Certificate: cert.(*ssh.Certificate)})
	return ring
}

// tokenOf is the ssh-agent of a security key with which deploy may log in, which says that
// of a person. authorized are the options in authorized_keys.
func tokenOf(kind string, flags byte, authorized ...string) func(*testing.T, *loginLab) agent.Agent {
	return func(t *testing.T, l *loginLab) agent.Agent {
		token := lab.NewSecurityKey(t, kind, flags)
		line := strings.Join(authorized, ",") + " " + string(ssh.MarshalAuthorizedKey(token.Public))
		l.WriteFile(1, "/etc/ssh/login_keys", l.ReadFile(1, "/etc/ssh/login_keys")+strings.TrimSpace(line)+"\n", 0o644)
		return token
	}
}
