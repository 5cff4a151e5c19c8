package ssh

import (
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// Validate says what is wrong with the arguments. It reads no file.
func (k SSH) Validate() []kind.Problem {
	p := k.Common.Validate()
	add := func(attr string, code kind.Code, summary, detail string, args ...any) {
		p = append(p, *kind.NewProblem(attr, code, summary, detail, args...))
	}
	p = append(p, connect.CheckHost(k.Host)...)
	if k.User != "" {
		p = append(p, connect.CheckUser(kind.CodeSSHUserName, k.User)...)
	}
	if k.Port < 0 || k.Port > 65535 {
		add("port", kind.CodeSSHPort, "Invalid port", "%d is not a port. Write a number from 1 to 65535.", k.Port)
	}
	if k.KeepaliveInterval != "" {
		p = append(p, connect.CheckDuration("keepalive_interval", k.KeepaliveInterval)...)
	}
	if k.KeepaliveCount < 0 {
		add("keepalive_count", kind.CodeSSHKeepalive, "Negative keepalive_count", "It is %d. Set it to 1 or more: after so many unanswered questions a connection counts as lost.", k.KeepaliveCount)
	}
	p = append(p, connect.CheckOwnPath("identity_file", k.IdentityFile)...)
	p = append(p, connect.CheckOwnPath("known_hosts", k.KnownHosts)...)
	p = append(p, connect.CheckOwnPath("ssh_config", k.SSHConfig)...)
	p = append(p, connect.CheckOwnPath("certificate", k.Certificate)...)
	if k.IdentityFile != "" && k.PrivateKey != "" {
		add("private_key", kind.CodeSSHTwoKeys, "Two keys", "Both identity_file and private_key are set. Leave one of them out.")
	}
	p = append(p, connect.CheckTyped("password", kind.CodePasswordLineEnd, k.Password)...)
	p = append(p, connect.CheckTyped("passphrase", kind.CodePassphraseLineEnd, k.Passphrase)...)
	p = append(p, checkAnswers(k.Answers)...)
	p = append(p, checkKeyText(k.PrivateKey)...)
	switch k.HostKeyCheck {
	case "", checkStrict, checkAcceptNew, checkOff:
	default:
		add("host_key_check", kind.CodeSSHHostKeyCheck, "Invalid host_key_check", "%q is not one of strict, accept_new and off.", k.HostKeyCheck)
	}
	switch k.Client {
	case "", clientNative:
	case clientOpenSSH:
		p = append(p, k.checkProgram()...)
	default:
		add("client", kind.CodeSSHClient, "Invalid client", "%q is not one of native and openssh.", k.Client)
	}
	for _, line := range k.HostKey {
		if _, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err != nil {
			add("host_key", kind.CodeSSHHostKeyForm, "Invalid host key", "%q is not a public key. Write it as in a .pub file: the type, then the key.", line)
		}
	}
	if bad := k.besidePins(); bad != nil && k.SSHConfig == "false" && !k.byProgram() {
		p = append(p, *bad)
	}
	return p
}

// besidePins is the problem of an argument that counts for nothing beside host_key, nil if
// there is none. It counts if there are jump hosts, which only the ssh configuration tells:
// they take it, and not host_key.
func (k SSH) besidePins() *kind.Problem {
	var attr string
	switch {
	case len(k.HostKey) == 0:
	case k.KnownHosts != "":
		attr = "known_hosts"
	case k.HostKeyCheck == checkAcceptNew, k.HostKeyCheck == checkOff:
		attr = "host_key_check"
	}
	if attr == "" {
		return nil
	}
	return attrProblem(attr, kind.CodeContextConflict, "Argument counts for nothing",
		"host_key is set, and nothing else is trusted then, so %s counts for nothing. Leave one of the two out.", attr)
}

// checkKeyText says what is wrong with a private key whose line breaks are
// lost. Nothing of the key is in what it says.
func checkKeyText(key string) []kind.Problem {
	const begin = "-----BEGIN "
	_, rest, found := strings.Cut(key, begin)
	switch {
	case key == "" || found && strings.Contains(rest, "\n"):
		return nil
	case found:
		return []kind.Problem{*kind.NewProblem("private_key", kind.CodeSSHKeyLines, "Private key has no lines",
			"The value of private_key begins as a key does, but is one line. Keep its line ends: read it with file(), or write it as a heredoc.")}
	}
	return []kind.Problem{*kind.NewProblem("private_key", kind.CodeSSHKeyForm, "Not a private key",
		"The value of private_key holds no line that begins with -----BEGIN, as every key has. It is the key itself: name a file with one in identity_file.")}
}

// The values of host_key_check.
const (
	checkStrict    = "strict"
	checkAcceptNew = "accept_new"
	checkOff       = "off"
)
