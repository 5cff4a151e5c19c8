package ssh

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"net"
	"slices"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// allows says why a host key must not be used, whatever vouches for it:
// RevokedHostKeys, or RequiredRSASize. nil means that it may be used.
func (s *settings) allows(shown ssh.PublicKey) error {
	cert, key := plainKey(shown)
	if bits := rsaBits(key); bits > 0 && bits < s.rsaBits {
		return attrProblem("ssh_config", kind.CodeSSHHostKeyShort, "Host key is too short",
			"%s shows an RSA key of %d bits, and RequiredRSASize of the ssh configuration asks for %d. Give the host a longer key, or lower RequiredRSASize.", s.addr(), bits, s.rsaBits)
	}
	if s.revoked == "" || s.args.HostKeyCheck == checkOff || len(s.args.HostKey) > 0 {
		return nil
	}
	keys := []ssh.PublicKey{key}
	if cert != nil {
		keys = append(keys, cert.SignatureKey)
	}
	return s.checkRevoked(keys)
}

// signatureFault checks the signature algorithm of a certificate against
// CASignatureAlgorithms. f is what is wrong with the certificate so far.
func (a algorithms) signatureFault(cert *ssh.Certificate, f *certFault) *certFault {
	switch {
	case a.authorities == nil, f != nil && f.code != kind.CodeSSHHostCertWeak:
		return f
	case slices.Contains(a.authorities, cert.Signature.Format):
		return nil
	}
	return &certFault{code: kind.CodeSSHHostCertWeak, summary: "Host certificate is signed in a way that is not allowed",
		says:   kind.Say("The signature is of the kind %s, which CASignatureAlgorithms of the ssh configuration does not allow", cert.Signature.Format),
		remedy: kind.Say("Allow it there, or have the certificate signed anew with a key of another kind.")}
}

// entry is the host's name for a new line of known_hosts. With HashKnownHosts
// it is hashed, so that nobody can read it there.
func (s *settings) entry(name string) string {
	if s.hashKnownHosts {
		return knownhosts.HashHostname(name)
	}
	return name
}

// rsaBits is the size of an RSA key, 0 for any other.
func rsaBits(key ssh.PublicKey) int {
	if c, ok := key.(ssh.CryptoPublicKey); ok {
		if r, ok := c.CryptoPublicKey().(*rsa.PublicKey); ok {
			return r.N.BitLen()
		}
	}
	return 0
}

// dropShortKeys leaves out the RSA keys that RequiredRSASize does not allow, those
// in files and those in the ssh-agent.
func (c *credentials) dropShortKeys() {
	c.offers = slices.DeleteFunc(c.offers, func(o *offer) bool {
		bits := o.rsaBits()
		if bits == 0 || bits >= c.s.rsaBits {
			return false
		}
		c.barred++
		c.skip("%s has %d bits, and RequiredRSASize of the ssh configuration asks for %d", o.text(), bits, c.s.rsaBits)
		return true
	})
}

// rsaBits is the size of an RSA key in bits, 0 for any other key. What an
// ssh-agent says of a key has to be parsed first.
func (o *offer) rsaBits() int {
	key, err := ssh.ParsePublicKey(o.key().Marshal())
	if err != nil {
		return 0
	}
	return rsaBits(key)
}

// checkRevoked reads the file of RevokedHostKeys. As with ssh, a file that
// cannot be read makes every key refused.
func (s *settings) checkRevoked(keys []ssh.PublicKey) error {
	content, err := readKeyFile(s.revoked)
	if err == nil && bytes.HasPrefix(content, []byte("SSHKRL\n")) {
		err = errors.New("it is a key revocation list, and mitoplan reads public keys only, one a line (client = \"openssh\" honours such lists)")
	}
	if err != nil {
		return attrProblem("ssh_config", kind.CodeSSHRevokedKeys, "Revoked host keys cannot be read",
			"RevokedHostKeys %s of the ssh configuration: %v. Until it can be read, no host key is trusted. Name a file that can be read, or remove the line.", s.revoked, err).Because(err)
	}
	for line := range bytes.Lines(content) {
		revoked, _, _, _, err := ssh.ParseAuthorizedKey(line)
		if i := slices.IndexFunc(keys, func(k ssh.PublicKey) bool { return err == nil && sameKey(k, revoked) }); i >= 0 {
			key := keys[i]
			return attrProblem("host", kind.CodeSSHHostKeyRevoked, "Host key is revoked",
				"%s shows the %s key %s, which %s revokes: somebody else may have it. Give the host a new key, or, if the key should not be revoked, remove it from that file.", s.addr(), key.Type(), ssh.FingerprintSHA256(key), s.revoked)
		}
	}
	return nil
}

// failed is the error of a handshake or login that failed, with what the
// configuration has to do with it.
func (h *handshake) failed(ctx context.Context, conn net.Conn, err error) error {
	s := h.trust.s
	if no := s.disagreement(err); no != nil && ctx.Err() == nil {
		return no
	}
	if c, ok := conn.(*commandConn); ok && !h.trusted && h.refused == nil {
		switch {
		case ctx.Err() == nil && isCut(err):
			return proxyEnded(kind.Say("%q", clip(s.command)), s.addr(), c.reason())
		case isTimeout(ctx, err):
			return s.addMissed(attrProblem("ssh_config", kind.CodeSSHHandshakeTimeout, "ProxyCommand does not finish the handshake",
				"%q runs, but brought no handshake with %s about %s: what came through it %s.%s The command hangs, or the host does. Run the command by hand to find out more.",
				clip(s.command), s.addr(), s.within(ctx), h.greeting.toldSoFar(), c.complaint()), false)
		}
	}
	if lost := h.greeting.carrierLost(); lost != nil && h.refused == nil && ctx.Err() == nil {
		return lost.problem(s)
	}
	return s.addMissed(h.explain(ctx, err), h.trusted)
}
