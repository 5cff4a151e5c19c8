package config

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"file.conf":                        "file.conf",
		"context.ssh.web":                  "context.ssh.web",
		`file.conf["web1"]`:                `file.conf["web1"]`,
		`file.conf[web1]`:                  `file.conf["web1"]`,
		`file.conf[0]`:                     `file.conf[0]`,
		`file.conf["0"]`:                   `file.conf["0"]`,
		`file.conf[01]`:                    `file.conf["01"]`,
		`user.admin["web1"]["alice"]`:      `user.admin["web1"]["alice"]`,
		`user.admin[web1][alice]`:          `user.admin["web1"]["alice"]`,
		`user.admin["web1"][2]`:            `user.admin["web1"][2]`,
		`call.command.reload["a[b].c\"d"]`: `call.command.reload["a[b].c\"d"]`,
		`file.conf[a b.c/d]`:               `file.conf["a b.c/d"]`,
		`file.conf["sp ace"]`:              `file.conf["sp ace"]`,
		`file.conf["\u00e9"]`:              `file.conf["é"]`,
	} {
		a, err := ParseAddress(text)
		if err != nil || a.String() != want {
			t.Errorf("%s: got %s, %v, want %s", text, a, err, want)
		}
		again, err := ParseAddress(a.String())
		if d := cmp.Diff(a, again); d != "" || err != nil {
			t.Errorf("%s is another address when it is printed and parsed again: %v %s", text, err, d)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "names no block",
		`["a"]`:              "names no block",
		`file.conf["a`:       `not closed: write ["a"]`,
		`file.conf["a"`:      `not closed: write ["a"]`,
		`file.conf["a]`:      `not closed: write ["a"]`,
		`file.conf[a`:        `not closed: write ["a"]`,
		`file.conf[]`:        "is empty",
		`file.conf["a"]b`:    `after ] stands "b"`,
		`file.conf["a"].x`:   `after ] stands ".x"`,
		`file.conf["\xZZ"]`:  "not closed",
		`file.conf["a"]["b`:  `write ["b"]`,
		`file.conf["a"] [b]`: "after ] stands",
	} {
		if a, err := ParseAddress(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %s, %v, want %q", text, a, err, want)
		}
	}
}

// FuzzParseAddress: an address that is read is written as one that is read as the same. It
// runs fewer than 10,000 times a second: after each run, the fuzzer looks through the counters
// of all that is linked, also of HCL.
func FuzzParseAddress(f *testing.F) {
	f.Add(`file.conf["a"][0]`)
	f.Add(`file.conf["a`)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAddress(text)
		if err != nil {
			return
		}
		again, err := ParseAddress(a.String())
		if err != nil || again.String() != a.String() {
			t.Errorf("%q was parsed as %q, and that as %q, %v", text, a, again, err)
		}
	})
}

// What a plan shows as an address is parsed as the same address, whatever its keys hold.
// It runs fewer than 10,000 times a second: after each run, the fuzzer looks through the
// counters of all that is linked, also of HCL.
func FuzzAddress(f *testing.F) {
	for _, key := range []string{"", "a", "a]b", `a["b"]`, `"`, `\`, "\xff\n", "é", "0", "01", "[0]"} {
		f.Add("file.x", key, 3)
		f.Add("context.ssh.web", key, -1)
	}
	f.Fuzz(func(t *testing.T, block, key string, index int) {
		if block == "" || strings.ContainsRune(block, '[') {
			return // No block has such a name.
		}
		a := Address{Block: block, Keys: []Key{{Text: key}}}
		if index >= 0 {
			a.Keys = append(a.Keys, Key{Text: strconv.Itoa(index), Index: true})
		}
		got, err := ParseAddress(a.String())
		if err != nil || got.Block != a.Block || !slices.Equal(got.Keys, a.Keys) {
			t.Errorf("%#v is printed as %s, and that is parsed as %#v: %v", a, a, got, err)
		}
		if BlockAddress(a.String()) != block {
			t.Errorf("the block of %s is %s", a, BlockAddress(a.String()))
		}
	})
}

// Views show a context by its label.
func TestLabelsOfContexts(t *testing.T) {
	for address, want := range map[string]string{`context.ssh.web["a"]`: `ssh.web["a"]`, "file.x": "file.x", "contexts.x": "contexts.x"} {
		if got := Label(address); got != want || IsContext(address) != (got != address) {
			t.Errorf("the label of %s is %s, want %s", address, got, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _ = Label("context.ssh.web"); BlockAddress(`file.x["a"]`) }); n != 0 {
		t.Errorf("Label and BlockAddress made %v allocations, want none", n)
	}
}
