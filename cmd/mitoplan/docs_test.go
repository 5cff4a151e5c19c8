package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
)

// documentedOutput is an output of a snippet in the manual with the value that
// its comment says.
var documentedOutput = regexp.MustCompile(`output "(\w+)" \{\n  value = .*? +# (.*)\n`)

// TestWhatIsNotThereIsAsTheManualSays holds that a plan gives the values that stand in
// the comments of the manual's snippet.
func TestWhatIsNotThereIsAsTheManualSays(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "language.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "## What is not there\n")
	_, snippet, opened := strings.Cut(section, "```hcl\n")
	snippet, _, closed := strings.Cut(snippet, "```\n")
	if !found || !opened || !closed {
		t.Fatal("the manual has no such snippet")
	}
	wants := documentedOutput.FindAllStringSubmatch(snippet, -1)
	if len(wants) != strings.Count(snippet, "output \"") {
		t.Fatalf("only %d outputs have a value", len(wants))
	}
	got := plannedOutputs(t, snippet)
	for _, w := range wants {
		if got[w[1]] != w[2] {
			t.Errorf("%s is %s, and the manual says %s", w[1], got[w[1]], w[2])
		}
	}
}

// plannedOutputs are the outputs of a configuration as its plan has them, in
// JSON.
func plannedOutputs(t *testing.T, source string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.mito.hcl"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("HOME", filepath.Join(dir, ".no-home"))
	var out, errs bytes.Buffer
	a := &app{stdin: os.Stdin, stdout: &out, stderr: &errs, now: time.Now, exit: func(int) {}, mask: &view.Masker{}}
	if code := a.run([]string{"mitoplan", "plan", "-json"}); code != 0 {
		t.Fatalf("exit status %d: %s%s", code, out.String(), errs.String())
	}
	outputs := map[string]string{}
	for line := range strings.Lines(out.String()) {
		var event struct {
			Outputs map[string]struct{ Value json.RawMessage } `json:"outputs"`
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		for name, o := range event.Outputs {
			outputs[name] = string(o.Value)
		}
	}
	return outputs
}
