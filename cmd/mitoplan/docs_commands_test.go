package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"
)

// repository is its top, from this directory.
var repository = filepath.Join("..", "..")

// docFiles are all documents of the repository, by their paths.
func docFiles(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/kinds/*.md", "docs/decisions/*.md", "examples/*/*.md", "examples/roles/*/*.md", "changelog/unreleased/*.md"} {
		names, err := filepath.Glob(filepath.Join(repository, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			all[name] = readFile(t, name)
		}
	}
	return all
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")
	codeSpan   = regexp.MustCompile("`([^`\n]+)`")
	indented   = regexp.MustCompile(`(?m)^    (mitoplan .*)$`)
	program    = regexp.MustCompile(`(?:^|[;&(] *)(?:go run \S*cmd/mitoplan|mitoplan)((?: [^|&;#]*)?)`)
)

// commandLines are the arguments of each command line of mitoplan in a document:
// in its shell blocks, in indented lines, and in code spans that begin with the
// program or with one of its commands.
func commandLines(text string, commands []string) (lines [][]string) {
	add := func(line string) {
		if m := program.FindStringSubmatch(line); m != nil {
			lines = append(lines, strings.Fields(m[1]))
		}
	}
	for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", " ")) {
			add(strings.TrimSpace(line))
		}
	}
	for _, m := range indented.FindAllStringSubmatch(text, -1) {
		add(m[1])
	}
	for _, m := range codeSpan.FindAllStringSubmatch(shellBlock.ReplaceAllString(text, ""), -1) {
		words := strings.Fields(m[1])
		switch {
		case words[0] == "mitoplan" && len(words) > 1 && words[1] != "{":
			add(m[1])
		case len(words) > 1 && slices.Contains(commands, words[0]):
			lines = append(lines, words)
		}
	}
	return lines
}

// placeholders are values for what the documents leave to the reader.
var placeholders = strings.NewReplacer("-parallelism N", "-parallelism 4", "DURATION", "5m", "[", "", "]", "")

// parse parses a command line as the program does, and runs nothing.
func parse(args []string) error {
	a := &app{stdout: io.Discard, stderr: io.Discard, args: append([]string{"mitoplan"}, args...)}
	root := a.command()
	for _, sub := range root.Commands {
		sub.Before = nil
		sub.Action = func(_ context.Context, c *cli.Command) error {
			if c.ArgsUsage == "" {
				return noArguments(c)
			}
			_, err := oneArgument(c, "argument")
			return err
		}
	}
	return root.Run(context.Background(), a.args)
}

func commandNames() (names []string) {
	for _, c := range (&app{}).commands() {
		names = append(names, c.Name)
	}
	return names
}

// Every command line of mitoplan in the documents has a command that there is,
// with options that this command has.
func TestDocumentedCommandLinesParse(t *testing.T) {
	found := 0
	for name, text := range docFiles(t) {
		for _, words := range commandLines(text, commandNames()) {
			line := strings.Join(words, " ")
			if strings.Contains(line, "COMMAND") {
				continue
			}
			found++
			args := strings.Fields(placeholders.Replace(line))
			err := parse(args)
			if err != nil && strings.Contains(err.Error(), "needs a value") {
				err = parse(append(args, "VALUE")) // the text names the option and no value
			}
			if status := exitError(0); err != nil && !errors.As(err, &status) {
				t.Errorf("%s: mitoplan %s: %v", name, line, err)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d command lines were found", found)
	}
}

// Every option that the manual and the examples name alone is one of some command.
func TestDocumentedOptionsExist(t *testing.T) {
	known := map[string]bool{}
	root := (&app{}).command()
	for _, c := range append(root.Commands, root) {
		for _, f := range c.Flags {
			for _, name := range f.Names() {
				known[name] = true
			}
		}
	}
	option := regexp.MustCompile("`-([a-z][a-z-]*)(?:[= ][^`]*)?`")
	for name, text := range docFiles(t) {
		if !strings.Contains(name, "docs") && !strings.Contains(name, "examples") && !strings.Contains(name, "changelog") {
			continue // the others name options of other programs, too
		}
		for _, m := range option.FindAllStringSubmatch(text, -1) {
			if !known[m[1]] {
				t.Errorf("%s names the option -%s, which no command has", name, m[1])
			}
		}
	}
}

// tableRows are the cells of each row of the first table after a heading.
func tableRows(t *testing.T, page, after string) (rows [][]string) {
	t.Helper()
	_, rest, ok := strings.Cut(page, after)
	_, rest, table := strings.Cut(rest, "| --- |")
	if !ok || !table {
		t.Fatalf("there is no table after %q", after)
	}
	_, rest, _ = strings.Cut(rest, "\n")
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(strings.TrimSpace(line), "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		rows = append(rows, cells)
	}
	return rows
}

// The manual's table of options has each option of each command, and no other.
func TestOptionsAreAsDocumented(t *testing.T) {
	page := readFile(t, filepath.Join(repository, "docs", "cli.md"))
	documented := map[string][]string{}
	for _, row := range tableRows(t, page, "\n## Options\n") {
		of := strings.Split(row[1], ", ")
		if row[1] == "all" {
			of = commandNames()
		}
		for _, span := range codeSpan.FindAllStringSubmatch(row[0], -1) {
			name, _, _ := strings.Cut(strings.Fields(span[1])[0], "=")
			for _, command := range of {
				documented[command] = append(documented[command], strings.TrimPrefix(name, "-"))
			}
		}
	}
	for _, c := range (&app{}).commands() {
		var have []string
		for _, f := range c.Flags {
			have = append(have, f.Names()...)
		}
		want := documented[c.Name]
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) {
			t.Errorf("%s has the options %q, and docs/cli.md says %q", c.Name, have, want)
		}
	}
}

// The manual's table of commands has each command, and no other.
func TestCommandsAreAsDocumented(t *testing.T) {
	page := readFile(t, filepath.Join(repository, "docs", "cli.md"))
	var documented []string
	for _, row := range tableRows(t, page, "# The command line\n") {
		for _, span := range codeSpan.FindAllStringSubmatch(row[0], -1) {
			if name := strings.Fields(span[1])[0]; !slices.Contains(documented, name) {
				documented = append(documented, name)
			}
		}
	}
	if want := commandNames(); !slices.Equal(documented, want) {
		t.Errorf("docs/cli.md has the commands %q, want %q", documented, want)
	}
}

// What the quickstart says to type can be typed, in this order, and ends as its
// comments say.
func TestQuickstartDocumentRuns(t *testing.T) {
	page := readFile(t, filepath.Join(repository, "examples", "quickstart", "README.md"))
	dir := t.TempDir()
	example := filepath.Join(dir, "examples", "quickstart")
	if err := os.MkdirAll(example, 0o755); err != nil {
		t.Fatal(err)
	}
	source := readFile(t, filepath.Join(repository, "examples", "quickstart", "main.mito.hcl"))
	if err := os.WriteFile(filepath.Join(example, "main.mito.hcl"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, block := range shellBlock.FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(block[1]) {
			runTyped(t, dir, strings.TrimSpace(line))
		}
	}
	greeting := readFile(t, filepath.Join(example, "generated", "greeting.txt"))
	if !strings.Contains(greeting, "Hello, you!") || strings.Contains(greeting, "by hand") {
		t.Errorf("the greeting is %q", greeting)
	}
}

// runTyped runs a line of a document in a shell. Nobody is there to say yes, so
// each apply has -auto-approve.
func runTyped(t *testing.T, dir, line string) {
	t.Helper()
	want := 0
	if strings.Contains(line, "ends with status 2") {
		want = exitChanges
	}
	typed := strings.Replace(line, "go run ./cmd/mitoplan", "mitoplan", 1)
	typed = strings.Replace(typed, " apply", " apply -auto-approve", 1)
	cmd := exec.Command("sh", "-c", typed)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+filepath.Join(dir, ".no-home"))
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != want {
		t.Errorf("%s: exit status should be %d: %v\n%s", line, want, err, out)
	}
	if want == exitChanges && !bytes.Contains(out, []byte("- by hand")) {
		t.Errorf("%s: no difference in\n%s", line, out)
	}
}

// The command that forgets a record is tried as the manual has it, but for the
// address.
func TestForgettingIsTriedAsDocumented(t *testing.T) {
	block := shellBlock.FindStringSubmatch(readFile(t, filepath.Join(repository, "docs", "cli.md")))
	if block == nil {
		t.Fatal("docs/cli.md has no such command")
	}
	command, _, ok := strings.Cut(block[1], ` sh 'file.`)
	if script := readFile(t, filepath.Join("testdata", "script", "state.txtar")); !ok || !strings.Contains(script, command) {
		t.Errorf("state.txtar does not try\n%s", block[1])
	}
}
