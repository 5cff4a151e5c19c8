package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

func TestAddresses(t *testing.T) {
	root := Address{}
	a := root.Child(3, 0)
	b := a.Child(1, 0)
	old := root.Child(3, 1)
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"root", root.String(), "0"},
		{"child", b.String(), "0.3.1"},
		{"chosen below", a.Child(2<<askerShift|7, 0).String(), "0.3.2:7"},
		{"parent", b.Parent(), a},
		{"parent of root", root.Parent(), root},
		{"index", b.Index(), uint32(1)},
		{"generation", old.Generation(), uint16(1)},
		{"depth", b.Depth(), 2},
		{"behind", b.Behind(a), true},
		{"behind itself", a.Behind(a), true},
		{"behind the root", b.Behind(root), true},
		{"not behind", a.Behind(b), false},
		{"other generation", b.Behind(old), false},
		{"same place", a.samePlace(old), true},
		{"other place", a.samePlace(root.Child(4, 0)), false},
		{"hop", b.childTowards(root), a},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
	var back Address
	raw, _ := Marshal(b)
	if err := Unmarshal(raw, &back); err != nil || back != b {
		t.Errorf("an address was decoded as %v, %v", back, err)
	}
	for _, bad := range [][]byte{make([]byte, 5), make([]byte, hopSize*(MaxDepth+1))} {
		if back.UnmarshalBinary(bad) == nil {
			t.Errorf("%d bytes were accepted as an address", len(bad))
		}
	}
}

func TestRoutes(t *testing.T) {
	self := Address{}.Child(1, 0)
	child := self.Child(2, 0)
	for _, c := range []struct {
		dst   Address
		way   way
		child Address
	}{
		{self, wayHere, self},
		{child, wayDown, child},
		{child.Child(9, 3), wayDown, child},
		{Address{}, wayUp, Address{}},
		{Address{}.Child(2, 0), wayUp, Address{}},
		{Address{}.Child(1, 1), wayUp, Address{}},
	} {
		if w, child := route(self, c.dst); w != c.way || child != c.child {
			t.Errorf("to %s: %v by %s, want %v by %s", c.dst, w, child, c.way, c.child)
		}
	}
}

func frame(m *Message) []byte { return m.appendTo(nil) }

func TestFramesRoundTrip(t *testing.T) {
	a := Address{}.Child(1, 2).Child(3, 4)
	var wire []byte
	want := []*Message{
		{},
		{Dst: a, Src: a.Parent(), Handle: 7, ReplyTo: 9, Data: []byte("data"), flags: flagBulk},
		{Dst: a, Data: make([]byte, chunk)},
	}
	for _, m := range want {
		wire = m.appendTo(wire)
	}
	r := newFrameReader(iotestOneByte{bytes.NewReader(wire)}, aheadOfChild)
	for i, m := range want {
		got, err := r.read()
		if err != nil || got.Dst != m.Dst || got.Src != m.Src || got.Handle != m.Handle || got.ReplyTo != m.ReplyTo || got.flags != m.flags || !bytes.Equal(got.Data, m.Data) {
			t.Errorf("frame %d was read as %+v, %v", i, got, err)
		}
	}
	if _, err := r.read(); err != io.EOF {
		t.Errorf("after the last frame: got %v, want io.EOF", err)
	}
}

// iotestOneByte reads one byte at a time.
type iotestOneByte struct{ r io.Reader }

func (o iotestOneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

func TestFramesThatAreRefused(t *testing.T) {
	ok := frame(&Message{Data: []byte("x")})
	edit := func(i int, v byte) []byte {
		b := bytes.Clone(ok)
		b[i] = v
		return b
	}
	for name, b := range map[string][]byte{
		"too short":          {0, 0, 0, 1, 0},
		"too long":           {0xff, 0xff, 0xff, 0xff},
		"unknown flag":       edit(4, 0x80),
		"addresses too long": edit(5, 200),
		"beyond the frame":   edit(6, 3),
		"reserved byte":      edit(7, 1),
		"half a fragment":    edit(4, flagPart),
	} {
		if _, err := newFrameReader(bytes.NewReader(b), aheadOfChild).read(); !errors.Is(err, errFrame) {
			t.Errorf("%s: got %v, want a bad frame", name, err)
		}
	}
	for n := 1; n < len(ok); n++ {
		if _, err := newFrameReader(bytes.NewReader(ok[:n]), aheadOfChild).read(); err != io.ErrUnexpectedEOF {
			t.Errorf("a frame that was cut after %d bytes gave %v, want io.ErrUnexpectedEOF", n, err)
		}
	}
}

// FuzzFrame: whatever bytes come, each frame that is read is written as it was, unless it
// came in pieces, and is read again as it is. What is put together of fragments has the
// length that was announced.
func FuzzFrame(f *testing.F) {
	a := Address{}.Child(1, 0)
	f.Add(frame(&Message{}))
	f.Add(frame(&Message{Dst: a, Src: a.Child(2, 1), Handle: 1001, ReplyTo: 5, Data: []byte("payload")}))
	f.Add(append(frame(&Message{Src: a, flags: flagPart, Data: make([]byte, 9)}), frame(&Message{})...))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0, 0, 0, 12, 0, 33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	piece := frame(&Message{Src: a, Handle: 1001, flags: flagBulk | flagMore, Data: []byte("one")})
	f.Add(slices.Concat(piece, frame(&Message{Handle: 1}), piece, frame(&Message{Src: a, Handle: 1001, flags: flagBulk, Data: []byte("two")})))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newFrameReader(bytes.NewReader(b), aheadOfChild)
		s := assembler{most: maxAssembling, others: func() int { return 0 }}
		var again []byte
		pieces := inPieces(b)
		for {
			m, err := r.read()
			if err != nil {
				break
			}
			wrote := frame(m)
			if again = append(again, wrote...); !pieces && !bytes.HasPrefix(b, again) {
				t.Fatal("a frame that was read and written again has other bytes")
			}
			if same, err := newFrameReader(bytes.NewReader(wrote), aheadOfChild).read(); err != nil || !bytes.Equal(frame(same), wrote) {
				t.Fatalf("a frame that was read and written is read as another: %+v, %+v, %v", m, same, err)
			}
			if m.flags&flagPart != 0 {
				total := binary.BigEndian.Uint32(m.Data[4:])
				whole, err := s.assemble(m)
				if err != nil {
					break
				}
				if whole != nil && len(whole.Data) != int(total) {
					t.Fatalf("%d bytes were announced, and %d put together", total, len(whole.Data))
				}
				s.owed(m, whole != nil)
			}
		}
	})
}

// inPieces reports whether one of the frames is cut.
func inPieces(b []byte) bool {
	for len(b) > 4 {
		if b[4]&flagMore != 0 {
			return true
		}
		n := 4 + int(binary.BigEndian.Uint32(b))
		if n > len(b) {
			return false
		}
		b = b[n:]
	}
	return false
}

func payloads() []any {
	return []any{
		&greetingPayload{}, &setupPayload{}, &callPayload{}, &cancelPayload{}, &replyPayload{}, &spawnPayload{},
		&logPayload{}, &lostPayload{}, &shutdownPayload{}, &creditPayload{}, &dialIn{}, &dialOut{}, &endIn{}, &dumpOut{}, &Sender{},
		new(Secret), new(Blob), new(any),
	}
}

// FuzzPayload: whatever payload comes, it is refused, or is one that can be shown: an
// error has a text, and nothing of it moves a terminal.
func FuzzPayload(f *testing.F) {
	a := Address{}.Child(1, 0)
	remote := &RemoteError{Kind: "panic", Message: "m", Stack: "s"}
	for _, v := range []any{
		greetingPayload{1, Greeting{OS: "linux"}}, setupPayload{Address: a}, callPayload{Func: "f", In: []byte{0xf6}, After: []uint32{1}},
		replyPayload{Out: []byte{1}}, replyPayload{Err: toWire(&SkippedError{"f", remote})}, replyPayload{Err: toWire(&ConnectError{Exit: &Exit{Status: 1}})},
		spawnPayload{Address: a, Kind: "k", Connector: []byte{0xa0}}, logPayload{2, "n", "m", []string{"k", "v"}, []byte("\x00\x00\x00\x01\x00\x00")}, lostPayload{a, &LostError{Cause: "c"}},
		Sender{to: a, handle: 7},
	} {
		b, err := Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(bytes.Repeat([]byte{0x81}, 100))
	f.Add([]byte{0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0xbf, 0x61, 'a', 1, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, p := range payloads() {
			if Unmarshal(b, p) != nil {
				continue
			}
			switch p := p.(type) {
			case *replyPayload:
				if p.Err != nil && p.Err.error(nil).Error() == "" {
					t.Error("a decoded error has no text")
				}
			case *greetingPayload:
				p.Facts.clean()
			case *logPayload:
				for i, v := range p.args(Address{}, Address{}) {
					if s, ok := v.(string); ok && strings.ContainsAny(s, "\x1b\x00") {
						t.Errorf("pair %d is %q", i, s)
					}
				}
			}
		}
	})
}

func TestPayloadLimits(t *testing.T) {
	var v any
	for name, b := range map[string][]byte{
		"nesting":        append(bytes.Repeat([]byte{0x81}, 40), 0),
		"array":          {0x9b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
		"map":            {0xbb, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
		"indefinite":     {0x9f, 1, 0xff},
		"tag":            {0xc1, 0x1a, 0, 0, 0, 0},
		"duplicate keys": {0xa2, 0x61, 'a', 1, 0x61, 'a', 2},
		"not UTF-8":      {0x61, 0xff},
	} {
		if err := Unmarshal(b, &v); err == nil {
			t.Errorf("%s: decoded as %v", name, v)
		}
	}
	b, _ := Marshal(map[string]any{"n": 1, "m": map[string]any{}})
	if err := Unmarshal(b, &v); err != nil || !reflect.DeepEqual(v, map[string]any{"n": int64(1), "m": map[string]any{}}) {
		t.Errorf("a map with a number and a map was decoded as %#v, %v", v, err)
	}
}

func TestShortenKeepsBothEnds(t *testing.T) {
	s := shorten("first "+strings.Repeat("x", 1000)+" last", 100)
	if !strings.HasPrefix(s, "first ") || !strings.HasSuffix(s, " last") || !strings.Contains(s, "911 bytes left out") {
		t.Errorf("got %q, want both ends and what was left out", s)
	}
}

func TestAStoppedReaderDoesNotGrowItsPeer(t *testing.T) {
	r, w := io.Pipe()
	s := newStream(newFrameReader(bytes.NewReader(nil), aheadOfChild), w, func() error { return errors.Join(r.Close(), w.Close()) })
	s.wg.Add(1)
	go s.writeLoop()
	m := &Message{Data: make([]byte, chunk), flags: flagBulk}
	for i := 0; ; i++ {
		if err := s.send(m, true); err != nil {
			if err != errOverflow || i < hardQueue/(chunk+16)-10 {
				t.Errorf("frame %d: got %v, want errOverflow only when the queue is full", i, err)
			}
			break
		}
	}
	s.wg.Wait()
}

// What a host says of itself and of its failures stays on one line wherever a name
// belongs, even if the host sends line breaks and escape sequences.
func TestNamesOfAHostAreOneLine(t *testing.T) {
	const evil = "root\n\nNo changes. The hosts match the configuration.\x1b[2K\n"
	g := Greeting{OS: evil, Arch: evil, Hostname: evil, Distro: evil, DistroVersion: evil, Kernel: evil, User: evil, Home: evil, Version: evil}
	g.clean()
	p := &kind.Problem{Code: evil, Attr: evil, Summary: evil, Detail: "two\nlines"}
	remote := &RemoteError{Kind: evil, Function: evil, Problem: p}
	remote.clean()
	connect := &ConnectError{Phase: evil, Exit: &Exit{Signal: evil}, Problem: &kind.Problem{Code: evil, Attr: evil, Summary: evil}}
	connect.clean()
	cancelled, timeout := &CancelledError{Function: evil, Phase: evil}, &TimeoutError{Function: evil, Phase: evil}
	cancelled.clean()
	timeout.clean()
	if p.Code != "" || connect.Problem.Code != "" {
		t.Errorf("a text that is no code was kept as the code: %q and %q", p.Code, connect.Problem.Code)
	}
	for _, s := range []string{
		g.OS, g.Arch, g.Hostname, g.Distro, g.DistroVersion, g.Kernel, g.User, g.Home, g.Version,
		p.Attr, p.Summary, remote.Kind, remote.Function,
		string(connect.Phase), connect.Exit.Signal, connect.Problem.Attr, connect.Problem.Summary,
		cancelled.Function, string(cancelled.Phase), timeout.Function, string(timeout.Phase),
	} {
		if strings.ContainsAny(s, "\n\x1b") || !strings.HasPrefix(s, "root") {
			t.Errorf("a name must be one clean line, and is %q", s)
		}
	}
	if p.Detail != "two\nlines" {
		t.Errorf("the detail may have several lines, and is %q", p.Detail)
	}
}

// A host cannot name more known errors than there is room for, nor any that is not one
// clean line.
func TestNamesOfKnownErrorsAreBounded(t *testing.T) {
	w := &wireError{Remote: &plainRemote{}, Known: []string{"EPERM", strings.Repeat("x", 1<<20), "a\n\x1b[2Kb"}}
	for range 1000 {
		w.Known = append(w.Known, "io.EOF")
	}
	e := w.error(nil).(*RemoteError)
	if !errors.Is(e, io.EOF) || len(e.known) != maxKnown || len(e.known[1]) > 2*maxName || e.known[2] != `a\nb` || errorSize(e) > 64<<10 {
		t.Errorf("%d names were kept, which take %d bytes: %.80q", len(e.known), errorSize(e), e.known)
	}
	if again := toWire(remoteError("f", e)); len(again.Known) > maxKnown {
		t.Errorf("%d names are passed on", len(again.Known))
	}
}

// readByRead gives one frame with each Read, and counts how often what the frame before
// has started had begun by then. It never waits, as little as a thread does that blocks
// in a system call lets others have its turn.
type readByRead struct {
	frame          []byte
	left, late     int
	started, begun int32
}

func (r *readByRead) Read(p []byte) (int, error) {
	if atomic.LoadInt32(&r.begun) != r.started {
		r.late++
	}
	if r.left--; r.left < 0 {
		return 0, io.EOF
	}
	return copy(p, r.frame), nil
}

// What a frame has started begins before the next one is asked for, as nobody knows how
// long that takes.
func TestWhatAFrameStartsBeginsBeforeTheNextRead(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const frames = 500
	in := &readByRead{frame: (&Message{Handle: handleHeartbeat}).appendTo(nil), left: frames}
	r := newFrameReader(in, aheadOfParent)
	for {
		if _, err := r.read(); err != nil {
			break
		}
		in.started++
		go atomic.AddInt32(&in.begun, 1)
	}
	// Now and then the scheduler lets the reader go first.
	if in.late > frames/10 {
		t.Errorf("%d times of %d, what a frame had started had not begun", in.late, frames)
	}
}
