package state

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
)

// Revision identifies one content of one record. A saved plan names the revision
// that it was made with. The zero value stands for no record, and for one that
// nothing was written to yet.
type Revision struct {
	Lineage string
	Serial  uint64
}

// None reports whether nothing was recorded.
func (r Revision) None() bool { return r.Serial == 0 }

func (r Revision) String() string {
	if r.None() {
		return "no record"
	}
	return fmt.Sprintf("serial %d of lineage %s", r.Serial, r.Lineage)
}

// Revision returns the revision of the state. If the journal holds changes that
// were not saved yet, they count: the serial is the one that they will be saved
// with. It may be called on nil.
func (s *State) Revision() Revision {
	if s == nil || s.Serial == 0 {
		return Revision{}
	}
	return Revision{Lineage: s.Lineage, Serial: s.Serial}
}

// advance raises the serial if the content differs from the one that has the
// current serial, and never otherwise. Two states of one lineage are therefore
// equal if their serials are.
func (s *State) advance() error {
	now, err := s.digest()
	if err != nil || now == s.content {
		return err
	}
	s.content, s.unsaved = now, true
	s.Serial++
	return nil
}

// digest returns the digest of the content, without the fields that each save sets. It is
// compared within one process only.
func (s *State) digest() (sum [sha256.Size]byte, err error) {
	own := *s
	own.Version, own.Serial, own.Tool = 0, 0, ""
	to := sha256.New()
	if err := json.NewEncoder(to).Encode(&own); err != nil {
		return sum, fmt.Errorf("encode the record: %w", err)
	}
	return [sha256.Size]byte(to.Sum(nil)), nil
}
