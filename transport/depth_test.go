package transport_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// A tree of contexts may be exactly as deep as the manual says. One level more is
// refused, and the message says what to do instead.
func TestDepthOfATree(t *testing.T) {
	if transport.MaxDepth != 32 {
		t.Errorf("a tree is at most %d deep: docs/contexts.md and docs/decisions say 32", transport.MaxDepth)
	}
	b, chain := tree(t, transport.Options{}, agent(), transport.MaxDepth)
	out, err := echo.Call(within(t, 30*time.Second), last(chain), textIn{Text: "deep"})
	if err != nil || !strings.HasPrefix(out, "deep@0.") {
		t.Errorf("at the greatest depth: %q, %v", out, err)
	}
	_, err = next(b, chain, agent(), transport.WithName("one too many"))
	if err == nil {
		t.Fatal("a tree is deeper than it may be")
	}
	if p := wantAs[*transport.Problem](t, err); p.Attr != "via" || p.Code != kind.CodeContextDepth {
		t.Errorf("got %+v", p)
	}
	for _, says := range []string{"one too many", "32", "via"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("the refusal lacks %q: %v", says, err)
		}
	}
}
