package resource

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// processesOf returns the programs that run under an account, in the order of /proc,
// which is that of their numbers. Those that have another root directory do not count, as they are of a container.
func processesOf(uid int64) ([]Process, error) {
	root, err := os.Stat("/")
	if err != nil {
		return nil, err
	}
	names, err := (&Machine{}).readDir("/proc")
	if err != nil {
		return nil, nil // Without /proc nobody can tell.
	}
	var out []Process
	above := map[int64]int64{}
	for _, name := range names {
		pid, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			continue
		}
		said, parent, ids := statusOf(name)
		above[pid] = parent
		if its, err := os.Stat("/proc/" + name + "/root/"); err != nil || !os.SameFile(root, its) || !slices.Contains(ids, uid) {
			continue
		}
		out = append(out, Process{PID: pid, Name: said})
	}
	for pid := int64(os.Getpid()); pid > 0; pid = above[pid] {
		for k := range out {
			out[k].Above = out[k].Above || out[k].PID == pid
		}
	}
	return out, nil
}

// statusOf reads the name, the parent and the users of a process, as proc_pid_status(5)
// has them.
func statusOf(pid string) (name string, parent int64, users []int64) {
	b, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return "", 0, nil // It has ended.
	}
	for line := range strings.Lines(string(b)) {
		what, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch what {
		case "Name":
			name = strings.TrimSpace(value)
		case "PPid":
			parent, _ = strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		case "Uid":
			for _, id := range strings.Fields(value) {
				n, err := strconv.ParseInt(id, 10, 64)
				if err == nil {
					users = append(users, n)
				}
			}
			return name, parent, users
		}
	}
	return name, parent, users
}
