package resource_test

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// mount mounts something until the end of the test.
func mount(t *testing.T, source, target, fstype string, flags uintptr, data string) {
	t.Helper()
	if err := unix.Mount(source, target, fstype, flags, data); err != nil {
		t.Skipf("%s cannot be mounted here: %v", fstype, err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(target, unix.MNT_DETACH)) })
}

func (f testDir) bind(t *testing.T, from, to string) {
	t.Helper()
	mount(t, f.at(from), f.at(to), "", unix.MS_BIND, "")
}

func (f testDir) tmpfs(t *testing.T, at string) {
	t.Helper()
	mount(t, "test", f.at(at), "tmpfs", 0, "size=1m")
}

// makeReadOnly makes what is mounted at a path read-only.
func (f testDir) makeReadOnly(t *testing.T, at string) {
	t.Helper()
	must(t, unix.Mount("", f.at(at), "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
}

// ownMounts gives a process mounts of its own, and ownKernel a network and a name.
func ownMounts() *syscall.SysProcAttr { return &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS} }

func ownKernel() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWUTS}
}

// cover mounts directories over others, in a process with mounts of its own.
func cover(t *testing.T, over map[string]string) {
	t.Helper()
	must(t, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	for target, source := range over {
		must(t, unix.Mount(source, target, "", unix.MS_BIND, ""))
	}
}
