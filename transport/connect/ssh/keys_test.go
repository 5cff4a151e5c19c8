package ssh

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// certify makes a certificate. critical is the name and the value of a critical option.
func certify(t *testing.T, ca ssh.Signer, key ssh.PublicKey, kind uint32, principal string, end time.Time, critical ...string) *ssh.Certificate {
	c := &ssh.Certificate{Key: key, CertType: kind, KeyId: "lab", ValidPrincipals: []string{principal},
		ValidAfter: uint64(end.Add(-24 * time.Hour).Unix()), ValidBefore: uint64(end.Unix()),
		Permissions: ssh.Permissions{Extensions: map[string]string{"permit-pty": "", "permit-port-forwarding": ""}}}
	if len(critical) > 0 {
		c.CriticalOptions = map[string]string{critical[0]: critical[1]}
	}
	if err := c.SignCert(rand.Reader, ca); err != nil {
		t.Fatal(err)
	}
	return c
}

func authorized(key ssh.PublicKey) string { return string(ssh.MarshalAuthorizedKey(key)) }

func newRSA(t *testing.T) crypto.Signer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newECDSA(t *testing.T) crypto.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
