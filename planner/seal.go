package planner

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
)

// Sealed is the part of a plan file that only whoever has the plan's sensitive
// inputs can read. Showing a plan does not need it, applying one does.
type Sealed struct {
	// Key is that of the plan's digests and fingerprints. RecordKey is that of
	// the record's when the plan was made.
	Key       []byte `cbor:"key"`
	RecordKey []byte `cbor:"record_key,omitempty"`
	// Prior, Interrupted, PriorOutputs and Debts are what the record held.
	Prior        map[string]Recorded `cbor:"prior,omitempty"`
	Interrupted  map[string]Recorded `cbor:"interrupted,omitempty"`
	PriorOutputs map[string]Value    `cbor:"prior_outputs,omitempty"`
	Debts        map[string][]string `cbor:"debts,omitempty"`
	// Large are the SHA-256 of bundled sources that hold a secret.
	Large map[string][]byte `cbor:"large,omitempty"`
	// Lists are those of directories and archives whose contents are among Large.
	Lists map[string][]byte `cbor:"lists,omitempty"`
	// Answers are what the plan was told.
	Answers []Answer `cbor:"entries"`
}

// ErrSealed is a seal that does not open: the inputs are not those of the plan.
var ErrSealed = errors.New("the sensitive inputs are not those of the plan")

// Seal puts the sealed part into the file, under a key of 32 bytes.
func (f *File) Seal(key []byte, s *Sealed) error {
	plain, err := pack(nil, s)
	if err != nil {
		return err
	}
	aead, err := newAEAD(key)
	if err != nil {
		return err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return fmt.Errorf("read random bytes: %w", err)
	}
	f.Sealed = aead.Seal(nonce, nonce, plain, []byte(fileFormat))
	return nil
}

// Unseal gives the sealed part. It returns ErrSealed if the key is another.
func (f *File) Unseal(key []byte) (*Sealed, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	if len(f.Sealed) < aead.NonceSize() {
		return nil, &DamageError{Part: "sealed", Why: "is too short"}
	}
	nonce, text := f.Sealed[:aead.NonceSize()], f.Sealed[aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, text, []byte(fileFormat))
	if err != nil {
		return nil, ErrSealed
	}
	raw, err := gunzip(bytes.NewReader(plain))
	if err != nil {
		return nil, err
	}
	s, err := decodeSealed(raw)
	if damage := (*DamageError)(nil); errors.As(err, &damage) {
		return nil, damage.within("sealed")
	}
	return s, err
}

// decodeSealed reads the sealed part, decrypted and unpacked.
func decodeSealed(raw []byte) (*Sealed, error) {
	var s Sealed
	if err := decode(raw, &s); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return &s, nil
}
