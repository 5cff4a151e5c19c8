package resource

import "github.com/mitoplan/mitoplan/transport"

// Shared is what the requests to one context have in common. It travels once, with the
// start of the context, and not with each request.
type Shared struct {
	// Key is the key of fingerprints and digests.
	Key []byte `cbor:"m,omitempty"`
	// Paranoid has every file read whose content counts, also if it seems unchanged
	// since its digest was kept on the host.
	Paranoid bool `cbor:"h,omitempty"`
}

// Encode returns the bytes that transport.WithShared takes.
func (s Shared) Encode() []byte {
	b, err := transport.Marshal(s)
	if err != nil {
		panic(err) // it holds nothing that cannot be encoded
	}
	return b
}

// sharedIn is what the requests to the context of a node have in common. The zero Shared
// is that of a context that was started without.
func sharedIn(node *transport.Node) (s Shared, err error) {
	if b := node.Shared(); b != nil {
		err = transport.Unmarshal(b, &s)
	}
	return s, err
}

// keyOr is the key of a request that has brought one, and the shared one otherwise.
func (s Shared) keyOr(brought []byte) []byte {
	if brought != nil {
		return brought
	}
	return s.Key
}

// Take fills in what did not cross the wire with the request: what all requests to the
// context share, and where contents come from. An agent calls it before it checks.
func (r *CheckRequest) Take(node *transport.Node) error {
	s, err := sharedIn(node)
	r.Key, r.Paranoid, r.From = s.keyOr(r.Key), s.Paranoid, node
	return err
}

// Take is that of CheckRequest, before an apply.
func (r *ApplyRequest) Take(node *transport.Node) error {
	s, err := sharedIn(node)
	r.Key, r.Paranoid, r.From, r.Pipe = s.keyOr(r.Key), s.Paranoid, node, node.Pipe()
	for k := range r.Then {
		next := &r.Then[k]
		next.Session, next.Key, next.Paranoid, next.From = r.Session, r.Key, r.Paranoid, node
	}
	return err
}
