package resource

import (
	"bytes"
	"crypto/sha256"
	"io"
	"strings"

	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Own is a content among the arguments of a block, as the controller has it. Agents are
// sent its name if it is long.
type Own struct {
	// Arg is the name of the argument on the wire.
	Arg string
	// Blob names the content.
	Blob transport.Blob
	// Data are the bytes. They are nil if only the name is known here: then they are in a
	// file of the controller.
	Data *kind.Text
	// From opens that file from an offset on. It is nil if the bytes are here.
	From func(offset int64) (io.ReadCloser, error)

	text bool
}

// OwnContent is the Own of bytes.
func OwnContent(data kind.Text) Own {
	b := []byte(data)
	return Own{Blob: transport.BlobOf(b, false), Data: &data, text: charset.Detect(b) != charset.NoText}
}

// OwnName is the Own of a content of which only the name is here.
func OwnName(c kind.Content) (o Own, err error) {
	err = o.Blob.UnmarshalBinary(c.Blob)
	return o, err
}

// Name is the argument as it is sent if the bytes are not.
func (o Own) Name() kind.Content {
	name, err := o.Blob.MarshalBinary()
	if err != nil {
		panic(err) // there is no Blob without that form
	}
	return kind.Content{Blob: name}
}

// detected is how many bytes of a content mostly tell already that it is no text.
const detected = 4 << 10

// compared is the content as a text, if it is one that is compared by lines. A file that
// cannot be read, or is another one by now, is none: that is told when it is sent.
func (o Own) compared() (text decoded, ok bool) {
	if o.Blob.Size > ComparedContent || o.Data != nil && !o.text {
		return decoded{}, false
	}
	r, err := o.Open(0)
	if err != nil {
		return decoded{}, false
	}
	defer r.Close()
	begin := make([]byte, min(o.Blob.Size, detected))
	if _, err := io.ReadFull(r, begin); err != nil || charset.BeginsNoText(begin) {
		return decoded{}, false
	}
	data := bytes.NewBuffer(make([]byte, 0, o.Blob.Size+bytes.MinRead))
	data.Write(begin)
	if _, err := data.ReadFrom(r); err != nil {
		return decoded{}, false
	}
	text.text, text.encoding = charset.Decode(data.Bytes())
	return text, text.encoding != charset.NoText
}

// Excerpts are what differs of long texts from what hosts have instead. Hosts that have
// the same share one, so that a source is read once and not for each of them, and no text
// of a source stays in memory. The zero value has none. It is for one goroutine.
type Excerpts struct{ all map[excerptKey]*Excerpt }

// excerptKey is a content, and what is there before.
type excerptKey struct {
	is, was  [sha256.Size]byte
	encoding charset.Encoding
}

// of is what differs of a content. It is nil if the content is not compared. Nobody
// changes it.
func (es *Excerpts) of(o Own, was decoded) *Excerpt {
	key := excerptKey{o.Blob.Sum, sha256.Sum256([]byte(was.text)), was.encoding}
	out, known := es.all[key]
	if known {
		return out
	}
	if is, ok := o.compared(); ok {
		_, differs := excerpts(was, is)
		out = &differs
	}
	if es.all == nil {
		es.all = map[excerptKey]*Excerpt{}
	}
	es.all[key] = out
	return out
}

// Open opens the bytes from an offset on. It is a transport.BlobSource.
func (o Own) Open(offset int64) (io.ReadCloser, error) {
	switch {
	case o.From != nil:
		return o.From(offset)
	case o.Data == nil || offset > o.Blob.Size:
		return nil, &transport.BlobError{Blob: o.Blob, Reason: transport.BlobUnavailable}
	}
	return io.NopCloser(strings.NewReader(string((*o.Data)[offset:]))), nil
}

// same reports whether both name the same bytes.
func (o Own) same(b transport.Blob) bool { return o.Blob.Sum == b.Sum && o.Blob.Size == b.Size }

// Given stands in a reply for a content that is one of the arguments, byte for byte:
// whoever sent the arguments has it. See Change.PutBack.
type Given struct {
	// Arg is the name of the argument on the wire.
	Arg string `cbor:"given"`
	// Short is set if people are shown no more of it than its digest.
	Short bool `cbor:"short,omitempty"`
	// Excerpt is what differs of a long text; nil else.
	Excerpt *Excerpt `cbor:"excerpt,omitempty"`
}

// asGiven returns the Given that a value is after it crossed the wire as a map.
func asGiven(v any) (g Given, ok bool) {
	switch v := v.(type) {
	case Given:
		return v, true
	case map[string]any:
		if g.Arg, ok = v["given"].(string); !ok {
			return g, false
		}
		known := 1
		if short, has := v["short"]; has {
			known++
			g.Short, ok = short.(bool)
		}
		if part, has := v["excerpt"]; has && ok {
			known++
			g.Excerpt, ok = asExcerpt(part)
		}
		return g, ok && len(v) == known
	}
	return g, false
}

// namedThing is what a block claims or edits, "" if it is none or several.
func namedThing(def *kind.Kind, text func(arg string) (string, bool)) kind.Thing {
	for i := range def.Args.Attrs {
		a := &def.Args.Attrs[i]
		if what := a.Claims + a.Edits; what != "" {
			if name, ok := text(a.Name); ok {
				return kind.ThingOf(what, name)
			}
		}
	}
	return ""
}
