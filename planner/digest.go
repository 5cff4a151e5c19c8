package planner

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/crypto/scrypt"
)

// Digests in the record begin with how they were made. Those of earlier
// versions have no such beginning: they were plain SHA-256. They still compare,
// and are replaced when their action is recorded again.
const (
	keyedDigest = "k1:" // HMAC-SHA-256 under the record's key
	slowDigest  = "s1:" // the same of a text that scrypt made, for secrets
)

// The cost of scrypt for a digest that is made of a secret, about 50 ms: whoever
// has the record and guesses at the secret pays it for every guess.
const (
	scryptN = 1 << 15
	scryptR = 8
	scryptP = 1
)

// digests makes the digests of the record. Whoever has the record but not its key
// cannot try texts against them.
type digests struct {
	key []byte
	// derived are the digests of secrets, by their text: each takes its time.
	derived map[string]string
}

// keyed is a digest for the record of what is no secret.
func (d *digests) keyed(b []byte) string { return keyedDigest + macOf(d.key, b) }

// slow is a digest for the record of what is made of a secret. Equal texts are
// derived once.
func (d *digests) slow(b []byte) string {
	if known, ok := d.derived[string(b)]; ok {
		return known
	}
	key, err := scrypt.Key(b, d.key, scryptN, scryptR, scryptP, sha256.Size)
	if err != nil {
		panic(err) // the parameters are constants
	}
	if d.derived == nil {
		d.derived = map[string]string{}
	}
	d.derived[string(b)] = slowDigest + macOf(d.key, key)
	return d.derived[string(b)]
}

func macOf(key, b []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(b)
	return hex.EncodeToString(mac.Sum(nil))
}

// legacyDigest reports a digest of a version that had no key for them.
func legacyDigest(digest string) bool { return digest != "" && !strings.Contains(digest, ":") }

func plainDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// digestLen is how much of a digest the record keeps of an argument or a trait:
// 128 bits, so that none is mistaken for another by chance.
const digestLen = len(keyedDigest) + 32

// of is a digest for the record of one value, slow if it is a secret.
func (d *digests) of(b []byte, secret bool) string {
	if secret {
		return d.slow(b)[:digestLen]
	}
	return d.keyed(b)[:digestLen]
}

// same reports whether a recorded digest of one value is of these bytes.
func (d *digests) same(b []byte, recorded string) bool {
	return recorded == d.of(b, strings.HasPrefix(recorded, slowDigest))
}

// ofValue is a digest for the record of a value, slow if it is secret.
func (d *digests) ofValue(v cty.Value) string {
	plain, marks := v.UnmarkDeep()
	if len(marks) > 0 {
		return d.slow([]byte(plain.GoString()))
	}
	return d.keyed([]byte(plain.GoString()))
}

// isOfValue reports whether a recorded digest is of a value.
func (d *digests) isOfValue(v cty.Value, digest string) bool {
	if legacyDigest(digest) {
		plain, _ := v.UnmarkDeep()
		return digest == plainDigest([]byte(plain.GoString()))
	}
	return digest == d.ofValue(v)
}
