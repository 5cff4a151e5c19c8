package main

import (
	"fmt"
	"strings"
	"testing"
)

// The tests that took longest are named at the end, whoever of their subtests it was.
func TestSlowestTestsAreNamed(t *testing.T) {
	const heading = "\nSlowest, with other tests beside them:\n"
	tests := []struct {
		name, in, want string
	}{
		{"by seconds", `
{"Action":"pass","Package":"x/p","Test":"TestShort","Elapsed":1.5}
{"Action":"fail","Package":"x/q","Test":"TestLong","Elapsed":20.26}
`, heading + "   20.3s  x/q TestLong\n    1.5s  x/p TestShort\n"},
		{"with its subtests", `
{"Action":"pass","Package":"x/p","Test":"TestTable/a/deep","Elapsed":2}
{"Action":"pass","Package":"x/p","Test":"TestTable/a","Elapsed":2}
{"Action":"pass","Package":"x/p","Test":"TestTable/b","Elapsed":3}
{"Action":"pass","Package":"x/p","Test":"TestTable","Elapsed":6}
`, heading + "    6.0s  x/p TestTable (of 2: b 3.0s)\n"},
		{"of which some run beside each other", `
{"Action":"pass","Package":"x/p","Test":"TestScripts","Elapsed":0.1}
{"Action":"pass","Package":"x/p","Test":"TestScripts/a","Elapsed":4}
{"Action":"pass","Package":"x/p","Test":"TestScripts/b","Elapsed":3}
`, heading + "    7.0s  x/p TestScripts (of 2: a 4.0s)\n"},
		{"nothing that is fast", `
{"Action":"pass","Package":"x/p","Test":"TestA","Elapsed":0.9}
{"Action":"skip","Package":"x/p","Test":"TestB"}
{"Action":"pass","Package":"x/p","Elapsed":30}
`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := slowestOf(t, test.in); got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}

// Only as many are named as were asked for.
func TestSlowestTestsAreBounded(t *testing.T) {
	var in strings.Builder
	for i := range 2 * slowestShown {
		fmt.Fprintf(&in, `{"Action":"pass","Package":"p","Test":"Test%d","Elapsed":%d}`+"\n", i, i+1)
	}
	if got := strings.Count(slowestOf(t, in.String()), "p Test"); got != slowestShown {
		t.Errorf("%d are named, want %d", got, slowestShown)
	}
}

// slowestOf returns what is said of the slowest tests after these events.
func slowestOf(t *testing.T, events string) string {
	t.Helper()
	var out strings.Builder
	r := newReport(&strings.Builder{})
	if err := r.read(strings.NewReader(strings.TrimPrefix(events, "\n"))); err != nil {
		t.Fatal(err)
	}
	r.took.print(&out, slowestShown)
	return out.String()
}
