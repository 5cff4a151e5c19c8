package terminaltest_test

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/terminaltest"
)

func TestATerminalShowsWhatAPersonSees(t *testing.T) {
	for name, c := range map[string]struct{ sent, text, faults string }{
		"lines":               {"one\r\ntwo\r\n", "one\ntwo\n", ""},
		"a colour":            {"\x1b[31mred\x1b[0m\r\n", "red\n", ""},
		"too long":            {"0123456789ab\r\n", "0123456789⏎\nab\n", ""},
		"just as long":        {"0123456789\r\nnext\r\n", "0123456789\nnext\n", ""},
		"over the last line":  {"one\r\nlong\r\x1b[Kno", "one\nno\n", ""},
		"over two lines":      {"a\r\nbb\r\ncc\r\x1b[1A\x1b[Jx\r\n", "a\nx\n", ""},
		"no higher than this": {"1\r\n2\r\n3\r\n4\r\n5\x1b[9A\rx", "1\n2\nx\n4\n5\n", ""},
		"wide characters":     {"日本日本日本\r\n", "日本日本日⏎\n本\n", ""},
		"a bell":              {"a\ab\r\n", "ab\n", "\\a"},
		"a title":             {"\x1b]0;some title\ab\r\n", "", "x1b"},
		"another sequence":    {"\x1b[2Jb\r\n", "b\n", "2J"},
		"not UTF-8":           {"a\xffb\r\n", "ab\n", "xff"},
	} {
		term := terminaltest.New(10, 3)
		for i := range len(c.sent) { // however it arrives
			term.Write([]byte{c.sent[i]})
		}
		if got := term.Text(); c.text != "" && got != c.text {
			t.Errorf("%s: shows %q, want %q", name, got, c.text)
		}
		faults := strings.Join(term.Faults(), "\n")
		if (c.faults == "") != (faults == "") || !strings.Contains(faults, c.faults) {
			t.Errorf("%s: faults %q, want %q", name, faults, c.faults)
		}
	}
}
