package ssh

import (
	"io"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// offer is one key or certificate that is shown to the server, and what came of
// it.
type offer struct {
	signer ssh.Signer
	from   string           // where it comes from, for reports
	cert   *ssh.Certificate // nil for a plain key
	locked *kind.Problem    // of a key that is encrypted, and cannot sign

	// Guarded by the mutex of the credentials.
	shown    bool
	accepted bool   // the server asked for a signature
	signing  bool   // the signature has not come yet
	fault    string // why there was no signature
	asked    bool   // a person was asked to confirm or to touch
	// touched and verified are what the signature of a security key says of a person.
	touched, verified bool
}

// key is the public half, without its certificate.
func (o *offer) key() ssh.PublicKey {
	if o.cert != nil {
		return o.cert.Key
	}
	return o.signer.PublicKey()
}

// same reports whether another offer shows the server the same thing.
func (o *offer) same(other *offer) bool {
	return sameKey(o.signer.PublicKey(), other.signer.PublicKey())
}

// text names an offer in a report.
func (o *offer) text() string {
	what := keyText(o.key())
	if o.cert != nil {
		what = "certificate of " + what
	}
	return what + " (" + o.from + ")"
}

// login says which keys have signed.
func (c *credentials) login() *transport.Login {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &transport.Login{}
	for _, o := range c.offers {
		if !o.accepted || o.fault != "" {
			continue
		}
		out.Keys = append(out.Keys, ssh.FingerprintSHA256(o.key()))
		if o.cert != nil {
			out.Authorities = append(out.Authorities, ssh.FingerprintSHA256(o.cert.SignatureKey))
		}
	}
	return out
}

// publicKeys is the method that shows the server these offers, one after the
// other.
func (c *credentials) publicKeys(offers []*offer) ssh.AuthMethod {
	return ssh.PublicKeysCallback(func() ([]ssh.Signer, error) {
		out := make([]ssh.Signer, len(offers))
		for i, o := range offers {
			out[i] = watch(o.signer, &watcher{c: c, o: o, rest: offers[i+1:]})
		}
		return out, nil
	})
}

// watcher notes how far an offer came. The library asks for the public half of
// a key when its turn comes, and for a signature when the server knows the key.
type watcher struct {
	c    *credentials
	o    *offer
	rest []*offer // the offers after it
}

func (w *watcher) public(s ssh.Signer) ssh.PublicKey {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	if !w.o.shown {
		w.c.s.log.Debug("key is offered", "key", w.o.text())
	}
	w.o.shown = true
	return s.PublicKey()
}

func (w *watcher) sign(sign func() (*ssh.Signature, error)) (*ssh.Signature, error) {
	w.c.mu.Lock()
	w.o.accepted, w.o.signing = true, true
	w.c.mu.Unlock()
	w.c.s.log.Debug("server knows the key, and asks for its signature")
	sig, err := w.awaitSignature(sign)
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	if err != nil {
		w.o.fault, w.c.retry = strings.TrimPrefix(err.Error(), "agent: "), w.rest
		w.c.s.log.Debug("key does not sign", "why", w.o.fault)
	}
	w.o.signing = false
	w.o.noteFlags(sig)
	return sig, err
}

func watch(s ssh.Signer, w *watcher) ssh.Signer {
	switch s := s.(type) {
	case ssh.MultiAlgorithmSigner:
		return watchedMulti{watchedAlgorithm{s, w}, s}
	case ssh.AlgorithmSigner:
		return watchedAlgorithm{s, w}
	}
	return watchedSigner{s, w}
}

type watchedSigner struct {
	ssh.Signer
	w *watcher
}

func (s watchedSigner) PublicKey() ssh.PublicKey { return s.w.public(s.Signer) }

func (s watchedSigner) Sign(r io.Reader, data []byte) (*ssh.Signature, error) {
	return s.w.sign(func() (*ssh.Signature, error) { return s.Signer.Sign(r, data) })
}

type watchedAlgorithm struct {
	ssh.AlgorithmSigner
	w *watcher
}

func (s watchedAlgorithm) PublicKey() ssh.PublicKey { return s.w.public(s.AlgorithmSigner) }

func (s watchedAlgorithm) SignWithAlgorithm(r io.Reader, data []byte, a string) (*ssh.Signature, error) {
	return s.w.sign(func() (*ssh.Signature, error) { return s.AlgorithmSigner.SignWithAlgorithm(r, data, a) })
}

type watchedMulti struct {
	watchedAlgorithm
	multi ssh.MultiAlgorithmSigner
}

func (s watchedMulti) Algorithms() []string { return s.multi.Algorithms() }
