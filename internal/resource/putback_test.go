package resource

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// ownStore is a Puller of contents that a controller has.
type ownStore struct {
	own   []Own
	pulls int
	files bool // the contents are in files of the controller
}

func (s *ownStore) Pull(_ context.Context, b transport.Blob, offset int64) (io.ReadCloser, error) {
	s.pulls++
	for _, o := range s.own {
		if o.Blob == b {
			return o.Open(offset)
		}
	}
	return nil, errors.New("not offered")
}

// asked is a check of a file as a controller asks for it: its content is named, and
// put back into the answer.
func asked(t *testing.T, s *Service, from *ownStore, arg, content string, more map[string]any) (CheckRequest, Change) {
	t.Helper()
	own := OwnContent(kind.Text(content))
	if own.Arg = arg; from.files {
		own.Data, own.From = nil, func(offset int64) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(content[offset:])), nil
		}
	}
	from.own = append(from.own, own)
	args := map[string]any{arg: own.Name()}
	for name, v := range more {
		args[name] = v
	}
	raw, err := transport.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	req := CheckRequest{Plan: "p", Address: "file.x", Kind: "file", Args: raw, Key: []byte("key"), From: from}
	return req, answered(t, s, req, own)
}

func answered(t *testing.T, s *Service, req CheckRequest, own ...Own) Change {
	t.Helper()
	reply, err := s.Answer(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := transport.Marshal(reply)
	if err != nil {
		t.Fatal(err)
	}
	var got CheckReply
	if err := transport.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	var args map[string]any
	if err := transport.Unmarshal(req.Args, &args); err != nil {
		t.Fatal(err)
	}
	def := named(t, req.Kind)
	change := got.Received(def, args)
	if why := change.PutBack(def, args, own, req.Key, new(Excerpts)); why != "" {
		t.Fatalf("the answer is not believed: %s", why)
	}
	return change
}

// utf16LE is ASCII as UTF-16 with a byte order mark.
func utf16LE(s string) string {
	out := []byte{0xff, 0xfe}
	for _, r := range []byte(s) {
		out = append(out, r, 0)
	}
	return string(out)
}

// A check does not need the content, and what people are shown is what they would be
// shown if it had it.
func TestContentsArePutBack(t *testing.T) {
	mib := strings.Repeat("0123456789abcde\n", 1<<16)
	for name, c := range map[string]struct {
		was   string // "-": there is no file
		will  string
		arg   string
		files bool
	}{
		"a new file":               {was: "-", will: "new\n"},
		"another text":             {was: "old\n", will: "new\n"},
		"nothing":                  {was: "old\n", will: ""},
		"a new one, empty":         {was: "-", will: ""},
		"the same":                 {was: "same\n", will: "same\n"},
		"Latin-1":                  {was: "gr\xfcn\n", will: "blau \xfc\n"},
		"UTF-16":                   {was: utf16LE("old\n"), will: utf16LE("new\n")},
		"bytes":                    {was: "old\n", will: "\x00\xff\x01"},
		"bytes before":             {was: "\x00\xff\x01", will: "new\n"},
		"base64":                   {was: "old\n", will: "new\n", arg: "content_base64"},
		"a source":                 {was: "old\n", will: "new\n", arg: "source_content"},
		"exactly a MiB":            {was: "old\n", will: mib},
		"a new one of a MiB":       {was: "-", will: mib},
		"a byte more":              {was: "old\n", will: mib + "x"},
		"a new one with more":      {was: "-", will: mib + "x"},
		"a long one becomes short": {was: mib + "x", will: "short\n"},
		"two long ones":            {was: mib + "x\n", will: mib + "y\n"},
		"long ones, the same":      {was: mib + "x\n", will: mib + "x\n"},
		"long bytes":               {was: mib + "x\n", will: "\x00\xff\x01" + mib},
		"a new one of a file":      {was: "-", will: mib + "x", arg: "source_content", files: true},
		"a file over a short one":  {was: "old\n", will: mib + "x", arg: "source_content", files: true},
		"bytes of a file":          {was: "old\n", will: "\x00\xff\x01" + mib, arg: "source_content", files: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := filepath.Join(t.TempDir(), "x")
			if c.was != "-" {
				if err := os.WriteFile(p, []byte(c.was), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			arg := c.arg
			if arg == "" {
				arg = "content"
			}
			from := &ownStore{files: c.files}
			more := map[string]any{"path": kind.Text(p)}
			if arg == "source_content" {
				more["source"] = kind.Text("files/x")
			}
			_, got := asked(t, NewService(NewMachine(Options{}), LookupKind), from, arg, c.will, more)

			before, after := map[string]any{"path": kind.Text(p)}, map[string]any{"path": kind.Text(p)}
			whole := Change{Op: got.Op, Before: before, After: after}
			if c.was != "-" {
				before["content"] = ContentOf([]byte(c.was))
			} else {
				whole.Before = nil
			}
			after["content"] = ContentOf([]byte(c.will))
			want := whole.wire(ShownContent, []byte("key"))
			for side, values := range map[string][2]map[string]any{"before": {got.Before, want.Before}, "after": {got.After, want.After}} {
				if g, w := plainly(t, values[0]["content"]), plainly(t, values[1]["content"]); !reflect.DeepEqual(g, w) {
					t.Errorf("%s is %.200v, want %.200v", side, g, w)
				}
			}
			wantPulls := 0
			if name == "two long ones" || name == "long bytes" || name == "a long one becomes short" {
				wantPulls = 1 // for the excerpt
			}
			if from.pulls != wantPulls {
				t.Errorf("the check pulled %d times, want %d", from.pulls, wantPulls)
			}
		})
	}
}

// plainly is a value as it crossed the wire.
func plainly(t *testing.T, v any) any {
	t.Helper()
	if v == nil {
		return nil
	}
	v = crossed(t, v)
	if d, ok := AsDigest(v); ok {
		return d
	}
	return v
}

// An excerpt is a courtesy.
func TestExcerptThatDoesNotCome(t *testing.T) {
	long := strings.Repeat("0123456789abcde\n", 1<<17)
	for name, from := range map[string]*ownStore{"refused": {}, "changed": {}} {
		p := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(p, []byte(long), 0o644); err != nil {
			t.Fatal(err)
		}
		own := OwnContent(kind.Text(long + "more\n"))
		own.Arg = "content"
		if name == "changed" {
			wrong := OwnContent(kind.Text(bytes.Repeat([]byte("x"), len(long)+5)))
			wrong.Blob = own.Blob
			from.own = []Own{wrong}
		}
		raw, err := transport.Marshal(map[string]any{"path": kind.Text(p), "content": own.Name()})
		if err != nil {
			t.Fatal(err)
		}
		c := answered(t, NewService(NewMachine(Options{}), LookupKind), CheckRequest{Plan: "p", Address: "file.x", Kind: "file", Args: raw, Key: []byte("key"), From: from}, own)
		if d, ok := AsDigest(c.After["content"]); !ok || d.Size != own.Blob.Size || c.Op != Update {
			t.Errorf("%s: the check would %s to %.80v, want a digest of the size", name, c.Op, c.After["content"])
		}
	}
}

// What is no text is not read whole to find that out.
func TestTheBeginningTellsThatItIsNoText(t *testing.T) {
	for begin, most := range map[string]int{"\x7fELF\x02\x01\x01\x00\xb8\x00": 4 << 10, "Host a\n": 8 << 20} {
		data := []byte(begin + strings.Repeat("0123456789abcde\n", 8<<16))[:8<<20]
		read := 0
		own := Own{Blob: transport.BlobOf(data, false), From: func(int64) (io.ReadCloser, error) {
			return io.NopCloser(io.TeeReader(bytes.NewReader(data), counter{&read})), nil
		}}
		if text, ok := own.compared(); ok != (most == len(data)) || ok && text.text != string(data) {
			t.Errorf("what begins with %q is a text: %t", begin, ok)
		}
		if read != most {
			t.Errorf("%d bytes were read of what begins with %q, want %d", read, begin, most)
		}
	}
}

type counter struct{ n *int }

func (c counter) Write(b []byte) (int, error) {
	*c.n += len(b)
	return len(b), nil
}

// A host says of contents only what follows from those that it was sent.
func TestLiesAboutContents(t *testing.T) {
	def := named(t, "file")
	own, other := OwnContent("ours\n"), OwnContent("others\n")
	own.Arg = "content"
	key := []byte("key")
	thing := kind.PathThing("/x")
	for name, c := range map[string]struct {
		c   Change
		why string
	}{
		"it creates the content":       {Change{Op: Create, After: map[string]any{"content": map[string]any{"given": "content"}}}, ""},
		"it says the text itself":      {Change{Op: Create, After: map[string]any{"content": kind.Text("ours\n")}}, ""},
		"it says nothing":              {Change{Op: Create, After: map[string]any{"content": nil}}, ""},
		"its digest":                   {Change{Op: NoOp, After: map[string]any{"content": own.digest(key)}}, ""},
		"a form of the kernel":         {Change{Op: Update, Before: map[string]any{"content": kind.Text("old\n")}, After: map[string]any{"content": kind.Text("ours\n")}}, ""},
		"it creates another text":      {Change{Op: Create, After: map[string]any{"content": kind.Text("theirs\n")}}, "would not be the content that it was sent"},
		"another digest":               {Change{Op: Update, After: map[string]any{"content": other.digest(key)}}, "would not be the content that it was sent"},
		"a digest under another key":   {Change{Op: NoOp, After: map[string]any{"content": own.digest([]byte("other"))}}, "would not be the content that it was sent"},
		"a digest of another size":     {Change{Op: NoOp, After: map[string]any{"content": Digest{MAC: own.digest(key).MAC, Size: 1}}}, "would not be the content that it was sent"},
		"something else":               {Change{Op: NoOp, After: map[string]any{"content": int64(1)}}, "would not be the content that it was sent"},
		"an argument it was not given": {Change{Op: Create, After: map[string]any{"content": map[string]any{"given": "source_content"}}}, "is said to be an argument that it was not given"},
		"the content as the owner":     {Change{Op: Create, After: map[string]any{"owner": map[string]any{"given": "content"}}}, "is said to be an argument that it was not given"},
		"before, under another name":   {Change{Op: Update, Before: map[string]any{"path": map[string]any{"given": "content"}}}, "is said to be an argument that it was not given"},
		"an effect of another content": {Change{Op: Create, Effects: []Effect{{Thing: thing, Entry: &Entry{Type: TypeFile, Content: &Content{Blob: &other.Blob}}}}}, "names a content that it was not given"},
	} {
		if why := c.c.PutBack(def, nil, []Own{own}, key, new(Excerpts)); !strings.Contains(why, c.why) || c.why == "" && why != "" {
			t.Errorf("%s: %q, want %q", name, why, c.why)
		}
	}
}

// A long source is read once for all hosts that have the same instead of it, in whatever
// order they answer, and an excerpt does not keep all of its text.
func TestSourcesAreReadOnceForAllHosts(t *testing.T) {
	def := named(t, "file")
	long := strings.Repeat("0123456789abcde\n", 1<<17)
	texts := map[string]string{"a": "one\n" + long, "b": long + "two\n", "c": "\x00\xff" + long, "d": long}
	opened := map[string]int{}
	source := func(name string) Own {
		o := OwnContent(kind.Text(texts[name]))
		o.Arg, o.Data = "source_content", nil
		o.From = func(offset int64) (io.ReadCloser, error) {
			if opened[name]++; name == "d" {
				return nil, os.ErrNotExist
			}
			return io.NopCloser(strings.NewReader(texts[name][offset:])), nil
		}
		return o
	}
	var made Excerpts
	for range 10 {
		for name := range texts {
			for _, was := range []any{nil, kind.Text("old\n"), kind.Text(utf16LE("old\n"))} {
				c := Change{Op: Update, Before: map[string]any{"content": was}, After: map[string]any{"content": map[string]any{"given": "source_content"}}}
				if was == nil {
					c.Op, c.Before = Create, nil
				}
				if why := c.PutBack(def, nil, []Own{source(name)}, nil, &made); why != "" {
					t.Fatal(why)
				}
				var want *Excerpt
				if name == "a" || name == "b" {
					old, _ := asText(map[string]any{"content": ContentOf([]byte(wireTextOf(was)))}, "content")
					if was == nil {
						old = decoded{encoding: charset.UTF8}
					}
					_, p := excerpts(old, decoded{texts[name], charset.UTF8})
					want = &p
				}
				if d, _ := AsDigest(c.After["content"]); !reflect.DeepEqual(d.Excerpt, want) {
					t.Errorf("%s over %q: %.100v, want %.100v", name, was, d.Excerpt, want)
				}
			}
		}
	}
	for name, n := range opened {
		if n != 3 {
			t.Errorf("%s was opened %d times, want once for each text that hosts have", name, n)
		}
	}
	for _, p := range made.all {
		if p != nil && len(p.Text) > excerptMax {
			t.Errorf("an excerpt has %d bytes", len(p.Text))
		}
	}
}

func wireTextOf(v any) string {
	text, _ := WireText(v)
	return text
}

// A content that an effect names is offered elsewhere as it was named first, whatever the
// host says of it.
func TestNamedEffectsAreThoseOfTheController(t *testing.T) {
	def := named(t, "file")
	own := OwnContent("ours\n")
	own.Arg, own.Blob.Secret = "content", true
	said := own.Blob
	said.Secret = false
	c := Change{Op: Create, Effects: []Effect{{Thing: "path:/x", Entry: &Entry{Type: TypeFile, Content: &Content{SHA256: []byte("other"), Data: []byte("other"), Whole: true, Size: 5, Blob: &said}}}}}
	if why := c.PutBack(def, nil, []Own{own}, nil, new(Excerpts)); why != "" {
		t.Fatal(why)
	}
	got := c.Effects[0].Entry.Content
	if *got.Blob != own.Blob || got.Whole || got.Data != nil || !bytes.Equal(got.SHA256, own.Blob.Sum[:]) {
		t.Errorf("the effect has %+v, want the name alone", got)
	}
	if lent := Named(c.Effects, []Own{OwnContent("others\n"), own}); len(lent) != 1 || lent[0].Blob != own.Blob {
		t.Errorf("%v may be had elsewhere, want what the effect names", lent)
	}
}

// Of a file of the kernel an agent says in which form it shows a content.
func TestKernelFormsArePutBack(t *testing.T) {
	def := named(t, "file")
	own := OwnContent("0x10")
	own.Arg = "content"
	shown := ContentOf([]byte("16\n"))
	shown.Form = true
	c := Change{Op: NoOp, Before: map[string]any{"content": ContentOf([]byte("16\n"))}, After: map[string]any{"content": shown}}.wire(ShownContent, []byte("key"))
	if why := c.PutBack(def, nil, []Own{own}, []byte("key"), new(Excerpts)); why != "" {
		t.Fatal(why)
	}
	want := ContentOf([]byte("16\n")).digest([]byte("key"))
	for _, side := range []map[string]any{c.Before, c.After} {
		if d, ok := AsDigest(side["content"]); !ok || !bytes.Equal(d.MAC, want.MAC) {
			t.Errorf("the content is %v, want the digest of what the kernel shows", side["content"])
		}
	}
	lie := Change{Op: NoOp, Before: map[string]any{"content": kind.Text("17\n")}, After: map[string]any{"content": kind.Text("17\n")}}
	if why := lie.PutBack(def, nil, []Own{own}, []byte("key"), new(Excerpts)); why == "" {
		t.Error("a value that is not a form of the given one is believed")
	}
}

// Edits of a file that is only named pull it, once for all of them.
func TestEditsPullWhatTheyEditOnce(t *testing.T) {
	s, from := NewService(NewMachine(Options{}), LookupKind), &ownStore{}
	p := filepath.Join(t.TempDir(), "x")
	content := strings.Repeat("line\n", 100)
	req, first := asked(t, s, from, "content", content, map[string]any{"path": kind.Text(p)})
	if first.Op != Create || from.pulls != 0 {
		t.Fatalf("the check would %s and pulled %d times", first.Op, from.pulls)
	}
	for _, name := range []string{"a", "b", "c"} {
		req.Args, _ = transport.Marshal(map[string]any{"path": kind.Text(p), "line": kind.Text(name)})
		req.Kind, req.Address, req.After = "line", "line."+name, []string{"file.x"}
		c := answered(t, s, req)
		if got, _ := WireText(c.After["content"]); got != content+name+"\n" {
			t.Errorf("after %s the file would hold %q", name, got)
		}
	}
	if from.pulls != 1 {
		t.Errorf("the edits pulled %d times, want once", from.pulls)
	}
	elsewhere := NewService(NewMachine(Options{}), LookupKind)
	req.Deltas = []Delta{{Address: "file.x", Effects: first.Effects}}
	if got, _ := WireText(answered(t, elsewhere, req).After["content"]); got != content+"c\n" || from.pulls != 2 {
		t.Errorf("in another context the file would hold %q, and %d pulls were made in all, want 2", got, from.pulls)
	}
}
