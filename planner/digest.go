package planner

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
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

// legacyDigest reports a digest of a version that had no key for them.
func legacyDigest(digest string) bool { return digest != "" && !strings.Contains(digest, ":") }

func plainDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// digestLen is how much of a digest the record keeps of an argument or a trait:
// 128 bits, so that none is mistaken for another by chance.
const digestLen = len(keyedDigest) + 32

// argDigests are what is recorded of the arguments. What is new at every apply
// is left out: it tells nothing of the configuration.
func (p *Planner) argDigests(i *instance) map[string]string {
	out := map[string]string{}
	for _, name := range i.recordable() {
		out[name] = p.digestFor(argBytes(name, i.wire[name]), p.secretArg(i, name))
	}
	return out
}

// secretArg reports whether an argument is, or holds, a secret.
func (p *Planner) secretArg(i *instance, name string) bool {
	return contains(i.sensitive, i.block().Def.Argument(name)) || holdsSecret(&p.secrets.known, i.wire[name])
}

func argBytes(name string, v any) []byte {
	b, err := canonicalMode.Marshal([]any{name, v})
	if err != nil {
		return nil
	}
	return b
}

// digestFor is a digest for the record of one value, slow where it is a secret.
func (p *Planner) digestFor(b []byte, secret bool) string {
	if secret {
		return p.slow(b)[:digestLen]
	}
	return p.keyed(b)[:digestLen]
}

// sameDigest reports whether a recorded digest of one value is of these bytes.
func (p *Planner) sameDigest(b []byte, recorded string) bool {
	return recorded == p.digestFor(b, strings.HasPrefix(recorded, slowDigest))
}

// newerArgs names the arguments that are not as they were last applied, those
// left out that are known after apply or new at every apply. Secrets are looked at last, and
// only if nothing else differs: that takes its time.
func (p *Planner) newerArgs(i *instance, recorded map[string]string) []string {
	var names, secrets []string
	for _, name := range sortedKeys(union(setOf(recorded), setOf(i.wire))) {
		v, has := i.wire[name]
		was, had := recorded[name]
		switch {
		case contains(i.unknown, i.block().Def.Argument(name)), contains(i.volatile, name):
		case !had && i.isDefault(name, v):
		case !had || !has:
			names = append(names, name)
		case strings.HasPrefix(was, slowDigest):
			secrets = append(secrets, name)
		case !p.sameDigest(argBytes(name, v), was):
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		return names
	}
	return slices.DeleteFunc(secrets, func(name string) bool { return p.sameDigest(argBytes(name, i.wire[name]), recorded[name]) })
}

// isDefault reports whether an argument has its default: then it may be one that
// an earlier version did not know.
func (i *instance) isDefault(name string, v any) bool {
	a, ok := i.block().Def.Args.Attr(name)
	return ok && a.Default != "" && fmt.Sprint(v) == a.Default
}

func setOf[V any](m map[string]V) map[string]bool {
	out := make(map[string]bool, len(m))
	for name := range m {
		out[name] = true
	}
	return out
}

// legacyArgs reports whether a digest that an earlier version recorded is of an
// instance's arguments as they are now. It says nothing of secrets.
func (p *Planner) legacyArgs(i *instance, digest string) bool {
	args := shown(i.wire, i.sensitive)
	for _, name := range i.volatile {
		delete(args, name)
	}
	b, err := canonicalMode.Marshal(args)
	if err != nil {
		return false
	}
	if legacyDigest(digest) {
		return digest == plainDigest(b)
	}
	return digest == p.keyed(b)
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
	if legacyDigest(digest) {
		plain, _ := v.UnmarkDeep()
		return digest == plainDigest([]byte(plain.GoString()))
	}
	return digest == p.digestOfValue(v)
}

// SetRecord says what is recorded from now on, and under which key: a plan file
// is compared with the record that there was when it was made, and recorded in the one
// that is there now.
func (p *Planner) SetRecord(key []byte, prior Prior) {
	p.opts.RecordKey, p.opts.Prior, p.slowDigests = key, prior, nil
}

// recordable names the arguments of which a digest is recorded.
func (i *instance) recordable() []string {
	return slices.DeleteFunc(sortedKeys(i.wire), func(name string) bool { return contains(i.volatile, name) })
}
