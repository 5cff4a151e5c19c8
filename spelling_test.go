package mitoplan_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// spellings are words that are spelled in one way everywhere: in code, messages and
// documents. Each begins with letters that stand for themselves, which is looked for
// fast.
var spellings = []struct {
	wrong *regexp.Regexp
	right string
	// unless is what the wrong word stands in if it is the word of somebody else: several
	// of these have a | between them.
	unless string
}{
	{regexp.MustCompile(` can not\b`), "cannot", ""},
	{regexp.MustCompile(`n't\b`), "both words in full", "I'm afraid I can't do that"}, // sudo-rs says so
	{regexp.MustCompile(`folder`), "directory", `dir folder|dir, folder`},             // a word of other tools
	{regexp.MustCompile(`canceled|canceling`), "cancelled, cancelling", ""},
	{regexp.MustCompile(`behavior`), "behaviour", ""},
	{regexp.MustCompile(`neighbor`), "neighbour", ""},
	// What earlier applies left is the record, for users; its file is state.json.
	{regexp.MustCompile(`State (not|locked)`), "record", ""},
	{regexp.MustCompile(`No state was`), "record", ""},
	{regexp.MustCompile(`is not a state`), "record", ""},
	{regexp.MustCompile(`the state is locked`), "record", ""},
}

// spelled are the kinds of files whose words people read.
var spelled = []string{".go", ".md", ".sh", ".hcl", ".txtar", ".json"}

// TestSpelling: each word is spelled in one way.
func TestSpelling(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir(), path == "spelling_test.go", !slices.Contains(spelled, filepath.Ext(path)):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for _, s := range spellings {
			words := string(text) // as a whole: line by line takes ten times as long
			if s.unless != "" {
				for unless := range strings.SplitSeq(s.unless, "|") {
					words = strings.ReplaceAll(words, unless, "")
				}
			}
			for _, m := range s.wrong.FindAllStringIndex(words, -1) {
				t.Errorf("%s:%d: %q: write %s", path, 1+strings.Count(words[:m[0]], "\n"), words[m[0]:m[1]], s.right)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 500 {
		t.Errorf("only %d files were read", files)
	}
}
