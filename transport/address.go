package transport

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
)

// MaxDepth is the greatest number of hops from the controller to a context. A hop is
// one context of the chain that leads there.
const MaxDepth = 32

// hopSize is the length of one hop in an Address: index u32, generation u16.
const hopSize = 6

// Address says where a context is: the path of child indexes from the
// controller, each with a generation. Whoever starts a context chooses its
// address; a context learns its own from its parent. An address stays with its
// context, and is never given to another: one that takes the place of a context
// that has ended has the next generation. The zero Address is the controller.
// Addresses are comparable, and one is behind another exactly if its path
// begins with the other's, generations included.
type Address struct{ path string }

var errAddress = errors.New("malformed address")

// Child is the address of the child that has this index and generation.
func (a Address) Child(index uint32, generation uint16) Address {
	var hop [hopSize]byte
	binary.BigEndian.PutUint32(hop[:], index)
	binary.BigEndian.PutUint16(hop[4:], generation)
	return Address{a.path + string(hop[:])}
}

// lastHop is the last hop of the path.
func (a Address) lastHop() string { return a.path[max(0, len(a.path)-hopSize):] }

// behindHop is the child of the address that has this last hop. ok is false if there is none.
func (a Address) behindHop(hop []byte) (child Address, ok bool) {
	return Address{a.path + string(hop)}, len(hop) == hopSize && a.Depth() < MaxDepth
}

// Depth is the number of hops from the controller; the controller's is 0.
func (a Address) Depth() int { return len(a.path) / hopSize }

// Parent is the address one hop nearer to the controller. The controller is its
// own parent.
func (a Address) Parent() Address {
	if a.path == "" {
		return a
	}
	return Address{a.path[:len(a.path)-hopSize]}
}

// Index is the index of the last hop, and 0 for the controller.
func (a Address) Index() uint32 {
	if a.path == "" {
		return 0
	}
	return binary.BigEndian.Uint32([]byte(a.path[len(a.path)-hopSize:]))
}

// Generation is the generation of the last hop, and 0 for the controller.
func (a Address) Generation() uint16 {
	if a.path == "" {
		return 0
	}
	return binary.BigEndian.Uint16([]byte(a.path[len(a.path)-2:]))
}

// Behind reports whether a is root or a context below it.
func (a Address) Behind(root Address) bool { return strings.HasPrefix(a.path, root.path) }

// childTowards is the child of root that leads to a. The caller knows that a is
// behind root and is not root itself.
func (a Address) childTowards(root Address) Address {
	return Address{a.path[:len(root.path)+hopSize]}
}

// samePlace reports whether a and b are the same path if the generations are
// not looked at.
func (a Address) samePlace(b Address) bool {
	if len(a.path) != len(b.path) {
		return false
	}
	for i := 0; i < len(a.path); i += hopSize {
		if a.path[i:i+4] != b.path[i:i+4] {
			return false
		}
	}
	return true
}

// askerShift is where the part of an index begins that is the depth of the
// context that chose it. So two contexts above never choose the same index for
// a child of the same parent.
const askerShift = 26

// String is "0" for the controller and "0.3.1" for its child's child.
func (a Address) String() string {
	b := []byte{'0'}
	for i := 0; i < len(a.path); i += hopSize {
		index := binary.BigEndian.Uint32([]byte(a.path[i:]))
		b = append(b, '.')
		if asker := index >> askerShift; asker != 0 {
			b = strconv.AppendUint(b, uint64(asker), 10)
			b = append(b, ':')
		}
		b = strconv.AppendUint(b, uint64(index&(1<<askerShift-1)), 10)
	}
	return string(b)
}

// MarshalBinary encodes the address for the wire: six bytes for each hop.
func (a Address) MarshalBinary() ([]byte, error) { return []byte(a.path), nil }

// UnmarshalBinary decodes an address from the wire.
func (a *Address) UnmarshalBinary(b []byte) error {
	if len(b)%hopSize != 0 || len(b) > MaxDepth*hopSize {
		return errAddress
	}
	a.path = string(b)
	return nil
}
