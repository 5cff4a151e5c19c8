package planner

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/secret"
)

// namedSource is the wire value of a source of which only the name is here.
func namedSource(content string) any {
	return sourceToWire(files.Source{Large: &files.Large{Sum: sha256.Sum256([]byte(content)), Size: int64(len(content))}})
}

// TestWhatASourceIsOnTheWire holds that a short source is its bytes, an empty one is not
// missing, and a long one is its name.
func TestWhatASourceIsOnTheWire(t *testing.T) {
	if b, ok := sourceToWire(files.Source{Data: []byte("short")}).([]byte); !ok || string(b) != "short" {
		t.Errorf("a short one is %q", b)
	}
	if b, ok := sourceToWire(files.Source{}).([]byte); !ok || b == nil {
		t.Error("an empty one is missing")
	}
	c, ok := namedSource("long").(kind.Content)
	if sum, size, named := c.Name(); !ok || !named || sum != sha256.Sum256([]byte("long")) || size != 4 || c.Data != nil {
		t.Errorf("a long one is %v", c)
	}
}

// TestASourceThatIsNamedHasNoText holds what each walk over arguments makes of a content
// that is only named. Nothing is found in it, since nothing of it is here: a plan file
// looks for secrets in the file itself.
func TestASourceThatIsNamedHasNoText(t *testing.T) {
	const text = "correct horse battery"
	v := namedSource(text)
	var known secret.Set
	known.Add(text)
	if got := wireTexts(v); got != nil {
		t.Errorf("the texts in it are %q", got)
	}
	if got := wireText(v); got != "" {
		t.Errorf("its text is %q", got)
	}
	if holdsSecret(&known, v) {
		t.Error("a secret is found in a name")
	}
	if got := shown(map[string]any{"source_content": v}, []string{"source_content"}); got["source_content"] != nil {
		t.Error("a sensitive one is shown")
	}
}

// TestNamesOfSourcesCompare holds that two names are the same if their contents are, and
// that a name is never the same as bytes: what a record has of a source that was sent
// whole counts as another one.
func TestNamesOfSourcesCompare(t *testing.T) {
	d := digests{key: []byte("key")}
	one := d.of(argBytes("source_content", namedSource("one")), false)
	if !sameWire(namedSource("one"), namedSource("one")) || sameWire(namedSource("one"), namedSource("two")) || sameWire(namedSource("one"), []byte("one")) {
		t.Error("names are not compared by their contents")
	}
	if !d.same(argBytes("source_content", namedSource("one")), one) || d.same(argBytes("source_content", namedSource("two")), one) || d.same(argBytes("source_content", []byte("one")), one) {
		t.Error("digests of names are not compared by their contents")
	}
	sum := sha256.Sum256([]byte("one"))
	if !strings.HasPrefix(one, keyedDigest) || bytes.Contains([]byte(one), sum[:4]) {
		t.Errorf("the digest is %s", one)
	}
}

// TestWhatIsShownIsSharedOrCopied holds that leaving secrets out changes nothing of what a
// host said, and that where there are none nothing is copied.
func TestWhatIsShownIsSharedOrCopied(t *testing.T) {
	said := map[string]any{"mode": "0600", "content": "hunter2", "owner": nil}
	if got := shown(said, []string{"content", "owner", "none"}); got["content"] != nil || got["mode"] != "0600" || len(got) != 3 {
		t.Errorf("shown is %v", got)
	}
	if said["content"] != "hunter2" {
		t.Errorf("what was said is %v by now", said)
	}
	if n := testing.AllocsPerRun(10, func() { shown(said, []string{"owner", "none"}) }); n > 0 {
		t.Errorf("%v allocations, although nothing is left out", n)
	}
}
