package connect

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden file of the bootstrap script anew")

// TestStripped holds each rule of what is left out of a script, and of what
// replaces the end of a line.
func TestStripped(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"nothing":                    {"", ""},
		"only comments":              {"# a\n\n\t# b\n", ""},
		"lines":                      {"a b\n\tc\n", "a b;c"},
		"a comment between":          {"a\n# it's!\nb", "a;b"},
		"no comment":                 {"a $# b#c \"# d\"", "a $# b#c \"# d\""},
		"blanks":                     {"a   b \t c", "a b c"},
		"quotes":                     {"a \"b  c ; d\" \"$x && y\"", "a \"b  c ; d\" \"$x && y\""},
		"operators":                  {"a && b || c | d; e", "a&&b||c|d;e"},
		"operators at the end":       {"a &&\n\tb ||\nc |\nd", "a&&b||c|d"},
		"the background":             {"a &\nb >c &\n(\n\td\n) <e &\nf=$!", "a &b>c &(d)<e &f=$!"},
		"braces":                     {"{\n\ta\n\tb\n} && c", "{ a;b;}&&c"},
		"a brace after an operator":  {"a || {\n\tb\n}", "a||{ b;}"},
		"a function":                 {"f() {\n\ta\n}\ng() { b; }", "f(){ a;};g(){ b;}"},
		"redirections":               {"a <b >c 2>&1 3>d 4 >e", "a<b>c 2>&1 3>d 4 >e"},
		"if":                         {"if a; then\n\tb\nelif c; then\n\td\nelse\n\te\nfi", "if a;then b;elif c;then d;else e;fi"},
		"a loop":                     {"for x do\n\ta\ndone\nuntil b; do\n\tc\ndone", "for x do a;done;until b;do c;done"},
		"a case":                     {"case $1 in\na | b) c ;;\n*)\n\td\n\te\n\t;;\nesac", "case $1 in a|b)c;;*)d;e;;esac"},
		"an empty arm":               {"case $1 in\n@HITS@) ;;\nesac", "case $1 in @HITS@);;esac"},
		"a substitution":             {"a=$(\n\tb\n\tc 2>&1\n) || d", "a=$(b;c 2>&1)||d"},
		"a word after substitutions": {"case $(a <b) in\nc) d $(e) f ;;\nesac", "case $(a<b) in c)d $(e) f;;esac"},
		"a word that ends like one":  {"undo\nwithin\nx", "undo;within;x"},
	} {
		if got := stripped(c.source); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// scripts are all forms that the script of a start can have.
func scripts() map[string]*Bootstrap {
	known := map[Platform][32]byte{}
	for _, p := range platforms {
		known[p.Platform] = sha256.Sum256([]byte(p.sys + p.machines))
	}
	of := func(change func(*Bootstrap)) *Bootstrap {
		b := &Bootstrap{token: testToken, process: "mitoplan:me@host:1", known: known, silence: time.Minute}
		change(b)
		return b
	}
	return map[string]*Bootstrap{
		"as it is most often":        of(func(*Bootstrap) {}),
		"without the cached agents":  of(func(b *Bootstrap) { b.fresh = true }),
		"after one that hangs":       of(func(b *Bootstrap) { b.fresh, b.stale = true, 77 }),
		"agent_path":                 of(func(b *Bootstrap) { b.agentPath = "/opt/it's" }),
		"agent_dirs and environment": of(func(b *Bootstrap) { b.agentDirs, b.env = []string{"/a", "/b c"}, map[string]string{"A": "b"} }),
		"on stdin, as for sudo":      of(func(b *Bootstrap) { b.onStdin, b.env, b.locale = true, map[string]string{"A": "b"}, "unset LC_ALL" }),
	}
}

// sentTexts are all texts of sh that hosts are sent: the scripts, and what comes with
// an agent.
func sentTexts() map[string]string {
	texts := map[string]string{"with an agent": scripts()["as it is most often"].pushScript()}
	for name, b := range scripts() {
		texts[name] = b.Script()
	}
	return texts
}

// TestScriptOnTheWire holds byte for byte what hosts are sent.
func TestScriptOnTheWire(t *testing.T) {
	all := sentTexts()
	var got strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		script := all[name]
		fmt.Fprintf(&got, "# %s: %d bytes\n%s\n\n", name, len(script), script)
	}
	const golden = "testdata/bootstrap.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the scripts differ from %s. Read the difference, and update the file with -update:\n%s", golden, got.String())
	}
}

// TestScriptIsWhole: every part of bootstrap.sh is in some script, and every script
// has all of its values.
func TestScriptIsWhole(t *testing.T) {
	place := regexp.MustCompile(`@[A-Z]+@`)
	all := ""
	for name, script := range sentTexts() {
		if missing := place.FindAllString(script, -1); missing != nil {
			t.Errorf("%s: these places have no value: %q", name, missing)
		}
		all += script
	}
	for name, part := range bootstrapParts() {
		for _, text := range place.Split(part, -1) {
			if !strings.Contains(all, strings.TrimLeft(text, ");")) {
				t.Errorf("no script has all of the part %q: %q is missing", name, text)
			}
		}
	}
}

// TestScriptIsShInEveryShell: every shell accepts every form as valid sh.
func TestScriptIsShInEveryShell(t *testing.T) {
	for _, argv := range scriptShells {
		t.Run(strings.Join(argv, " "), func(t *testing.T) {
			if _, err := exec.LookPath(argv[0]); err != nil {
				t.Skipf("%s is not installed", argv[0])
			}
			for name, script := range sentTexts() {
				args := append(slices.Clone(argv[1:]), "-n", "-c", script)
				if out, err := exec.Command(argv[0], args...).CombinedOutput(); err != nil || len(out) > 0 {
					t.Errorf("%s: %v: %s", name, err, out)
				}
			}
		})
	}
}

// UpdateGolden reports whether the golden files are written anew.
func UpdateGolden() bool { return *update }
