package transport

import (
	"strings"
	"testing"
)

// writes keeps what each write brought.
type writes []string

func (w *writes) Write(b []byte) (int, error) {
	*w = append(*w, string(b))
	return len(b), nil
}

// TestGreetingIsOneWrite holds that the line with the token and the greeting leave an
// agent in one write. On the way to the controller each write is a packet of its own,
// which wakes sshd and the controller.
func TestGreetingIsOneWrite(t *testing.T) {
	var w writes
	a := &agent{first: "\nTOKEN\n"}
	if err := a.greet(&w); err != nil {
		t.Fatal(err)
	}
	if len(w) != 1 || !strings.HasPrefix(w[0], a.first) {
		t.Fatalf("the agent wrote %q, want one write that begins with %q", []string(w), a.first)
	}
	m, err := newFrameReader(strings.NewReader(w[0][len(a.first):]), aheadOfChild).read()
	if err != nil || m.Handle != handleGreeting {
		t.Errorf("after the token comes %+v (%v), want the greeting", m, err)
	}
}
