//go:build linux

package ssh

import "strings"

// knows makes the files of a home directory with these lines in known_hosts.
func knows(lines ...string) map[string]string {
	return map[string]string{".ssh/known_hosts": strings.Join(lines, "\n") + "\n"}
}

const (
	onKeys  = "[{addr}]:{port:keys}"
	onCerts = "[{addr}]:{port:certs}"
)

// hostRows are logins that depend on known_hosts.
var hostRows = []loginRow{
	{name: "unknown host", config: webOn("22", ""), files: knows(), in: false, says: "Unknown host key"},
	{name: "line of SSH 1", config: webOn("22", ""), files: knows("old.example 1024 35 123456", "{addr} {host:ssh-ed25519}"), in: true, says: "known_hosts, line 1 is of version 1 of the SSH protocol"},
	{name: "odd lines", config: webOn("22", ""), files: knows("web", "{addr} ssh-ed25519", "{addr} ssh-ed25519 AAAA!", "@what {addr} x y", "{addr} "+foreignLine, "{addr} {host:ssh-ed25519}"), in: true, says: "line 3 has a key that is not base64"},
	{name: "zero bytes and a line of 1 MB", config: webOn("22", ""), files: knows("\x00\x00\x00", strings.Repeat("x", 1<<20), "{addr} {host:ssh-ed25519} a\x00b"), in: true, says: "begins with a zero byte"},
	{name: "CRLF in known_hosts", config: webOn("22", ""), files: knows("# windows\r", "\r", "{addr} {host:ssh-ed25519}\r"), in: true},
	{name: "hashed names", config: webOn("{port:keys}", ""), files: knows(onKeys + " {host:ssh-ed25519}"), setup: made("ssh-keygen -q -H -f .ssh/known_hosts"), in: true},
	{name: "pattern", config: webOn("{port:keys}", ""), files: knows("[*]:22?? {host:ssh-ed25519}"), in: true},
	{name: "negated pattern", config: webOn("22", ""), files: knows("*,!{addr} {host:ssh-ed25519}"), in: false, says: "Unknown host key"},
	{name: "no port, for another port", config: webOn("{port:keys}", ""), files: knows("{addr} {host:ssh-ed25519}"), in: true},
	{name: "no port, another key", config: webOn("{port:keys}", ""), files: knows("{addr} {stranger.pub}"), in: false, says: "without the port"},
	{name: "another port", config: webOn("22", ""), files: knows(onKeys + " {host:ssh-ed25519}"), in: false, says: "Unknown host key"},
	{name: "known rsa of three", config: webOn("{port:keys}", ""), files: knows(onKeys + " {host:ssh-rsa}"), in: true},
	{name: "known ecdsa of three", config: webOn("{port:keys}", ""), files: knows(onKeys + " {host:ecdsa-sha2-nistp256}"), in: true},
	{name: "known rsa of three, no port", config: webOn("{port:keys}", ""), files: knows("{addr} {host:ssh-rsa}"), in: false, apart: "a key that is known for the host is asked for on each of its ports"},
	{name: "changed key", config: webOn("22", ""), files: knows("# first", "{addr} {stranger.pub}"), in: false, says: "known_hosts:2 has ssh-ed25519"},
	{name: "changed to another type", config: webOn("{port:ecdsa}", ""), files: knows("[{addr}]:{port:ecdsa} {host:ssh-rsa}"), in: false, says: "Host key has changed"},
	{name: "two keys, one of them right", config: webOn("22", ""), files: knows("{addr} {stranger.pub}", "{addr} {host:ssh-ed25519}"), in: true},
	{name: "several files", config: webOn("22", " UserKnownHostsFile ~/none ~/more\n"), files: map[string]string{".ssh/known_hosts": "", "more": "{addr} {host:ssh-ed25519}\n"}, in: true},
	{name: "global file", config: webOn("22", " GlobalKnownHostsFile {home}/more\n"), files: map[string]string{".ssh/known_hosts": "", "more": "{addr} {host:ssh-ed25519}\n"}, in: true},
	{name: "directory in the place of a file", config: webOn("22", " UserKnownHostsFile ~/.ssh ~/.ssh/known_hosts\n"), in: true, says: "is not a regular file"},

	{name: "revoked", config: webOn("22", ""), files: knows("{addr} {host:ssh-ed25519}", "@revoked * {host:ssh-ed25519}"), in: false, says: "known_hosts:2 revokes"},
	{name: "revoked for others", config: webOn("22", ""), files: knows("{addr} {host:ssh-ed25519}", "@revoked *.example {host:ssh-ed25519}"), in: true},
	{name: "revoked without the port", config: webOn("{port:keys}", ""), files: knows(onKeys+" {host:ssh-ed25519}", "@revoked {addr} {host:ssh-ed25519}"), in: true, apart: "a key that is revoked for a host is revoked on each of its ports", says: "Host key is revoked"},
	{name: "revoked, but nobody can tell what", config: webOn("22", ""), files: knows("{addr} {host:ssh-ed25519}", "@revoked * ssh-ed25519 AAAA!"), in: true, apart: "no key is trusted because the line that revokes it is broken", says: "known_hosts:2 revokes a key"},
	{name: "revoked, of a type that no host shows", config: webOn("22", ""), files: knows("{addr} {host:ssh-ed25519}", "@revoked * "+foreignLine), in: true},

	{name: "host certificate", config: webOn("{port:certs}", " CertificateFile {certificate}\n"), in: true, files: knows("@cert-authority {addr}," + onCerts + " {host_ca.pub}")},
	{name: "host certificate, no port", config: webOn("{port:certs}", " CertificateFile {certificate}\n"), in: true, files: knows("@cert-authority * {stranger.pub}", "@cert-authority {addr} {host_ca.pub}")},
	{name: "host certificate of a stranger", config: webOn("{port:certs}", " CertificateFile {certificate}\n"), files: knows("@cert-authority * {stranger.pub}"), in: false, says: "Unknown authority of host keys"},
	{name: "host certificate for another name", config: webOn("{port:certs}", " CertificateFile {certificate}\n HostKeyAlias other.example\n"), files: knows("@cert-authority * {host_ca.pub}"), in: false, says: "Host certificate is for another name"},
	{name: "host certificate that has expired", config: webOn("{port:late}", ""), files: knows("@cert-authority * {host_ca.pub}"), in: false, says: "Host certificate has expired"},
	{name: "host certificate that has expired, the key is known", config: webOn("{port:late}", ""), files: knows("@cert-authority * {host_ca.pub}", "[{addr}]:{port:late} {host:ssh-ed25519}"), in: true},
	{name: "revoked authority", config: webOn("{port:certs}", " CertificateFile {certificate}\n"), files: knows("@cert-authority * {host_ca.pub}", "@revoked * {host_ca.pub}"), in: false, says: "Host key is revoked"},

	{name: "new host", config: webOn("{port:keys}", " StrictHostKeyChecking accept-new\n HashKnownHosts no\n"), files: knows("# mine"), in: true, leaves: "# mine\n" + onKeys + " {host:ssh-ed25519}\n"},
	{name: "new host, known without the port", config: webOn("{port:keys}", " StrictHostKeyChecking accept-new\n HashKnownHosts no\n"), files: knows("{addr} {host:ssh-ed25519}"), in: true, leaves: "{addr} {host:ssh-ed25519}\n"},
	{name: "new host, another key without the port", config: webOn("{port:keys}", " StrictHostKeyChecking accept-new\n HashKnownHosts no\n"), files: knows("{addr} {stranger.pub}"), in: true, leaves: "{addr} {stranger.pub}\n" + onKeys + " {host:ssh-ed25519}\n"},
	{name: "new host that is none", config: webOn("22", " StrictHostKeyChecking accept-new\n HashKnownHosts no\n"), files: knows("{addr} {stranger.pub}"), in: false, says: "Host key has changed", leaves: "{addr} {stranger.pub}\n"},
}
