package transport

import (
	"math"
	"testing"
)

// A map that arrives in an any has as many entries as were sent, also if a key is no number,
// which is never found again. FuzzAnyValue found that each was there several times.
func TestKeysThatAreNoNumbersArriveOnce(t *testing.T) {
	for range 50 { // what is done while a map is gone through may show or not
		v := any(map[any]any{math.NaN(): []any{int64(1)}, 1.5: true})
		b, err := encodeTagged(&v)
		if err != nil {
			t.Fatal(err)
		}
		var came any
		if err = decMode.Unmarshal(b, &came); err != nil {
			_, err = decodeTagged(b, &came, maxDecoded, err)
		}
		if m, ok := came.(map[any]any); err != nil || !ok || len(m) != 2 {
			t.Fatalf("%v (%v)", came, err)
		}
	}
}
