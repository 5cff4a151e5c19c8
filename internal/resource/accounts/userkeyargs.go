package accounts

import (
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// The types of keys that are made.
const keyEd25519, keyRSA, keyECDSA = "ed25519", "rsa", "ecdsa"

// minPassphrase is five, how long a passphrase has to be: ssh-keygen takes no shorter one.
const minPassphrase = 5

func (a *Account) keyType() string {
	if a.SSHKeyType == "" {
		return keyEd25519
	}
	return a.SSHKeyType
}

// keyName is the path of the key below the home.
func (a *Account) keyName() string {
	if a.SSHKeyFile == nil {
		return ".ssh/id_" + a.keyType()
	}
	return path.Clean(string(*a.SSHKeyFile))
}

func (a *Account) validateKey() (out []kind.Problem) {
	bad := func(attr, summary, detail string, args ...any) {
		out = append(out, *kind.NewProblem(attr, kind.ArgumentCode(attr), summary, detail, args...))
	}
	if bits := a.SSHKeyBits; bits != nil {
		switch a.keyType() {
		case keyEd25519:
			bad("ssh_key_bits", "A key of this type has one size", "A key of the type ed25519 has always 256 bits. Remove ssh_key_bits, or set ssh_key_type to rsa or ecdsa.")
		case keyRSA:
			if *bits < 2048 || *bits > 16384 {
				bad("ssh_key_bits", "Bad size", "ssh_key_bits is %d; a key of the type rsa can have 2048 to 16384.", *bits)
			}
		case keyECDSA:
			if *bits != 256 && *bits != 384 && *bits != 521 {
				bad("ssh_key_bits", "Bad size", "ssh_key_bits is %d; a key of the type ecdsa can have 256, 384 or 521.", *bits)
			}
		}
	}
	switch a.keyType() {
	case keyEd25519, keyRSA, keyECDSA:
	default:
		bad("ssh_key_type", "Unknown type", "ssh_key_type is %q; it can be ed25519, rsa or ecdsa.", a.SSHKeyType)
	}
	if a.SSHKeyComment != nil && strings.ContainsAny(string(*a.SSHKeyComment), "\r\n\x00") {
		bad("ssh_key_comment", "Bad comment", "A comment of a key cannot contain line ends.")
	}
	if p := a.SSHKeyPassphrase; p != nil && (len(*p) < minPassphrase || strings.ContainsAny(*p, "\r\n\x00")) {
		bad("ssh_key_passphrase", "Bad passphrase", "A passphrase has at least five characters and no line ends. Leave ssh_key_passphrase out for a key without one.")
	}
	if name := a.keyName(); a.SSHKeyFile != nil && (path.IsAbs(name) || name == "." || name == ".." || strings.HasPrefix(name, "../") || strings.HasSuffix(name, ".pub") || strings.ContainsAny(name, "\n\x00")) {
		bad("ssh_key_file", "Bad path", "ssh_key_file is %q. It must be a path relative to the home directory and below it, such as .ssh/id_ed25519, and not that of a public key.", string(*a.SSHKeyFile))
	}
	if !a.GenerateSSHKey && a.SSHKeyPassphrase != nil {
		out = append(out, resource.Excluding("ssh_key_passphrase", "ssh_key_passphrase is for a key that is made, and without generate_ssh_key none is. Set generate_ssh_key, or remove ssh_key_passphrase.")...)
	}
	return out
}
