package resource

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// FuzzReply: whatever a host answers to a check, it is refused, or it is a change that says
// of a content what follows from the one that it was given.
func FuzzReply(f *testing.F) {
	def := named(f, "file")
	own := OwnContent("ours\n")
	own.Arg = "content"
	key, args := []byte("key"), map[string]any{"path": "/x", "mode": "0644"}
	thing, n := kind.PathThing("/x"), int64(3)
	for _, c := range []Change{
		{Op: Create, After: map[string]any{"content": Given{Arg: "content"}, "path": "/x"}, Writes: []kind.Thing{""}},
		{Op: Update, Before: map[string]any{"content": kind.Text("old\n")}, After: map[string]any{"content": own.digest(key)}, Fingerprint: strings.Repeat("ab", 32)},
		{Op: NoOp, After: map[string]any{"mode": Given{Arg: "mode"}}, Traits: []Trait{NewTrait("mode", nil, n), NewTrait("content", nil, "x")}, Along: &Along{}},
		{Op: Create, Effects: []Effect{{Thing: thing, Entry: &Entry{Type: TypeFile, Content: &Content{Blob: &own.Blob}}}}, Results: map[string]any{"a": 1}},
		{Op: Delete, Before: map[string]any{"content": nil}, Uses: []string{"content"}, Warnings: []kind.Problem{{Attr: "mode", Summary: "s"}}},
	} {
		raw, err := transport.Marshal(CheckReply{Change: c})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r CheckReply
		if transport.Unmarshal(raw, &r) != nil {
			return
		}
		c := r.Received(def, args)
		if c.PutBack(def, args, []Own{own}, key, new(Excerpts)) != "" {
			return
		}
		if _, given := asGiven(c.After["content"]); given {
			t.Errorf("the content was not put back: %+v", c)
		}
		if text, ok := c.After["content"].(kind.Text); ok && text != "ours\n" {
			t.Errorf("another content is believed: %+v", c)
		}
		if _, err := transport.Marshal(CheckReply{Change: c}); err != nil {
			t.Errorf("the change cannot be sent on: %v", err)
		}
	})
}

// FuzzFingerprint: a fingerprint that is sent as digests is read as it was, and whatever
// bytes come are read as some fingerprint.
func FuzzFingerprint(f *testing.F) {
	f.Add(make([]byte, 32))
	f.Add(append(make([]byte, 32), "\x04modeabcd\x00efgh"...))
	f.Add(append(make([]byte, 32), "\x04a=b;abcd"...))
	f.Add([]byte("short"))
	f.Add(bytes.Repeat([]byte("no digest at all;"), 4))
	f.Fuzz(func(t *testing.T, sent []byte) {
		is := unpackFingerprint(sent)
		packed := packFingerprint(is)
		if len(is) >= 32 && string(packed) == is {
			return // it has no form that a kind makes
		}
		if again := unpackFingerprint(packed); again != is {
			t.Errorf("% x is the fingerprint %q, which is sent on as %q", sent, is, again)
		}
	})
}

// FuzzContent: what a host sends where a content may be is a text, bytes, a name in the
// right form, or refused.
func FuzzContent(f *testing.F) {
	for _, v := range []any{"text", []byte("bytes"), kind.NameContent([32]byte{1}, 5), map[string]any{"given": "content"}, 5, nil} {
		raw, err := transport.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c kind.Content
		if transport.Unmarshal(raw, &c) != nil {
			return
		}
		own, err := OwnName(c)
		if sum, size, ok := c.Name(); ok && err == nil && (own.Blob.Sum != sum || own.Blob.Size != size) {
			t.Errorf("%x has the names %v, %d and %+v", raw, sum, size, own.Blob)
		}
		again, err := transport.Marshal(c)
		if err != nil {
			t.Fatalf("%+v was read and cannot be sent: %v", c, err)
		}
		var back kind.Content
		if err := transport.Unmarshal(again, &back); err != nil || !reflect.DeepEqual(back, c) {
			t.Errorf("%+v is sent as % x and read as %+v: %v", c, again, back, err)
		}
	})
}
