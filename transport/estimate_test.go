package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/big"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

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
	numbers, intMap := listItem(majorArray, n), []byte{majorMap<<5 | 25, 0x4e, 0x20}
	for i := range n {
		numbers = append(numbers, 0x19, byte(i>>8), byte(i))
		intMap = append(intMap, 0x19, byte(i>>8), byte(i), 1)
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
		"sets":             {new(any), listItem(majorArray, n, 0xd9, 1, 2, 0x81, 1)},
		"one set":          {new(any), append([]byte{0xd9, 1, 2}, numbers...)},
		"typed set":        {new(Set[int]), append([]byte{0xd9, 1, 2}, numbers...)},
		"integer keys":     {new(any), listItem(majorArray, n, 0xa1, 1, 1)},
		"one map":          {new(any), intMap},
		"large integers":   {new(any), listItem(majorArray, n, 0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)},
		"long integers":    {new(any), listItem(majorArray, n, 0xc2, 0x49, 1, 2, 3, 4, 5, 6, 7, 8, 9)},
		"decimals":         {new(any), listItem(majorArray, n, 0xc4, 0x82, 1, 1)},
		"durations":        {new(any), listItem(majorArray, n, 0xda, 0x6d, 0x69, 0x74, 1, 1)},
		"secrets":          {new(any), listItem(majorArray, n, 0xda, 0x6d, 0x69, 0x74, 2, 0x60)},
		"senders":          {new(any), listItem(majorArray, n, 0xda, 0x6d, 0x69, 0x74, 5, 0x44, 0, 0, 4, 0)},
		"errors":           {new(any), listItem(majorArray, n, 0xda, 0x6d, 0x69, 0x74, 6, 0xa0)},
		"chains of errors": {new(any), append([]byte{0xda, 0x6d, 0x69, 0x74, 6, 0xa1, 0x65, 'c', 'h', 'a', 'i', 'n'}, listItem(majorArray, n, 0x60)...)},
	} {
		estimate, err := cost(c.payload, reflect.TypeOf(c.into).Elem(), 1<<40)
		if err != nil {
			t.Errorf("%s: the estimate failed: %v", name, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err = decMode.Unmarshal(c.payload, c.into); err != nil {
			_, err = decodeTagged(c.payload, c.into, 1<<40, err)
			estimate *= 2 // see decodeTagged
		}
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

// FuzzAnyValue holds that whatever arrives in an any can be sent on, and arrives again.
func FuzzAnyValue(f *testing.F) {
	number, err := ParseDecimal("-1.5")
	if err != nil {
		f.Fatal(err)
	}
	for _, v := range []any{
		map[int]any{1: []any{time.Second, time.Unix(0, 0)}}, SetOf[any]("a", int64(1)), new(big.Int).Lsh(big.NewInt(-3), 90), uint64(1 << 63), number,
		NewSecret("s"), Blob{}, Address{}.Child(1, 0), Sender{handle: 1000}, []any{&RemoteError{Message: "m", Chain: []string{"a"}}}, map[any]any{1.5: true},
	} {
		b, err := encodeTagged(&v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v, again any
		err := decMode.Unmarshal(b, &v)
		if err != nil {
			_, err = decodeTagged(b, &v, maxDecoded, err)
		}
		if err != nil {
			return
		}
		sent, err := encodeTagged(&v)
		if err != nil {
			t.Fatalf("%x became %#v, which cannot be sent: %v", b, v, err)
		}
		if err := decMode.Unmarshal(sent, &again); err != nil {
			if _, err := decodeTagged(sent, &again, maxDecoded, err); err != nil {
				t.Fatalf("%x became %#v and %x, which does not arrive: %v", b, v, sent, err)
			}
		}
	})
}
