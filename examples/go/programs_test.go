//go:build linux

// Package programs_test runs the programs of docs/go.md.
package programs_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// shown is a program in the manual: its name, a part of its source, and what it prints.
var shown = regexp.MustCompile("(?s)`examples/go/(\\w+)/main\\.go`:\n\n```go\n(.*?)```\n\nprints:\n\n```text\n(.*?)```\n")

// Every program of examples/go is in docs/go.md as it is, and prints what is said there.
func TestProgramsAreAsTheManualSays(t *testing.T) {
	manual, err := os.ReadFile("../../docs/go.md")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin, "./...")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	told := map[string]bool{}
	for _, m := range shown.FindAllStringSubmatch(string(manual), -1) {
		name, part, want := m[1], m[2], m[3]
		told[name] = true
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join(name, "main.go"))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(source), strings.TrimRight(part, "\n")) {
				t.Errorf("the manual shows another source than that of %s:\n%s", name, part)
			}
			if got := run(t, filepath.Join(bin, name), arguments(t, name)...); got != want {
				t.Errorf("it prints\n%s\nand the manual says\n%s", got, want)
			}
		})
	}
	dirs, _ := filepath.Glob("*/main.go")
	for _, path := range dirs {
		if name := filepath.Dir(path); !told[name] {
			t.Errorf("docs/go.md does not show examples/go/%s", name)
		}
	}
}

// run runs a program and returns what it prints. A program that hangs is ended.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Errorf("%v\n%s", err, said.String())
	}
	return out.String()
}

// arguments are those of a program. The one that needs hosts gets them from a lab.
func arguments(t *testing.T, name string) []string {
	if name != "recursion" {
		return nil
	}
	l := lab.New(t, lab.Options{Hosts: 2, Bastion: true})
	return []string{"-bastion", l.Addr(1), "-host", l.Addr(2), "-key", l.Key(), "-known-hosts", l.KnownHosts()}
}
