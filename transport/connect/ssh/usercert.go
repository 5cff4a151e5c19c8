package ssh

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// certificates are the certificates of the user, each with the private key that
// belongs to it. An IdentityFile may be one, too, as with ssh. If none is
// configured, one beside a key (KEY-cert.pub) counts.
func (c *credentials) certificates(configured []*offer) ([]*offer, error) {
	var out []*offer
	take := func(name, attr, text string) error {
		o, err := c.certificate(name, text, configured)
		switch {
		case err != nil && attr != "":
			return certificateProblem(attr, name, err).Because(err)
		case err != nil:
			c.skip("%s %v", name, err)
		default:
			out = append(out, o)
		}
		return nil
	}
	if text := c.s.args.Certificate; text != "" {
		name := "certificate"
		if !isCertLine(text) {
			name += " " + c.s.expand(text)
		}
		if err := take(name, "certificate", text); err != nil {
			return nil, err
		}
	}
	for _, f := range c.s.certificates {
		take(f, "", f)
	}
	explicit := len(out) > 0 || c.s.args.Certificate != "" || len(c.s.certificates) > 0
	for _, id := range c.certified {
		// Otherwise the identity itself says what it lacks.
		if signer, _ := c.privateOf(id.cert.Key, configured); signer != nil {
			take(id.name, "", id.path)
		}
	}
	if explicit {
		return out, nil
	}
	for _, f := range c.s.identities {
		beside := strings.TrimSuffix(f, ".pub") + "-cert.pub"
		if _, err := os.Stat(beside); err == nil {
			take(beside, "", beside)
		}
	}
	return out, nil
}

func isCertLine(text string) bool { return strings.Contains(text, "-cert-v01@openssh.com ") }

// certificate reads a certificate, from a line or a file, and finds its private
// key among those that are configured and those of the ssh-agent. The error is
// a clause.
func (c *credentials) certificate(name, text string, configured []*offer) (*offer, error) {
	cert, err := c.readCertificate(text)
	if err != nil {
		return nil, err
	}
	signer, through := c.privateOf(cert.Key, configured)
	if signer == nil {
		return nil, fmt.Errorf("is for the key %s, which is not among the private keys of this context", keyText(cert.Key))
	}
	certified, err := ssh.NewCertSigner(cert, signer)
	if err != nil {
		return nil, err
	}
	o := &offer{signer: certified, from: name + through, cert: cert}
	for _, k := range configured {
		if k.locked != nil && sameKey(k.key(), cert.Key) {
			o.locked = k.locked
		}
	}
	return o, nil
}

// certificateProblem is the problem of a certificate that an argument names. err is a
// clause.
func certificateProblem(attr, name string, err error) *kind.Problem {
	return attrProblem(attr, kind.CodeSSHCertificate, "Certificate cannot be used",
		"%s %v. Name the file with the certificate of the user (ssh-keygen -L -f FILE shows what it is for), or leave %s out.", name, kind.Unquoted(err.Error(), nil), attr)
}

// readCertificate reads the certificate of a user, from a line or a file. The error is a
// clause.
func (c *credentials) readCertificate(text string) (*ssh.Certificate, error) {
	line := []byte(text)
	if !isCertLine(text) {
		var err error
		if line, err = readKeyFile(c.s.expand(text)); err != nil {
			return nil, fmt.Errorf("cannot be read: %w", reasonOf(err))
		}
	}
	cert, ok := parsePublic(line).(*ssh.Certificate)
	switch {
	case !ok:
		return nil, errors.New("is not a certificate")
	case cert.CertType != ssh.UserCert:
		return nil, errors.New("is a certificate of a host, and not one of a user")
	}
	return cert, nil
}

// privateOf is the private half of a key, and how a report says where it is;
// nil if neither a file nor the ssh-agent holds it.
func (c *credentials) privateOf(key ssh.PublicKey, configured []*offer) (signer ssh.Signer, through string) {
	if i := slices.IndexFunc(configured, func(o *offer) bool { return o.cert == nil && sameKey(o.key(), key) }); i >= 0 {
		return configured[i].signer, ""
	}
	if k := c.agent.find(key); k != nil {
		return k.signer, ", through the ssh-agent"
	}
	return nil, ""
}

// sshdOptions are the critical options that sshd knows: CERTIFICATES in ssh-keygen(1).
var sshdOptions = []string{"force-command", "source-address", "verify-required"}

// userCertFault is what may be wrong with a certificate that a server refused.
// code is "" if nothing can be seen from here.
func userCertFault(cert *ssh.Certificate, user string, now time.Time) (code kind.Code, summary, says string) {
	after, before := certTimes(cert)
	switch {
	case !before.IsZero() && !now.Before(before):
		return kind.CodeSSHCertExpired, "User certificate has expired",
			fmt.Sprintf("was valid until %s, and here it is %s", stampOf(before), stampOf(now))
	case !after.IsZero() && now.Before(after):
		return kind.CodeSSHCertEarly, "User certificate is not valid yet",
			fmt.Sprintf("is valid from %s on, and here it is %s", stampOf(after), stampOf(now))
	case len(cert.ValidPrincipals) == 0:
		return kind.CodeSSHCertPrincipal, "User certificate is for nobody", "names no user that it is for"
	case !slices.Contains(cert.ValidPrincipals, user):
		return kind.CodeSSHCertPrincipal, "User certificate is for another user",
			fmt.Sprintf("is for %s, and not for %s", clipList(cert.ValidPrincipals), user)
	case cert.CriticalOptions["source-address"] != "":
		return kind.CodeSSHCertAddress, "User certificate is for other addresses",
			"may be used from " + clip(cert.CriticalOptions["source-address"]) + " alone"
	}
	for _, name := range slices.Sorted(maps.Keys(cert.CriticalOptions)) {
		if !slices.Contains(sshdOptions, name) {
			return kind.CodeSSHCertOption, "User certificate has an option that sshd does not know",
				fmt.Sprintf("has the critical option %q, which no sshd knows", clip(name))
		}
	}
	return "", "", ""
}
