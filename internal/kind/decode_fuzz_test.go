package kind

import (
	"errors"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// fuzzed has an argument of each form.
type fuzzed struct {
	Name  string            `mito:"name" cbor:"name"`
	Bytes Text              `mito:"bytes" cbor:"bytes"`
	Count *int64            `mito:"count" cbor:"count"`
	Half  float64           `mito:"half" cbor:"half"`
	On    bool              `mito:"on" cbor:"on"`
	List  []string          `mito:"list" cbor:"list"`
	Map   map[string]string `mito:"map" cbor:"map"`
}

// FuzzDecode holds that arguments are either decoded, or refused with a problem that
// has a text.
func FuzzDecode(f *testing.F) {
	n := int64(3)
	whole, err := cbor.Marshal(fuzzed{"a", "b", &n, 0.5, true, []string{"c"}, map[string]string{"d": "e"}})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{whole, whole[:len(whole)/2], []byte("\xa1dname\x01"), []byte("\xa1eother\x01"), []byte("\xa2dname\x60dname\x60"), []byte("\xbf\xff"), {}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, args []byte) {
		var into fuzzed
		err := Decode(args, &into)
		problem := (*Problem)(nil)
		if err != nil && (!errors.As(err, &problem) || problem.Summary == "" || problem.Detail == "") {
			t.Errorf("got %v", err)
		}
	})
}
