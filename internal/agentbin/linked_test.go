package agentbin

import (
	"debug/elf"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// linkedLimit is the size above which a package has to say why an agent has it.
const linkedLimit = 50_000

// Every package that takes more than 50 KB of an agent is in docs/agent.md with what
// needs it, and takes no more than it says there. What the full edition has more is in a table
// of its own.
func TestWhatIsLinked(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the sizes are those of linux/amd64")
	}
	page, err := os.ReadFile("../../docs/agent.md")
	if err != nil {
		t.Fatal(err)
	}
	first, second, ok := strings.Cut(string(page), "\n## What the full edition has more\n")
	if !ok {
		t.Fatal("docs/agent.md has no table of what the full edition has more")
	}
	usual, more := linked(t, Usual), linked(t, Full)
	for pkg, size := range usual {
		more[pkg] -= size
	}
	assertSaid(t, first, usual)
	assertSaid(t, second, more)
}

// assertSaid holds that a table says which packages are large.
func assertSaid(t *testing.T, page string, sizes map[string]int) {
	t.Helper()
	said := map[string]int{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([0-9]+) \\| \\S").FindAllStringSubmatch(page, -1) {
		said[m[1]], _ = strconv.Atoi(m[2])
	}
	for pkg, size := range sizes {
		kb := (size + 999) / 1000
		switch most, known := said[pkg]; {
		case size > linkedLimit && !known:
			t.Errorf("%s takes %d KB of the agent: say in docs/agent.md what needs it, or do without", pkg, kb)
		case known && kb > most:
			t.Errorf("%s takes %d KB of the agent, and docs/agent.md says at most %d", pkg, kb, most)
		case known && size <= linkedLimit:
			t.Errorf("%s takes only %d KB of the agent: take it out of docs/agent.md", pkg, kb)
		}
		delete(said, pkg)
	}
	for pkg := range said {
		t.Errorf("docs/agent.md says what %s is for, which the agent does not have", pkg)
	}
}

// linked returns how many bytes each package takes in an agent of an edition that still has its
// symbols.
func linked(t *testing.T, e Edition) map[string]int {
	t.Helper()
	out := filepath.Join(t.TempDir(), "agent")
	args := []string{"build", "-trimpath", "-buildvcs=false", "-gcflags=all=-l", "-ldflags=-w -buildid=", "-o", out, "./cmd/mitoplan-agent"}
	if e == Usual {
		args = slices.Insert(args, 1, "-tags="+usualTag)
	}
	if err := goCommand(t.Context(), "../..", here, args); err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int{}
	for _, s := range symbols {
		if int(s.Section) < len(f.Sections) && f.Sections[s.Section].Type != elf.SHT_NOBITS {
			if pkg := packageOf(s.Name); pkg != "" {
				sizes[pkg] += int(s.Size)
			}
		}
	}
	return sizes
}

// packageOf returns the package that a symbol belongs to, "" for what the linker makes
// of many.
func packageOf(symbol string) string {
	if strings.HasPrefix(symbol, "type:") || strings.HasPrefix(symbol, "go:") {
		return ""
	}
	symbol, _, _ = strings.Cut(symbol, "[") // the arguments of a type
	from := strings.LastIndexByte(symbol, '/') + 1
	dot := strings.IndexByte(symbol[from:], '.')
	if dot < 0 {
		return ""
	}
	path, err := url.PathUnescape(symbol[:from+dot]) // a dot in the last word is escaped
	if err != nil {
		return ""
	}
	return path
}
