package connect

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// powerless reports whether a program that this process runs is not given the rights of root:
// its file has no setuid bit, its file system is mounted nosuid, or this process may get no
// new privileges (prctl(2)). Of a script nothing but the last is known.
func powerless(program string) bool {
	if os.Geteuid() == 0 {
		return false
	}
	if status, err := os.ReadFile("/proc/self/status"); err == nil && strings.Contains(string(status), "\nNoNewPrivs:\t1\n") {
		return true
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var began [4]byte
	if _, err := f.ReadAt(began[:], 0); err != nil || string(began[:]) != "\x7fELF" {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	var mount syscall.Statfs_t
	return info.Mode()&os.ModeSetuid == 0 || syscall.Fstatfs(int(f.Fd()), &mount) == nil && mount.Flags&nosuid != 0
}

// nosuid is ST_NOSUID of statfs(2).
const nosuid = 2
