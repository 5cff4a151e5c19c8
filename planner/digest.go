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

// keyed is a digest for the record of what is no secret.
func (p *Planner) keyed(b []byte) string { return keyedDigest + macOf(p.opts.RecordKey, b) }

// slow is a digest for the record of what is made of a secret. Equal texts are
// derived once.
func (p *Planner) slow(b []byte) string {
	if d, ok := p.slowDigests[string(b)]; ok {
		return d
	}
	key, err := scrypt.Key(b, p.opts.RecordKey, scryptN, scryptR, scryptP, sha256.Size)
	if err != nil {
		panic(err) // the parameters are constants
	}
	if p.slowDigests == nil {
		p.slowDigests = map[string]string{}
	}
	p.slowDigests[string(b)] = slowDigest + macOf(p.opts.RecordKey, key)
	return p.slowDigests[string(b)]
}

func macOf(key, b []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(b)
	return hex.EncodeToString(mac.Sum(nil))
}

// LegacyDigest reports a digest of a version that had no key for them.
func LegacyDigest(digest string) bool { return digest != "" && !strings.Contains(digest, ":") }

func plainDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// publicDigest is of the arguments without their secrets, to be recorded.
func (p *Planner) publicDigest(i *instance) string { return p.keyed(publicBytes(i)) }

// publicBytes leaves out what is new at every apply, too: it tells nothing of
// the configuration.
func publicBytes(i *instance) []byte {
	args := shown(i.wire, i.sensitive)
	for _, name := range i.volatile {
		delete(args, name)
	}
	b, err := canonicalMode.Marshal(args)
	if err != nil {
		return nil
	}
	return b
}

// recordedArgs reports whether a recorded digest is of an instance's arguments
// as they are now.
func (p *Planner) recordedArgs(i *instance, digest string) bool {
	if LegacyDigest(digest) {
		return digest == plainDigest(publicBytes(i))
	}
	return digest == p.publicDigest(i)
}

// digestOfValue is a digest for the record of a value, slow where it is secret.
func (p *Planner) digestOfValue(v cty.Value) string {
	plain, marks := v.UnmarkDeep()
	if len(marks) > 0 {
		return p.slow([]byte(plain.GoString()))
	}
	return p.keyed([]byte(plain.GoString()))
}

// recordedValue reports whether a recorded digest is of a value.
func (p *Planner) recordedValue(v cty.Value, digest string) bool {
	if LegacyDigest(digest) {
		plain, _ := v.UnmarkDeep()
		return digest == plainDigest([]byte(plain.GoString()))
	}
	return digest == p.digestOfValue(v)
}

// SetRecordKey changes the key of the record's digests: a plan file is compared
// under the key that it was made with and recorded under that of the record
// that is there now.
func (p *Planner) SetRecordKey(key []byte) { p.opts.RecordKey, p.slowDigests = key, nil }
