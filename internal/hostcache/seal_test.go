package hostcache

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// sealedAgent makes an agent as the bootstrap line does.
func sealedAgent(t *testing.T) (base, dir, program string) {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	must(t, os.Chmod(base, 0o755))
	dir = filepath.Join(base, "mitoplan-"+strconv.Itoa(os.Getuid()))
	must(t, os.Mkdir(dir, 0o700))
	program = filepath.Join(dir, AgentPrefix+"0123456789abcdef0123456789abcdef")
	must(t, os.WriteFile(program, nil, 0o700))
	must(t, os.Chmod(program, 0o700|os.ModeSticky))
	must(t, os.Chtimes(program, time.Now(), time.Unix(0, 0)))
	return base, dir, program
}

// TestClosed: an agent knows whether others could change it.
func TestClosed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, base, dir, program string)
		closed bool
	}{
		"as it was made":                          {func(*testing.T, string, string, string) {}, true},
		"others may read it":                      {func(t *testing.T, _, _, program string) { must(t, os.Chmod(program, 0o755)) }, true},
		"others may write to it":                  {func(t *testing.T, _, _, program string) { must(t, os.Chmod(program, 0o702)) }, false},
		"a group may write to it":                 {func(t *testing.T, _, _, program string) { must(t, os.Chmod(program, 0o720)) }, false},
		"it is gone":                              {func(t *testing.T, _, _, program string) { must(t, os.Remove(program)) }, false},
		"others may look into its directory":      {func(t *testing.T, _, dir, _ string) { must(t, os.Chmod(dir, 0o755)) }, false},
		"others may write to its directory":       {func(t *testing.T, _, dir, _ string) { must(t, os.Chmod(dir, 0o777)) }, false},
		"its directory belongs to somebody else":  {func(t *testing.T, _, dir, _ string) { needRoot(t); must(t, os.Chown(dir, 4711, 4711)) }, false},
		"others may write above it":               {func(t *testing.T, base, _, _ string) { must(t, os.Chmod(base, 0o757)) }, false},
		"a group may write above it":              {func(t *testing.T, base, _, _ string) { must(t, os.Chmod(base, 0o775)) }, false},
		"others may write above it, to add names": {func(t *testing.T, base, _, _ string) { must(t, os.Chmod(base, 0o777|os.ModeSticky)) }, true},
		"what is above it is somebody else's":     {func(t *testing.T, base, _, _ string) { needRoot(t); must(t, os.Chown(base, 4711, 4711)) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			base, dir, program := sealedAgent(t)
			c.change(t, base, dir, program)
			if got := Closed(program); got != c.closed {
				t.Errorf("it is closed: %v, want %v", got, c.closed)
			}
		})
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
}

// TestUseKeepsTheSeal: an agent that notes that it is used does not seal what somebody may
// have changed meanwhile, and keeps the seal that is there.
func TestUseKeepsTheSeal(t *testing.T) {
	_, _, program := sealedAgent(t)
	was, err := os.Stat(program)
	must(t, err)
	now := time.Now()
	Use(program, was, now)
	if st, err := os.Stat(program); err != nil || !sealed(st) || now.Sub(Used(st)).Abs() > time.Minute {
		t.Errorf("after it was used the seal is %v (%v)", st.ModTime(), err)
	}
	must(t, os.WriteFile(program, []byte("#!/bin/sh"), 0))
	Use(program, was, now) // with what it saw before
	if st, err := os.Stat(program); err != nil || sealed(st) {
		t.Errorf("what was changed is sealed (%v)", err)
	}
	must(t, Unseal(program))
	if st, err := os.Stat(program); err != nil || sealed(st) || st.Mode() != 0o700 {
		t.Errorf("an agent without its seal has the mode %v and was changed at %v (%v)", st.Mode(), st.ModTime(), err)
	}
}
