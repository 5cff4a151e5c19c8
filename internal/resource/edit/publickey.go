package edit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// PublicKey is a public key as files of ssh have it.
type PublicKey struct {
	// Type is such as ssh-ed25519, Base64 the key itself.
	Type, Base64 string
	blob         []byte
}

// Fingerprint is the one that ssh-keygen -l prints, SHA256:... .
func (k PublicKey) Fingerprint() string {
	sum := sha256.Sum256(k.blob)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// String is the key as a line of a file has it, without a comment.
func (k PublicKey) String() string { return k.Type + " " + k.Base64 }

// ParsePublicKey is the key of a file such as id_ed25519.pub, and its comment.
func ParsePublicKey(content []byte) (k PublicKey, comment string, ok bool) {
	line, _, _ := strings.Cut(string(content), "\n")
	k, comment, ok = cutKey(strings.TrimSuffix(line, "\r"))
	return k, comment, ok
}

// opensshMagic is what a private key begins with, behind its base64; see PROTOCOL.key of OpenSSH.
const opensshMagic = "openssh-key-v1\x00"

// PublicOf is the public half of a private key in the form of OpenSSH, which nobody needs a
// passphrase for. ok is false for any other form.
func PublicOf(private []byte) (k PublicKey, ok bool) {
	_, b, ok := cutCipher(private)
	if !ok {
		return k, false
	}
	for range 2 { // how the key of the cipher is made
		if _, b, ok = cutString(b); !ok {
			return k, false
		}
	}
	if len(b) < 4 || binary.BigEndian.Uint32(b) != 1 {
		return k, false
	}
	blob, _, ok := cutString(b[4:])
	if !ok {
		return k, false
	}
	typ, _, ok := cutString(blob)
	if !ok || strings.Trim(string(typ), "abcdefghijklmnopqrstuvwxyz0123456789-@.") != "" || len(typ) == 0 {
		return k, false
	}
	return PublicKey{string(typ), base64.StdEncoding.EncodeToString(blob), blob}, true
}

// HasPassphrase reports whether nobody can use a private key without a passphrase.
func HasPassphrase(private []byte) bool {
	if cipher, _, ok := cutCipher(private); ok {
		return cipher != "none"
	}
	// The forms that OpenSSH has written until 7.7 say so in a line of their own.
	for line := range strings.Lines(string(private)) {
		if line = strings.TrimSpace(line); line == "Proc-Type: 4,ENCRYPTED" || line == "-----BEGIN ENCRYPTED PRIVATE KEY-----" {
			return true
		}
	}
	return false
}

// cutCipher takes the name of the cipher off a private key in the form of OpenSSH.
func cutCipher(private []byte) (cipher string, rest []byte, ok bool) {
	_, text, found := strings.Cut(string(private), "-----BEGIN OPENSSH PRIVATE KEY-----")
	body, _, closed := strings.Cut(text, "-----END OPENSSH PRIVATE KEY-----")
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
	if !found || !closed || err != nil || !bytes.HasPrefix(b, []byte(opensshMagic)) {
		return "", nil, false
	}
	name, rest, ok := cutString(b[len(opensshMagic):])
	return string(name), rest, ok
}

// cutString takes a string off a key, which stands behind its length.
func cutString(b []byte) (s, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := uint64(binary.BigEndian.Uint32(b))
	if n > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}

// cutKey takes a public key off the beginning of a text. A word that is no name of the type in
// the key itself is none.
func cutKey(s string) (k PublicKey, rest string, ok bool) {
	typ, s := cutWord(s)
	word, rest := cutWord(s)
	blob, err := base64.StdEncoding.DecodeString(word)
	if err != nil || typ == "" || len(blob) < 4 {
		return k, "", false
	}
	n := binary.BigEndian.Uint32(blob)
	if uint64(n) != uint64(len(typ)) || !bytes.HasPrefix(blob[4:], []byte(typ)) {
		return k, "", false
	}
	return PublicKey{typ, word, blob}, rest, true
}

// cutWord takes the first word off a text, and the blanks behind it.
func cutWord(s string) (word, rest string) {
	s = strings.TrimLeft(s, " \t")
	at := strings.IndexAny(s, " \t")
	if at < 0 {
		return s, ""
	}
	return s[:at], strings.TrimLeft(s[at:], " \t")
}

// isNote reports whether a line of such a file says nothing: it is empty or a comment.
func isNote(line string) bool {
	line = strings.TrimLeft(line, " \t")
	return line == "" || line[0] == '#'
}

// notesAside are the lines of a text that say something, without blanks around them.
func notesAside(text string) []string {
	var out []string
	for _, r := range RowsOf([]byte(text)) {
		if line := string(r.Text); !isNote(line) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

// clipped is the beginning of a text.
func clipped(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}
