package planner

import (
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/secret"
)

// record compares instances with what earlier applies recorded of them, and makes
// what this apply records. The Planner has one, and it needs no Planner: it asks
// no host, decides nothing and changes no instance. If it has prior records of
// a thing, it tells whether that was changed outside, and of a block, whether the
// configuration is newer.
type record struct {
	// prior is what earlier applies recorded; nil if nothing was.
	prior   Prior
	digests digests
	// secrets are the sensitive strings that are known by now. The Planner adds
	// to them.
	secrets *secret.Set
	// parts says of which part of its thing an edit is.
	parts *resource.Parts
	// kindOf is the kind of resource of that name; nil if there is none.
	kindOf func(name string) *kind.Kind
	// sightings are what was found of the things of instances; see sight.
	sightings map[*instance]*sighting
	// hiding are the recorded things of which something was a secret: "MACHINE THING". It is
	// nil until hidesPart is called.
	hiding map[string]bool
	// byEdits are the recorded things that were made along with an edit of them;
	// see noteMadeByEdits.
	byEdits map[string]bool
	// besideEdits are all that were made along with edits, whatever those are about.
	besideEdits map[string]bool
}

// lookup is what was recorded of an address; false if nothing was.
func (rec *record) lookup(address string) (Recorded, bool) {
	if rec.prior == nil {
		return Recorded{}, false
	}
	return rec.prior.Lookup(address)
}

// lookupBegun is what an apply had begun to make at an address, if nobody saw the end of that.
func (rec *record) lookupBegun(address string) (Recorded, bool) {
	if rec.prior == nil {
		return Recorded{}, false
	}
	return rec.prior.LookupBegun(address)
}

// formerlySecret returns the attributes that held a secret when they were last
// applied. The configuration may no longer have that secret while the host still
// does.
func (rec *record) formerlySecret(i *instance) []string {
	if i.departs != nil {
		return i.departs.was.Secret
	}
	prior, _ := rec.lookup(i.addr)
	return prior.Secret
}
