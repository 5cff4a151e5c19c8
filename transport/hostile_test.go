package transport_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// hostile runs a child that writes any frames it likes, beside an honest one.
// Afterwards it checks that the honest child still works.
func hostile(t *testing.T, play func(r *transport.Raw, rw io.Writer, self transport.Address)) (*entries, *transport.Context, *transport.Result[string]) {
	t.Helper()
	log, rec := logger()
	b, chain := tree(t, transport.Options{Log: log, KillDelay: 50 * time.Millisecond, ShutdownTimeout: 200 * time.Millisecond}, agent(), 1)
	bad := agent()
	played := make(chan struct{})
	bad.Child = func(rw io.ReadWriteCloser, _ transport.Start) int {
		raw := transport.NewRaw(rw)
		self, err := raw.Greet()
		if err != nil {
			t.Error(err)
			return 1
		}
		play(raw, rw, self)
		close(played)
		_, _ = io.Copy(io.Discard, rw)
		return 0
	}
	c, err := transport.NewRouter(b).Connect(context.Background(), bad, transport.WithName("bad"))
	if err != nil {
		t.Fatal(err)
	}
	r := echo.CallAsync(context.Background(), c, textIn{})
	<-played
	if _, err := echo.Call(within(t, 10*time.Second), chain[0], textIn{}); err != nil {
		t.Errorf("a hostile child broke another: %v", err)
	}
	return rec, c, r
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal(what)
		}
	}
}

func TestFramesThatAreDropped(t *testing.T) {
	table := map[string]struct {
		frame func(self transport.Address) *transport.Message
		why   string
	}{
		"wrong source": {func(self transport.Address) *transport.Message {
			return &transport.Message{Src: self.Parent().Child(1, 0), Handle: transport.HandleLog}
		}, "not behind the stream"},
		"old generation": {func(self transport.Address) *transport.Message {
			return &transport.Message{Src: self.Parent().Child(self.Index(), 7), Handle: transport.HandleLog}
		}, "old generation"},
		"the controller's source": {func(self transport.Address) *transport.Message {
			return &transport.Message{Handle: transport.HandleLog}
		}, "not behind the stream"},
		"call upwards": {func(self transport.Address) *transport.Message {
			return &transport.Message{Src: self, Handle: transport.HandleCall, ReplyTo: 1000}
		}, "does not take it"},
		"spawn upwards": {func(self transport.Address) *transport.Message {
			return &transport.Message{Src: self, Handle: transport.HandleSpawn, ReplyTo: 1000}
		}, "does not take it"},
		"call sideways": {func(self transport.Address) *transport.Message {
			return &transport.Message{Src: self, Dst: self.Parent().Child(1, 0), Handle: transport.HandleCall, ReplyTo: 1000}
		}, "only from above"},
		"another's child lost": {func(self transport.Address) *transport.Message {
			return &transport.Message{Src: self, Handle: transport.HandleLost, Data: transport.EncodeLost(self.Parent().Child(1, 0))}
		}, "not its own"},
		"deep nesting": {func(self transport.Address) *transport.Message {
			return &transport.Message{Src: self, Handle: transport.HandleLog, Data: bytes.Repeat([]byte{0x81}, 1000)}
		}, "nested"},
	}
	for name, c := range table {
		rec, _, _ := hostile(t, func(r *transport.Raw, _ io.Writer, self transport.Address) {
			_ = r.Write(0, c.frame(self))
		})
		eventually(t, name+": nothing was logged", func() bool { return rec.count("frame dropped") > 0 && rec.count(c.why) > 0 })
	}
}

func TestFramesThatEndTheirStream(t *testing.T) {
	huge := binary.BigEndian.AppendUint32(nil, 1<<31)
	fragment := func(total uint32, n int) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{0, 0, 0, 1}, total), make([]byte, n)...)
	}
	table := map[string]func(r *transport.Raw, w io.Writer, self transport.Address){
		"oversized": func(_ *transport.Raw, w io.Writer, _ transport.Address) { _, _ = w.Write(huge) },
		"unknown flags": func(r *transport.Raw, _ io.Writer, self transport.Address) {
			_ = r.Write(0x80, &transport.Message{Src: self})
		},
		"announced too large": func(r *transport.Raw, _ io.Writer, self transport.Address) {
			_ = r.Write(transport.FlagPart, &transport.Message{Src: self, Handle: 1001, Data: fragment(1<<31, 1)})
		},
		"more than announced": func(r *transport.Raw, _ io.Writer, self transport.Address) {
			_ = r.Write(transport.FlagPart, &transport.Message{Src: self, Handle: 1001, Data: fragment(10, 11)})
		},
		"fragment of nothing": func(r *transport.Raw, _ io.Writer, self transport.Address) {
			_ = r.Write(transport.FlagPart, &transport.Message{Src: self, Handle: 1001, Data: []byte{1}})
		},
	}
	for name, play := range table {
		_, c, r := hostile(t, play)
		_, err := c.Lost().Get(within(t, 10*time.Second))
		if e := wantAs[*transport.LostError](t, err); !strings.Contains(e.Cause, "bad frame") {
			t.Errorf("%s: got %v, want a bad frame", name, e)
		}
		if _, err := r.Get(within(t, 10*time.Second)); err == nil {
			t.Errorf("%s: a call to a lost context succeeded", name)
		}
	}
}

func TestAReplyCountsOnlyFromTheContextThatWasCalled(t *testing.T) {
	rec, _, r := hostile(t, func(r *transport.Raw, _ io.Writer, self transport.Address) {
		m, err := r.Read()
		if err != nil || m.Handle != transport.HandleCall {
			t.Errorf("read %+v, %v", m, err)
			return
		}
		reply := func(src transport.Address, flags uint8, v string) {
			_ = r.Write(flags, &transport.Message{Src: src, Handle: m.ReplyTo, Data: transport.EncodeReply(v)})
		}
		reply(self.Child(5, 0), 0, "from a child of it")
		reply(self, transport.FlagDead, "dead, from itself")
		reply(self, 0, "right")
	})
	if got, err := r.Get(within(t, 10*time.Second)); got != "dead, from itself" && got != "right" || err != nil {
		t.Errorf("got %q, %v; want a reply of the context itself", got, err)
	}
	eventually(t, "nothing was logged", func() bool { return rec.count("a reply counts only") > 0 })
}

func TestRepliesThatAreNoReplies(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty": nil, "null": {0xf6}, "empty map": {0xa0}, "error without a name": {0xa1, 0x61, 'e', 0xa0},
		"wrong type": transport.EncodeReply(map[string]int{"a": 1}), "indefinite": {0xbf, 0xff},
	} {
		_, _, r := hostile(t, func(r *transport.Raw, _ io.Writer, self transport.Address) {
			if m, err := r.Read(); err == nil {
				_ = r.Write(0, &transport.Message{Src: self, Handle: m.ReplyTo, Data: data})
			}
		})
		if _, err := r.Get(within(t, 10*time.Second)); err == nil {
			t.Errorf("%s: the reply was accepted", name)
		} else if e := wantAs[*transport.RemoteError](t, err); e.Kind != "protocol" {
			t.Errorf("%s: got %v, want kind protocol", name, err)
		}
	}
}
