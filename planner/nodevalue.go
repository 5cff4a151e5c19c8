package planner

// nodeValue says how far the value that references to a block see agrees with what
// is known of its instances. A collection of n instances is built when the block
// has expanded and when it has settled, and not each time that one of the n ends:
//
//	valueMissing ─build─▶ valueOutdated, valueCurrent
//	valueCurrent ─outdate─▶ valueOutdated
//	valueOutdated ─build─▶ valueCurrent, once the block has settled
//	any ─drop─▶ valueMissing
type nodeValue uint8

const (
	valueMissing  nodeValue = iota // there is none, or what it says does not hold any more
	valueOutdated                  // more is known by now than it says
	valueCurrent                   // it says all that is known
)

// outdateValue says that more is known of the instances than the value says.
// References see it when the block has settled.
func (n *node) outdateValue() {
	if n.value == valueCurrent {
		n.value = valueOutdated
	}
}

// dropValue says that the value does not hold any more. The next reference sees
// another one, also while instances of the block are open.
func (n *node) dropValue() { n.value = valueMissing }

// valueBuilt says that the value was made of all that is known now. While
// instances are open, more is known soon.
func (n *node) valueBuilt() {
	n.value = valueOutdated
	if n.settled() {
		n.value = valueCurrent
	}
}

// needsValue reports whether the value has to be made before a reference sees it.
func (n *node) needsValue() bool {
	switch {
	case !n.expanded() && !n.ended():
		return false
	case n.value == valueOutdated:
		return n.settled()
	}
	return n.value == valueMissing
}

// eachState says whether the values of for_each are known. Their keys are, since
// otherwise the block would not have expanded:
//
//	eachKnown ─evaluated─▶ eachOpen ─better─▶ eachBetter ─evaluated─▶ eachKnown, eachOpen
type eachState uint8

const (
	eachKnown  eachState = iota // all of them are, or the block has no for_each
	eachOpen                    // one is not
	eachBetter                  // one was not, and may have become known since
)

// eachEvaluated says that for_each was evaluated, and whether all of its values
// are known.
func (n *node) eachEvaluated(known bool) {
	n.each = eachOpen
	if known {
		n.each = eachKnown
	}
}

// betterEach says that something became known which for_each refers to.
func (n *node) betterEach() {
	if n.each == eachOpen {
		n.each = eachBetter
	}
}
