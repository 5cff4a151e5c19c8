package executor

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"golang.org/x/crypto/scrypt"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
)

// keyLength is that of every key, in bytes.
const keyLength = 32

// newKey is the random key of one plan: of its digests and, through machineKey,
// of the fingerprints that hosts make. Nobody can guess at what is behind a
// digest without it.
func newKey() ([]byte, error) {
	key := make([]byte, keyLength)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	return key, nil
}

// machineKey is the key that the contexts of one machine make fingerprints and
// digests with. Each machine has its own, so that no host can guess at what is
// on another; contexts of one machine share what they see anyway.
func (s *Session) machineKey(h *planner.Hop) []byte {
	return mac(s.key, "machine "+h.Machine)
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// The cost of deriving the key of a seal, about 50 ms: whoever has a plan file
// and guesses at its secrets pays it for every guess.
const (
	scryptN = 1 << 15
	scryptR = 8
	scryptP = 1
)

// seal is what a plan file is sealed with: the sensitive inputs that reach more
// than a login, and the files that hold a secret.
type seal struct {
	names []string // of the variables, for messages
	text  []byte
}

// newSeal gathers the inputs of a plan file, which names the files that hold a
// secret and the variables that do though they are not declared to. What is null
// counts as not given.
func newSeal(cfg *config.Config, vars map[string]cty.Value, f *planner.File) (seal, error) {
	var s seal
	for _, name := range planner.Inputs(cfg) {
		v, ok := vars[name]
		if !ok || !config.IsSensitive(v) && !config.IsEphemeral(v) && !slices.Contains(f.Withheld, name) {
			continue
		}
		plain, _ := v.UnmarkDeep()
		if plain.IsNull() {
			continue
		}
		b, err := ctyjson.Marshal(plain, plain.Type())
		if err != nil {
			return seal{}, fmt.Errorf("variable %s: %w", name, err)
		}
		s.names = append(s.names, name)
		s.add(config.VariableAddress(name), b)
	}
	files := slices.Clone(f.Secret)
	sort.Strings(files)
	for _, name := range files {
		s.add(name, cfg.Sources[name])
	}
	return s, nil
}

func (s *seal) add(name string, value []byte) {
	s.text = append(s.text, fmt.Sprintf("%d:%s=%d:%s\n", len(name), name, len(value), value)...)
}

// secret reports whether the key is one: it hangs on something.
func (s *seal) secret() bool { return len(s.text) > 0 }

// key derives the key, slowly if there is something to guess at.
func (s *seal) key(salt []byte) ([]byte, error) {
	if !s.secret() {
		return mac(salt, "no secrets"), nil
	}
	key, err := scrypt.Key(s.text, salt, scryptN, scryptR, scryptP, keyLength)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return key, nil
}

func randomID() string {
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		panic("no random bytes: " + err.Error())
	}
	return hex.EncodeToString(b)
}
