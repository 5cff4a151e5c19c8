package edit_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// aPrivateKey has the form of a private key of OpenSSH, whose public half is a made-up one.
func aPrivateKey() string { return aKeyOfCipher("none") }

func aKeyOfCipher(name string) string {
	blob := "\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x04half"
	raw := "openssh-key-v1\x00\x00\x00\x00" + string(rune(len(name))) + name + "\x00\x00\x00\x04none\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00" + string(rune(len(blob))) + blob + "\x00\x00\x00\x02xx"
	return "-----BEGIN OPENSSH PRIVATE KEY-----\n" + base64.StdEncoding.EncodeToString([]byte(raw)) + "\n-----END OPENSSH PRIVATE KEY-----\n"
}

// TestPublicOf: the public half of a private key is told without what is secret in it.
func TestPublicOf(t *testing.T) {
	k, ok := edit.PublicOf([]byte(aPrivateKey()))
	if want := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAABGhhbGY="; !ok || k.String() != want {
		t.Fatalf("got %q, %v, want %q", k.String(), ok, want)
	}
	again, comment, ok := edit.ParsePublicKey([]byte(k.String() + " a b\nmore"))
	if !ok || comment != "a b" || again.Fingerprint() != k.Fingerprint() {
		t.Errorf("as a line it is %v, %q, %v", again, comment, ok)
	}
	for _, other := range []string{"", "-----BEGIN OPENSSH PRIVATE KEY-----", strings.Replace(aPrivateKey(), "OPENSSH", "RSA", 2), strings.Replace(aPrivateKey(), "b3Bl", "b3Bm", 1)} {
		if k, ok := edit.PublicOf([]byte(other)); ok {
			t.Errorf("%q has the public key %v", other, k)
		}
	}
}

// TestHasPassphrase: a key is told from one that everybody can use, in each form that ssh-keygen
// writes.
func TestHasPassphrase(t *testing.T) {
	for private, want := range map[string]bool{
		"":                         false,
		aPrivateKey():              false,
		aKeyOfCipher("aes256-ctr"): true,
		"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,A\n\nAAAA\n-----END RSA PRIVATE KEY-----\n": true,
		"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n":                                                    false,
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n":                                        true,
	} {
		if edit.HasPassphrase([]byte(private)) != want {
			t.Errorf("%q has a passphrase: %v", private, !want)
		}
	}
}

// FuzzPublicKey: what is told as a public key is one, as a line of a file has it.
func FuzzPublicKey(f *testing.F) {
	f.Add([]byte(aPrivateKey()))
	f.Add([]byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAABGhhbGY= a comment"))
	f.Add([]byte("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----"))
	f.Fuzz(func(t *testing.T, content []byte) {
		found := map[string]edit.PublicKey{}
		if k, ok := edit.PublicOf(content); ok {
			found["private"] = k
		}
		if k, _, ok := edit.ParsePublicKey(content); ok {
			found["public"] = k
		}
		for from, k := range found {
			again, comment, ok := edit.ParsePublicKey([]byte(k.String()))
			if !ok || comment != "" || again.String() != k.String() || strings.ContainsAny(k.String(), "\n\r\x00") {
				t.Errorf("of a %s key it is %q, which reads as %q, %q, %v", from, k, again, comment, ok)
			}
		}
	})
}
