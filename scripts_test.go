package mitoplan_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestShellScripts: shellcheck has no complaint about any shell script of the
// repository. A script is known by its name or its first line. Scripts inside of
// test scripts are checked, too.
func TestShellScripts(t *testing.T) {
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("no shellcheck, so shell scripts are not looked at")
	}
	scripts := shellScripts(t)
	for _, known := range []string{"test", ".ci/run", "transport/connect/bootstrap.sh"} {
		if !slices.Contains(scripts, known) {
			t.Errorf("the script %s was not found, only %q", known, scripts)
		}
	}
	if out, err := exec.Command(shellcheck, scripts...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// What ./test leaves out of the race detector is linked by the program. A name that is
// wrong, or was moved, would make the tests slower and nothing else.
func TestWhatIsLeftOutOfTheRaceDetector(t *testing.T) {
	script, err := os.ReadFile("test")
	if err != nil {
		t.Fatal(err)
	}
	loop := regexp.MustCompile(`for package in (.*); do\n\trace="\$race -gcflags=(\S+)\$package=-race=false"`).FindSubmatch(script)
	if loop == nil {
		t.Fatal("./test leaves nothing out of the race detector")
	}
	all, err := exec.Command("go", "list", "-deps", "./cmd/mitoplan").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(loop[1])) {
		if path := string(loop[2]) + name; !slices.Contains(strings.Fields(string(all)), path) {
			t.Errorf("./test leaves %s out of the race detector, and the program does not link it", path)
		}
	}
}

var (
	scriptName = regexp.MustCompile(`\.(sh|bash|dash|ksh)$`)
	scriptLine = regexp.MustCompile(`^#!.*\b(sh|bash|dash|ksh)\b`)
)

func isScript(name string, content []byte) bool {
	return scriptName.MatchString(name) || scriptLine.Match(content)
}

// shellScripts lists the shell scripts of the repository, committed or not. Those
// of test scripts are written to files first.
func shellScripts(t *testing.T) []string {
	t.Helper()
	list, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Skipf("no list of files from git: %v", err)
	}
	var out []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		content, err := os.ReadFile(name)
		switch {
		case err != nil: // it was removed, or is a link to a directory
		case filepath.Ext(name) == ".txtar":
			out = append(out, inside(t, name, content)...)
		case isScript(name, content):
			out = append(out, name)
		}
	}
	return out
}

// inside returns the shell scripts in a test script, as files that have its name.
func inside(t *testing.T, name string, content []byte) []string {
	t.Helper()
	if !bytes.Contains(content, []byte("#!")) {
		return nil
	}
	dir := t.TempDir()
	var out []string
	for _, f := range txtar.Parse(content).Files {
		if !isScript(f.Name, f.Data) {
			continue
		}
		path := filepath.Join(dir, filepath.Base(name)+"-"+strings.ReplaceAll(f.Name, "/", "-"))
		if err := os.WriteFile(path, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
		out = append(out, path)
	}
	return out
}
