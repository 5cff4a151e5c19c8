package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// credentials are what one hop logs in with, and the record of what came of
// it. All keys go into one publickey method: the library uses only the first
// of a kind.
type credentials struct {
	s       *settings
	signers []ssh.Signer
	// names say where each signer comes from, for reports.
	names []string
	// skipped are keys that could not be used, with the reason.
	skipped []string
	socket  net.Conn

	mu       sync.Mutex
	accepted []string // fingerprints that the server took and asked to prove
	allowed  []string // methods that the server still accepts
	tried    []string
}

// gather reads keys. It fails where a key that an argument names can not be
// used; any other is skipped and named in the report of a refusal.
func gather(s *settings) (*credentials, error) {
	c := &credentials{s: s}
	agentKeys := c.dialAgent()
	if s.args.PrivateKey != "" {
		if err := c.key("private_key", []byte(s.args.PrivateKey), agentKeys); err != nil {
			return nil, c.fail(err)
		}
	}
	for _, f := range s.identities {
		if err := c.file(f, agentKeys); err != nil {
			return nil, c.fail(err)
		}
	}
	if err := c.certificates(); err != nil {
		return nil, c.fail(err)
	}
	if !s.identitiesOnly {
		for _, k := range agentKeys {
			c.add("ssh-agent", k)
		}
	}
	return c, nil
}

func (c *credentials) fail(err error) error {
	c.close()
	return err
}

// close ends the connection to the ssh-agent, once the login is over.
func (c *credentials) close() {
	if c.socket != nil {
		c.socket.Close()
	}
}

func (c *credentials) add(name string, s ssh.Signer) {
	for _, have := range c.signers {
		if bytes.Equal(have.PublicKey().Marshal(), s.PublicKey().Marshal()) {
			return
		}
	}
	c.signers, c.names = append(c.signers, s), append(c.names, name)
}

// dialAgent returns the ssh-agent's keys; one that does not answer has none.
func (c *credentials) dialAgent() []ssh.Signer {
	if c.s.agentSocket == "" {
		return nil
	}
	conn, err := net.Dial("unix", c.s.agentSocket)
	if err != nil {
		c.skipped = append(c.skipped, "ssh-agent: "+err.Error())
		return nil
	}
	c.socket = conn
	keys, err := agent.NewClient(conn).Signers()
	if err != nil {
		c.skipped = append(c.skipped, "ssh-agent: "+err.Error())
	}
	return keys
}

const keyFileLimit = 1 << 20

func (c *credentials) file(name string, agentKeys []ssh.Signer) error {
	asked := c.s.args.IdentityFile != ""
	content, err := readBounded(name)
	if err != nil {
		if asked {
			return attrProblem("identity_file", "ssh_key_unreadable", "Private key can not be read",
				"%v. Correct identity_file, or give the key itself as private_key.", err)
		}
		if !errors.Is(err, os.ErrNotExist) {
			c.skipped = append(c.skipped, err.Error())
		}
		return nil
	}
	return c.key(name, content, agentKeys)
}

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, keyFileLimit))
}

// key adds one private key. One that is encrypted may be in the ssh-agent.
func (c *credentials) key(name string, content []byte, agentKeys []ssh.Signer) error {
	signer, err := c.parse(name, content)
	var locked *ssh.PassphraseMissingError
	switch {
	case err == nil:
		c.add(name, signer)
		return nil
	case errors.As(err, &locked):
		if k := find(agentKeys, lockedPublic(name, locked)); k != nil {
			c.add(name+" through the ssh-agent", k)
			return nil
		}
		err = attrProblem("passphrase", "ssh_key_encrypted", "Private key is encrypted",
			"%s needs a passphrase, and the ssh-agent does not hold it. Set passphrase, from a sensitive variable, or add the key with ssh-add.", name)
	}
	if c.asked(name) {
		return err
	}
	c.skipped = append(c.skipped, fmt.Sprintf("%s: %v", name, summaryOf(err)))
	return nil
}

func (c *credentials) asked(name string) bool {
	return name == "private_key" || c.s.args.IdentityFile != ""
}

func (c *credentials) parse(name string, content []byte) (ssh.Signer, error) {
	signer, err := ssh.ParsePrivateKey(content)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) && c.s.args.Passphrase != "" {
		signer, err = ssh.ParsePrivateKeyWithPassphrase(content, []byte(c.s.args.Passphrase))
		if err != nil {
			return nil, attrProblem("passphrase", "ssh_wrong_passphrase", "Wrong passphrase",
				"The passphrase does not open %s: %v.", name, err)
		}
	}
	if err != nil && !errors.As(err, &locked) {
		attr := "identity_file"
		if name == "private_key" {
			attr = name
		}
		return nil, attrProblem(attr, "ssh_key_form", "Not a private key",
			"%s holds no private key that can be used: %v.", name, err)
	}
	return signer, err
}

// lockedPublic is the public half of an encrypted key: most forms tell it, for
// the others there may be a .pub file.
func lockedPublic(name string, locked *ssh.PassphraseMissingError) ssh.PublicKey {
	if locked.PublicKey != nil {
		return locked.PublicKey
	}
	content, err := readBounded(name + ".pub")
	if err != nil {
		return nil
	}
	key, _, _, _, _ := ssh.ParseAuthorizedKey(content)
	return key
}

func find(signers []ssh.Signer, key ssh.PublicKey) ssh.Signer {
	if key == nil {
		return nil
	}
	i := slices.IndexFunc(signers, func(s ssh.Signer) bool {
		return bytes.Equal(s.PublicKey().Marshal(), key.Marshal())
	})
	if i < 0 {
		return nil
	}
	return signers[i]
}

// certificates puts each certificate in front of the keys, for the key that it
// certifies. A certificate beside a key (KEY-cert.pub) counts too.
func (c *credentials) certificates() error {
	if text := c.s.args.Certificate; text != "" {
		if err := c.certificate("certificate", text); err != nil {
			return err
		}
	}
	for _, f := range c.s.certificates {
		if err := c.certificate("", f); err != nil {
			c.skipped = append(c.skipped, summaryOf(err))
		}
	}
	for _, f := range c.s.identities {
		if _, err := os.Stat(f + "-cert.pub"); err == nil {
			c.certificate("", f+"-cert.pub")
		}
	}
	return nil
}

func (c *credentials) certificate(attr, text string) error {
	line := []byte(text)
	if !strings.Contains(text, "-cert-v01@openssh.com ") {
		var err error
		if line, err = readBounded(c.s.expand(text)); err != nil {
			return attrProblem(attr, "ssh_certificate", "Certificate can not be used", "%v.", err)
		}
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(line)
	cert, ok := key.(*ssh.Certificate)
	if err != nil || !ok {
		return attrProblem(attr, "ssh_certificate", "Certificate can not be used", "%s is no certificate.", clip(text))
	}
	signer := find(c.signers, cert.Key)
	if signer == nil {
		return attrProblem(attr, "ssh_certificate", "Certificate can not be used",
			"It is for the key %s, which is not among the private keys of this context.", ssh.FingerprintSHA256(cert.Key))
	}
	certified, err := ssh.NewCertSigner(cert, signer)
	if err != nil {
		return attrProblem(attr, "ssh_certificate", "Certificate can not be used", "%v.", err)
	}
	c.signers, c.names = append([]ssh.Signer{certified}, c.signers...), append([]string{"certificate of " + ssh.FingerprintSHA256(cert.Key)}, c.names...)
	return nil
}

// methods are the ways to log in, best first.
func (c *credentials) methods() []ssh.AuthMethod {
	var m []ssh.AuthMethod
	for _, name := range c.s.methods {
		switch {
		case name == "publickey" && len(c.signers) > 0:
			m = append(m, ssh.PublicKeysCallback(func() ([]ssh.Signer, error) { return c.watched(), nil }))
		case name == "password" && c.s.args.Password != "":
			m = append(m, ssh.Password(c.s.args.Password))
		case name == "keyboard-interactive" && c.s.args.Password != "":
			m = append(m, ssh.KeyboardInteractive(c.challenge))
		}
	}
	return m
}

// observe is told what the server accepts, before each further method.
func (c *credentials) observe(ctx *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.allowed, c.tried = ctx.AllowedMethods, ctx.TriedMethods
	return nil, nil
}

// challenge answers one hidden question with the password, and nothing else: a
// one-time code can not be made up.
func (c *credentials) challenge(_, _ string, questions []string, echos []bool) ([]string, error) {
	switch {
	case len(questions) == 0:
		return nil, nil
	case len(questions) == 1 && !echos[0]:
		return []string{c.s.args.Password}, nil
	}
	return nil, fmt.Errorf("the server asks %d questions", len(questions))
}

// watched are the signers, each of which notes that the server asked for its
// signature: only an accepted key is asked to sign.
func (c *credentials) watched() []ssh.Signer {
	out := make([]ssh.Signer, len(c.signers))
	for i, s := range c.signers {
		out[i] = watch(s, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.accepted = append(c.accepted, ssh.FingerprintSHA256(s.PublicKey()))
		})
	}
	return out
}

func watch(s ssh.Signer, signed func()) ssh.Signer {
	switch s := s.(type) {
	case ssh.MultiAlgorithmSigner:
		return watchedMulti{s, signed}
	case ssh.AlgorithmSigner:
		return watchedAlgorithm{s, signed}
	}
	return watchedSigner{s, signed}
}

type watchedSigner struct {
	ssh.Signer
	signed func()
}

func (w watchedSigner) Sign(r io.Reader, data []byte) (*ssh.Signature, error) {
	w.signed()
	return w.Signer.Sign(r, data)
}

type watchedAlgorithm struct {
	ssh.AlgorithmSigner
	signed func()
}

func (w watchedAlgorithm) SignWithAlgorithm(r io.Reader, data []byte, a string) (*ssh.Signature, error) {
	w.signed()
	return w.AlgorithmSigner.SignWithAlgorithm(r, data, a)
}

type watchedMulti struct {
	ssh.MultiAlgorithmSigner
	signed func()
}

func (w watchedMulti) SignWithAlgorithm(r io.Reader, data []byte, a string) (*ssh.Signature, error) {
	w.signed()
	return w.MultiAlgorithmSigner.SignWithAlgorithm(r, data, a)
}

func attrProblem(attr, code, summary, detail string, args ...any) *kind.Problem {
	return kind.NewProblem(attr, code, summary, detail, args...)
}

func summaryOf(err error) string {
	var p *kind.Problem
	if errors.As(err, &p) {
		return strings.ToLower(p.Summary[:1]) + p.Summary[1:]
	}
	return err.Error()
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
