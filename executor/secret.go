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

// newKey returns the random key of one plan. The plan's digests are made with it
// and, with keys that are derived from it, the fingerprints that hosts make. Without the key
// nobody can find the value behind a digest by trying values.
func newKey() ([]byte, error) {
	key := make([]byte, keyLength)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	return key, nil
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// The cost of deriving the key of a seal is about 50 ms. Somebody who has a plan
// file and tries secrets pays it for each try.
const (
	scryptN = 1 << 15
	scryptR = 8
	scryptP = 1
)

// seal is what the key of a plan file is made of: the sensitive inputs, except
// those that are only used to open a context, and the files that hold a secret.
type seal struct {
	names []string // of the variables, for messages
	text  []byte
}

// newSeal gathers the inputs for the key of a plan file. The file names the files
// that hold a secret, and the variables that hold one although they are not
// declared sensitive. A variable that is null counts as not given.
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
		content, err := inputOf(cfg, f, name)
		if err != nil {
			return seal{}, err
		}
		s.add(name, content)
	}
	return s, nil
}

// inputOf is what a file that holds a secret adds to the key: its content or, if it is
// large, the name of that.
func inputOf(cfg *config.Config, f *planner.File, name string) ([]byte, error) {
	if _, large := f.Large[name]; !large {
		return cfg.Sources[name], nil
	}
	l, err := cfg.NameSource(name)
	if err != nil {
		return nil, &MissingSourceError{Name: name, Err: err}
	}
	return fmt.Appendf(nil, "sha256:%x:%d", l.Sum, l.Size), nil
}

func (s *seal) add(name string, value []byte) {
	s.text = append(s.text, fmt.Sprintf("%d:%s=%d:%s\n", len(name), name, len(value), value)...)
}

// hasInputs reports whether the key is made of anything secret. If not, everybody
// can derive it, and the seal protects nothing.
func (s *seal) hasInputs() bool { return len(s.text) > 0 }

// key derives the key. It does so slowly if there are secrets that somebody could
// try.
func (s *seal) key(salt []byte) ([]byte, error) {
	if !s.hasInputs() {
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
