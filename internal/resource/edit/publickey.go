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
