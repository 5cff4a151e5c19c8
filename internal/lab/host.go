//go:build linux

package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const bootTimeout = 20 * time.Second

// host is one host. Its machine thread holds what a reboot does not change: files,
// network, host name. Its power thread holds the processes; it exists while the host is
// on.
type host struct {
	n       int
	lab     *Lab
	machine *thread
	power   *thread
	init    *exec.Cmd // process 1, the host's sshd
}

func (h *host) name() string    { return fmt.Sprintf("h%d", h.n) }
func (h *host) behind() bool    { return h.lab.opts.Bastion && h.n > 1 }
func (h *host) isBastion() bool { return h.lab.opts.Bastion && h.n == 1 }

func (h *host) addr() string {
	if h.behind() {
		return h.lab.net.inner(h.n)
	}
	return h.lab.net.outer(h.n)
}

// build makes the host's namespaces, links and files.
func (h *host) build() error {
	h.machine = newThread()
	err := h.machine.do(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC); err != nil {
			return fmt.Errorf("making namespaces: %w", err)
		}
		if err := unix.Sethostname([]byte(h.name())); err != nil {
			return err
		}
		if err := h.lab.net.wire(h); err != nil {
			return err
		}
		return h.mountRoot()
	})
	if err != nil {
		return fmt.Errorf("%s: %w", h.name(), err)
	}
	return nil
}

// bootScript runs as process 1 until it becomes sshd. It mounts anew what a reboot
// clears. The crontabs are where cron has them, which no host of a lab runs.
const bootScript = `umount -l /proc /run 2>/dev/null
mount -t proc -o nosuid,nodev,noexec proc /proc &&
mount -t tmpfs -o mode=755,nosuid,nodev,size=16m run /run &&
mkdir -p -m 755 /run/sshd /run/lock /var/spool/cron /var/spool/cron/crontabs &&
exec /usr/sbin/sshd -D -E /var/log/sshd.log`

// boot starts process 1 in a process namespace of its own and waits until the
// host takes connections.
func (h *host) boot() error {
	if h.power != nil {
		return fmt.Errorf("%s is on already", h.name())
	}
	h.power = newThread()
	err := h.power.do(func() error {
		if err := h.enter(); err != nil {
			return err
		}
		h.init = command("/bin/sh", "-c", bootScript)
		var out bytes.Buffer
		h.init.Stdout, h.init.Stderr = &out, &out
		// Ends with the thread, so with this process. Only process 1 may ask
		// for it: Go ends other children that do, since from inside they see
		// no parent.
		h.init.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
		return h.init.Start()
	})
	if err == nil {
		err = h.awaitListening()
	}
	if err != nil {
		return fmt.Errorf("%s did not come up: %w", h.name(), err)
	}
	return nil
}

// enter moves the calling thread into the host, with a new process namespace for the
// processes that it starts.
func (h *host) enter() error {
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return err
	}
	for _, ns := range []string{"net", "uts", "ipc", "mnt"} {
		if err := join(fmt.Sprintf("/proc/self/task/%d/ns/%s", h.machine.tid, ns)); err != nil {
			return fmt.Errorf("entering the host: %w", err)
		}
	}
	return unix.Unshare(unix.CLONE_NEWPID)
}

func join(path string) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Setns(fd, 0)
}

// command is a command for inside a host. The kernel ends it with process 1.
func command(argv ...string) *exec.Cmd {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "USER=root", "LC_ALL=C"}
	return cmd
}

// awaitListening waits until sshd listens, which it reads from /proc of the host.
func (h *host) awaitListening() error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(bootTimeout)
	for time.Now().Before(deadline) {
		if h.listening() {
			return nil
		}
		<-tick.C
	}
	log, _ := h.readFile("/var/log/sshd.log")
	return fmt.Errorf("sshd does not listen after %s: %s", bootTimeout, bytes.TrimSpace(log))
}

func (h *host) listening() bool {
	tcp, err := h.readFile("/proc/1/net/tcp")
	return err == nil && bytes.Contains(tcp, []byte(":0016 00000000:0000 0A"))
}

// off ends every process of the host. Its peers are not told.
func (h *host) off() error {
	if h.power == nil {
		return fmt.Errorf("%s is off already", h.name())
	}
	err := h.lab.net.setLink(h, false)
	h.kill()
	return err
}

// kill ends process 1; the kernel then ends all others before Wait returns.
func (h *host) kill() {
	if h.init != nil && h.init.Process != nil {
		h.init.Process.Kill()
		h.init.Wait()
	}
	h.power.end()
	h.power, h.init = nil, nil
}

// destroy ends the host. It is safe to call on a host that was only partly made.
func (h *host) destroy() {
	if h.power != nil {
		h.kill()
	}
	if h.machine != nil {
		h.machine.end()
		h.machine = nil
	}
}

// run runs a command as root inside the host.
func (h *host) run(argv ...string) ([]byte, error) {
	if h.power == nil {
		return nil, fmt.Errorf("%s is off", h.name())
	}
	var cmd *exec.Cmd
	var out, errs bytes.Buffer
	err := h.power.do(func() error {
		cmd = command(argv...)
		cmd.Stdout, cmd.Stderr = &out, &errs
		return cmd.Start()
	})
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return out.Bytes(), fmt.Errorf("%s: %s: %w: %s", h.name(), strings.Join(argv, " "), err, bytes.TrimSpace(errs.Bytes()))
	}
	return out.Bytes(), nil
}

func (h *host) readFile(path string) (b []byte, err error) {
	err = h.machine.do(func() error {
		b, err = os.ReadFile(path)
		return err
	})
	return b, err
}

// forgetNeighbours clears the neighbour tables of the calling thread's host.
func (h *host) forgetNeighbours() error {
	err := ip("neigh flush dev eth0")
	if h.isBastion() {
		err = errors.Join(err, ip("neigh flush dev eth1"))
	}
	return err
}
