package connect

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/mitoplan/mitoplan/transport"
)

// TestAProgramThatFoundNothingLeftIsTriedAgain: its words tell that its machine has run
// out of processes or memory. That of any other end is told at once.
func TestAProgramThatFoundNothingLeftIsTriedAgain(t *testing.T) {
	for words, again := range map[string]bool{
		"sh: 1: Cannot fork": true,
		"bash: fork: retry: Resource temporarily unavailable":                true,
		"sudo: unable to allocate memory: Cannot allocate memory":            true,
		"runtime: failed to create new OS thread (have 5 already; errno=11)": true,
		"fatal error: runtime: out of memory":                                true,
		"open /dev/null: Too many open files":                                true,
		"sudo: 3 incorrect password attempts":                                false,
		"":                                                                   false,
	} {
		t.Run(words, func(t *testing.T) {
			agent := filepath.Join(t.TempDir(), "agent")
			script := "#!/bin/sh\necho '" + words + "' >&2\nexit 2\n"
			if err := os.WriteFile(agent, []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			_, err := Local{Common{AgentPath: agent}}.Start(t.Context(), testStart(nil))
			var crowded *transport.CrowdedError
			if got := errors.As(err, &crowded); err == nil || got != again {
				t.Errorf("got %v, which is tried again: %v, want %v", err, got, again)
			}
		})
	}
}
