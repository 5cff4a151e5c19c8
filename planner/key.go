package planner

import (
	"crypto/hmac"
	"crypto/sha256"
)

// keyBytes is the length of a key that is sent to each context of a machine.
const keyBytes = 16

// machineKey is the key that the contexts of one machine make fingerprints and digests
// with. Each machine has a key of its own, so that no host can try values against the
// digests of another. Contexts of one machine share a key, because they can read the
// same things anyway.
func (p *Planner) machineKey(m *machine) []byte {
	if m.key == nil {
		m.key = p.mac([]byte("machine " + m.name))[:keyBytes]
	}
	return m.key
}

// mac is the HMAC of some bytes under the plan's key.
func (p *Planner) mac(b []byte) []byte {
	if p.keyed == nil {
		p.keyed = hmac.New(sha256.New, p.opts.Key)
	}
	p.keyed.Reset()
	p.keyed.Write(b)
	return p.keyed.Sum(nil)
}
