package mitoplan_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// docs/go.md says which version of Go a program needs that uses the library: that of go.mod.
func TestTheVersionOfGoIsToldAsInGoMod(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(string(mod))
	page, err := os.ReadFile("docs/go.md")
	if err != nil || version == nil {
		t.Fatal(err, version)
	}
	if want := "It takes Go " + version[1] + " or later."; !strings.Contains(string(page), want) {
		t.Errorf("docs/go.md does not say %q", want)
	}
}
