package transport

import (
	"strings"
	"testing"
)

// A process list shows which context an agent is, and who started it, whatever
// characters the name of the context has.
func TestProcessName(t *testing.T) {
	for name, want := range map[string]string{
		"ssh.web":                 "mitoplan:ssh.web:me@host:1",
		`ssh.web["a"]`:            "mitoplan:ssh.web[a]:me@host:1",
		`ssh.web["a","b"]`:        "mitoplan:ssh.web[a,b]:me@host:1",
		"my edge":                 "mitoplan:my_edge:me@host:1",
		"a\x00b\nc\x1b[2J":        "mitoplan:a_b_c_[2J:me@host:1",
		"$(reboot)`x`;'\"":        "mitoplan:__reboot__x__:me@host:1",
		"!\\\xff%s":               "mitoplan:____s:me@host:1",
		"żółw":                    "mitoplan:___w:me@host:1",
		"":                        "mitoplan::me@host:1",
		strings.Repeat("n", 1000): "mitoplan:" + strings.Repeat("n", 64) + ":me@host:1",
	} {
		if got := processName(name, "me@host:1"); got != want {
			t.Errorf("the process name of %q is %q, want %q", name, got, want)
		}
	}
	if got := processName("x", ""); got != "mitoplan:x" {
		t.Errorf("the process name if the program has no name is %q", got)
	}
}
