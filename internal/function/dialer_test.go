package function

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
)

// Whatever comes is a message or an error, and what was written is read again.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("D\x00\x03tcp"))
	f.Add([]byte("kec"))
	f.Add([]byte("d\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bufio.NewReader(bytes.NewReader(b))
		var again bytes.Buffer
		for {
			letter, text, err := ReadFrame(r)
			if err == io.EOF {
				if !bytes.Equal(again.Bytes(), b) {
					t.Fatalf("%q was read as %q", b, again.Bytes())
				}
				return
			}
			if err != nil {
				return
			}
			if len(text) > FrameBytes {
				t.Fatalf("a message has %d bytes", len(text))
			}
			if err := WriteFrame(&again, letter, text); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// An agent ends a call whose partner sends what is not understood.
func TestHTTPOfAStrangePartner(t *testing.T) {
	for _, said := range []string{"x", "k", "D\x00\x01", "d\xff\xff"} {
		req := request(t, "http", args{"url": "http://h"})
		req.Pipe = struct {
			io.Reader
			io.Writer
		}{strings.NewReader(said), io.Discard}
		if _, err := runIt(t, req); err == nil {
			t.Errorf("%q is understood", said)
		}
	}
}
