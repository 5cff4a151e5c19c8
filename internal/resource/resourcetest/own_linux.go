package resourcetest

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// What mount does, besides mounting a file system.
const (
	bind     = unix.MS_BIND
	readOnly = unix.MS_REMOUNT | unix.MS_RDONLY
	private  = unix.MS_REC | unix.MS_PRIVATE
)

func mount(source, target, fstype string, flags uintptr, data string) error {
	return unix.Mount(source, target, fstype, flags, data)
}

func unmount(target string) error { return unix.Unmount(target, unix.MNT_DETACH) }

func ownMounts() *syscall.SysProcAttr { return &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS} }

func ownKernel() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWUTS}
}

func ownMachine() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: ownKernel().Cloneflags | ownMounts().Cloneflags}
}
