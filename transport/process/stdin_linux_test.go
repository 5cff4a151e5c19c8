package process

import (
	"bytes"
	"errors"
	"io"
	"os"
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
