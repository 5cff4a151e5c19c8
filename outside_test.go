//go:build linux

package mitoplan_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// The module in testdata/outside imports public packages only: the compiler lets it import
// no other. It is built outside of this module, pushes itself over ssh and sudo, and has
// a kind of context of its own, which reports problems and keeps the contract.
func TestOutside(t *testing.T) {
	dir := outside(t)
	program := filepath.Join(dir, "outside")
	in(t, dir, "go", "build", "-o", program, ".")
	t.Run("on this machine", func(t *testing.T) {
		expect(t, in(t, dir, program, "-left", "86402"), "local", "0.1 0", "nice", "0.1.1 1", "died")
		notLeft(t, "86402")
	})
	t.Run("its own kind keeps the contract", func(t *testing.T) {
		in(t, dir, "go", "test", "./...")
	})
	t.Run("over ssh and sudo", func(t *testing.T) {
		l := lab.New(t, lab.Options{Hosts: 1})
		out := in(t, dir, program, "-host", l.Addr(1), "-key", l.Key(), "-known-hosts", l.KnownHosts(), "-other", "linux/riscv64=/no/such/file", "-left", "86403")
		expect(t, out, "ssh deploy", "0.1 0", "sudo root", "0.1.1 0", "nice root", "0.1.1.1 1", "died signal KILL")
		notLeft(t, "86403")
		l.AssertNoAgents(t)
	})
}

// notLeft waits until what the last context has left is ended, though nobody is there who
// has started it.
func notLeft(t *testing.T, seconds string) {
	t.Helper()
	runs := func() bool {
		files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		return slices.ContainsFunc(files, func(f string) bool {
			cmdline, _ := os.ReadFile(f)
			return string(cmdline) == "sleep\x00"+seconds+"\x00"
		})
	}
	for until := time.Now().Add(time.Minute); runs(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("sleep %s still runs", seconds)
		}
	}
}

// outside copies the module, and makes it one that needs this one.
func outside(t *testing.T) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/outside")); err != nil {
		t.Fatal(err)
	}
	parse := func(path string) *modfile.File {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := modfile.Parse(path, content, nil)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	own, its := parse("go.mod"), parse(filepath.Join(dir, "go.mod"))
	for _, r := range own.Require {
		its.AddNewRequire(r.Mod.Path, r.Mod.Version, true)
	}
	if err := its.AddReplace(strings.TrimSuffix(module, "/"), "", root, ""); err != nil {
		t.Fatal(err)
	}
	text, err := its.Format()
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"go.mod": text, "go.sum": sums} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// in runs a program in a directory, outside of any workspace, and returns what it prints.
func in(t *testing.T, dir string, argv ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &said
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s%s", argv, err, out.String(), said.String())
	}
	return out.String()
}

// expect says what of the output is missing, in this order.
func expect(t *testing.T, out string, parts ...string) {
	t.Helper()
	rest := out
	for _, p := range parts {
		_, after, ok := strings.Cut(rest, p)
		if !ok {
			t.Errorf("it printed\n%s\nwithout %q", out, p)
			return
		}
		rest = after
	}
}
