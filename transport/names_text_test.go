package transport_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/transport"
)

// A name that is no text is refused where it is given. The other side could not read it.
func TestNamesThatAreNoTextAreRefused(t *testing.T) {
	b, _ := tree(t, transport.Options{}, nil, 0)
	if _, err := next(b, nil, agent(), transport.WithName("web\xff")); err == nil || !strings.Contains(err.Error(), "not UTF-8") {
		t.Errorf("a context: got %v", err)
	}
	if _, err := next(b, nil, agent(), transport.WithLabel("web\xff")); err == nil || !strings.Contains(err.Error(), "not UTF-8") {
		t.Errorf("a label: got %v", err)
	}
	err := transport.RunWith(t.Context(), transport.Options{Name: "me\xff"}, nil)
	if err == nil || !strings.Contains(err.Error(), "Options.Name") {
		t.Errorf("the program: got %v", err)
	}
	defer func() {
		if p, _ := recover().(string); !strings.Contains(p, "not UTF-8") {
			t.Errorf("a known error: got %q", p)
		}
	}()
	transport.KnownErrors(map[string]error{"full\xff": errors.New("full")})
}
