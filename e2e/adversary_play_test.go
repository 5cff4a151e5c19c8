//go:build linux

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/mitoplan/mitoplan/transport/transporttest/adversary"
)

// play carries out one attack during an apply and returns its line of the table.
func (s *stage) play(t *testing.T, a *adversary.Attack, at adversary.Position) string {
	all := s.lab
	s.lab = all.For(t)
	defer func() { s.lab = all }()
	defer s.clear(t)
	s.order(a.Name)
	w := newWorkspace(t, map[string]string{"main.mito.hcl": s.config(a, at)})
	if a.Source > 0 {
		w.write("large.bin", large(a.Source))
	}
	w.env = append(w.env, a.Env...)
	w.limit = time.Duration(a.Waits)*time.Second + spareTime
	run := w.start("apply", "-auto-approve")
	peak := run.peak()
	r := run.wait()
	achieved := append(s.achieved(r, a, at, w, peak), s.notPlayed(a, at)...)
	if len(achieved) > 0 {
		t.Errorf("%s: %s\n%v", a.Does, strings.Join(achieved, "; "), cut(r.String(), 6000))
	} else {
		achieved = []string{"nothing"}
	}
	return fmt.Sprintf("%s\t%s\t%d\t%.1f s\t%d MiB\t%s\t%s", a.Name, at, r.status, r.took.Seconds(), peak>>10, strings.Join(achieved, "; "), report(r, a))
}

// order tells the adversary which attack to play.
func (s *stage) order(attack string) {
	for _, i := range []int{1, 3} {
		s.lab.WriteFile(i, adversary.OrderPath, attack+"\n", 0o644)
		s.lab.Exec(i, "rm", "-f", adversary.PlayedPath)
	}
}

// large is a content of about so many bytes that is no text.
func large(size int) string { return string(bytes.Repeat([]byte("large\x00\xff"), size/7)) }

// achieved returns what an attack has achieved in a run, and what is missing from the
// report.
func (s *stage) achieved(r result, a *adversary.Attack, at adversary.Position, w *workspace, peak int) (achieved []string) {
	for _, wrong := range []string{
		ended(r, a), toldWell(r, a), shownSafely(r), spokenAs(r),
		bound(peak > peakBound, "%d MiB of memory", peak>>10),
		bound(r.took >= w.limit, "more than %s of time", w.limit),
		s.othersWork(r, a, at), s.changed(a, at), w.leftovers(),
	} {
		if wrong != "" {
			achieved = append(achieved, wrong)
		}
	}
	return achieved
}

// clear ends every process that an attack has left on its own host.
func (s *stage) clear(t *testing.T) {
	t.Helper()
	for _, i := range []int{1, 3} {
		_, _ = s.lab.Run(i, "pkill", "-KILL", "-u", "nosudo")
	}
	s.lab.AssertNoAgents(t)
}

// peak is the most memory that the program had, in KiB, once it has ended. The
// kernel keeps the mark; the last part of the run may be missed, a fiftieth of it at most.
// Looking takes time of the machine that the run needs, so it is done less often in a
// long one.
func (r *running) peak() (kib int) {
	look := time.NewTimer(peakEvery)
	defer look.Stop()
	for {
		select {
		case err := <-r.done:
			r.done <- err
			return kib
		case <-look.C:
			kib = max(kib, highWater(r.cmd.Process.Pid))
			look.Reset(max(peakEvery, time.Since(r.begin)/50))
		}
	}
}

// peakEvery is how often peak looks at the beginning of a run.
const peakEvery = 5 * time.Millisecond

func highWater(pid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmHWM:" {
			n, _ := strconv.Atoi(f[1])
			return n
		}
	}
	return 0
}

func bound(broken bool, format string, args ...any) string {
	if broken {
		return fmt.Sprintf(format, args...)
	}
	return ""
}

// notPlayed returns the parts of the attack that were not carried out, so that nothing was
// tried by them.
func (s *stage) notPlayed(a *adversary.Attack, at adversary.Position) (missing []string) {
	host := 3
	if at == adversary.Bastion {
		host = 1
	}
	for until := time.Now().Add(playedLate); ; {
		noted, _ := s.lab.Run(host, "cat", adversary.PlayedPath)
		missing = slices.DeleteFunc(a.Parts(), func(part string) bool { return slices.Contains(strings.Fields(noted), part) })
		if len(missing) == 0 || time.Now().After(until) {
			return missing
		}
	}
}

// playedLate is how long an attack may go on behind an honest agent when the program has
// ended.
const playedLate = 5 * time.Second

// ended returns what is wrong with how the program ended, or "".
func ended(r result, a *adversary.Attack) string {
	switch {
	case strings.Contains(r.stderr, "goroutine "):
		return "the program crashed"
	case r.status != 0 && r.status != 1 && r.status != -1: // that one took too long
		return fmt.Sprintf("the program ended with status %d", r.status)
	case a.Fails && r.status == 0:
		return "success was reported"
	}
	return ""
}

// toldWell returns what is missing from the report: who attacked, and what happened.
func toldWell(r result, a *adversary.Attack) string {
	told := reported(r)
	if len(a.Blamed) > 0 && !slices.ContainsFunc(a.Blamed, func(s string) bool { return says(told, s) }) {
		return "it is not reported what was done"
	}
	if a.Fails && !strings.Contains(r.all(), "bad") && !strings.Contains(r.all(), "behind") {
		return "it is not reported who did it"
	}
	return ""
}

// reported is what was printed on standard error, without the lines that only say what
// is still waited for.
func reported(r result) string {
	var b strings.Builder
	for line := range strings.Lines(r.stderr) {
		if !strings.Contains(line, "Still working: ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// says reports whether a report has that text, at the beginning of a sentence or within
// one.
func says(report, text string) bool {
	return strings.Contains(strings.ToLower(report), strings.ToLower(text))
}

// report returns the first line that tells what happened: a text of the attack itself,
// or else an error, or else a dropped frame.
func report(r result, a *adversary.Attack) string {
	for _, text := range append(a.Blamed, "Error: ", "dropped") {
		for line := range strings.Lines(reported(r)) {
			line = logTime.ReplaceAllString(strings.TrimSpace(line), "")
			if says(line, text) && !strings.HasPrefix(line, "with ") {
				return cut(line, 100)
			}
		}
	}
	return "-"
}

// logTime is how a line of the log begins.
var logTime = regexp.MustCompile(`^[0-9TZ:.-]+ \[WARN\]\s+`)

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n/2] + " … " + s[len(s)-n/2:]
	}
	return s
}

// shownSafely returns output that a terminal would obey or hide.
func shownSafely(r result) string {
	for _, c := range r.all() {
		if c != '\n' && c != '\t' && (unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c)) {
			return fmt.Sprintf("%U on the terminal", c)
		}
	}
	return ""
}

// spokenAs finds the place in the log where a hostile host passes for another one. That
// is an entry that is not its own, or a line that begins like such an entry.
func spokenAs(r result) string {
	for line := range strings.Lines(r.stderr) {
		var entry struct{ Context, Address string }
		if strings.Contains(line, "forged") && json.Unmarshal([]byte(strings.ReplaceAll(line, `"@`, `"`)), &entry) == nil {
			if !strings.Contains(entry.Context, "bad") || entry.Address == "0.1" {
				return "it spoke as " + entry.Context + " at " + entry.Address
			}
		}
		if strings.HasPrefix(line, "2026-11-26T04:42:41.954Z") || strings.HasPrefix(line, "Error: forged") || strings.Contains(line, "] mitoplan.ssh.good") {
			return "it wrote the line " + strings.TrimSpace(line)
		}
	}
	return ""
}

// othersWork returns what was not done on the honest hosts. Work of root on the machine
// of the hostile account may be skipped or lost, if the report says so.
func (s *stage) othersWork(r result, a *adversary.Attack, at adversary.Position) string {
	honest := map[string]string{"1:/home/deploy/" + mark(a, at): "front\n", "2:/srv/" + mark(a, at): "good, says deploy\n"}
	_, leftOut, _ := strings.Cut(r.all(), "Hosts are left out")
	told := strings.Contains(leftOut, "context.sudo.root") || strings.Contains(r.all(), "with context.ssh.host,")
	if at == adversary.Below && !told {
		honest["3:/srv/"+mark(a, at)+"-root"] = "root\n"
	}
	for where, want := range honest {
		host, path, _ := strings.Cut(where, ":")
		i, _ := strconv.Atoi(host)
		if slices.Contains(a.Used, i) {
			continue
		}
		if got, _ := s.lab.Run(i, "cat", path); got != want {
			return fmt.Sprintf("%s is %q on %s", path, got, s.lab.Name(i))
		}
	}
	return ""
}

// everything returns what exists on the hosts outside of the hostile account, and what
// the controller has of it.
func (s *stage) everything() map[string]bool {
	found := map[string]bool{}
	for i := 1; i <= 3; i++ {
		out := s.lab.Exec(i, "find", "/etc", "/home", "/root", "/srv", "/tmp", "/var/tmp", "/run", "/usr/local/bin", "/dev/shm",
			"-path", hostileHome, "-prune", "-o", "-printf", fmt.Sprintf("h%d:%%p %%y %%m %%u %%s\\n", i))
		for line := range strings.Lines(out) {
			found[strings.TrimSpace(line)] = true
		}
	}
	for _, dir := range []string{"/run", "/tmp", "/var/tmp", "/root"} {
		matches, _ := filepath.Glob(dir + "/mitoplan-adversary*")
		for _, m := range matches {
			found["controller:"+m] = true
		}
	}
	return found
}

// changed returns what appeared on the honest hosts that should not be there, and what
// is gone. On the host of the hostile account, only the account root must be unchanged.
func (s *stage) changed(a *adversary.Attack, at adversary.Position) string {
	before := s.seen
	s.seen = s.everything()
	expected := []string{mark(a, at), "/mitoplan.lock", "/mitoplan-2001.lock", "/.cache", "/srv/after ", ":/tmp ", ":/srv ", ":/home/deploy ", ":/run ", ":/run/adversary ", ":/var/tmp "}
	others := func(thing string) bool {
		own := strings.HasPrefix(thing, "h3:") && at == adversary.Beside
		return !own && !slices.ContainsFunc(expected, func(e string) bool { return strings.Contains(thing, e) })
	}
	for thing := range s.seen {
		if !before[thing] && others(thing) {
			return "it made " + thing
		}
	}
	for thing := range before {
		if !s.seen[thing] && others(thing) {
			return "it removed " + thing
		}
	}
	return ""
}

// leftovers returns the files that were written besides those that the program writes.
func (w *workspace) leftovers() (wrong string) {
	for _, dir := range []string{w.dir, w.home} {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			name, _ := filepath.Rel(dir, path)
			top, _, _ := strings.Cut(name, "/")
			if err == nil && !slices.Contains([]string{".", "main.mito.hcl", "large.bin", ".mitoplan", ".cache"}, top) {
				wrong = "it wrote " + path
			}
			return nil
		})
	}
	return wrong
}
