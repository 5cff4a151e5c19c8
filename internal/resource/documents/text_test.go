package documents

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// setIn sets a value in a file of a format.
func setIn(format edit.Format, pointer, value string) edit.ValueArgs {
	v := kind.Text(value)
	return edit.ValueArgs{Pointer: pointer, Value: &v, Format: format}
}

// goneIn removes a value from a file of a format, and so many of the collections above it.
func goneIn(format edit.Format, pointer string, made int) edit.ValueArgs {
	return edit.ValueArgs{Pointer: pointer, State: "absent", Made: made, Format: format}
}

// editCase is what becomes of a file, byte by byte.
type editCase struct {
	name     string
	args     edit.ValueArgs
	in, want string // of want only what differs: OLD => NEW
}

func (c editCase) run(t *testing.T) {
	want := c.in
	if old, changed, ok := strings.Cut(c.want, " => "); ok {
		if strings.Count(c.in, old) != 1 && old != "" {
			t.Fatalf("the text has %q %d times", old, strings.Count(c.in, old))
		}
		want = strings.Replace(c.in, old, changed, 1)
	}
	once, err := c.args.Apply([]byte(c.in))
	if err != nil || string(once) != want {
		t.Fatalf("%s\nbecame\n%s\nwant\n%s\n%v", c.in, once, want, err)
	}
	if twice, err := c.args.Apply(once); (err != nil || !bytes.Equal(once, twice)) && !strings.HasPrefix(c.name, "an element goes") {
		t.Errorf("the second time it became %s: %v", twice, err)
	}
}

// editRefusal is an edit that is refused, and what is said of it.
type editRefusal struct {
	args     edit.ValueArgs
	in, says string
}

func (c editRefusal) run(t *testing.T, name string, code kind.Code) {
	t.Run(name, func(t *testing.T) {
		out, err := c.args.Apply([]byte(c.in))
		p, ok := err.(*kind.Problem)
		if !ok || out != nil || p.Code != code || !strings.Contains(p.Summary+p.Detail, c.says) {
			t.Errorf("got %.200q and %#v, want one that says %q", out, err, c.says)
		}
	})
}
