package connect

import (
	"os"
	"path"
	"strconv"
	"strings"
)

// memoryCgroup is the cgroup that bounds the memory of this process, and of what it starts
// unless somebody moves that. The zero value is that none is known.
type memoryCgroup struct {
	root, name     string // where the hierarchy is, and the cgroup in it
	limit, counter string // names of files
	kills          int    // how many processes the kernel has killed there for lack of memory
}

// ownMemory finds the cgroup, in either version: see cgroups(7). It looks where nearly
// every system has them.
func ownMemory() (m memoryCgroup) {
	text, _ := os.ReadFile("/proc/self/cgroup")
	for line := range strings.Lines(string(text)) {
		_, line, _ = strings.Cut(strings.TrimSpace(line), ":")
		kinds, name, _ := strings.Cut(line, ":")
		switch {
		case strings.Contains(","+kinds+",", ",memory,"):
			m = memoryCgroup{"/sys/fs/cgroup/memory", name, "memory.limit_in_bytes", "memory.oom_control", 0}
		case kinds == "" && m.root == "":
			m = memoryCgroup{"/sys/fs/cgroup", name, "memory.max", "memory.events", 0}
		}
	}
	m.kills = m.count()
	return m
}

// count reads how many processes the kernel has killed there.
func (m memoryCgroup) count() int {
	text, _ := os.ReadFile(m.root + m.name + "/" + m.counter)
	_, after, _ := strings.Cut(string(text), "oom_kill ")
	digits, _, _ := strings.Cut(after, "\n")
	n, _ := strconv.Atoi(digits)
	return n
}

// noLimit is more than any limit of version 1, which has a large number for none.
const noLimit = 1 << 60

// why says why a process was killed that was started when m was found, or "". The limit is
// the nearest: that of the cgroup, or of one above it.
func (m memoryCgroup) why() string {
	if m.root == "" || m.count() <= m.kills {
		return ""
	}
	for name := m.name; ; name = path.Dir(name) {
		text, _ := os.ReadFile(m.root + name + "/" + m.limit)
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n < noLimit {
			return "killed by the kernel: out of memory (memory limit of " + strconv.FormatInt(n>>20, 10) + " MiB of cgroup " + name + ")"
		}
		if len(name) < 2 {
			return "killed by the kernel: out of memory (cgroup " + m.name + ")"
		}
	}
}
