package kind_test

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// withContent has the two forms of an argument that may be long.
type withContent struct {
	Text   *kind.Content `cbor:"text,omitempty" mito:"content"`
	Binary *kind.Content `cbor:"binary,omitempty" mito:"content,base64"`
	Source *kind.Text    `cbor:"source,omitempty" mito:"sends=sent"`
	Sent   *kind.Content `cbor:"sent,omitempty" mito:"sent"`
}

// blob is the name of a content of that length.
func blob(size uint64) []byte {
	return append(binary.BigEndian.AppendUint64(bytes.Repeat([]byte{0}, 32), size), 1)
}

func TestContentCrossesTheWire(t *testing.T) {
	for name, c := range map[string]struct {
		sent any
		want kind.Content
	}{
		"a text":             {map[string]any{"text": kind.Text("x\xff")}, kind.Content{Data: []byte("x\xff")}},
		"UTF-8":              {map[string]any{"text": "é"}, kind.Content{Data: []byte("é")}},
		"nothing":            {map[string]any{"text": kind.Text("")}, kind.Content{Data: []byte{}}},
		"the content":        {map[string]any{"text": kind.Content{Data: []byte("x")}}, kind.Content{Data: []byte("x")}},
		"the name of a blob": {map[string]any{"text": kind.Content{Blob: blob(1200)}}, kind.Content{Blob: blob(1200)}},
		"of a large one":     {map[string]any{"text": kind.Content{Blob: blob(1 << 40)}}, kind.Content{Blob: blob(1 << 40)}},
		"of an empty one":    {map[string]any{"text": kind.Content{Blob: blob(0)}}, kind.Content{Blob: blob(0)}},
		"the name":           {map[string]any{"text": kind.Content{Blob: []byte("sum")}}, kind.Content{Blob: []byte("sum")}},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := cbor.Marshal(c.sent)
			if err != nil {
				t.Fatal(err)
			}
			var got withContent
			if err := kind.Decode(raw, &got); err != nil {
				t.Fatal(err)
			}
			if got.Text == nil || !reflect.DeepEqual(*got.Text, c.want) {
				t.Errorf("%+v arrived, want %+v", got.Text, c.want)
			}
		})
	}
}

func TestContentThatIsNeitherBytesNorAName(t *testing.T) {
	for name, sent := range map[string]any{
		"a number": 1, "a list without a name": []any{}, "a list of something else": []any{1}, "a map": map[string]any{"blob": []byte("x")},
		"an empty name": []any{[]byte{}}, "a name with more": []any{[]byte("x"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := cbor.Marshal(map[string]any{"text": sent})
			if err != nil {
				t.Fatal(err)
			}
			if err := kind.Decode(raw, &withContent{}); err == nil {
				t.Errorf("%v was taken for a content", sent)
			}
		})
	}
}

func TestSchemaOfContents(t *testing.T) {
	s := kind.SchemaOf(withContent{})
	var got []string
	for k := range s.Attrs {
		for _, name := range s.Attrs[k].ContentAs() {
			if name != "" {
				got = append(got, name)
			}
		}
	}
	if want := []string{"text", "binary", "sent"}; !slices.Equal(got, want) {
		t.Errorf("the arguments that may be long are %q, want %q", got, want)
	}
	text, _ := s.Attr("text")
	binary, _ := s.Attr("binary")
	if text.Type.String() != "string" || !text.Type.Text || binary.Type.String() != "bytes" {
		t.Errorf("text is a %s and binary a %s", text.Type, binary.Type)
	}
	if raw, err := (kind.Content{}).MarshalCBOR(); err != nil || !bytes.Equal(raw, []byte{0x40}) {
		t.Errorf("an empty content is %x, %v: want the byte string of length 0", raw, err)
	}
}
