package config

import (
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
			t.Errorf("%s does not survive: %v %s", text, err, d)
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
			t.Errorf("%q became %q, then %q, %v", text, a, again, err)
		}
	})
}
