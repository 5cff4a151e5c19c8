//go:build linux

package ssh

import (
	"os"
	"path/filepath"
	"testing"
)

// webOn is a configuration for the host web, with a port of the lab and the key
// that it accepts. more is added to the same Host block.
func webOn(port, more string) string {
	return "Host web\n HostName {addr}\n Port " + port + "\n User deploy\n IdentityFile {ed}\n IdentitiesOnly yes\n" + more
}

// bare is webOn without a key.
func bare(port, more string) string {
	return "Host web\n HostName {addr}\n Port " + port + "\n User deploy\n" + more
}

// configRows are logins that depend on keywords of ssh_config(5).
var configRows = []loginRow{
	{name: "the usual", config: webOn("22", ""), in: true},
	{name: "no such user", config: "User ghost\n" + webOn("22", ""), in: false},
	{name: "first value wins", config: "Port {port:keys}\n" + webOn("9", ""), in: true},
	{name: "equals and quotes", config: "Host=web\n\tHostName = \"{addr}\" # comment\n User=\"deploy\"\nIdentityFile=\"{ed}\"\n", in: true},
	{name: "negated Host", config: "Host * !web\n User ghost\n" + webOn("22", ""), in: true},
	{name: "unknown keyword", config: "Host db\n Frobnicate yes\n" + webOn("22", ""), in: false, says: "config:2: Frobnicate is not a keyword"},
	{name: "IgnoreUnknown", config: "IgnoreUnknown Frob*\nFrobnicate yes\n" + webOn("22", ""), in: true},
	{name: "Include", config: "Include conf.d/*\nHost *\n IdentityFile {ed}\n", in: true,
		files: map[string]string{".ssh/conf.d/10-web": "Host web\nInclude inner\n", ".ssh/inner": "HostName {addr}\nUser deploy\n"}},
	{name: "Include in another Host", config: "Host db\n Include other\n" + webOn("22", ""), in: true, files: map[string]string{".ssh/other": "User ghost\nHost *\nPort 9\n"}},
	{name: "others may write the configuration", config: webOn("22", ""), in: false, says: "bad owner or permissions",
		setup: func(t *testing.T, _ *loginLab, home string) { os.Chmod(filepath.Join(home, ".ssh/config"), 0o666) }},

	{name: "Match host", config: "Match host 10.77.*\n User ghost\nMatch originalhost web exec \"test %n = web\"\n IdentityFile {ed}\n" + bare("22", ""), in: true},
	{name: "Match user", config: "User deploy\nMatch user deploy !localuser nobody\n IdentityFile {ed}\n" + bare("22", ""), in: true},
	{name: "Match exec", config: "Match exec \"test %r = deploy\"\n IdentityFile {stranger}\nMatch exec \"test %n-%p = web-22\"\n IdentityFile {ed}\n" + bare("22", ""), in: true},
	{name: "Match exec fails", config: "Match !exec true\n IdentityFile {ed}\n" + bare("22", ""), in: false},
	{name: "Match final", config: "Match final host {addr}\n IdentityFile {ed}\n" + bare("22", ""), in: true},
	{name: "Host of the final pass", config: bare("22", "") + "Match final\nHost 10.77.*\n IdentityFile {ed}\n", in: true},
	{name: "CanonicalizeHostname", config: "CanonicalizeHostname yes\nCanonicalizeFallbackLocal yes\n" + webOn("22", "") + "Match canonical\n User deploy\n", in: true},

	{name: "tokens and home", config: bare("22", "IdentityFile ~/keys/%r@%n-%p-%u%%\n"), in: true, files: map[string]string{"keys/deploy@web-22-root%": "{ed:text}"}},
	{name: "tokens of the machine", config: bare("22", "IdentityFile %d/%h-%i-%k\n"), in: true, files: map[string]string{"{addr}-0-web": "{ed:text}"}},
	{name: "hash of the connection", config: bare("22", "IdentityFile %d/%C-%L\n"), in: false},
	{name: "variable", config: bare("22", "IdentityFile ${KEYS}/id\n"), env: map[string]string{"KEYS": "{home}/k"}, in: true, files: map[string]string{"k/id": "{ed:text}"}},
	{name: "variable that is not set", config: webOn("22", "IdentityFile ${NO_SUCH_VARIABLE}/id\n"), in: false, says: "NO_SUCH_VARIABLE"},
	{name: "token that means nothing", config: webOn("22", "IdentityFile /k/%z\n"), in: false, says: "%z means nothing"},
	{name: "several IdentityFile", config: bare("22", "IdentityFile {stranger}\nIdentityFile {home}/none\nIdentityFile {ed}\n"), in: true},
	{name: "IdentityFile none", config: bare("22", "IdentityFile none\n"), in: false, files: map[string]string{".ssh/id_ed25519": "{ed:text}"}},
	{name: "default identity", config: bare("22", ""), in: true, files: map[string]string{".ssh/id_ed25519": "{ed:text}"}},
	{name: "HostName with token", config: "Host 10.77\n HostName %h.1.1\nHost *\n User deploy\n IdentityFile {ed}\n", host: "{addr}", in: true},

	{name: "IdentityAgent", config: "IdentityAgent {home}/other.sock\n" + bare("22", ""), in: true,
		setup: func(t *testing.T, l *loginLab, home string) { l.agent(t, filepath.Join(home, "other.sock"), "ed") }},
	{name: "IdentityAgent with tokens", config: "IdentityAgent ~/%u-${WHICH}.sock\n" + bare("22", ""), env: map[string]string{"WHICH": "one"}, in: true,
		setup: func(t *testing.T, l *loginLab, home string) {
			l.agent(t, filepath.Join(home, "root-one.sock"), "ed")
		}},
	{name: "IdentityAgent none", config: "IdentityAgent none\n" + bare("22", ""), agent: []string{"ed"}, in: false},
	{name: "IdentityAgent SSH_AUTH_SOCK", config: "IdentityAgent SSH_AUTH_SOCK\n" + bare("22", ""), agent: []string{"ed"}, in: true},
	{name: "IdentityAgent in a variable", config: "IdentityAgent $OTHER\n" + bare("22", ""), env: map[string]string{"OTHER": "{home}/other.sock"}, in: true,
		setup: func(t *testing.T, l *loginLab, home string) { l.agent(t, filepath.Join(home, "other.sock"), "ed") }},
	{name: "IdentitiesOnly keeps the agent's out", config: bare("22", "IdentitiesOnly yes\n"), agent: []string{"ed"}, in: false},

	{name: "StrictHostKeyChecking accept-new", config: webOn("22", "StrictHostKeyChecking accept-new\n"), files: map[string]string{".ssh/known_hosts": ""}, in: true},
	{name: "StrictHostKeyChecking accept-new of a changed key", config: webOn("22", "StrictHostKeyChecking accept-new\n"), in: false, says: "Host key has changed",
		files: map[string]string{".ssh/known_hosts": "{addr} {ed.pub}\n"}},
	{name: "StrictHostKeyChecking no", config: webOn("22", "StrictHostKeyChecking no\n"), files: map[string]string{".ssh/known_hosts": ""}, in: true, names: "StrictHostKeyChecking no"},
	{name: "StrictHostKeyChecking off of a known host", config: webOn("22", "StrictHostKeyChecking off\n"), in: true, says: `host_key_check = "accept_new"`},
	{name: "StrictHostKeyChecking ask", config: webOn("22", "StrictHostKeyChecking ask\n"), files: map[string]string{".ssh/known_hosts": ""}, in: false, says: "Unknown host key"},
	{name: "two UserKnownHostsFile", config: webOn("22", "UserKnownHostsFile ~/one ~/two\n"), files: map[string]string{".ssh/known_hosts": "", "two": "{known}"}, in: true},
	{name: "UserKnownHostsFile none", config: webOn("22", "UserKnownHostsFile none\n"), in: false, says: "Unknown host key"},
	{name: "GlobalKnownHostsFile", config: webOn("22", "UserKnownHostsFile none\nGlobalKnownHostsFile {home}/global\n"), files: map[string]string{"global": "{known}"}, in: true},
	{name: "HostKeyAlias", config: webOn("{port:keys}", "HostKeyAlias fleet\n"), files: map[string]string{".ssh/known_hosts": "fleet {host:ssh-ed25519}\n"}, in: true},
	{name: "HostKeyAlgorithms of a known kind", config: webOn("{port:keys}", "HostKeyAlgorithms ecdsa*\n"), in: true},
	{name: "HostKeyAlgorithms of a kind that is not known", config: webOn("{port:keys}", "HostKeyAlgorithms ssh-ed25519\n"), in: false,
		files: map[string]string{".ssh/known_hosts": "[{addr}]:{port:keys} {host:ecdsa-sha2-nistp256}\n"}},
	{name: "RevokedHostKeys", config: webOn("22", "RevokedHostKeys ${HOME}/revoked\n"), files: map[string]string{"revoked": "{host:ssh-ed25519}\n"}, in: false, names: "RevokedHostKeys"},
	{name: "RevokedHostKeys of another", config: webOn("22", "RevokedHostKeys {home}/revoked\n"), files: map[string]string{"revoked": "{ed.pub}\n"}, in: true},
	{name: "RevokedHostKeys that are missing", config: webOn("22", "RevokedHostKeys {home}/revoked\n"), in: false, says: "Until it can be read, no host key is trusted"},
	{name: "RequiredRSASize", config: webOn("{port:keys}", "HostKeyAlgorithms rsa-sha2-512\nRequiredRSASize 4096\n"), in: false, says: "RequiredRSASize"},
	{name: "CASignatureAlgorithms", config: webOn("{port:certs}", "CertificateFile {certificate}\nCASignatureAlgorithms rsa-sha2-512\n"), in: false, says: "CASignatureAlgorithms",
		files: map[string]string{".ssh/known_hosts": "@cert-authority [{addr}]:{port:certs} {host_ca.pub}\n"}},

	{name: "an old sshd", config: webOn("{port:old}", ""), in: false, says: "KexAlgorithms +diffie-hellman-group14-sha1"},
	{name: "an old sshd that is allowed", in: true, config: bare("{port:old}", "IdentityFile {rsa}\nKexAlgorithms +diffie-hellman-group14-sha1\nCiphers +aes128-cbc\nMACs +hmac-sha1\n"+
		"HostKeyAlgorithms +ssh-rsa\nPubkeyAcceptedAlgorithms ssh-rsa\n")},
	{name: "Ciphers", config: webOn("22", "Ciphers aes256-ctr,3des-cbc\nMACs hmac-sha2-512\nKexAlgorithms ^ecdh-sha2-nistp384\n"), in: true},
	{name: "Ciphers that the server lacks", config: webOn("22", "Ciphers 3des-cbc\n"), in: false, says: "Ciphers 3des-cbc"},
	{name: "MACs that only ssh can do", config: webOn("22", "Ciphers aes128-ctr\nMACs umac-64@openssh.com\n"), in: true, names: "MACs leaves no algorithm that mitoplan supports"},
	{name: "PubkeyAcceptedAlgorithms without the key's", config: webOn("22", "PubkeyAcceptedAlgorithms rsa-*\n"), in: false, says: "PubkeyAcceptedAlgorithms does not allow ssh-ed25519"},
	{name: "PubkeyAcceptedAlgorithms of one signature", config: bare("{port:keys}", "IdentityFile {rsa}\nPubkeyAcceptedAlgorithms -*-512*,-x\n"), in: true},

	{name: "PubkeyAuthentication no", config: webOn("22", "PubkeyAuthentication no\n"), in: false},
	{name: "PreferredAuthentications", config: webOn("22", "PreferredAuthentications password,keyboard-interactive\n"), in: false},
	{name: "PreferredAuthentications with keys", config: webOn("22", "PreferredAuthentications hostbased,publickey\n"), in: true},
	{name: "GSSAPIAuthentication where keys do", config: webOn("22", "GSSAPIAuthentication yes\n"), in: true},
	{name: "GSSAPIAuthentication where keys do not", config: bare("22", "IdentityFile {stranger}\nGSSAPIAuthentication yes\n"), in: false, says: "GSSAPIAuthentication yes is not honoured"},
	{name: "KnownHostsCommand", config: webOn("22", "KnownHostsCommand {home}/known %H\n"), in: true, names: "KnownHostsCommand",
		files: map[string]string{".ssh/known_hosts": "", "known": "#!/bin/sh\necho {addr} {host:ssh-ed25519}\n"},
		setup: func(t *testing.T, _ *loginLab, home string) { os.Chmod(filepath.Join(home, "known"), 0o700) }},
	{name: "SetEnv", config: webOn("22", "SetEnv A=b\n"), in: true, says: "SetEnv A=b is not honoured: mitoplan sends no variables with a login"},
	{name: "keywords that do not matter", config: webOn("22", "ForwardX11 yes\nLogLevel ERROR\nSendEnv LANG\nRequestTTY no\nControlMaster no\nVisualHostKey no\n"), in: true},

	{name: "AddressFamily", config: webOn("22", "AddressFamily inet6\n"), in: false},
	{name: "BindAddress", config: webOn("22", "BindAddress 127.0.0.1\nConnectTimeout 1\n"), in: false},
	{name: "BindInterface", config: webOn("22", "BindInterface lo\nConnectTimeout 1\n"), in: false},
	{name: "ConnectTimeout", config: webOn("22", "ConnectTimeout 5\nServerAliveInterval 1m\nServerAliveCountMax 2\n"), in: true},

	{name: "ProxyJump", config: webOn("22", "ProxyJump hop\n") + "Host hop\n HostName {addr}\n Port {port:keys}\n User deploy\n IdentityFile {rsa}\n", in: true},
	{name: "ProxyJump chain", config: webOn("22", "ProxyJump deploy@{addr}:{port:keys},deploy@hop\n") + "Host hop\n HostName {addr}\n Port {port:few}\nHost *\n IdentityFile {ed}\n", in: true},
	{name: "ProxyJump none", config: "Host web\n ProxyJump none\nHost *\n ProxyJump nowhere.invalid\n" + webOn("22", ""), in: true},
	{name: "ProxyJump that is refused", config: webOn("22", "ProxyJump ghost@{addr}\n"), in: false, says: "ghost"},
	{name: "ProxyCommand", config: webOn("22", "ProxyCommand ssh -F {home}/.ssh/config -o UserKnownHostsFile={home}/.ssh/known_hosts -W %h:%p hop\n") + "Host hop\n HostName {addr}\n Port {port:keys}\n User deploy\n IdentityFile {ed}\n", in: true},
	{name: "ProxyCommand that fails", config: webOn("22", "ProxyCommand echo no way to %h >&2; exit 3\n"), in: false, says: "no way to"},
	{name: "ProxyCommand none", config: "ProxyCommand none\nProxyJump nowhere.invalid\n" + webOn("22", ""), in: true},
}
