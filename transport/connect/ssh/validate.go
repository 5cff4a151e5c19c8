package ssh

import (
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport/connect"
	"golang.org/x/crypto/ssh"
)

// Validate says what is wrong with the arguments, without reading a file.
func (k SSH) Validate() []kind.Problem {
	p := k.Common.Validate()
	add := func(attr, code, summary, detail string, args ...any) {
		p = append(p, *kind.NewProblem(attr, code, summary, detail, args...))
	}
	p = append(p, connect.CheckHost(k.Host)...)
	if k.User != "" {
		p = append(p, connect.CheckUser("ssh_user_name", k.User)...)
	}
	if k.Port < 0 || k.Port > 65535 {
		add("port", "ssh_port", "Invalid port", "Port %d is not between 1 and 65535.", k.Port)
	}
	if k.KeepaliveInterval != "" {
		p = append(p, connect.CheckDuration("keepalive_interval", k.KeepaliveInterval)...)
	}
	if k.KeepaliveCount < 0 {
		add("keepalive_count", "ssh_keepalive", "Negative keepalive_count", "It is %d; a connection counts as lost after 1 unanswered question or more.", k.KeepaliveCount)
	}
	if k.IdentityFile != "" && k.PrivateKey != "" {
		add("private_key", "ssh_two_keys", "Two keys", "Both identity_file and private_key are set. Leave one of them out.")
	}
	switch k.HostKeyCheck {
	case "", checkStrict, checkAcceptNew, checkOff:
	default:
		add("host_key_check", "ssh_host_key_check", "Invalid host_key_check", "%q is none of strict, accept_new and off.", k.HostKeyCheck)
	}
	for _, line := range k.HostKey {
		if _, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err != nil {
			add("host_key", "ssh_host_key_form", "Invalid host key", "%q is no public key. Write it as in a .pub file: the type, then the key.", line)
		}
	}
	return p
}

// The values of host_key_check.
const (
	checkStrict    = "strict"
	checkAcceptNew = "accept_new"
	checkOff       = "off"
)
