package ssh

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestKeywordsAreAsDocumented: the tables of docs/contexts.md name every keyword of
// ssh_config(5), each where it belongs.
func TestKeywordsAreAsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../../docs/contexts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n### ssh_config\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[string]use{
		"for which host": honoured, "where to": honoured, "who you are": honoured, "who the host is": honoured, "with what": honoured,
		"a warning names": warned, "another way to log in": fallback, "passed over": quiet,
	}
	word := regexp.MustCompile("`([A-Za-z0-9]+)`")
	documented := map[string]use{}
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for row, is := range rows {
			if !strings.HasPrefix(strings.TrimSpace(cells[1]), row) {
				continue
			}
			for _, m := range word.FindAllStringSubmatch(cells[2], -1) {
				key := strings.ToLower(m[1])
				if _, twice := documented[key]; twice {
					t.Errorf("%s stands in two rows", m[1])
				}
				documented[key] = is
				if k, known := keywords[key]; !known || k.name != m[1] {
					t.Errorf("%s is documented, and no keyword of that spelling is known", m[1])
				}
			}
		}
	}
	for key, k := range keywords {
		if is, ok := documented[key]; !ok || is != k.use {
			t.Errorf("%s is not documented, or not as what it is: see unhonoured.go and keywords.go", k.name)
		}
	}
}
