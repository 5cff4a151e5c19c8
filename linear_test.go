package mitoplan_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// load is a row of the table: n things in a directory, and a command.
type load struct {
	name string
	// files are the files of the configuration, by name. DIR and AGENT in them are a
	// directory for what is managed, and the agent.
	files func(n int) map[string]string
	// before are commands that are not measured, and then changes the directory
	// after them.
	before [][]string
	then   func(t *testing.T, dir string, n int)
	// command is measured, with more in its environment. It is "plan" if it is nil.
	command func(n int) []string
	env     func(n int) []string
	exit    int // the status of the command
	// inherent are the files of ours that may be worse than linear, as what is asked
	// for is.
	inherent []string
	// always is set for the rows that are tried without -linear.all.
	always bool
}

var linearAll = flag.Bool("linear.all", false, "try whether each row of the table is linear, instead of a sample")

// small is how many things a row has first. Then it has four times as many.
const small = 120

// A basic block may be executed worst times as often for four times as many things:
// the four, and what sorting adds. Beside that, few times for each thing are allowed
// however that grows, so that rounding makes no difference.
const (
	worst = 6
	few   = 12
)

// Nothing is worse than linear: whatever there may be many of, four times as many take
// four times the steps and the memory. The steps are counted, so that the result does
// not depend on the machine; a line that is executed too often is named.
//
// What the evaluator does within one call is not ours. Before it looks at what a function
// allows, it looks through all of each argument for marks (function.Function.Call of cty),
// so that length(local.big) in a loop over the same is quadratic, and it
// compares all types of the sides of a conditional. Edits of one file each read
// and write all of it. Edits that look for lines are each compared with the lines of
// all others of the file.
//
// A sample of the rows is tried; all of them take some minutes:
//
//	go test . -run TestNothingIsWorseThanLinear -linear.all
func TestNothingIsWorseThanLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program that counts what it does")
	}
	program := counting(t)
	for _, l := range loads {
		if !l.always && !*linearAll {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			few, many := l.run(t, program, small), l.run(t, program, 4*small)
			if over := few.grown(many, l.inherent); len(over) > 0 {
				t.Errorf("Executed more often than in proportion:\n%s", strings.Join(over[:min(len(over), 20)], "\n"))
			}
			if many.memory > worst*few.memory {
				t.Errorf("%d KiB of memory for %d, and %d for %d", many.memory, 4*small, few.memory, small)
			}
		})
	}
}

// counting builds the program so that it counts how often it executes each basic
// block, of ours and of what evaluates expressions.
func counting(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "mitoplan")
	counted := "./...,github.com/hashicorp/hcl/v2/...,github.com/zclconf/go-cty/..."
	build := exec.Command("go", "build", "-cover", "-covermode=atomic", "-coverpkg="+counted, "-o", program, "./cmd/mitoplan")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as other tests build it, so that the packages below are built once
	out, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return program
}

// effort is what a command did, in the controller and in its agents.
type effort struct {
	blocks map[string]int // how often each basic block was executed, by file and place
	memory int64          // KiB that were asked for, of the process that asked for the most
}

// ofTheMachine is executed once for each process of the machine, of which there may
// be any number.
const ofTheMachine = module + "transport/internal/kin/proc_linux.go:"

// grown lists what is executed too often, the worst first.
func (e effort) grown(many effort, inherent []string) []string {
	at := slices.DeleteFunc(slices.Collect(maps.Keys(many.blocks)), func(at string) bool {
		may := func(file string) bool { return strings.HasPrefix(at, module+file) }
		return many.blocks[at] <= worst*e.blocks[at]+few*4*small || strings.HasPrefix(at, ofTheMachine) || slices.ContainsFunc(inherent, may)
	})
	slices.SortFunc(at, func(a, b string) int { return many.blocks[b] - many.blocks[a] })
	for i, a := range at {
		at[i] = fmt.Sprintf("%12d times, and %d for a fourth: %s", many.blocks[a], e.blocks[a], strings.TrimPrefix(a, module))
	}
	return at
}

// run does the row with n things.
func (l load) run(t *testing.T, program string, n int) effort {
	t.Helper()
	dir := t.TempDir()
	l.write(t, dir, program, n)
	for _, args := range l.before {
		if out, _, err := counted(program, dir, filepath.Join(dir, "before"), nil, args); err != nil {
			t.Fatalf("mitoplan %q: %v\n%.3000s", args, err, out)
		}
	}
	if l.then != nil {
		l.then(t, dir, n)
	}
	args, env := []string{"plan"}, []string(nil)
	if l.command != nil {
		args = l.command(n)
	}
	if l.env != nil {
		env = l.env(n)
	}
	counts := filepath.Join(dir, "counts")
	out, state, err := counted(program, dir, counts, env, args)
	if state == nil || state.ExitCode() != l.exit {
		t.Fatalf("mitoplan %.100q: %v\n%.3000s", args, err, out)
	}
	return effort{blocksOf(t, counts), state.SysUsage().(*syscall.Rusage).Maxrss}
}

// write writes the configuration into the directory work of dir.
func (l load) write(t *testing.T, dir, program string, n int) {
	t.Helper()
	replace := strings.NewReplacer("AGENT", program, "DIR", dir)
	for name, content := range l.files(n) {
		path := filepath.Join(dir, "work", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(replace.Replace(content)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// counted runs the program, which counts into a directory. It gives no memory back
// below a GiB, so that the most that it had at once is all that it asked for.
func counted(program, dir, counts string, env, args []string) ([]byte, *os.ProcessState, error) {
	if err := os.MkdirAll(counts, 0o755); err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(program, append([]string{"-chdir=" + filepath.Join(dir, "work")}, args...)...)
	cmd.Env = append(os.Environ(), "GOCOVERDIR="+counts, "GOGC=off", "GOMEMLIMIT=1GiB", "HOME="+dir)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	return out, cmd.ProcessState, err
}

// blocksOf reads how often each block was executed, by all processes that counted.
func blocksOf(t *testing.T, dir string) map[string]int {
	t.Helper()
	text := filepath.Join(dir, "counts.txt")
	if out, err := exec.Command("go", "tool", "covdata", "textfmt", "-i="+dir, "-o="+text).CombinedOutput(); err != nil {
		t.Fatalf("covdata: %v\n%s", err, out)
	}
	content, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]int{}
	for s := bufio.NewScanner(bytes.NewReader(content)); s.Scan(); {
		place, rest, _ := strings.Cut(s.Text(), " ") // and the number of statements
		if _, count, ok := strings.Cut(rest, " "); ok {
			n, err := strconv.Atoi(count)
			if err != nil {
				t.Fatal(err)
			}
			blocks[place] += n
		}
	}
	if len(blocks) == 0 {
		t.Fatal("nothing was counted")
	}
	return blocks
}
