package transport

import (
	"crypto/subtle"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
)

// Secret is a text that must not be seen: a password, a key. It crosses the wire as a
// text, and arrives as a Secret, also in an any. Whoever formats it, logs it, or
// has it in an error or in JSON, alone or inside another value, gets "(secret)" instead.
// NewSecret makes it; the zero value is the empty text. It does not keep a program from
// printing what Reveal returned. Secrets are compared with Equal: the operator == tells
// two apart that have the same text.
type Secret struct{ text *string } // a pointer: package fmt shows an unexported field without Format

// masked is what is shown of every Secret.
const masked = "(secret)"

// NewSecret makes a secret of a text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal is the text itself.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Equal reports whether the texts are the same. How long it takes tells nothing of them
// but whether they are of one length.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// Format writes "(secret)", whatever the verb is.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, masked) }

// MarshalText is for logs and other encoders: it gives "(secret)".
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// MarshalCBOR encodes the text for the wire.
func (s Secret) MarshalCBOR() ([]byte, error) {
	return Marshal(cbor.Tag{Number: tagSecret, Content: s.Reveal()})
}

// UnmarshalCBOR decodes the text from the wire.
func (s *Secret) UnmarshalCBOR(b []byte) error {
	s.text = new(string)
	return plainMode.Unmarshal(b, s.text)
}
