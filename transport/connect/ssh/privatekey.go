package ssh

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// lockedKey is the error of an encrypted key without a passphrase.
type lockedKey struct{}

func (lockedKey) Error() string { return "it is encrypted" }

// keyForm is the error of a file that holds no usable private key. says
// completes a sentence that begins with the name of the file. remedy is a
// sentence of its own; FILE in it stands for the file.
type keyForm struct{ says, remedy string }

func (e *keyForm) Error() string { return e.says }

// parsePrivate reads a private key in the forms of OpenSSH, PKCS#1, SEC 1 and
// PKCS#8, encrypted or not. The error is a lockedKey, errWrongPassphrase or a
// *keyForm.
func parsePrivate(content []byte, passphrase string) (ssh.Signer, error) {
	block, err := privateBlock(content)
	if err != nil {
		return nil, err
	}
	raw, err := rawPrivate(block, passphrase)
	if err != nil {
		return nil, err
	}
	switch key := raw.(type) {
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < minRSA {
			return nil, &keyForm{fmt.Sprintf("is an RSA key of %d bits, and at least %d are needed to be safe", bits, minRSA), "Make a new key: ssh-keygen -t ed25519."}
		}
	case *ecdh.PrivateKey:
		return nil, &keyForm{"is a key that cannot sign (X25519)", "Make a key to log in with: ssh-keygen -t ed25519."}
	}
	signer, err := ssh.NewSignerFromKey(raw)
	if err != nil {
		return nil, &keyForm{"has a key that cannot be used: " + strings.TrimPrefix(err.Error(), "ssh: "), "Make a new key: ssh-keygen -t ed25519."}
	}
	return signer, nil
}

// minRSA is RequiredRSASize of ssh if nothing else is configured, in bits.
const minRSA = 1024

// rawPrivate is the private key in a PEM block.
func rawPrivate(block *pem.Block, passphrase string) (raw any, err error) {
	pkcs8 := block.Type == "ENCRYPTED PRIVATE KEY"
	if pkcs8 && passphrase != "" {
		raw, err = decryptPKCS8(block.Bytes, passphrase)
	} else if !pkcs8 {
		raw, err = ssh.ParseRawPrivateKey(pem.EncodeToMemory(block))
	}
	var missing *ssh.PassphraseMissingError
	encrypted := pkcs8 || errors.As(err, &missing)
	switch {
	case encrypted && passphrase == "":
		return nil, lockedKey{}
	case errors.As(err, &missing):
		raw, err = ssh.ParseRawPrivateKeyWithPassphrase(pem.EncodeToMemory(block), []byte(passphrase))
	}
	switch {
	case err == nil:
		return raw, nil
	case errors.Is(err, x509.IncorrectPasswordError), errors.Is(err, errWrongPassphrase):
		return nil, errWrongPassphrase
	}
	return nil, explainKey(block, err, encrypted)
}

// explainKey says why the key in a block cannot be used.
func explainKey(block *pem.Block, err error, encrypted bool) error {
	why := strings.TrimPrefix(err.Error(), "ssh: ")
	public := envelopePublic(block)
	switch {
	case public != nil && strings.HasPrefix(public.Type(), "sk-"):
		return &keyForm{"is the handle of a key that a security key keeps (" + public.Type() + "), which only an ssh-agent can ask",
			"Add it to one: ssh-add FILE."}
	case public != nil && strings.Contains(why, "unhandled key type"):
		return &keyForm{"has a key of the type " + public.Type() + ", which cannot be used", "Make a new key: ssh-keygen -t ed25519."}
	case encrypted:
		return &keyForm{"is encrypted in a way that cannot be opened: " + why, "Write it anew: ssh-keygen -p -f FILE."}
	case strings.Contains(why, "unknown elliptic curve"):
		return &keyForm{"has a key on an elliptic curve that SSH does not know", "Make a new key: ssh-keygen -t ed25519."}
	}
	return &keyForm{"is damaged: " + why, "Copy the file anew, byte for byte."}
}

// utf8Mark is what some editors put at the beginning of a file.
var utf8Mark = []byte("\xef\xbb\xbf")

// privateBlock is the first private key in a PEM file. Other blocks may come
// before it, such as the parameters of its curve.
func privateBlock(content []byte) (*pem.Block, error) {
	rest := bytes.TrimPrefix(content, utf8Mark)
	var others []string
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, formOf(content, others)
		}
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return block, nil
		}
		others = append(others, block.Type)
	}
}

// formOf says what is in a file instead of a private key in PEM. blocks are the
// types of the other PEM blocks in it.
func formOf(content []byte, blocks []string) error {
	text := strings.TrimSpace(string(bytes.TrimPrefix(content, utf8Mark)))
	const again = "Copy the file anew, byte for byte."
	for _, f := range []struct {
		is           bool
		says, remedy string
	}{
		{text == "", "is empty", again},
		{len(blocks) > 0, "holds a " + strings.Join(blocks, " and a ") + ", and no private key", "Name the file with the private key."},
		{strings.HasPrefix(text, "PuTTY-User-Key-File-"), "is a key in the form of PuTTY", "Convert it, and use the new file: puttygen FILE -O private-openssh -o FILE.key."},
		{strings.HasPrefix(text, "---- BEGIN SSH2"), "is a key in the form of ssh.com", "Convert it, and use the new file: ssh-keygen -i -f FILE > FILE.key."},
		{strings.HasPrefix(text, "SSH PRIVATE KEY FILE FORMAT 1"), "is a key of version 1 of the SSH protocol", "Make a new key: ssh-keygen -t ed25519."},
		{strings.HasPrefix(text, "\x30\x82") || strings.HasPrefix(text, "\x30\x81") || strings.HasPrefix(text, "\x30\x2e\x02\x01"), "is in binary form (DER)", "Convert it, and use the new file: openssl pkey -inform DER -in FILE -out FILE.pem."},
		{!strings.Contains(text, "-----BEGIN "), "is not a private key", "Name the file with the private key, which begins with -----BEGIN."},
		{!strings.Contains(text, "-----END "), "is cut off: it has no line -----END", again},
		{strings.Contains(text, `\n`), `has the two characters \n in the place of line ends`, `Put line ends there, for instance with replace(var.key, "\\n", "\n").`},
		{!strings.ContainsAny(text, "\r\n"), "has no line ends", "Keep its line ends: something on the way has joined the lines."},
		{indented(text), "is indented", "Begin each line at the left margin; a heredoc that begins with <<- removes the indentation."},
	} {
		if f.is {
			return &keyForm{f.says, f.remedy}
		}
	}
	return &keyForm{"is damaged", again}
}

func indented(text string) bool {
	for line := range strings.Lines(text) {
		if line != strings.TrimLeft(line, " \t") {
			return true
		}
	}
	return false
}

// envelopePublic is the public half of a key in the form of OpenSSH, which is
// not encrypted even if the key is (PROTOCOL.key); nil for any other form.
func envelopePublic(block *pem.Block) ssh.PublicKey {
	rest, ok := bytes.CutPrefix(block.Bytes, []byte("openssh-key-v1\x00"))
	if !ok || block.Type != "OPENSSH PRIVATE KEY" {
		return nil
	}
	var e struct {
		Cipher, KDF, Options string
		Keys                 uint32
		Public               []byte
		Rest                 []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(rest, &e) != nil {
		return nil
	}
	key, err := ssh.ParsePublicKey(e.Public)
	if err != nil {
		return nil
	}
	return key
}

// parsePublic is the first key in the text of a .pub file; nil if there is
// none.
func parsePublic(content []byte) ssh.PublicKey {
	if bytes.Contains(content, []byte("-----BEGIN ")) {
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(bytes.TrimPrefix(content, utf8Mark))
	if err != nil {
		return nil
	}
	return key
}
