package ssh

import (
	"net"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// trust decides about the host key of one login.
type trust struct {
	s    *settings
	warn func(kind.Problem)
	// pins are the keys that the argument host_key allows. If there are any,
	// nothing else is looked at.
	pins []ssh.PublicKey
	// known is nil if nothing is looked up.
	known *knownHosts
	// names are what the host is looked up as: with its port and, if that is
	// not 22, without it, too. principal is its name in certificates.
	names     []string
	principal string
	now       func() time.Time
	verdict   string // why the key is trusted
}

// newTrust prepares the decision, and reads the files that it needs. warn is
// told what is wrong with them.
func newTrust(s *settings, warn func(kind.Problem)) (*trust, error) {
	t := &trust{s: s, warn: warn, now: time.Now, principal: hostOf(s.alias)}
	t.names = []string{knownName(s.alias)}
	if t.principal != t.names[0] {
		t.names = append(t.names, t.principal)
	}
	for _, line := range s.args.HostKey {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return nil, attrProblem("host_key", kind.CodeSSHHostKeyForm, "Invalid host key", "%q is not a public key.", line)
		}
		t.pins = append(t.pins, key)
	}
	if len(t.pins) > 0 || s.args.HostKeyCheck == checkOff {
		return t, nil
	}
	return t, t.load()
}

// load reads the files of known hosts. What is wrong with a file is a warning,
// unless an argument names the file or a line in it may revoke the host's key.
func (t *trust) load() error {
	t.known = &knownHosts{}
	for _, name := range t.s.knownHosts {
		f, err := readHostFile(name)
		switch {
		case err != nil && t.s.args.KnownHosts != "":
			return hostFileProblem(err)
		case err != nil:
			t.warn(*hostFileWarning(err))
		default:
			t.known.files = append(t.known.files, f)
			if w := f.warning(); w != nil {
				t.warn(*w)
			}
		}
	}
	if l := t.known.unreadable(t.names...); l != nil {
		return t.unreadable(l)
	}
	return nil
}

// algorithms are those that the host may prove its identity with. Those of known
// keys come first, unless HostKeyAlgorithms says otherwise.
func (t *trust) algorithms() []string {
	if t.s.algorithms.ordered {
		return t.s.algorithms.hostKeys
	}
	all := t.s.algorithms.hostKeys
	if t.known == nil {
		return orderAlgorithms(all, keyTypes(t.pins), false)
	}
	for _, name := range t.names {
		var keys []ssh.PublicKey
		for _, l := range t.known.keysOf(name, markNone) {
			keys = append(keys, l.key)
		}
		ca := len(t.known.keysOf(name, markCA)) > 0
		if len(keys) > 0 || ca {
			return orderAlgorithms(all, keyTypes(keys), ca)
		}
	}
	return all
}

func keyTypes(keys []ssh.PublicKey) []string {
	var types []string
	for _, k := range keys {
		types = append(types, k.Type())
	}
	return types
}

// check is called during the handshake, with the key that the host shows. It
// answers as check_host_key of OpenSSH does: a certificate of a known authority
// counts; one that is not valid is taken for the plain key in it.
func (t *trust) check(_ string, _ net.Addr, shown ssh.PublicKey) error {
	cert, key := plainKey(shown)
	switch {
	case len(t.pins) > 0:
		return t.pinned(shown, key)
	case t.known == nil:
		t.verdict = "not checked (host_key_check is off)"
		return nil
	}
	keys := []ssh.PublicKey{key}
	if cert != nil {
		keys = append(keys, cert.SignatureKey)
	}
	if l := t.known.revoked(keys, t.names...); l != nil {
		return t.revoked(shown, l)
	}
	why := t.certified(cert)
	if cert != nil && why == nil {
		t.verdict = "known authority"
		return nil
	}
	return t.plain(key, why)
}

// plainKey is the certificate that a host shows, nil if there is none, and its
// key.
func plainKey(shown ssh.PublicKey) (*ssh.Certificate, ssh.PublicKey) {
	if cert, ok := shown.(*ssh.Certificate); ok {
		return cert, cert.Key
	}
	return nil, shown
}

// pinned is the answer if host_key is set.
func (t *trust) pinned(shown, key ssh.PublicKey) error {
	for _, p := range t.pins {
		if sameKey(p, shown) || sameKey(p, key) {
			t.verdict = "in host_key"
			return nil
		}
	}
	return t.notPinned(key)
}

// plain is the answer to a key without a certificate. why is what was wrong
// with the certificate that came with it, if one did.
func (t *trust) plain(key ssh.PublicKey, why *certFault) error {
	var others []*hostLine
	for i, name := range t.names {
		known := t.known.keysOf(name, markNone)
		for _, l := range known {
			if sameKey(l.key, key) {
				t.verdict = "known"
				return nil
			}
		}
		// A key that is known without a port says nothing against another key
		// on this port.
		if i == 0 && len(known) > 0 {
			return t.changed(key, known)
		}
		others = append(others, known...)
	}
	switch {
	case t.s.args.HostKeyCheck == checkAcceptNew:
		t.verdict = "new, and accepted"
		return t.accept(key)
	case why != nil:
		return t.certRefused(key, why)
	}
	return t.unknown(key, others)
}
