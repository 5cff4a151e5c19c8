//go:build linux

package ssh

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
)

// Hosts on which little is allowed work, or say what is in the way.
func TestOddHosts(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	refused := func(t *testing.T, k SSH, code kind.Code, mentions ...string) {
		t.Helper()
		_, err := k.Start(t.Context(), start())
		wantCode(t, err, code, mentions...)
	}
	t.Run("forced commands", func(t *testing.T) {
		l := l.For(t)
		keys := l.Home(1, "nosudo") + "/.ssh/authorized_keys"
		before := l.ReadFile(1, keys)
		defer l.WriteFile(1, keys, before, 0o600)
		for command, c := range map[string]struct {
			code kind.Code
			says string
		}{
			"true":                                     {"ssh_forced_command", "command="},
			"echo only backups here":                   {"ssh_forced_command", "only backups here"},
			"echo only backups here >&2; exit 3":       {"agent_not_started", "only backups here"},
			"exec sh -c \\\"$SSH_ORIGINAL_COMMAND\\\"": {"", ""},
		} {
			l.WriteFile(1, keys, `command="`+command+`" `+before, 0o600)
			l.Exec(1, "chown", "nosudo:", keys)
			if c.code == "" {
				assertWorks(t, on(l, 1, "nosudo"))
				continue
			}
			refused(t, on(l, 1, "nosudo"), c.code, c.says)
		}
		l.WriteFile(1, keys, before, 0o600)
		l.Exec(1, "chown", "nosudo:", keys)
	})
	t.Run("login shells that are none", func(t *testing.T) {
		l := l.For(t)
		setShell(l, 1, "nosudo", "/usr/sbin/nologin")
		refused(t, on(l, 1, "nosudo"), "ssh_no_shell", "chsh", "not available")
		setShell(l, 1, "nosudo", "/bin/false")
		refused(t, on(l, 1, "nosudo"), "ssh_no_shell", "exit status 1")
		setShell(l, 1, "nosudo", "/bin/bash")
	})
	t.Run("rbash", func(t *testing.T) {
		if _, err := exec.LookPath("rbash"); err != nil {
			t.Skip("rbash is missing")
		}
		l := l.For(t)
		setShell(l, 1, "nosudo", "/bin/rbash")
		assertWorks(t, on(l, 1, "nosudo"))
		setShell(l, 1, "nosudo", "/bin/bash")
	})
	t.Run("nothing may be executed anywhere", func(t *testing.T) {
		l := l.For(t)
		l.NoExecHome(1, "ops")
		dirs := []string{"/var/tmp", "/dev/shm", "/tmp"}
		for _, d := range dirs {
			l.Exec(1, "mount", "-t", "tmpfs", "-o", "noexec,mode=1777", "none", d)
		}
		refused(t, on(l, 1, "ops"), "agent_no_directory", "/var/tmp is mounted noexec", "/dev/shm is mounted noexec", "/tmp is mounted noexec")
		for _, d := range dirs {
			l.Exec(1, "umount", d)
		}
	})
	t.Run("read-only disks", func(t *testing.T) {
		l := l.For(t)
		dirs := []string{l.Home(1, "pwuser"), "/var/tmp", "/tmp", "/dev/shm"}
		for i, d := range dirs {
			if i == len(dirs)-1 {
				assertWorks(t, asPassword(l)) // memory is left
				l.Exec(1, "sh", "-c", "rm -rf /dev/shm/mitoplan-*")
			}
			l.Exec(1, "sh", "-c", "mount --bind $0 $0 && mount -o remount,bind,ro $0", d)
		}
		refused(t, asPassword(l), "agent_no_directory", "Read-only file system")
		for _, d := range dirs {
			l.Exec(1, "umount", d)
		}
	})
	t.Run("an address with a zone", func(t *testing.T) { withZone(t, l.For(t)) })
	l.AssertNoAgents(t)
}

// asPassword makes a context on the first host of a user that nothing else uses.
func asPassword(l *lab.Lab) SSH {
	k := on(l, 1, "pwuser")
	k.IdentityFile, k.Password = "", lab.LoginPassword
	return k
}

// withZone logs in at a link-local address of the host.
func withZone(t *testing.T, l *lab.Lab) {
	route, err := exec.Command("ip", "-o", "route", "get", l.Addr(1)).Output()
	words := strings.Fields(string(route))
	if err != nil || len(words) < 3 {
		t.Fatal(err, string(route))
	}
	device := words[2]
	if err := exec.Command("sysctl", "-qw", "net.ipv6.conf."+device+".disable_ipv6=0").Run(); err != nil {
		t.Skip("the kernel has no IPv6")
	}
	inside := strings.Fields(l.Exec(1, "ip", "-o", "-4", "addr", "show", "scope", "global"))[1]
	if out, err := l.Run(1, "sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6 && echo 0 >/proc/sys/net/ipv6/conf/"+inside+"/disable_ipv6 && ip addr add fe80::77:1/64 dev "+inside+" nodad"); err != nil {
		t.Skip("the host can have no IPv6: ", out)
	}
	l.Exec(1, "/usr/sbin/sshd", "-o", "AddressFamily=inet6", "-o", "ListenAddress=[fe80::77:1%"+inside+"]:2277", "-o", "PidFile=none")
	if out, err := exec.Command("ip", "addr", "add", "fe80::77:2/64", "dev", device, "nodad").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// The zone is the number of the device: package net remembers for a minute which number
	// a name has, and the next lab has a device of the same name.
	link, err := net.InterfaceByName(device)
	if err != nil {
		t.Fatal(err)
	}
	k := on(l, 1, "deploy")
	k.Host, k.Port = fmt.Sprint("fe80::77:1%", link.Index), 2277
	k.KnownHosts = writeFile(t, "known", "["+k.Host+"]:2277 "+l.HostKey(1)+"\n")
	assertWorks(t, k)
	k.KnownHosts = writeFile(t, "other", "[fe80::77:1%other]:2277 "+l.HostKey(1)+"\n")
	_, err = k.Start(t.Context(), start())
	wantCode(t, err, "ssh_host_key_unknown", k.Host)
}

// A name server that says nothing is told as one, and holds up nobody for longer than
// the start has.
func TestSilentNameServer(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	before := net.DefaultResolver
	defer func() { net.DefaultResolver = before }()
	var mu sync.Mutex
	var asked []net.Conn // Go waits for them longer than who asked
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := (&net.Dialer{Resolver: before}).DialContext(ctx, "udp", silent.LocalAddr().String())
		if err == nil { // The start may be over already.
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, conn)
		}
		return conn, err
	}}
	defer func() {
		mu.Lock()
		defer mu.Unlock()
		for _, conn := range asked {
			conn.Close()
		}
	}()
	k := SSH{Host: "web.example.com", User: "me", Password: "x", SSHConfig: "false", HostKeyCheck: "off"}
	ctx, cancel := context.WithCancelCause(t.Context())
	var waits sync.WaitGroup
	waits.Go(func() { // the time of the start is over when the question has arrived
		_, _, _ = silent.ReadFrom(make([]byte, 512))
		cancel(&transport.TimeoutError{After: 300 * time.Millisecond})
	})
	_, err = k.Start(ctx, start())
	waits.Wait()
	wantCode(t, err, "ssh_name_unresolved", "within 300ms (connect_timeout)", "name server")
	stopped, stop := context.WithCancelCause(t.Context())
	stop(context.Canceled)
	if _, err := k.Start(stopped, start()); err == nil || strings.Contains(err.Error(), "name server") {
		t.Errorf("a start that nobody wants ended with %v", err)
	}
}
