package mitoplan_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// recipe is how CONTRIBUTING.md says that a kind, a function or a command is added:
// one new file, and one entry in the list of its package. after is the last entry
// that is there now.
type recipe struct{ heading, file, dir, list, after, entry string }

var recipes = []recipe{
	{"A resource kind", "marker.go", "internal/resource/files", "kinds.go", "lineKind(),", "markerKind(),"},
	{"A function", "which.go", "internal/function", "kinds.go", "hostnameKind(),", "whichKind(),"},
	{"A context kind", "nice.go", "transport/connect", "kinds.go", "podmanKind(),", "niceKind(),"},
	{"A command", "names.go", "cmd/mitoplan", "cli.go", "a.versionCommand(),", "a.namesCommand(),"},
}

// overlaid writes an overlay for the toolchain. It has the new files of the
// recipes, and the lists with one more entry.
func overlaid(t *testing.T, dir string) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for _, r := range recipes {
		added := filepath.Join(root, r.dir, r.file)
		if _, err := os.Lstat(added); err == nil {
			t.Fatalf("%s is there already", added)
		}
		replace[added] = filepath.Join(root, "testdata", "recipes", r.file)
		list, err := os.ReadFile(filepath.Join(root, r.dir, r.list))
		if err != nil {
			t.Fatal(err)
		}
		before, rest, found := strings.Cut(string(list), "\t"+r.after+"\n")
		if !found || strings.Contains(rest, r.after) {
			t.Fatalf("%s/%s does not end its list with %s", r.dir, r.list, r.after)
		}
		indent := before[strings.LastIndex(before, "\n")+1:] + "\t"
		longer := filepath.Join(dir, strings.ReplaceAll(r.dir, "/", "_")+"_"+r.list)
		if err := os.WriteFile(longer, []byte(before+"\t"+r.after+"\n"+indent+r.entry+"\n"+rest), 0o644); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, r.dir, r.list)] = longer
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(name, overlay, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

const recipesUsed = `
context "nice" "here" {
  agent_path = "AGENT"
  increment  = 3
}
resource "marker" "m" {
  on   = context.nice.here
  path = "DIR/marker"
}
call "which" "sh" {
  on      = context.nice.here
  program = "sh"
}
call "command" "level" {
  on        = context.nice.here
  argv      = ["nice"]
  read_only = true
}
output "sh"    { value = call.which.sh.path }
output "level" { value = call.command.level.stdout }
`

// A resource kind, a function, a context kind and a command are each added by one
// file and one entry in a list. A program built with them plans and applies,
// through an agent that was built with them, too.
func TestRecipes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and an agent")
	}
	dir := t.TempDir()
	overlay := overlaid(t, dir)
	build := exec.Command("go", "build", "-overlay", overlay, "-ldflags=-s -w", "-o", dir, "./cmd/mitoplan", "./cmd/mitoplan-agent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	source := strings.NewReplacer("AGENT", filepath.Join(dir, "mitoplan-agent"), "DIR", dir).Replace(recipesUsed)
	work := filepath.Join(dir, "work")
	if err := os.Mkdir(work, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "main.mito.hcl"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(filepath.Join(dir, "mitoplan"), append([]string{"-chdir=" + work}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("mitoplan %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	said := func(out string, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(out, w) {
				t.Errorf("the output lacks %q:\n%s", w, out)
			}
		}
	}
	said(run("names"), "context nice: An agent on the machine of its via context, of a lower priority.", "resource marker: An empty file", "function which: Says where")
	said(run("plan"), "marker.m will be created  on nice.here", "1 to add", "+ level =")
	said(run("apply", "-auto-approve"), "marker.m", "/sh")
	if st, err := os.Stat(filepath.Join(dir, "marker")); err != nil || st.Size() != 0 {
		t.Errorf("the marker file is %v, %v", st, err)
	}
	said(run("plan"), "No changes")
}

// The file of a recipe obeys the rule about codes.
func TestRecipesWriteNoCodesAsTexts(t *testing.T) {
	parameters := codeParameters(t)
	for _, r := range recipes {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("testdata", "recipes", r.file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, lit := range codeLiterals(r.dir+"/"+r.file, f, parameters) {
			t.Errorf("%s writes the code %s as a text: use a constant of kind", r.file, lit.Value)
		}
	}
}

// CONTRIBUTING.md shows the files and entries of the recipes exactly.
func TestContributingShowsTheRecipes(t *testing.T) {
	page, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recipes {
		file, err := os.ReadFile(filepath.Join("testdata", "recipes", r.file))
		if err != nil {
			t.Fatal(err)
		}
		_, section, _ := strings.Cut(string(page), "\n### "+r.heading+"\n")
		section, _, _ = strings.Cut(section, "\n### ")
		for _, want := range []string{"```go\n" + string(file) + "```\n", "`" + r.dir + "/" + r.file + "`", "`" + r.dir + "/" + r.list + "`", "`" + r.entry + "`"} {
			if !strings.Contains(section, want) {
				t.Errorf("CONTRIBUTING.md, %q, does not show: %s", r.heading, want)
			}
		}
	}
}
