package functions

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// FuzzDecoders: whatever a file or a host holds, each function that decodes a text gives a
// value that can be used, or an error. It runs fewer than 10,000 times a second: each
// run calls ten functions, of which two pack and unpack, and the fuzzer looks through the
// counters of all that is linked, also of HCL.
func FuzzDecoders(f *testing.F) {
	for _, s := range []string{
		`{"a": [1, 2.5, "x", null, true]}`, "a: [1, &x 2]\nb: *x\nc: !!binary aGk=\n", "a,b\n1,2\n", "aGk=", "%61+b", "1e4097", "[[[[", "10.0.0.0/8", "fe80::1%eth0",
		"-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----\n", "", "\xef\xbb\xbf{}", "a: &a [*a]", "<<: {a: 1}",
	} {
		f.Add(s)
	}
	decoders := []string{"base64decode", "base64gunzip", "csvdecode", "jsondecode", "urldecode", "yamldecode", "cidrnetmask"}
	second := cty.StringVal("UTF-8")
	f.Fuzz(func(t *testing.T, s string) {
		text := cty.StringVal(strings.ToValidUTF8(s, "?"))
		for _, name := range decoders {
			v, err := pureFunctions[name].Call([]cty.Value{text})
			if err == nil {
				v.GoString()
				_, err = pureFunctions["jsonencode"].Call([]cty.Value{v})
			}
			if err != nil && err.Error() == "" {
				t.Errorf("%s of %q: an error without a text", name, s)
			}
		}
		zipped, err := pureFunctions["base64gzip"].Call([]cty.Value{text})
		if err == nil {
			zipped, err = pureFunctions["base64gunzip"].Call([]cty.Value{zipped})
		}
		if err != nil || !zipped.RawEquals(text) {
			t.Errorf("%q was packed and unpacked as %#v: %v", s, zipped, err)
		}
		coded := cty.StringVal(base64.StdEncoding.EncodeToString([]byte(text.AsString())))
		if v, err := pureFunctions["textdecodebase64"].Call([]cty.Value{coded, second}); err != nil || !v.RawEquals(text) {
			t.Errorf("%q is decoded as %#v: %v", s, v, err)
		}
		if key, err := rsaKey(s); (key == nil) == (err == nil) {
			t.Errorf("%q gives the key %v, %v; want either a key or an error", s, key, err)
		}
	})
}
