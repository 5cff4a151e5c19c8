// Package formattest keeps the formats of files true to their specifications,
// which are package comments. It is for tests only.
//
// Start reading at Spec, which compares a specification with the types that are
// written, and Golden, which fails when a format changes and its version does
// not.
package formattest

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files that are not there yet")

// Golden compares a text with the golden file of one version of a format. With
// -update it writes the file, but only where there is none: what a version means
// never changes, so a change of the format needs a new version and, with it, a
// new file.
func Golden(t *testing.T, path, got string) {
	t.Helper()
	if problem := difference(got, string(Sample(t, path, []byte(got)))); problem != "" {
		t.Errorf("the format is not the one of %s (-want +got):\n%s\n%s", path, problem, advice)
	}
}

const advice = "Programs that are out there read and write that. Raise the version of the format, say in its specification what becomes of " +
	"older files, and run the test with -update, which writes the golden file of the new version. " +
	"Only if no release has this version yet, remove the file and run with -update."

func difference(got, want string) string { return cmp.Diff(lines(want), lines(got)) }

// Sample reads a file of one version of a format as it is on the disk. With
// -update it writes it first, where there is none.
func Sample(t *testing.T, path string, made []byte) []byte {
	t.Helper()
	if _, err := os.Stat(path); os.IsNotExist(err) && *update {
		write(t, path, made)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (-update writes it)", err)
	}
	return data
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, data, 0o666)); err != nil {
		t.Fatal(err)
	}
}

func lines(text string) []string { return strings.Split(text, "\n") }

// row is one line of a table of a specification.
type row struct {
	name     string
	form     string // how the value is written: text, [text], {File}
	optional bool   // it is left out where it is empty
}

func (r row) String() string {
	if r.optional {
		return fmt.Sprintf("%s? %s", r.name, r.form)
	}
	return fmt.Sprintf("%s %s", r.name, r.form)
}
