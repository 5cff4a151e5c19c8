//go:build linux

package lab

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// account is a user of every host. All but app and pwuser log in with the lab's
// key.
type account struct {
	name  string
	uid   int
	shell string
	hash  string // of the password, as in /etc/shadow
	key   bool
}

// accounts: deploy has sudo without a password, ops with the password
// OpsPassword, nosudo none; app cannot log in; pwuser logs in with
// LoginPassword.
var accounts = []account{
	{"deploy", 2001, "/bin/bash", "*", true},
	{"ops", 2002, "/bin/bash", "$6$mitoplanlab$SuuKje9JmPrYN7fIVlO.HBFmiSuiwu0SCv.0Ldbdy35fhNy6P9Kn7VXc8TIhbZJoJzEV/YaO4Mk.h3B4e59IK/", true},
	{"app", 2003, "/usr/sbin/nologin", "*", false},
	{"nosudo", 2004, "/bin/bash", "*", true},
	{"pwuser", 2005, "/bin/bash", "$6$mitoplanlab$ucN312jNnViPjvN94jQCDMGrP3eH5BJNwdydXBf9uNLLbn89Zq0lXTGGXTzIm2kYV3FTudjPzqx.hUMjXJwTG0", false},
}

const sudoers = `Defaults env_reset
Defaults mail_badpass
Defaults use_pty
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL:ALL) ALL
deploy ALL=(ALL:ALL) NOPASSWD: ALL
ops ALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
`

const sshdConfig = `Port 22
AddressFamily inet
HostKey /etc/ssh/ssh_host_ed25519_key
MaxStartups 2000:30:4000
MaxSessions %d
UseDNS no
PermitRootLogin no
DenyUsers app
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM yes
PrintMotd no
AcceptEnv LANG LC_*
AllowTcpForwarding %s
Subsystem sftp /usr/lib/openssh/sftp-server
Match User pwuser
  PasswordAuthentication yes
`

// files writes what a host has of its own: accounts, keys, names.
func (r *rootMaker) files(h *host) {
	forwarding := "yes"
	if h.lab.opts.NoForwarding {
		forwarding = "no"
	}
	r.empty("/etc/ssh", 0o755)
	r.write("/etc/ssh/sshd_config", fmt.Sprintf(sshdConfig, cmp.Or(h.lab.opts.MaxSessions, 2000), forwarding), 0o644)
	r.write("/etc/ssh/ssh_host_ed25519_key", h.lab.keys.hosts[h.n-1].private, 0o600)
	r.write("/etc/sudoers", sudoers, 0o440)
	r.write("/etc/hostname", h.name()+"\n", 0o644)
	r.write("/etc/machine-id", fmt.Sprintf("%032x\n", h.n), 0o444)
	r.write("/etc/resolv.conf", "", 0o644)
	r.write("/etc/hosts", h.lab.hostsFile(), 0o644)
	r.writeAccounts()
	for _, a := range accounts {
		r.home(a, h.lab.keys.client.public)
	}
}

func (r *rootMaker) write(path, content string, mode os.FileMode) {
	r.mkdir(filepath.Dir(r.upper+path), 0o755)
	r.do("writing "+path, func() error {
		if err := os.WriteFile(r.upper+path, []byte(content), mode); err != nil {
			return err
		}
		return os.Chmod(r.upper+path, mode)
	})
}

// hostsFile names all hosts as a host sees them: through the inner network
// if there is one.
func (l *Lab) hostsFile() string {
	var b strings.Builder
	b.WriteString("127.0.0.1 localhost\n")
	for i := 1; i <= l.opts.Hosts; i++ {
		addr := l.net.outer(i)
		if l.opts.Bastion {
			addr = l.net.inner(i)
		}
		fmt.Fprintf(&b, "%s h%d\n", addr, i)
	}
	return b.String()
}

// writeAccounts keeps the machine's system accounts and adds ours.
func (r *rootMaker) writeAccounts() {
	passwd, names := systemAccounts("/etc/passwd", 2, nil)
	group, groups := systemAccounts("/etc/group", 2, nil)
	shadow, _ := systemAccounts("/etc/shadow", -1, names)
	gshadow, _ := systemAccounts("/etc/gshadow", -1, groups)
	for _, a := range accounts {
		passwd += fmt.Sprintf("%s:x:%d:%d::/home/%s:%s\n", a.name, a.uid, a.uid, a.name, a.shell)
		group += fmt.Sprintf("%s:x:%d:\n", a.name, a.uid)
		shadow += fmt.Sprintf("%s:%s:19700:0:99999:7:::\n", a.name, a.hash)
		gshadow += a.name + ":!::\n"
	}
	r.write("/etc/passwd", passwd, 0o644)
	r.write("/etc/group", group, 0o644)
	r.write("/etc/shadow", shadow, 0o640)
	r.write("/etc/gshadow", gshadow, 0o640)
}

// systemAccounts returns the machine's lines of an account file: those whose id
// is a system one or, without an id field, those named. Nobody's password
// comes along.
func systemAccounts(path string, idField int, named map[string]bool) (string, map[string]bool) {
	data, _ := os.ReadFile(path)
	var b strings.Builder
	names := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		keep := named[f[0]]
		if idField >= 0 && idField < len(f) {
			id, err := strconv.Atoi(f[idField])
			keep = err == nil && (id < 1000 || id == 65534)
		}
		if !keep {
			continue
		}
		names[f[0]] = true
		if idField < 0 {
			f[1] = "*"
		}
		b.WriteString(strings.Join(f, ":") + "\n")
	}
	return b.String(), names
}

// home makes an account's home directory.
func (r *rootMaker) home(a account, key string) {
	home := "/home/" + a.name
	paths := []string{home}
	r.mkdir(r.upper+home, 0o755)
	if a.key {
		r.mkdir(r.upper+home+"/.ssh", 0o700)
		r.write(home+"/.ssh/authorized_keys", key, 0o644)
		paths = append(paths, home+"/.ssh", home+"/.ssh/authorized_keys")
	}
	for _, p := range paths {
		r.do("giving "+p+" away", func() error { return os.Chown(r.upper+p, a.uid, a.uid) })
	}
}
