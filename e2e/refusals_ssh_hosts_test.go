//go:build linux

package e2e

import (
	"crypto/ed25519"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh/agent"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// strangers is an ssh-agent with keys that no host knows.
func strangers(t *testing.T, n int) agent.Agent {
	ring := agent.NewKeyring()
	for range n {
		if err := ring.Add(agent.AddedKey{PrivateKey: newEd25519(t)}); err != nil {
			t.Fatal(err)
		}
	}
	return ring
}

// listeners are ports of this machine: one that takes connections and says nothing, one
// that speaks HTTP, one that ends each connection, one of the first version of ssh, and one
// that takes none.
func listeners(t *testing.T) (silent, garbage, closing, old, full string) {
	serve := func(serve func(net.Conn)) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				serve(c)
			}
		}()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		return port
	}
	silent = serve(func(c net.Conn) { t.Cleanup(func() { c.Close() }) })
	garbage = serve(func(c net.Conn) {
		c.Read(make([]byte, 255))
		c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		c.Close()
	})
	closing = serve(func(c net.Conn) { c.Read(make([]byte, 255)); c.Close() })
	old = serve(func(c net.Conn) { c.Write([]byte("SSH-1.5-old\r\n")); c.Read(make([]byte, 255)); c.Close() })
	return silent, garbage, closing, old, fullBacklog(t)
}

// fullBacklog is a port whose listener has as many connections waiting as it takes: the
// system drops what more come with.
func fullBacklog(t *testing.T) string {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: sa.(*syscall.SockaddrInet4).Port}
	c, err := net.DialTCP("tcp", nil, addr) // takes the one place
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return fmt.Sprint(addr.Port)
}

// prepareSSHRefusals makes the accounts, the rules of PAM, the sshd and the disks that sshRefusals need.
func prepareSSHRefusals(t *testing.T, l *lab.Lab) {
	l.ChangeHostKey(2)
	l.Stop(3)
	l.Exec(1, "sh", "-c", `set -e
keys=`+l.Home(1, "deploy")+`/.ssh/authorized_keys
for u in expired loose noshell falseshell forced inactive denied closed stale sessionless; do
	useradd -m -s /bin/bash -K UID_MIN=3000 $u; mkdir -p /home/$u/.ssh; cp $keys /home/$u/.ssh/; chown -R $u: /home/$u
done
chage -E 1 expired; chage -d 2020-01-01 -M 10 -I 10 inactive; chage -d 0 stale; echo 'no logins today' >/etc/closed
chmod 777 /home/loose/.ssh; usermod -s /usr/sbin/nologin noshell; usermod -s /bin/false falseshell
sed -i 's/^/command="echo only backups here" /' /home/forced/.ssh/authorized_keys
`)
	l.WriteFile(1, "/etc/pam.d/sshd", pamRules+l.ReadFile(1, "/etc/pam.d/sshd"), 0o644)
	startSSHD(l, portFew, "MaxAuthTries=2")
	startSSHD(l, portNone, "MaxSessions=0")
	startSSHD(l, portOld, "KexAlgorithms=diffie-hellman-group1-sha1")
	startSSHD(l, portRSA)
	makeUserCA(l)
	for i, o := range map[int]string{4: "size=16k", 5: "noexec"} {
		for _, d := range []string{l.Home(i, "deploy") + "/.cache", "/var/tmp", "/dev/shm", "/tmp"} {
			l.Exec(i, "sh", "-c", `mkdir -p "$1"; mount -t tmpfs -o mode=1777,$0 none "$1"`, o, d)
		}
	}
	key, err := os.ReadFile(l.Key())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.Key()+".open", key, 0o644); err != nil {
		t.Fatal(err)
	}
	userCert(t, l, "late", "-n deploy -V 20200101:20200102")
	userCert(t, l, "ops", "-n ops")
	userCert(t, l, "forced", `-n deploy -O force-command=echo\ only\ backups\ here`)
}

// startSSHD starts another sshd on host 1, on a port and with more options.
func startSSHD(l *lab.Lab, port string, options ...string) {
	argv := []string{"/usr/sbin/sshd", "-p", port, "-o", "PidFile=none", "-E", "/var/log/sshd_" + port + ".log"}
	for _, o := range options {
		argv = append(argv, "-o", o)
	}
	l.Exec(1, argv...)
}

// makeUserCA makes an authority of user certificates, and starts the sshd that trusts it.
func makeUserCA(l *lab.Lab) {
	l.Exec(1, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/ca")
	startSSHD(l, portCerts, "AuthorizedKeysFile=none", "TrustedUserCAKeys=/etc/ssh/ca.pub")
}

// userCert makes a certificate of that authority for the key of deploy, and returns its file.
func userCert(t *testing.T, l *lab.Lab, name, sign string) string {
	l.Exec(1, "sh", "-c", `cp `+l.Home(1, "deploy")+`/.ssh/authorized_keys /root/k.pub && ssh-keygen -q -s /etc/ssh/ca -I lab `+sign+` /root/k.pub`)
	file := filepath.Join(l.Dir(), name+"-cert.pub")
	if err := os.WriteFile(file, []byte(l.ReadFile(1, "/root/k-cert.pub")), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func newEd25519(t *testing.T) ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
