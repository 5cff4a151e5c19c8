package transport

import "github.com/fxamacker/cbor/v2"

// Tags say what a value is where the type on the other side is any. Those of RFC 8949 and
// its registry have small numbers; the others are of this package: "mit", and one byte.
const (
	tagTime     = 0   // a text as RFC 3339 has it
	tagPositive = 2   // an integer above u64
	tagNegative = 3   // an integer below -2^64
	tagDecimal  = 4   // a Decimal: the exponent of 10, and the integer
	tagSet      = 258 // a Set: an array
	tagOwn      = 0x6d697400
	tagDuration = tagOwn + 1 // an integer, in nanoseconds
	tagSecret   = tagOwn + 2 // a text
	tagBlob     = tagOwn + 3 // its name
	tagAddress  = tagOwn + 4 // its path
	tagSender   = tagOwn + 5 // handle and path
	tagError    = tagOwn + 6 // a RemoteError
)

// knownTag reports whether a tag may be in a payload.
func knownTag(n int64) bool {
	switch n {
	case tagTime, tagPositive, tagNegative, tagDecimal, tagSet:
		return true
	}
	return n >= tagDuration && n <= tagError
}

// plainMode decodes a payload with tags where the type is known. In an any there must be
// none; unmarshalPlain sees to that.
var plainMode = func() cbor.DecMode {
	o := decOptions
	o.TagsMd = cbor.TagsAllowed
	return must(o.DecMode())
}()
