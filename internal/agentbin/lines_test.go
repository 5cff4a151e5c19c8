package agentbin

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/transport/connect"
)

// crasher is a program that needs all that the runtime has: stacks that grow, are
// scanned and unwound by panics and for traces.
const crasher = `package main

import "runtime"

type node struct{ left, right *node }

//go:noinline
func grow(n int) (t *node) {
	defer func() { recover() }()
	var room [512]byte
	if n%97 == 0 {
		runtime.GC()
	}
	if n > 0 {
		t = &node{left: grow(n - 1)}
		t.right = t.left
	}
	room[n%512] = 1
	if n%3 == 0 {
		panic(n)
	}
	return t
}

func depth(t *node) (n int) {
	for ; t != nil; t = t.right {
		n++
	}
	return n
}

func main() {
	done := make(chan int)
	for range 8 {
		go func() { done <- depth(grow(1000)) }()
	}
	for range 8 {
		if n := <-done; n != 1000 {
			println("depth", n)
		}
	}
	_, file, line, _ := runtime.Caller(0)
	println("at", file, line)
	var none []int
	println(none[cap(done)+1])
}
`

// buildCrasher builds the program with the flags of an agent.
func buildCrasher(t *testing.T, p connect.Platform) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"go.mod": "module crasher\n\ngo 1.26\n", "main.go": crasher} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "crasher")
	if err := goCommand(t.Context(), dir, p, append(append([]string{"build"}, buildFlags...), "-o", out, ".")); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Without numbers of lines, a program does the same, and a trace of its stack still
// names functions and where in them. That holds for programs of 32 bits, too.
func TestWithoutLines(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("builds programs for linux on amd64 and 386")
	}
	if _, err := toolchain(); err != nil {
		t.Skip(err)
	}
	for _, arch := range []string{"amd64", "386"} {
		t.Run(arch, func(t *testing.T) {
			content := buildCrasher(t, connect.Platform{OS: "linux", Arch: arch})
			with, without := crash(t, content), crash(t, withoutLines(content))
			if !regexp.MustCompile(`at \S*main.go 42\b`).MatchString(with) || !strings.Contains(with, "main.go:45") {
				t.Fatalf("the program says no lines before:\n%s", with)
			}
			for _, want := range []string{"at ? 0\n", "index out of range [1] with length 0", "main.main()\n\t?:0 +0x"} {
				if !strings.Contains(without, want) {
					t.Errorf("the trace lacks %q:\n%s", want, without)
				}
			}
			if offset := regexp.MustCompile(`main\.main\(\)\n\t\S+ (\+0x\S+)`); offset.FindStringSubmatch(with)[1] != offset.FindStringSubmatch(without)[1] {
				t.Errorf("the offset is not that with lines:\n%s", without)
			}
			if strings.Contains(without, "depth") || bytes.Equal(content, withoutLines(content)) {
				t.Errorf("something else is wrong:\n%s", without)
			}
		})
	}
}

// crash runs the program until it panics, and returns what it printed.
func crash(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "crasher")
	if err := os.WriteFile(path, content, 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path).CombinedOutput()
	if err == nil {
		t.Fatalf("the program ended well:\n%s", out)
	}
	return string(out)
}

// What is no executable of a known form stays as it is.
func TestLinesOfOtherFormsStay(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Skip(err)
	}
	at := f.Section(".gopclntab").Offset
	changed := func(change func(table []byte)) []byte {
		b := bytes.Clone(program)
		change(b[at:])
		return b
	}
	for name, content := range map[string][]byte{
		"nothing":        nil,
		"a script":       []byte("#!/bin/sh\n"),
		"another magic":  changed(func(b []byte) { b[0]-- }),
		"other pointers": changed(func(b []byte) { b[7] = 16 }),
		"more functions": changed(func(b []byte) { binary.LittleEndian.PutUint64(b[8:], 1<<40) }),
		"no tables":      changed(func(b []byte) { binary.LittleEndian.PutUint64(b[8+8*6:], 1<<50) }),
		"half":           program[:at+100],
	} {
		if !bytes.Equal(withoutLines(content), content) {
			t.Errorf("%s was changed", name)
		}
	}
}
