//go:build linux

package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Paths of the programs that a lab needs, as Debian installs them.
const (
	ipProgram   = "/sbin/ip"
	sshdProgram = "/usr/sbin/sshd"
	sudoProgram = "/usr/bin/sudo"
)

// Available returns why this machine cannot have a lab, or nil if it can. Any goroutine
// may call it.
var Available = sync.OnceValue(available)

func available() error {
	if os.Geteuid() != 0 {
		return errors.New("hosts are namespaces, which need root")
	}
	for program, pkg := range map[string]string{ipProgram: "iproute2", sshdProgram: "openssh-server", sudoProgram: "sudo"} {
		if _, err := os.Stat(program); err != nil {
			return fmt.Errorf("%s is missing (Debian package %s)", program, pkg)
		}
	}
	// The first process that Go starts is a probe of its own, which must not
	// become process 1 of a host.
	if err := exec.Command(ipProgram, "-V").Run(); err != nil {
		return fmt.Errorf("running %s: %w", ipProgram, err)
	}
	if fs, err := os.ReadFile("/proc/filesystems"); err != nil || !strings.Contains(string(fs), "\toverlay\n") {
		return errors.New("the kernel has no overlay file system")
	}
	return tryNamespaces()
}

// tryNamespaces makes the namespaces of a host once and releases them.
func tryNamespaces() error {
	th := newThread()
	defer th.end()
	return th.do(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWPID); err != nil {
			return fmt.Errorf("the kernel makes no namespaces here: %w", err)
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			return fmt.Errorf("mounting is not allowed here: %w", err)
		}
		return nil
	})
}
