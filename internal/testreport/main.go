// Command testreport reads what `go test -json` prints and says it in few
// words: one line a package, everything that a failed test printed, and at the
// end which tests took longest and what was left out, with the reasons. It is for the test script; it ends
// with status 1 where something failed.
//
// Start reading at report.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
}

// report is what is known so far.
type report struct {
	out                     io.Writer
	output                  map[string][]string // of running tests, by package and test
	skipped                 map[string]int      // tests by reason
	took                    timings
	passed, failed, leftOut int
	broken                  bool // something other than a test failed
}

// slowestShown is how many tests are named as those that took longest.
const slowestShown = 20

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[string][]string{}, skipped: map[string]int{}, took: timings{}}
}

func main() {
	r := newReport(os.Stdout)
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
	r.summary()
	if r.failed > 0 || r.broken {
		os.Exit(1)
	}
}

// read handles all events. A line that is not an event comes from the go command itself
// and is printed unchanged.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		switch {
		case len(line) == 0:
		case json.Unmarshal(line, &e) == nil:
			r.handle(e)
		default:
			r.out.Write(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) handle(e event) {
	key := e.Package + "\x00" + e.Test
	switch e.Action {
	case "output":
		r.output[key] = append(r.output[key], e.Output)
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "build-fail":
		r.broken = true
	case "pass", "fail", "skip":
		output := r.output[key]
		delete(r.output, key)
		r.end(e, output)
	}
}

// end handles the end of a test or, without a test, of a package.
func (r *report) end(e event, output []string) {
	if e.Test == "" {
		r.endPackage(e, output)
		return
	}
	r.took.add(e.Package, e.Test, e.Elapsed)
	switch e.Action {
	case "pass":
		r.passed++
	case "skip":
		r.leftOut++
		r.skipped[reason(output)]++
	case "fail":
		r.failed++
		fmt.Fprintf(r.out, "--- %s %s\n%s", e.Package, e.Test, strings.Join(output, ""))
	}
}

func (r *report) endPackage(e event, output []string) {
	switch e.Action {
	case "pass":
		fmt.Fprintf(r.out, "ok    %s %.1fs\n", e.Package, e.Elapsed)
	case "fail":
		r.broken = true
		fmt.Fprintf(r.out, "FAIL  %s %.1fs\n", e.Package, e.Elapsed)
		fmt.Fprint(r.out, strings.Join(output, ""))
		r.endRunning(e.Package)
	}
}

// endRunning prints the output of the tests that were running when their package died,
// for example in a panic.
func (r *report) endRunning(pkg string) {
	for _, key := range slices.Sorted(maps.Keys(r.output)) {
		if strings.HasPrefix(key, pkg+"\x00") {
			fmt.Fprint(r.out, strings.Join(r.output[key], ""))
			delete(r.output, key)
		}
	}
}

var skipLine = regexp.MustCompile(`^\s+\S+\.go:\d+: (.*)`)

// reason returns the last line that a skipped test printed.
func reason(output []string) string {
	for _, line := range slices.Backward(output) {
		if m := skipLine.FindStringSubmatch(line); m != nil {
			return m[1]
		}
	}
	return "no reason given"
}

// summary prints which tests took longest, what was skipped, and the counts on a line
// of their own.
func (r *report) summary() {
	r.took.print(r.out, slowestShown)
	if r.leftOut > 0 {
		fmt.Fprintln(r.out, "\nLeft out:")
	}
	for _, why := range slices.Sorted(maps.Keys(r.skipped)) {
		fmt.Fprintf(r.out, "  %4d  %s\n", r.skipped[why], why)
	}
	fmt.Fprintf(r.out, "\n%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.leftOut)
}
