package ssh

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// certFault is what is wrong with a host's certificate. authority is the line
// of known_hosts that vouches for the signer, nil if there is none.
type certFault struct {
	code         kind.Code
	summary      string
	says, remedy kind.Wording
	cert         *ssh.Certificate
	authority    *hostLine
}

// certified checks a host's certificate as sshkey_cert_check_host of OpenSSH
// does. nil means that it is valid, or that there is none.
func (t *trust) certified(cert *ssh.Certificate) *certFault {
	if cert == nil {
		return nil
	}
	l := t.authority(cert)
	if l == nil {
		return &certFault{code: kind.CodeSSHHostCAUnknown, summary: "Unknown authority of host keys", cert: cert,
			says: kind.Say("Nothing vouches for that key"), remedy: t.trustAuthority(cert)}
	}
	f := t.s.algorithms.signatureFault(cert, hostCertFault(cert, t.principal, t.now()))
	if f != nil && f.code == kind.CodeSSHHostCertPrincipal {
		f.remedy = t.otherName(cert)
	}
	if f != nil {
		f.cert, f.authority = cert, l
	}
	return f
}

// authority returns the line of known_hosts that lets the signer of a certificate
// vouch for the host, nil if there is none.
func (t *trust) authority(cert *ssh.Certificate) *hostLine {
	for _, name := range t.names {
		for _, l := range t.known.keysOf(name, markCA) {
			if sameKey(l.key, cert.SignatureKey) {
				return l
			}
		}
	}
	return nil
}

// hostCertFault is what is wrong with a certificate in itself, for a host of
// that name; nil if nothing is.
func hostCertFault(cert *ssh.Certificate, name string, now time.Time) *certFault {
	sign := kind.Say("Have its authority sign the host's key anew, and put the certificate on the host as HostCertificate: %s", signHost(cert, name))
	after, before := certTimes(cert)
	switch {
	case cert.CertType != ssh.HostCert:
		return &certFault{code: kind.CodeSSHHostCertKind, summary: "Certificate is not one of a host",
			says: kind.Say("It is a certificate of a user"), remedy: kind.Say("Have one of a host made: %s", signHost(&ssh.Certificate{Key: cert.Key, KeyId: cert.KeyId}, name))}
	case !after.IsZero() && now.Before(after):
		return &certFault{code: kind.CodeSSHHostCertEarly, summary: "Host certificate is not valid yet",
			says: kind.Say("It is valid from %s on, and here it is %s", stampOf(after), stampOf(now)), remedy: kind.Say("Set the clocks right, or wait. %s", sign)}
	case !before.IsZero() && !now.Before(before):
		return &certFault{code: kind.CodeSSHHostCertExpired, summary: "Host certificate has expired",
			says: kind.Say("It was valid until %s, and here it is %s", stampOf(before), stampOf(now)), remedy: sign}
	case len(cert.ValidPrincipals) > 0 && !slices.Contains(cert.ValidPrincipals, name):
		return &certFault{code: kind.CodeSSHHostCertPrincipal, summary: "Host certificate is for another name",
			says: kind.Say("It is valid for %s, and not for %s", clipList(cert.ValidPrincipals), name)}
	case len(cert.CriticalOptions) > 0:
		return &certFault{code: kind.CodeSSHHostCertOption, summary: "Host certificate has an option that nobody knows",
			says: kind.Say("It has the critical option %s, which ssh knows of no host", clipList(quotedAll(slices.Sorted(maps.Keys(cert.CriticalOptions))))), remedy: sign}
	}
	// The library checks the signature, and refuses what it does not know.
	check := ssh.CertChecker{Clock: func() time.Time { return now }}
	if err := check.CheckCert(name, cert); err != nil {
		return &certFault{code: kind.CodeSSHHostCertBroken, summary: "Host certificate does not hold",
			says: kind.Say("It does not hold: %s", strings.TrimPrefix(err.Error(), "ssh: ")), remedy: sign}
	}
	if cert.Signature.Format == ssh.KeyAlgoRSA || cert.Signature.Format == algoDSA {
		return &certFault{code: kind.CodeSSHHostCertWeak, summary: "Host certificate is signed in a way that is not safe any more",
			says: kind.Say("The signature is of the kind %s", cert.Signature.Format), remedy: sign}
	}
	return nil
}

// otherName says what to do about a certificate that is for another name of the host. With
// ssh a certificate has to be for the name that is dialled, and not for the one that was
// given, unless HostKeyAlias says otherwise.
func (t *trust) otherName(cert *ssh.Certificate) kind.Wording {
	given, anew := t.s.args.Host, kind.Say("To have that name in it: %s", signHost(cert, t.principal))
	if slices.Contains(cert.ValidPrincipals, given) {
		return kind.Say("Host keys are those of %s, which HostName of the ssh configuration dials for %s. Write HostKeyAlias %s beside it. %s", t.principal, given, given, anew)
	}
	return kind.Say("Use a name that is in it as host, or set HostKeyAlias to one in the ssh configuration. %s", anew)
}

// signHost is the command that makes a certificate like that one, which is valid for a name
// as well.
func signHost(cert *ssh.Certificate, name string) string {
	names := slices.Clone(cert.ValidPrincipals)
	if !slices.Contains(names, name) {
		names = append(names, name)
	}
	return fmt.Sprintf("ssh-keygen -s AUTHORITY -I %s -h -n %s /etc/ssh/ssh_host_%s_key.pub", prose.ShellWord(firstOf(cert.KeyId, name)), prose.ShellWord(strings.Join(names, ",")), keyFileWord(cert.Key.Type()))
}

// certTimes are the times between which a certificate is valid. A zero time is
// no bound.
func certTimes(cert *ssh.Certificate) (after, before time.Time) {
	const end = 1 << 60 // far beyond every date
	if cert.ValidAfter > 0 {
		after = time.Unix(int64(min(cert.ValidAfter, end)), 0)
	}
	if cert.ValidBefore != ssh.CertTimeInfinity {
		before = time.Unix(int64(min(cert.ValidBefore, end)), 0)
	}
	return after, before
}

// stampOf is a time to the minute, in UTC, as certificates are told in.
func stampOf(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// maxClipped is how many names of a server a message has.
const maxClipped = 5

// clipList names a few of many.
func clipList(names []string) string {
	shown := make([]string, len(names))
	for i, n := range names {
		shown[i] = clip(n)
	}
	return prose.List(shown, maxClipped)
}

// algoDSA is the name of DSA, RFC 4253, section 6.6. Nobody should use it any
// more.
const algoDSA = "ssh-dss"
