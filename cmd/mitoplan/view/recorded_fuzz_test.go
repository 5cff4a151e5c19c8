package view

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzRecorded: whatever a record has as the value of an output, it is refused or can be
// shown, and what is sensitive is not. It runs fewer than 10,000 times a second: after
// each run, the fuzzer looks through the counters of all that is linked, also of HCL.
func FuzzRecorded(f *testing.F) {
	for _, seed := range [][2]string{{`"string"`, `"6.1"`}, {`["object",{"a":"number"}]`, `{"a":1}`}, {`["list","bool"]`, `[true]`}, {`"dynamic"`, `{"type":"string","value":"a"}`}, {`["set","string"]`, `["a","a"]`}} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, typ, value []byte) {
		if o, err := NewRecorded(true, typ, value); err != nil || o.shown != "(sensitive value)" || o.Value != nil {
			t.Fatalf("a sensitive output is shown as %q, %s: %v", o.shown, o.Value, err)
		}
		o, err := NewRecorded(false, typ, value)
		if err != nil {
			return
		}
		if strings.ContainsAny(o.shown, "\x1b\x00\r") || !json.Valid(o.Value) {
			t.Errorf("%s of the type %s is shown as %q, and is %s", value, typ, o.shown, o.Value)
		}
		if again, err := NewRecorded(false, typ, o.Value); err != nil || again.shown != o.shown {
			t.Errorf("%s is shown as %q, and read again as %q: %v", value, o.shown, again.shown, err)
		}
	})
}
