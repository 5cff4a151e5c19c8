package executor

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"golang.org/x/crypto/scrypt"

	"github.com/mitoplan/mitoplan/config"
)

// secret ties a plan to the sensitive inputs that it was made with, without
// holding them.
type secret struct {
	salt []byte
	// key is that of the plan's digests and fingerprints; digest recognises
	// the same inputs at apply.
	key    []byte
	digest string
}

// The cost of deriving the key, about 50 ms: whoever has the plan file and
// guesses at secrets pays it for every guess.
const (
	scryptN   = 1 << 15
	scryptR   = 8
	scryptP   = 1
	keyLength = 32
)

func newSecret(vars map[string]cty.Value) (secret, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return secret{}, fmt.Errorf("read random bytes: %w", err)
	}
	return deriveSecret(vars, salt)
}

// deriveSecret makes the key from the salt and the sensitive inputs, slowly
// where there are any.
func deriveSecret(vars map[string]cty.Value, salt []byte) (secret, error) {
	inputs, any, err := sensitiveInputs(vars)
	if err != nil {
		return secret{}, err
	}
	s := secret{salt: salt}
	if any {
		if s.key, err = scrypt.Key(inputs, salt, scryptN, scryptR, scryptP, keyLength); err != nil {
			return secret{}, fmt.Errorf("derive key: %w", err)
		}
	} else {
		s.key = mac(salt, "no secrets")
	}
	s.digest = hex.EncodeToString(mac(s.key, "same inputs"))
	return s, nil
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// sensitiveInputs are the sensitive and ephemeral variables, in the order of
// their names.
func sensitiveInputs(vars map[string]cty.Value) (inputs []byte, any bool, err error) {
	names := make([]string, 0, len(vars))
	for name := range vars {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		v := vars[name]
		if !config.IsSensitive(v) && !config.IsEphemeral(v) {
			continue
		}
		plain, _ := v.UnmarkDeep()
		if plain.IsNull() {
			continue
		}
		b, err := ctyjson.Marshal(plain, plain.Type())
		if err != nil {
			return nil, false, fmt.Errorf("variable %s: %w", name, err)
		}
		inputs = append(inputs, fmt.Sprintf("%s=%d:%s\n", name, len(b), b)...)
		any = true
	}
	return inputs, any, nil
}

func randomID() string {
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		panic("no random bytes: " + err.Error())
	}
	return hex.EncodeToString(b)
}
