package agentbin

import (
	"debug/elf"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource/kinds"
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
	usualSymbols, fullSymbols := linked(t, Usual), linked(t, Full)
	assertRareIsNotIn(t, usualSymbols, fullSymbols)
	usual, more := byPackage(usualSymbols), byPackage(fullSymbols)
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

// assertRareIsNotIn holds that the usual edition has no method of a rare kind, and the full one
// has some of each.
func assertRareIsNotIn(t *testing.T, usual, full map[string]int) {
	t.Helper()
	has := func(symbols map[string]int, method string) bool {
		for s := range symbols {
			if strings.HasPrefix(s, method) {
				return true
			}
		}
		return false
	}
	for _, k := range kinds.Kinds() {
		if !k.Rare {
			continue
		}
		of := reflect.TypeOf(k.New()).Elem()
		method := of.PkgPath() + ".(*" + of.Name() + ")."
		if has(usual, method) {
			t.Errorf("the usual edition has methods of the rare kind %s", k.Name)
		}
		if !has(full, method) {
			t.Errorf("the full edition has no %s, of the rare kind %s", method, k.Name)
		}
	}
}

// byPackage returns how many bytes the symbols of each package take.
func byPackage(symbols map[string]int) map[string]int {
	sizes := map[string]int{}
	for name, size := range symbols {
		if pkg := packageOf(name); pkg != "" {
			sizes[pkg] += size
		}
	}
	return sizes
}

// linked returns how many bytes each symbol takes in an agent of an edition that still has them.
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
			sizes[s.Name] += int(s.Size)
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
