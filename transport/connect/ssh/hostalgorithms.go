package ssh

import (
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// hostKeyOrder is the order in which OpenSSH prefers algorithms of host keys
// (KEX_DEFAULT_PK_ALG in its myproposal.h).
var hostKeyOrder = []string{
	ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
	ssh.CertAlgoSKED25519v01, ssh.CertAlgoSKECDSA256v01, ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
	ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
	ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
}

// hostKeyAlgorithms are those that the library can check, in the order of
// OpenSSH. Those that OpenSSH does not have come last.
func hostKeyAlgorithms() []string {
	supported := ssh.SupportedAlgorithms().HostKeys
	rank := func(a string) int {
		if i := slices.Index(hostKeyOrder, a); i >= 0 {
			return i
		}
		return len(hostKeyOrder)
	}
	slices.SortStableFunc(supported, func(a, b string) int { return rank(a) - rank(b) })
	return supported
}

// orderAlgorithms puts those first that a known key of the host can be shown
// with, so that a server with several keys shows the one that is known.
// order_hostkeyalgs of OpenSSH does that, too. known are the types of the known
// keys; ca is true if an authority is known for the host.
func orderAlgorithms(all, known []string, ca bool) []string {
	if len(all) == 0 || slices.Contains(known, keyTypeOf(all[0])) {
		return all
	}
	var first, last []string
	for _, a := range all {
		if ca && isCertAlgorithm(a) || slices.Contains(known, keyTypeOf(a)) {
			first = append(first, a)
		} else {
			last = append(last, a)
		}
	}
	return append(first, last...)
}

func isCertAlgorithm(a string) bool { return strings.Contains(a, "-cert-v01@") }

// keyTypeOf is the type of the plain key that an algorithm signs with.
func keyTypeOf(algorithm string) string {
	name, _, cert := strings.Cut(algorithm, "-cert-v01@")
	if cert && strings.HasPrefix(name, "sk-") {
		name += "@openssh.com"
	}
	switch name {
	case ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256:
		return ssh.KeyAlgoRSA
	}
	return name
}
