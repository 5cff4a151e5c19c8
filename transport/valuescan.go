package transport

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// refused is a *valueError of what another process would not decode in the payload, whatever
// the type there is; nil if there is nothing. A call and a reply are one level around it.
func (s *scanner) refused() error {
	major, n := s.head()
	switch {
	case s.bad:
		return &valueError{what: "an encoding of its own that is none of this protocol"}
	case major == majorTag && !knownTag(n):
		return &valueError{what: fmt.Sprintf("the tag %d, which is none of this protocol", n)}
	case major == majorText && (n > int64(len(s.b)) || !utf8.Valid(s.b[:n])):
		return &valueError{what: "a string that is not UTF-8; bytes cross as a []byte"}
	case major == majorArray && n > maxElements:
		return &valueError{what: fmt.Sprintf("a list of %d elements; the most is %d", n, maxElements)}
	case major == majorMap && n > maxMapPairs:
		return &valueError{what: fmt.Sprintf("a map of %d pairs; the most is %d", n, maxMapPairs)}
	case major < majorArray && major > majorNegative:
		s.drop(n)
		return nil
	case major < majorArray || major == majorSimple:
		return nil
	}
	if s.depth++; s.depth >= maxNesting {
		return nestsTooDeep()
	}
	defer s.leave()
	switch major {
	case majorTag:
		return s.refused()
	case majorMap:
		return s.pairRefused(n)
	}
	for i := range n {
		if err := s.refused(); err != nil {
			return inside(err, fmt.Sprintf("[%d]", i))
		}
	}
	return nil
}

func nestsTooDeep() error {
	return &valueError{what: fmt.Sprintf("more than %d lists, maps and structs in each other", maxNesting-1)}
}

// pairRefused is refused for n pairs of a map.
func (s *scanner) pairRefused(n int64) error {
	var before []byte
	for ; n > 0; n-- {
		key := s.b
		err := s.refused()
		key = key[:len(key)-len(s.b)]
		if err == nil && bytes.Equal(key, before) { // the encoder has sorted them
			err = &valueError{what: "two keys that are the same on the other side"}
		}
		before = key
		if err == nil {
			err = s.refused()
		}
		if err != nil {
			var k any
			_ = decMode.Unmarshal(key, &k)
			return inside(err, shorten(fmt.Sprintf("[%#v]", k), maxStep))
		}
	}
	return nil
}
