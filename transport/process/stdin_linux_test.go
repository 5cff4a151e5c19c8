package process

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// TestStdinThatBlocks: what a program reads may come slowly, and never. Run does not
// wait for it once the program has no use for it.
func TestStdinThatBlocks(t *testing.T) {
	for name, c := range map[string]struct {
		spec  Spec
		words string // what comes before it blocks
		want  string
		error error
	}{
		"the program ends first":     {sh("read one; echo $one"), "first\n", "first\n", nil},
		"the program never reads":    {sh("echo done"), "", "done\n", nil},
		"the program reads no more":  {sh("read one; exec <&-; echo $one"), "first\n", "first\n", nil},
		"the program does not start": {Spec{Argv: []string{"/bin/true"}, Dir: "/no/such"}, "", "", os.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			r, w := io.Pipe() // nobody closes its other end
			if c.words != "" {
				go func() { _, _ = io.WriteString(w, c.words) }()
			}
			c.spec.Stdin, c.spec.Stdout = r, &out
			_, err := Run(t.Context(), c.spec)
			if !errors.Is(err, c.error) || out.String() != c.want {
				t.Errorf("it wrote %q, %v", out.String(), err)
			}
			if _, err := w.Write([]byte("x")); err == nil {
				t.Error("what the program would read was not closed")
			}
		})
	}
}

// TestMuchStdin: a program that reads a part of what it could is no error, and one
// that reads all gets all.
func TestMuchStdin(t *testing.T) {
	for script, want := range map[string]string{"wc -c": "5242880\n", "head -c 3": "xxx", ":": ""} {
		var out bytes.Buffer
		s := sh(script)
		s.Stdin, s.Stdout = io.NopCloser(strings.NewReader(strings.Repeat("x", 5<<20))), &out
		if e, err := Run(t.Context(), s); err != nil || e.Code != 0 || out.String() != want {
			t.Errorf("%s: %q, %v, %v", script, out.String(), e, err)
		}
	}
}

// TestNoFileIsLeftOpen: whatever of its streams a program has, nothing of this process that
// was opened for them is open after it, and without the garbage collector's help.
func TestNoFileIsLeftOpen(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var out, words bytes.Buffer
	for name, s := range map[string]Spec{
		"none":         {},
		"input":        {Stdin: strings.NewReader("x")},
		"both outputs": {Stdout: &out, Stderr: &words},
		"all":          {Stdin: strings.NewReader("x"), Stdout: &out, Stderr: &words},
		"one output":   {Stdin: strings.NewReader("x"), Stdout: &out, Stderr: &out},
	} {
		t.Run(name, func(t *testing.T) {
			s.Argv = []string{"true"}
			before := opened(os.DevNull)
			if _, err := Run(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if now := opened(os.DevNull); now != before {
				t.Errorf("%s is open %d times, and was %d times", os.DevNull, now, before)
			}
		})
	}
}

// opened is how many descriptors of this process are of a file.
func opened(path string) (n int) {
	fds, _ := filepath.Glob("/proc/self/fd/*")
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && to == path {
			n++
		}
	}
	return n
}
