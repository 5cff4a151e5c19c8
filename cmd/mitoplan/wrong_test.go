package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
)

// wrongDir holds configurations that are wrong in one way each, as somebody
// writes them in the first hours, with what is said of them. The comment of an
// archive says what was meant. If validate cannot find the mistake, a line "plan" or
// "plan -var x=y" in the comment is the command that does.
const wrongDir = "testdata/wrong"

// TestWrongConfigurations holds that each mistake is told with its line, its cause and
// what to do, word for word as the archive has it.
func TestWrongConfigurations(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(wrongDir, "*.txtar"))
	if err != nil || len(names) < 50 {
		t.Fatalf("%d wrong configurations, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := filepath.Abs(name)
			if err != nil {
				t.Fatal(err)
			}
			tryWrong(t, archive)
		})
	}
}

func tryWrong(t *testing.T, archive string) {
	a, err := txtar.ParseFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	last := len(a.Files) - 1
	if last < 1 || a.Files[last].Name != "says" {
		t.Fatal("the archive does not end with what is said")
	}
	dir := t.TempDir()
	for _, f := range a.Files[:last] {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	said := strings.ReplaceAll(says(t, dir, wrongCommand(string(a.Comment)), &view.Masker{}), dir, "$DIR")
	sound(t, said)
	keepsItsWords(t, said, func(m *view.Masker) string {
		return strings.ReplaceAll(says(t, dir, wrongCommand(string(a.Comment)), m), dir, "$DIR")
	})
	if *update {
		a.Files[last].Data = []byte(said)
		if err := os.WriteFile(archive, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if said != string(a.Files[last].Data) {
		t.Errorf("it says:\n%s\nand not:\n%s", said, a.Files[last].Data)
	}
}

// wrongCommand is the command that an archive's comment names.
func wrongCommand(comment string) []string {
	for line := range strings.Lines(comment) {
		if words := strings.Fields(line); len(words) > 0 && words[0] == "plan" {
			return append(words, "-input=false")
		}
	}
	return []string{"validate"}
}

// says runs a command in a directory, in this process, and returns what goes to
// stderr.
func says(t *testing.T, dir string, command []string, mask *view.Masker) string {
	t.Helper()
	t.Chdir(dir)
	t.Setenv("HOME", filepath.Join(dir, ".no-home"))
	var out, errs bytes.Buffer
	a := &app{stdin: os.Stdin, stdout: &out, stderr: &errs, now: time.Now, exit: func(int) {}, mask: mask}
	if code := a.run(append([]string{"mitoplan"}, command...)); code != 1 {
		t.Errorf("exit status %d: %s", code, out.String())
	}
	return errs.String()
}

// unsound matches what no message may have: two full stops, a place that is no place
// in a file, Go's words for things, blanks at the end of a line.
var unsound = regexp.MustCompile(`\.\.(\n|$)|[?!:;,]\.(\n|$)|line 0\b|\b0 more\b|\b(but have|a tuple|dynamic|cty)\b|[ \t]\n|\ba (an?|object|any)\b|\ban an?\b|%!`)

// details matches the paragraphs of a message that stand at the left margin. They are
// sentences.
func details(said string) (out []string) {
	for _, paragraph := range strings.Split(said, "\n\n") {
		p := strings.TrimSpace(paragraph)
		if p != "" && !strings.HasPrefix(paragraph, " ") && !strings.HasPrefix(p, "Error: ") && !strings.HasPrefix(p, "Warning: ") {
			out = append(out, p)
		}
	}
	return out
}

var (
	aWord   = regexp.MustCompile(`[A-Za-z_-]+`)
	asValue = regexp.MustCompile("\"(\\\\.|[^\"\\\\])*\"|`[^`]*`|\\S*/\\S*")
)

// keepsItsWords holds that secrets that are spelt like the words of what is said leave its
// own words as they are. Values, which are in quotes, and paths may be hidden, and so may
// what the configuration says itself.
func keepsItsWords(t *testing.T, said string, again func(*view.Masker) string) {
	t.Helper()
	var m view.Masker
	for _, d := range details(said) {
		for _, word := range aWord.FindAllString(d, -1) {
			if len(word) <= 16 {
				m.Add(word)
			}
		}
	}
	own := func(said string) string {
		return asValue.ReplaceAllString(strings.Join(details(said), "\n\n"), "#")
	}
	if before, after := own(said), own(again(&m)); before != after {
		t.Errorf("with secrets that are spelt like its words it says:\n%s\nwant\n%s", after, before)
	}
}

func sound(t *testing.T, said string) {
	t.Helper()
	if !strings.Contains(said, "Error: ") {
		t.Errorf("no error: %s", said)
	}
	if bad := unsound.FindString(said); bad != "" {
		t.Errorf("%q in:\n%s", bad, said)
	}
	for _, d := range details(said) {
		if !strings.HasPrefix(d, "The same on ") && !strings.ContainsAny(d[len(d)-1:], ".?") {
			t.Errorf("no sentence: %q", d)
		}
	}
	if !regexp.MustCompile(`(?m)^  on (\S+ line [1-9]|<-var |\$DIR$)`).MatchString(said) {
		t.Errorf("no line in:\n%s", said)
	}
}
