package planner_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/planner"
)

// inFormat is a plan file as another version would write it.
func inFormat(t *testing.T, head string, content any) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(head)
	z := gzip.NewWriter(&b)
	if err := errors.Join(cbor.NewEncoder(z).Encode(content), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAPlanOfAnotherFormatNamesItsVersion: what an older or newer version wrote
// is told from damage, with the version to use.
func TestAPlanOfAnotherFormatNamesItsVersion(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want planner.FormatError
	}{
		"format 2, which names it inside": {inFormat(t, "mitoplan plan 2\n", map[string]any{"tool": "0.0.9"}), planner.FormatError{Format: 2, Tool: "0.0.9"}},
		"format 2, damaged":               {[]byte("mitoplan plan 2\nfoo"), planner.FormatError{Format: 2}},
		"a later one":                     {[]byte("mitoplan plan 9 3.1.0\n\x00\x01"), planner.FormatError{Format: 9, Tool: "3.1.0"}},
	} {
		_, err := planner.DecodeFile(c.file)
		var got *planner.FormatError
		if !errors.As(err, &got) || *got != c.want || !strings.Contains(err.Error(), "this mitoplan reads format 3") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	f := &planner.File{Tool: "0.1.0", Lineage: "l", Serial: 3, Build: "b", Place: planner.Place{Dir: "/d", Host: "h"}}
	raw, err := f.Encode()
	if err != nil || !bytes.HasPrefix(raw, []byte("mitoplan plan 3 0.1.0\n")) {
		t.Errorf("it begins %.30q, %v", raw, err)
	}
	back, err := planner.DecodeFile(raw)
	if err != nil || back.Lineage != "l" || back.Serial != 3 || back.Build != "b" || back.Place != f.Place {
		t.Errorf("got %+v, %v", back, err)
	}
}
