package state

import (
	"crypto/sha256"
	"fmt"
)

// Revision names one content of one record: what a saved plan was made with.
// The zero value stands for no record, and for one that nothing was written to
// yet.
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

// Revision is the one that the state is of. What a journal says that was not
// saved yet counts: its state has the serial that it will be saved under. It may
// be called on nil.
func (s *State) Revision() Revision {
	if s == nil || s.Serial == 0 {
		return Revision{}
	}
	return Revision{Lineage: s.Lineage, Serial: s.Serial}
}

// advance raises the serial where the record says something else than under the
// serial that it has, and only there: whoever compares serials compares records.
func (s *State) advance() error {
	now, err := s.digest()
	if err != nil || now == s.content {
		return err
	}
	s.content, s.unsaved = now, true
	s.Serial++
	return nil
}

// digest is that of what the record says, without what each save puts on it.
func (s *State) digest() (sum [sha256.Size]byte, err error) {
	own := *s
	own.Version, own.Serial, own.Tool = 0, 0, ""
	data, err := encode(&own)
	if err != nil {
		return sum, err
	}
	return sha256.Sum256(data), nil
}
