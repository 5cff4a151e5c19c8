package connect

import (
	"errors"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// TestSentAsPrefix holds that what crosses the wire in place of a kind starts the same
// agent, with the same problems, in a process that knows nothing of the kind.
func TestSentAsPrefix(t *testing.T) {
	for _, k := range []transport.SentConnector{Chroot{Root: "/no/such/root"}, Chroot{Root: "/", Path: "/no/such/chroot"}, Chroot{Root: "relative"}} {
		_, want := k.Start(t.Context(), testStart(nil))
		_, got := arrived(t, k)
		var told *kind.Problem
		if !errors.As(want, &told) {
			t.Fatalf("not started: %v", want)
		}
		wantCode(t, got, told.Code)
		if got.Error() != want.Error() {
			t.Errorf("it is sent as one that says %v, want %v", got, want)
		}
	}
}

// arrived starts a connector as a process does that it was sent to.
func arrived(t *testing.T, k transport.SentConnector) (*transport.Link, error) {
	t.Helper()
	out, err := k.Sent()
	if err != nil {
		return nil, err
	}
	raw, err := transport.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	in := prefixedType().New()
	if err := transport.Unmarshal(raw, in); err != nil {
		t.Fatal(err)
	}
	return in.Start(t.Context(), testStart(nil))
}
