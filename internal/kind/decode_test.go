package kind_test

import (
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// If an argument has another form, the problem names it in plain words.
func TestDecodeProblem(t *testing.T) {
	type in struct {
		Path  kind.Text `cbor:"path"`
		Count int64     `cbor:"count"`
		On    bool      `cbor:"on"`
		Words []string  `cbor:"words"`
	}
	mode, err := cbor.DecOptions{ExtraReturnErrors: cbor.ExtraDecErrorUnknownField}.DecMode()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args       map[string]any
		attr, want string
	}{
		"a number for a text":  {map[string]any{"path": 5}, "path", "path came as a number,"},
		"a text for a number":  {map[string]any{"count": "x"}, "count", "count came as a text,"},
		"a fraction":           {map[string]any{"count": 1.5}, "count", "count came as a number with a fraction"},
		"too great":            {map[string]any{"count": uint64(1 << 63)}, "count", "count came as a number,"},
		"a text for a bool":    {map[string]any{"on": "yes"}, "on", "on came as a text,"},
		"a map for a list":     {map[string]any{"words": map[string]any{}}, "words", "words came as a map,"},
		"nobody knows it":      {map[string]any{"nonsense": 1}, "", "An argument came that is not known here."},
		"a list within a list": {map[string]any{"words": []any{[]any{}}}, "words", "words came as a list,"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := cbor.Marshal(c.args)
			if err != nil {
				t.Fatal(err)
			}
			p := kind.DecodeProblem(mode.Unmarshal(b, new(in)))
			if p.Attr != c.attr || !strings.HasPrefix(p.Detail, c.want) || !strings.Contains(p.Detail, "another version") {
				t.Errorf("%+v", p)
			}
			for _, word := range []string{"cbor", "Go ", "struct", "int64", "UTF-8"} {
				if strings.Contains(p.Error(), word) {
					t.Errorf("%q is in %s", word, p)
				}
			}
		})
	}
	if p := kind.DecodeProblem(mode.Unmarshal([]byte{0xff}, new(in))); strings.Contains(p.Error(), "cbor") {
		t.Errorf("%v", p)
	}
}
