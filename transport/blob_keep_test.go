package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
)

// TestWhereABlobIsKept says which blobs are kept where, by their kind and by how many
// may ask for them.
func TestWhereABlobIsKept(t *testing.T) {
	q := newKeeper()
	where := map[*space]string{nil: "not", &q.memory: "in memory", &q.files: "in a file"}
	for _, c := range []struct {
		size   int64
		secret bool
		askers int
		want   string
	}{
		{0, false, 2, "not"},
		{1, false, 0, "not"},
		{1, false, 1, "in memory"},
		{keepInMemory, false, 1, "in memory"},
		{keepInMemory + 1, false, 1, "not"},
		{keepInMemory + 1, false, 2, "in a file"},
		{1 << 40, false, 2, "in a file"},
		{1, true, 1, "in memory"},
		{keepSecret, true, 1, "in memory"},
		{keepSecret + 1, true, 1, "not"},
		{keepSecret + 1, true, 2, "not"},
		{1 << 40, true, 9, "not"},
	} {
		if got := where[q.spaceFor(Blob{Size: c.size, Secret: c.secret}, c.askers)]; got != c.want {
			t.Errorf("%d bytes, secret %t, for %d: kept %s, want %s", c.size, c.secret, c.askers, got, c.want)
		}
	}
}

// keepOne has a blob of that size kept, and leaves it.
func keepOne(t *testing.T, q *keeper, in *space, seed byte, size int64) (b Blob, ok bool) {
	t.Helper()
	data := bytes.Repeat([]byte{seed}, int(size))
	b = BlobOf(data, false)
	k, begins := q.join(context.Background(), b, in)
	if k == nil {
		return b, false
	}
	if begins {
		if k.store = q.newStore(k); k.store == nil {
			q.done(k, errNotKept)
			q.leave(k)
			return b, false
		}
		_, _ = k.store.Write(data)
		k.grow(len(data))
		q.done(k, nil)
	}
	got, err := io.ReadAll(io.NewSectionReader(k.store, 0, size))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("what was kept is other: %v", err)
	}
	q.leave(k)
	return b, true
}

// TestKeptBlobsGoWhenThereIsNoRoom fills each space: the blob that nobody has read for
// the longest time goes, those that are read stay, and what does not fit beside them
// is not kept.
func TestKeptBlobsGoWhenThereIsNoRoom(t *testing.T) {
	for name, of := range map[string]func(q *keeper) *space{
		"memory": func(q *keeper) *space { return &q.memory },
		"files":  func(q *keeper) *space { return &q.files },
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			q := newKeeper()
			s := of(q)
			s.most = 1000
			old, _ := keepOne(t, q, s, 1, 400)
			young, _ := keepOne(t, q, s, 2, 400)
			keepOne(t, q, s, 1, 400) // is read again
			keepOne(t, q, s, 3, 400)
			if q.blobs[old] == nil || q.blobs[young] != nil || s.rest != 800 || s.busy != 0 {
				t.Errorf("kept %v, %d and %d bytes", q.blobs, s.rest, s.busy)
			}
			k, _ := q.join(context.Background(), old, s)
			if _, ok := keepOne(t, q, s, 4, 601); ok {
				t.Error("it is kept where there is no room")
			}
			if _, ok := keepOne(t, q, s, 4, 600); !ok || q.blobs[old] != k || s.rest != 600 || s.busy != 400 {
				t.Errorf("kept %v, %d and %d bytes", q.blobs, s.rest, s.busy)
			}
			q.leave(k)
			q.close()
			if _, err := k.store.ReadAt(make([]byte, 1), 0); name == "files" && err == nil {
				t.Error("a file stays open")
			}
			if _, ok := keepOne(t, q, s, 5, 1); ok {
				t.Error("something is kept at the end")
			}
		})
	}
}

// TestABlobThatCannotBeKept holds that a store that fails harms no reader, and that
// a blob that did not come is not there.
func TestABlobThatCannotBeKept(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere")
	q := newKeeper()
	if _, ok := keepOne(t, q, &q.files, 1, 100); ok || len(q.blobs) != 0 || q.files.busy != 0 {
		t.Errorf("kept %v, %d bytes", q.blobs, q.files.busy)
	}
	b := BlobOf([]byte("x"), false)
	k, _ := q.join(context.Background(), b, &q.memory)
	second, begins := q.join(context.Background(), b, &q.memory)
	if begins || second != k {
		t.Error("a blob that comes already is pulled again")
	}
	q.done(k, &BlobError{b, BlobChanged})
	if _, err := k.readAt(context.Background(), make([]byte, 1), 0); !errors.As(err, new(*BlobError)) {
		t.Errorf("read %v", err)
	}
	if next, begins := q.join(context.Background(), b, &q.memory); !begins || next == k {
		t.Error("a blob that did not come is there")
	}
	q.leave(k)
	q.leave(k)
	if q.memory.busy != 0 {
		t.Errorf("%d bytes are counted", q.memory.busy)
	}
}

func TestNamesOfBlobs(t *testing.T) {
	for _, b := range []Blob{{}, BlobOf([]byte("x"), true), {Size: 1 << 62}} {
		name, _ := b.MarshalBinary()
		var back Blob
		if err := back.UnmarshalBinary(name); err != nil || back != b || len(name) != blobName {
			t.Errorf("%v became %v in %d bytes: %v", b, back, len(name), err)
		}
	}
	good, _ := BlobOf(nil, false).MarshalBinary()
	for name, edit := range map[string]func([]byte) []byte{
		"short":    func(b []byte) []byte { return b[:40] },
		"long":     func(b []byte) []byte { return append(b, 0) },
		"a flag":   func(b []byte) []byte { b[40] = 2; return b },
		"too much": func(b []byte) []byte { b[32] = 0x40; b[39] = 1; return b },
	} {
		if new(Blob).UnmarshalBinary(edit(bytes.Clone(good))) == nil {
			t.Errorf("%s: it is a name", name)
		}
	}
}

// TestVerify holds that the two parts of a blob are looked at as one.
func TestVerify(t *testing.T) {
	b := BlobOf([]byte("first second"), false)
	for _, c := range []struct {
		prefix, rest string
		ok           bool
	}{
		{"first ", "second", true},
		{"", "first second", true},
		{"first second", "", true},
		{"First ", "second", false},
		{"first ", "secont", false},
		{"first ", "secon", false},
		{"first ", "second ", false},
		{"first second, third", "", false},
	} {
		r, err := b.Verify(bytes.NewReader([]byte(c.prefix)), io.NopCloser(bytes.NewReader([]byte(c.rest))))
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		var e *BlobError
		if (err == nil) != c.ok || err != nil && (!errors.As(err, &e) || e.Reason != BlobChanged || e.Blob != b) {
			t.Errorf("%q and %q: %v", c.prefix, c.rest, err)
		}
	}
}
