package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"net"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// SecurityKey is an ssh-agent with one security key, a software one, as PROTOCOL.u2f of
// OpenSSH has it.
type SecurityKey struct {
	agent.Agent
	Public ssh.PublicKey
	// Flags are what it says of a person in each signature: 1 that it was touched, 4 that
	// it knows who did.
	Flags byte
	// Person is asked before it signs. nil is somebody who touches it at once.
	Person func() error

	key crypto.Signer
}

// NewSecurityKey makes a security key of a type of ssh-keygen: ed25519-sk or ecdsa-sk.
func NewSecurityKey(t testing.TB, kind string, flags byte) *SecurityKey {
	t.Helper()
	k := &SecurityKey{Agent: agent.NewKeyring(), Flags: flags}
	var blob []byte
	var err error
	if kind == "ecdsa-sk" {
		k.key, blob, err = newECDSASecurityKey()
	} else {
		k.key, blob, err = newEd25519SecurityKey()
	}
	if err == nil {
		k.Public, err = ssh.ParsePublicKey(blob)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// application is what keys of ssh are for, as those of other things are for web sites.
const application = "ssh:"

func newECDSASecurityKey() (crypto.Signer, []byte, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	point, err := private.PublicKey.Bytes()
	return private, ssh.Marshal(struct {
		Type, Curve string
		Point       []byte
		Application string
	}{ssh.KeyAlgoSKECDSA256, "nistp256", point, application}), err
}

func newEd25519SecurityKey() (crypto.Signer, []byte, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	return private, ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, application}), err
}

// List implements agent.Agent.
func (k *SecurityKey) List() ([]*agent.Key, error) {
	return []*agent.Key{{Format: k.Public.Type(), Blob: k.Public.Marshal(), Comment: "token"}}, nil
}

// Sign implements agent.Agent.
func (k *SecurityKey) Sign(_ ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	if k.Person != nil {
		if err := k.Person(); err != nil {
			return nil, err
		}
	}
	to, message := sha256.Sum256([]byte(application)), sha256.Sum256(data)
	said := []byte{k.Flags, 0, 0, 0, 7} // and a counter
	text := append(append(append([]byte{}, to[:]...), said...), message[:]...)
	blob, err := k.sign(text)
	return &ssh.Signature{Format: k.Public.Type(), Blob: blob, Rest: said}, err
}

func (k *SecurityKey) sign(text []byte) ([]byte, error) {
	private, ok := k.key.(*ecdsa.PrivateKey)
	if !ok {
		return k.key.Sign(rand.Reader, text, crypto.Hash(0))
	}
	digest := sha256.Sum256(text)
	signed, err := ecdsa.SignASN1(rand.Reader, private, digest[:])
	if err != nil {
		return nil, err
	}
	var parts struct{ R, S *big.Int }
	_, err = asn1.Unmarshal(signed, &parts)
	return ssh.Marshal(parts), err
}

// ServeAgent has an ssh-agent listen at a socket until the test ends.
func ServeAgent(t testing.TB, socket string, ring agent.Agent) {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { agent.ServeAgent(ring, c); c.Close() })
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
}
