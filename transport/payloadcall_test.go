package transport

import (
	"bytes"
	"strings"
	"testing"
)

// TestPlainPayloadsAreEncodedAsAll: the bytes that are put together by hand for a call and
// its result are those that the encoder makes of them.
func TestPlainPayloadsAreEncodedAsAll(t *testing.T) {
	numbers := []uint32{0, 1, 23, 24, 255, 256, 65_535, 65_536, 1<<32 - 1}
	same := func(encoded []byte, err error, of any) {
		t.Helper()
		want, werr := Marshal(of)
		if err != nil || werr != nil || !bytes.Equal(encoded, want) {
			t.Errorf("%+v is encoded as %x (%v), want %x (%v)", of, encoded, err, want, werr)
		}
	}
	for _, size := range []int{0, 1, 23, 24, 255, 256, 70_000} {
		in, err := Marshal(strings.Repeat("x", size))
		if err != nil {
			t.Fatal(err)
		}
		r := replyPayload{Out: in}
		data, err := r.encode()
		same(data, err, r)
		for _, low := range numbers {
			for _, p := range []callPayload{
				{Func: strings.Repeat("f", size), In: in, Low: low},
				{Func: "f", In: in, Low: low, After: []uint32{7}},
				{Func: "f", In: in, Low: low, Settled: []uint32{7}},
				{Func: "f", In: in, Low: low, Timeout: 7},
				{Func: "f", In: in, Low: low, Pipe: 7},
				{Func: "f", Low: low},
			} {
				data, err := p.encode()
				same(data, err, p)
			}
		}
	}
	for _, r := range []replyPayload{{}, {Err: toWire(&RemoteError{Kind: "size"})}} {
		data, err := r.encode()
		same(data, err, r)
	}
}
