package mitoplan_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/manual"
)

const kindsHead = `# Kinds

Every context kind, resource kind and function. Its page says what it is for, with an example
that a test applies, its arguments and results, what is read, what drift means, how it differs
from other tools, and its limits. ` + "`mitoplan kinds NAME`" + ` shows the same page.
These pages are written from the definitions by ` + "`go test . -run TestKindsManual -update`" + `.
Arguments that every block has are in [language.md](language.md).

A path on the controller is that of a file where mitoplan runs; the text of its argument
says so. A ` + "`~/`" + ` at its beginning is the home directory of who runs mitoplan, and a
relative path begins in the directory of the configuration. In ` + "`identity_file`, `certificate`" + `
and ` + "`known_hosts`, `~USER/`, `${VARIABLE}` and `%`" + ` tokens are what they are in ssh_config(5).
Any other path is one on a host, and absolute. There, only a shell knows ` + "`~`: `on.home`" + ` is
the home directory of the user of the context, as in ` + "`\"${on.home}/x\"`" + `.
`

// kinds returns all definitions, in the order of the manual.
func kinds() (contexts, resources, functions []kind.Kind) {
	parts := manual.Index(controller.Kinds())
	return parts[0].Kinds, parts[1].Kinds, parts[2].Kinds
}

// The manual of kinds says what the definitions say: the index, and a page for each kind.
func TestKindsManual(t *testing.T) {
	pages := map[string]string{}
	var index strings.Builder
	index.WriteString(kindsHead)
	for _, part := range manual.Index(controller.Kinds()) {
		fmt.Fprintf(&index, "\n## %s\n\n| name | |\n| --- | --- |\n", part.Heading)
		for _, k := range part.Kinds {
			file := pageFile(k, pages)
			pages[file] = page(manual.Of(k))
			fmt.Fprintf(&index, "| [%s](%s) | %s |\n", k.Name, file, manual.Summary(k))
		}
	}
	assertPage(t, "docs/kinds.md", index.String())
	for file, text := range pages {
		assertPage(t, path.Join("docs", file), text)
	}
	assertNoOtherPage(t, pages)
}

// pageFile is the file of the page of a kind, in docs. A function that has the name of a
// resource kind has a file of another name.
func pageFile(k kind.Kind, taken map[string]string) string {
	file := "kinds/" + k.Name + ".md"
	if taken[file] != "" {
		file = "kinds/" + k.Name + "_" + string(k.Role) + ".md"
	}
	return file
}

// assertNoOtherPage holds that no page is that of a kind which is gone. With -update such a
// page is removed.
func assertNoOtherPage(t *testing.T, pages map[string]string) {
	t.Helper()
	files, err := filepath.Glob("docs/kinds/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, ok := pages["kinds/"+filepath.Base(file)]; ok {
			continue
		}
		if !*update {
			t.Errorf("%s is the page of no kind: run go test . -run %s -update", file, t.Name())
		} else if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

// page writes a page as a document.
func page(p manual.Page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s in the list of [kinds](../kinds.md).\n\n%s\n", p.Title, strings.ToUpper(p.Role[:1])+p.Role[1:], p.Text)
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "\n## %s\n\n", s.Heading)
		if s.Text != "" {
			b.WriteString(s.Text + "\n")
		}
		if s.Example != "" {
			b.WriteString("```hcl\n" + s.Example + "```\n")
		}
		if len(s.Entries) > 0 && s.Text != "" {
			b.WriteString("\n")
		}
		b.WriteString(entries(s.Entries))
	}
	return b.String()
}

// entries writes arguments and results as a table, and other tools as a list.
func entries(all []manual.Entry) string {
	var b strings.Builder
	for i, e := range all {
		switch {
		case e.Type == "":
			fmt.Fprintf(&b, "- **%s**: %s\n", e.Name, e.Text)
			continue
		case i == 0:
			b.WriteString("| name | type | |\n| --- | --- | --- |\n")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e.Name, e.Type, strings.ReplaceAll(e.Text, "|", `\|`))
	}
	return b.String()
}

// Every kind has all parts of its page: what it is for, an example, each argument, what is
// read, what drift means, how it differs from other tools, what becomes of it, limits.
func TestEveryKindHasAWholePage(t *testing.T) {
	for _, k := range controller.Kinds() {
		for _, part := range missing(k) {
			t.Errorf("the manual of the %s %s lacks %s of its method Manual", k.Role, k.Name, part)
		}
	}
}

// missing names the parts that the manual of a kind lacks, each with the field that it is
// written in.
func missing(k kind.Kind) (parts []string) {
	need := func(what, field, text string) {
		if len(text) < 12 {
			parts = append(parts, what+": "+field)
		}
	}
	need("what it is for", "Doc", k.Doc)
	need("an example", "Page.Example", k.Page.Example)
	need("what corresponds to it in Ansible, and how that differs", "Page.Ansible", k.Page.Ansible)
	need("what corresponds to it in pyinfra, and how that differs", "Page.Pyinfra", k.Page.Pyinfra)
	need("its limits", "Page.Limits", k.Page.Limits)
	if k.Role != kind.RoleContext {
		need("what a plan reads", "Page.Reads", k.Page.Reads)
	}
	if k.Role == kind.RoleResource {
		need("what drift means", "Page.Drift", k.Page.Drift)
		need("what becomes of it", "End", k.End)
		if len(k.Page.Traits) == 0 {
			parts = append(parts, "its traits: Page.Traits")
		}
	}
	for _, a := range slices.Concat(k.Args.Attrs, k.Results.Attrs) {
		if a.Doc == "" {
			parts = append(parts, "a text for "+a.Name+": Attrs")
		}
	}
	return parts
}

// The texts of a page are sentences, and an example fits on a terminal, so that its lines are
// not broken by kinds NAME.
func TestPagesAreSentences(t *testing.T) {
	const most = 72
	for _, k := range controller.Kinds() {
		p := k.Page
		for field, text := range map[string]string{"Doc": k.Doc, "End": k.End, "Reads": p.Reads, "Drift": p.Drift, "Ansible": p.Ansible, "Pyinfra": p.Pyinfra, "Limits": p.Limits} {
			if text != "" && (!strings.HasSuffix(text, ".") || strings.Contains(text, "\n")) {
				t.Errorf("%s of the %s %s is not sentences in one line: %q", field, k.Role, k.Name, text)
			}
		}
		for line := range strings.Lines(p.Example) {
			if len(line) > most || strings.Contains(line, "\t") {
				t.Errorf("the example of the %s %s has a line of more than %d characters, or a tab: %q", k.Role, k.Name, most, line)
			}
		}
		if block := exampleBlock(k); p.Example != "" && !strings.Contains(p.Example, block) {
			t.Errorf("the example of the %s %s has no block %s", k.Role, k.Name, block)
		}
	}
}

// exampleBlock is the beginning of a block of a kind.
func exampleBlock(k kind.Kind) string {
	block := string(k.Role)
	if k.Role == kind.RoleFunction {
		block = "call"
	}
	return fmt.Sprintf("%s %q ", block, k.Name)
}

// A kind whose name another has, in another role, has a page of its own.
func TestPagesOfOneName(t *testing.T) {
	pages := map[string]string{}
	for _, want := range []struct {
		role kind.Role
		file string
	}{{kind.RoleResource, "kinds/script.md"}, {kind.RoleFunction, "kinds/script_function.md"}} {
		got := pageFile(kind.Kind{Role: want.role, Name: "script"}, pages)
		if pages[got] = "x"; got != want.file {
			t.Errorf("the page of the %s is %s, want %s", want.role, got, want.file)
		}
	}
}

// The manual says of every resource kind what becomes of what it made, once that is taken
// away.
func TestTheManualSaysHowThingsEnd(t *testing.T) {
	for _, k := range controller.Kinds() {
		if k.Role == kind.RoleResource && (len(k.End) < 40 || !strings.HasSuffix(k.End, ".")) {
			t.Errorf("the Manual of %s says of the end %q, want sentences", k.Name, k.End)
		}
	}
}

// Words of other tools lead to the kind that does what they mean there, also with the name of
// a module before them.
func TestWordsOfOtherToolsLeadToKinds(t *testing.T) {
	all := controller.Kinds()
	for word, want := range map[string]string{
		"lineinfile": "line", "blockinfile": "block", "files.block": "block", "files.replace": "replace", "ansible.builtin.replace": "replace", "ini_file": "ini", "community.general.ini_file": "ini", "files.line": "line", "ansible.builtin.lineinfile": "line", "copy": "file", "template": "file", "files.put": "file",
		"files.template": "file", "files.directory": "directory", "files.link": "link", "symlink": "link", "server.user": "user", "server.group": "group",
		"shell": "command", "server.shell": "command", "slurp": "read_file", "files.get": "read_file", "become": "sudo", "paramiko": "ssh",
	} {
		var got []string
		for _, k := range manual.Meant(all, word) {
			got = append(got, k.Name)
		}
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%s leads to %q, want %s", word, got, want)
		}
	}
	for name, want := range map[string]int{"file": 1, "resource.file": 1, "call.stat": 1, "function.stat": 1, "context.ssh": 1, "context.file": 0, "fil": 0, "": 0} {
		if got := manual.Named(all, name); len(got) != want {
			t.Errorf("%q is the name of %d kinds, want %d", name, len(got), want)
		}
	}
}
