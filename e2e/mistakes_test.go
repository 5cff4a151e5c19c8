//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/lab"
)

// mistakesDir has a directory for each command that finds mistakes: validate, without a host;
// plan, as a host does not fit; and apply. In each are configurations of which every block with
// a mark is one deliberate mistake, and the others go with each of them. The mark is a comment
// behind what the message has to point at: "# <-" behind an argument means its value, behind
// the first line of a block the block, as an argument is missing, and "# <- NAME" that name.
// NAME.says beside a configuration is what is said of its mistakes, each made by itself.
const mistakesDir = "testdata/mistakes"

// TestMistakesAreToldOnTheirArgument holds that each deliberate mistake has one error, at the
// line and the column of the argument that is wrong, word for word as the golden file has it. No
// kind is left out.
func TestMistakesAreToldOnTheirArgument(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{})
	furnish(t, l)
	l.Exec(1, "sh", "-c", mistakesNeed)
	tried := map[string]int{}
	for _, command := range []string{"validate", "plan", "apply"} {
		files, err := filepath.Glob(filepath.Join(mistakesDir, command, "*.hcl"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			all := readMistakes(t, file)
			makeMistakes(l, command, all)
			var said strings.Builder
			for _, m := range all {
				tried[m.block+" "+m.kind]++
				said.WriteString(m.told(t, l))
			}
			golden(t, strings.TrimSuffix(file, ".hcl")+".says", said.String())
		}
	}
	blocks := map[kind.Role]string{kind.RoleContext: "context", kind.RoleResource: "resource", kind.RoleFunction: "call"}
	sum := 0
	for _, k := range controller.Kinds() {
		n := tried[blocks[k.Role]+" "+k.Name]
		if n == 0 {
			t.Errorf("no mistake is made with the %s %s", k.Role, k.Name)
		}
		sum += n
	}
	if sum < 70 {
		t.Errorf("only %d mistakes", sum)
	}
}

// mistake is a block that is wrong.
type mistake struct {
	block, kind, name string
	source            string // a configuration with that block alone, on the lines where it was
	line, column, len int    // of what the message points at, from 1
}

func (m mistake) dir() string { return "/srv/c/" + m.block + "." + m.kind + "." + m.name }

var (
	blockBegins = regexp.MustCompile(`^(context|resource|call) "(\w+)" "(\w+)" \{`)
	pointsAt    = regexp.MustCompile(`^(.*?) *# <-(?: (\w+))?$`)
	argument    = regexp.MustCompile(`^ *(\w+) *= *`)
)

// readMistakes cuts a file into its mistakes.
func readMistakes(t *testing.T, path string) []mistake {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	var all []mistake
	of := make([]int, len(lines)) // the mistake of which a line is, from 1; 0 of all
	for i := 0; i < len(lines); i++ {
		begins := blockBegins.FindStringSubmatch(lines[i])
		if begins == nil {
			continue
		}
		m := mistake{block: begins[1], kind: begins[2], name: begins[3]}
		last := i
		for ; lines[last] != ""; last++ {
			if mark := pointsAt.FindStringSubmatch(lines[last]); mark != nil {
				if m.line != 0 {
					t.Fatalf("%s:%d: a second mark", path, last+1)
				}
				lines[last] = mark[1]
				m.line, m.column, m.len = last+1, 1, len(mark[1])
				if name := argument.FindString(mark[1]); last > i {
					m.column, m.len = len(name)+1, len(mark[1])-len(name)
				} else {
					m.len = strings.Index(mark[1], " {")
				}
				if mark[2] != "" {
					m.column, m.len = strings.Index(mark[1], mark[2])+1, len(mark[2])
				}
			}
			if last+1 == len(lines) {
				break
			}
		}
		if m.line != 0 {
			all = append(all, m)
			for ; i <= last; i++ {
				of[i] = len(all)
			}
			i--
		}
	}
	for k := range all {
		for i, line := range lines {
			if of[i] == 0 || of[i] == k+1 {
				all[k].source += line
			}
			all[k].source += "\n"
		}
		if m := &all[k]; m.block == "context" { // Something has to be in it, or it is not started.
			m.source += fmt.Sprintf("call \"ping\" \"it\" {\n  on = context.%s.%s\n}\n", m.kind, m.name)
		}
	}
	return all
}

// makeMistakes runs the command in a directory for each mistake on the host. Plans are made
// beside each other.
func makeMistakes(l *lab.Lab, command string, all []mistake) {
	var dirs []string
	for _, m := range all {
		dirs = append(dirs, m.dir())
	}
	l.Exec(1, append([]string{"sh", "-c", `for d; do cp -r /srv/conf "$d"; done`, "sh"}, dirs...)...)
	for _, m := range all {
		l.WriteFile(1, m.dir()+"/main.mito.hcl", m.source, 0o644)
	}
	args, together := "-no-color", "4"
	if command == "apply" {
		args, together = args+" -auto-approve", "1"
	}
	l.Exec(1, append([]string{"sh", "-c", `printf '%s\n' "$@" | CI=true timeout 120 xargs -P "$0" -I DIR sh -c 'cd DIR && mitoplan ` + command + ` ` + args + ` >printed 2>says; echo $? >status'`, together}, dirs...)...)
}

// told returns what is said of a mistake.
func (m mistake) told(t *testing.T, l *lab.Lab) string {
	t.Helper()
	said, status := strings.ReplaceAll(l.ReadFile(1, m.dir()+"/says"), m.dir(), "DIR"), l.ReadFile(1, m.dir()+"/status")
	if status != "1\n" || strings.Count(said, "Error: ") != 1 || strings.Contains(said, "Warning: ") {
		t.Errorf("%s: one error was expected, and the exit status is %s: %s\n%s", m.dir(), status, l.ReadFile(1, m.dir()+"/printed"), said)
		return said
	}
	at := fmt.Sprintf("on main.mito.hcl line %d, in %s %q %q:\n%4d: ", m.line, m.block, m.kind, m.name, m.line)
	_, shown, ok := strings.Cut(said, at)
	_, shown, _ = strings.Cut(shown, "\n")
	carets, _, _ := strings.Cut(shown, "\n")
	if want := strings.Repeat(" ", 5+m.column) + strings.Repeat("^", m.len); !ok || carets != want {
		t.Errorf("%s: it does not point at column %d of line %d, %d characters:\n%s", m.dir(), m.column, m.line, m.len, said)
	}
	_, said, _ = strings.Cut(said, "Error: ")
	return varies.ReplaceAllString("Error: "+strings.TrimRight(said, "\n"), "$1$2(...)") + "\n\n"
}

// varies is how often something was tried, and what programs of the machine of the tests say.
var varies = regexp.MustCompile(`(\blooked )\d+|((?:It said|Its last words): )(?:/bin/sh|mount|/etc/sudoers|chroot|nsenter|sudo)\b.*(?:\n  \S.*)*`)

// mistakesNeed makes of a host what the mistakes find there.
const mistakesNeed = `set -e
mkdir -p /srv/c /srv/conf/tree /srv/m/dir /srv/m/full/x /srv/m/theirs
cd /srv/conf
echo x >tree/x; echo no archive >text; tar -cf app.tar tree
cd /srv/m
echo x >file; ln -s loop loop; echo x >other; ln other name
printf '# BEGIN mitoplan\nx\n' >half
echo x >mounted; mount --bind mounted mounted
chown deploy: theirs; ln -s /etc theirs/etc; chown -h deploy: theirs/etc
printf '[s]\nk=1\n[s]\nk=2\n' >ini; printf 'k=1\nk=3\n' >several; echo a >again
echo '{' >json; echo 'a = [' >toml; echo 'a: [' >yaml; echo '{"a":"x"}' >text
rm -f /sbin/modprobe /usr/sbin/modprobe
mkdir -p /usr/share/i18n /var/lib/dpkg/alternatives
echo 'de_DE.UTF-8 UTF-8' >/usr/share/i18n/SUPPORTED
printf 'auto\n/usr/bin/mistake\n\n/bin/ls\n10\n\n' >/var/lib/dpkg/alternatives/mistake
ln -sf /bin/ls /etc/alternatives/mistake; ln -sf /etc/alternatives/mistake /usr/bin/mistake
`
