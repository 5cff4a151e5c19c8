package connect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// TestPrefix holds what a kind of somebody else gets from Prefix: an agent behind its
// program, and its own problems for what that program says or if it is missing.
func TestPrefix(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	program := func(body string) string {
		path := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Run("starts an agent", func(t *testing.T) {
		l, err := Prefix{Argv: []string{program(`[ "$1" = -n ] && shift 2 && exec "$@"`), "-n", "5"}}.Start(t.Context(), testStart(nil))
		if err != nil {
			t.Fatal(err)
		}
		assertLink(t, l)
		assertEnd(t, l, 3)
	})
	explains := func(said string) error {
		if !strings.Contains(said, "no such place") {
			return nil
		}
		return &kind.Problem{Code: "its_own", Detail: said}
	}
	lacks := func(program string, err error) *transport.Problem {
		return &kind.Problem{Code: "its_missing", Detail: program + err.Error()}
	}
	for name, c := range map[string]struct {
		p    Prefix
		code kind.Code
	}{
		"its words are explained":     {Prefix{Argv: []string{program("echo no such place >&2; exit 125")}, Explain: explains}, "its_own"},
		"its program is missing":      {Prefix{Argv: []string{"/nowhere/program"}, Missing: lacks}, "its_missing"},
		"a missing one needs no word": {Prefix{Argv: []string{"/nowhere/program"}}, kind.CodeAgentNotStarted},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.p.Start(t.Context(), testStart(nil))
			wantCode(t, err, c.code)
		})
	}
	t.Run("says other words itself", func(t *testing.T) {
		_, err := Prefix{Argv: []string{program("echo what is that >&2; exit 4")}, Explain: explains}.Start(t.Context(), testStart(nil))
		if err == nil || !strings.Contains(err.Error(), "what is that") {
			t.Errorf("error %v, want what the program said", err)
		}
	})
	if _, err := (Prefix{}).Start(t.Context(), testStart(nil)); err == nil {
		t.Error("no program is no error")
	}
}
