package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// list encodes an array or map of n times the given element.
func listItem(major byte, n int, element ...byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{major<<5 | 26}, uint32(n))
	return append(b, bytes.Repeat(element, n)...)
}

// nested encodes an array that holds inner so many times.
func nested(outer int, inner []byte) []byte { return listItem(majorArray, outer, inner...) }

// The estimate of what a payload takes when it is decoded is never far below what
// decoding really allocates, even if the values are much larger than the payload.
func TestWhatAPayloadBecomesIsKnownBefore(t *testing.T) {
	const n = 20_000
	pairs := append([]byte{majorMap<<5 | 25}, 0x4e, 0x20)
	for i := range n {
		pairs = append(pairs, 0x43, byte(i>>16), byte(i>>8), byte(i), 0xf6)
	}
	type record struct {
		Problems []kind.Problem `cbor:"problems"`
		Before   map[string]any `cbor:"before"`
	}
	for name, c := range map[string]struct {
		into    any
		payload []byte
	}{
		"empty maps":       {new(any), listItem(majorArray, n, 0xa0)},
		"maps of one":      {new(any), listItem(majorArray, n, 0xa1, 0x61, 'a', 1)},
		"empty arrays":     {new(any), listItem(majorArray, n, 0x80)},
		"small numbers":    {new(any), listItem(majorArray, n, 0x19, 0xff, 0xff)},
		"short texts":      {new(any), listItem(majorArray, n, 0x61, 'a')},
		"nulls":            {new(any), listItem(majorArray, n, 0xf6)},
		"structs":          {new([]kind.Problem), listItem(majorArray, n, 0xa0)},
		"pointers":         {new([]*kind.Problem), listItem(majorArray, n, 0xa0)},
		"null structs":     {new([]kind.Problem), listItem(majorArray, n, 0xf6)},
		"in a field":       {new(record), append(append([]byte{0xa1, 0x68}, "problems"...), listItem(majorArray, n, 0xa0)...)},
		"in another case":  {new(record), append(append([]byte{0xa1, 0x68}, "PROBLEMS"...), listItem(majorArray, n, 0xa0)...)},
		"byte keys":        {new(map[[3]byte]any), pairs},
		"text":             {new(string), append([]byte{0x7a, 0, 1, 0, 0}, strings.Repeat("x", 1<<16)...)},
		"arrays of arrays": {new(any), nested(100, listItem(majorArray, 200, 0xa0))},
	} {
		estimate, err := cost(c.payload, reflect.TypeOf(c.into).Elem(), 1<<40)
		if err != nil {
			t.Errorf("%s: the estimate failed: %v", name, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = decMode.Unmarshal(c.payload, c.into)
		runtime.ReadMemStats(&after)
		if got := int64(after.TotalAlloc - before.TotalAlloc); got > 3*estimate+1<<16 {
			t.Errorf("%s: %d bytes allocated %d (%v), more than three times the estimate of %d", name, len(c.payload), got, err, estimate)
		}
	}
}

// A payload of a few MiB that would take hundreds of MiB is refused before it is
// decoded. Honest payloads that are larger are decoded.
func TestWhatWouldBecomeTooMuchIsNotDecoded(t *testing.T) {
	const many = 131_072 // an array's most
	maps := nested(12, listItem(majorArray, many, 0xa0))
	for name, c := range map[string]struct {
		into    any
		payload []byte
		refused bool
	}{
		"empty maps":                {new(any), maps, true},
		"of a field":                {new(map[string]any), append([]byte{0xa1, 0x61, 'a'}, maps...), true},
		"empty arrays":              {new(any), nested(40, listItem(majorArray, many, 0x80)), true},
		"structs":                   {new([][]kind.Problem), nested(10, listItem(majorArray, many, 0xa0)), true},
		"null structs":              {new([][]kind.Problem), nested(10, listItem(majorArray, many, 0xf6)), true},
		"bytes":                     {new([]byte), append([]byte{0x5a, 0x02, 0, 0, 0}, make([]byte, 32<<20)...), false},
		"raw":                       {new(replyPayload), append([]byte{0xa1, 0x61, 'o'}, maps...), false},
		"what the type has not":     {new(kind.Problem), append([]byte{0xa1, 0x61, 'a'}, maps...), false},
		"numbers":                   {new([]int64), listItem(majorArray, many, 0x18, 0xff), false},
		"an array of a wrong type":  {new(string), maps, false},
		"a field with a wrong type": {new(kind.Problem), append(append([]byte{0xa1, 0x67}, "summary"...), maps...), false},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := Unmarshal(c.payload, c.into)
		runtime.ReadMemStats(&after)
		var tooMuch *costError
		if got := errors.As(err, &tooMuch); got != c.refused {
			t.Errorf("%s: a payload of %d bytes gave %v", name, len(c.payload), err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; c.refused && grown > 1<<20 {
			t.Errorf("%s: %d bytes were allocated for a payload that was refused", name, grown)
		}
	}
}

// FuzzCost holds that the estimate understands every payload that the decoder
// accepts.
func FuzzCost(f *testing.F) {
	for _, v := range []any{map[string]any{"a": []any{int64(1), "x", nil, []byte{1}}}, []any{1.5, true}, Address{}.Child(1, 0)} {
		b, _ := Marshal(v)
		f.Add(b)
	}
	f.Add(listItem(majorArray, 3, 0xa0))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, into := range append(payloads(), new(any), new([]kind.Problem), new(map[string]any)) {
			_, err := cost(b, reflect.TypeOf(into).Elem(), maxDecoded)
			if err == errMalformed && decMode.Unmarshal(b, into) == nil {
				t.Errorf("%x can be decoded into %T, but its cost could not be estimated", b, into)
			}
		}
	})
}
