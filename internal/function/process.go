package function

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ProcessIn are the arguments of process.
type ProcessIn struct {
	Name       *string `cbor:"name,omitempty"`
	Pattern    *string `cbor:"pattern,omitempty"`
	User       *string `cbor:"user,omitempty"`
	PID        *int64  `cbor:"pid,omitempty"`
	MaxEntries *int64  `cbor:"max_entries,omitempty" mito:"default=10000"`
}

// Manual says the texts of these arguments.
func (ProcessIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Lists processes of a host.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "process" "init" {
  on  = context.local.here
  pid = 1
}
output "init_runs" {
  value = call.process.init.running
}
`,
			Reads:   "/proc: what stat(5), cmdline and the owner say of each process that is meant. Nothing is run but getent, for owners that /etc/passwd does not have.",
			Ansible: "community.general.pids, which gives the numbers alone.",
			Pyinfra: "none of its own; there is server.Command with ps.",
			Limits:  "Linux alone. The agent itself is not among them. Where /proc is mounted with hidepid, a user sees the own processes only. The kernel keeps 15 characters of a name, so a longer one is found by what the program was called with. A process may end the moment after it was seen. What a command line holds is shown to everybody who sees the results.",
		},
		OtherNames: "pids ps pgrep processes",
		Attrs: map[string]kind.Entry{
			"name":        {Doc: "The name of its program, as a whole: as the kernel has it, or the last part of what it was called with.", OtherNames: "program comm process"},
			"pattern":     {Doc: "A regular expression that matches its command line, with blanks between the words. RE2 syntax.", OtherNames: "regexp regex match cmdline"},
			"user":        {Doc: "The user as which it runs, a name or a number.", OtherNames: "owner uid"},
			"pid":         {Doc: "Its number.", OtherNames: "id"},
			"max_entries": {Doc: "How many there may be, at most 100000. If there are more, the call fails.", OtherNames: "limit"},
		},
	}
}

// ProcessOut are the results of process.
type ProcessOut struct {
	Running   bool           `cbor:"running" mito:"computed"`
	PIDs      []int64        `cbor:"pids" mito:"computed"`
	Processes []ProcessEntry `cbor:"processes" mito:"computed"`
}

// Manual says the texts of these results.
func (ProcessOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"running":   {Doc: "Whether one at least runs. One that has ended, and that its parent has not waited for, does not."},
			"pids":      {Doc: "The numbers of all that were found, in their order."},
			"processes": {Doc: "The same, with what is known of each.", OtherNames: "list"},
		},
	}
}

// ProcessEntry is one process; see proc_pid_stat(5).
type ProcessEntry struct {
	PID     int64       `cbor:"pid" mito:"computed"`
	PPID    int64       `cbor:"ppid" mito:"computed"`
	Name    kind.Text   `cbor:"name" mito:"computed"`
	Argv    []kind.Text `cbor:"argv" mito:"computed"`
	User    string      `cbor:"user" mito:"computed"`
	UID     int64       `cbor:"uid" mito:"computed"`
	State   string      `cbor:"state" mito:"computed"`
	Started string      `cbor:"started" mito:"computed"`
	Memory  int64       `cbor:"memory" mito:"computed"`
}

// Manual says the texts of these results.
func (ProcessEntry) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"pid":     {Doc: "Its number."},
			"ppid":    {Doc: "The number of its parent."},
			"name":    {Doc: "The name of its program, as the kernel has it: 15 characters at most.", OtherNames: "comm"},
			"argv":    {Doc: "Its command line. Empty for a thread of the kernel.", OtherNames: "cmdline command args"},
			"user":    {Doc: "The user as which it runs, or the number if it has no name.", OtherNames: "owner"},
			"uid":     {Doc: "The number of that user."},
			"state":   {Doc: "running, sleeping, waiting (for a device), stopped, zombie (it has ended), idle, or what the kernel says."},
			"started": {Doc: "When it was started: UTC, as in RFC 3339, to the second."},
			"memory":  {Doc: "How many bytes of memory it has in use.", OtherNames: "rss"},
		},
	}
}

func processKind() kind.Kind {
	return reads("process", func() Function { return &ProcessIn{} }, ProcessOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *ProcessIn) Validate() []kind.Problem {
	out := validEntries(in.MaxEntries)
	if in.Name != nil && (*in.Name == "" || strings.Contains(*in.Name, "/")) {
		out = append(out, bad("name", "Bad name of a program", "name is %q; it is a name without a directory, such as nginx. For a path or a word of the command line use pattern.", *in.Name)...)
	}
	if in.Pattern != nil {
		if _, err := regexp.Compile(*in.Pattern); err != nil {
			out = append(out, *kind.BadExpression("pattern", err))
		}
	}
	if in.User != nil && *in.User == "" {
		out = append(out, bad("user", "Bad user", "user is empty. Name one, or leave it out for all.")...)
	}
	return append(out, validLeast("pid", in.PID, 1)...)
}

// Call implements Function.
func (in *ProcessIn) Call(ctx context.Context, _ Call) (any, error) {
	all, err := in.list(ctx, here("/"))
	if err != nil {
		return nil, err
	}
	out := ProcessOut{PIDs: []int64{}, Processes: all}
	for _, p := range all {
		out.PIDs = append(out.PIDs, p.PID)
		out.Running = out.Running || p.State != zombie
	}
	return out, nil
}

// list finds the processes that are meant, in the order of their numbers.
func (in *ProcessIn) list(ctx context.Context, h here) ([]ProcessEntry, error) {
	w := newWalker(ctx, "", in.MaxEntries)
	pids, err := h.pids(in.PID)
	if err != nil {
		return nil, err
	}
	var pattern *regexp.Regexp
	if in.Pattern != nil {
		pattern = regexp.MustCompile(*in.Pattern)
	}
	out := []ProcessEntry{}
	booted, _ := time.Parse(time.RFC3339, h.booted())
	for _, pid := range pids {
		if err := w.goOn(); err != nil {
			return nil, err
		}
		p, ok := h.process(pid, booted)
		if !ok || in.Name != nil && !p.called(*in.Name) || pattern != nil && !pattern.MatchString(p.line()) {
			continue
		}
		p.User = w.named(w.users, "passwd", uint32(p.UID))
		if in.User != nil && *in.User != p.User && *in.User != strconv.FormatInt(p.UID, 10) {
			continue
		}
		size := 200
		for _, a := range p.Argv {
			size += len(a) + 5
		}
		if err := w.take("", size); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// pids are the numbers of all processes but this one, or the one that is asked for.
func (h here) pids(one *int64) ([]int, error) {
	if one != nil {
		if *one > math.MaxInt32 { // The kernel has no such.
			return nil, nil
		}
		return []int{int(*one)}, nil
	}
	f, err := os.Open(string(h) + "/proc")
	if err == nil {
		defer f.Close()
		var names []string
		if names, err = f.Readdirnames(-1); err == nil {
			var out []int // Package fmt sorts such, too, so that the agent has it once.
			for _, name := range names {
				if n, err := strconv.Atoi(name); err == nil && n != os.Getpid() {
					out = append(out, n)
				}
			}
			slices.Sort(out)
			if len(out) > 0 {
				return out, nil
			}
			err = fs.ErrNotExist
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, kind.NewProblem("", kind.CodeSystem, "Processes cannot be listed", "There are no processes in /proc. It is a file system of Linux: mount it there with mount -t proc proc /proc.")
	}
	return nil, explain("", "look into", "/proc", err)
}

// zombie is the state of a process that has ended and that nobody waited for.
const zombie = "zombie"

// processStates are the letters of the kernel; see proc_pid_stat(5).
var processStates = map[string]string{"R": "running", "S": "sleeping", "D": "waiting", "T": "stopped", "t": "stopped", "Z": zombie, "I": "idle", "X": zombie}

// cmdlineBytes bounds what is read of a command line: a program may make it as long as it likes.
const cmdlineBytes = 128 << 10

// process is what the kernel says of one; false if it has ended meanwhile.
func (h here) process(pid int, booted time.Time) (p ProcessEntry, ok bool) {
	dir := "proc/" + strconv.Itoa(pid)
	info, err := os.Stat(string(h) + "/" + dir)
	if err != nil {
		return p, false
	}
	if st, isStat := info.Sys().(*syscall.Stat_t); isStat {
		p.UID = int64(st.Uid)
	}
	if p, ok = parseProcess(h.text(dir+"/stat"), p, booted); !ok {
		return p, false
	}
	p.PID, p.Argv = int64(pid), words(h.text(dir+"/cmdline"))
	return p, true
}

// ticks is how many of its units the kernel counts in a second, on all systems that Go knows.
const ticks = 100

// parseProcess reads the line of proc_pid_stat(5). The name in it is in parentheses, and may
// hold anything, more of these, too.
func parseProcess(line string, p ProcessEntry, booted time.Time) (ProcessEntry, bool) {
	begin, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if begin < 0 || end < begin {
		return p, false
	}
	f := strings.Fields(line[end+1:])
	if len(f) < 22 {
		return p, false
	}
	p.Name, p.State, p.PPID = kind.Text(line[begin+1:end]), processStates[f[0]], number(f[1])
	if p.State == "" {
		p.State = f[0]
	}
	p.Memory = number(f[21]) * int64(os.Getpagesize())
	if since := number(f[19]); !booted.IsZero() && since >= 0 && since < 1<<40 {
		p.Started = booted.Add(time.Duration(since/ticks) * time.Second).UTC().Format(time.RFC3339)
	}
	return p, true
}

// words are those of a command line as the kernel has it: each ends with a zero byte, unless a
// program has written something else there.
func words(cmdline string) []kind.Text {
	out := []kind.Text{}
	for _, w := range bytes.Split(bytes.TrimRight([]byte(cmdline[:min(len(cmdline), cmdlineBytes)]), "\x00"), []byte{0}) {
		out = append(out, kind.Text(w))
	}
	if len(out) == 1 && out[0] == "" {
		return out[:0]
	}
	return out
}

// called reports whether a process is of a program with a name.
func (p *ProcessEntry) called(name string) bool {
	return string(p.Name) == name || len(p.Argv) > 0 && path.Base(string(p.Argv[0])) == name
}

// line is the command line, with blanks between its words.
func (p *ProcessEntry) line() string {
	var b strings.Builder
	for k, w := range p.Argv {
		if k > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(w))
	}
	return b.String()
}
