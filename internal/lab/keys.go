//go:build linux

package lab

import (
	"crypto/ed25519"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
)

// keyPair is an ed25519 key: an OpenSSH private key file, and a line of
// authorized_keys.
type keyPair struct {
	secret          ed25519.PrivateKey
	private, public string
}

// keys are the lab's keys, made anew for each lab: of clients, of a client that
// no host knows, and of each host.
type keys struct {
	client, other keyPair
	hosts         []keyPair
}

func newKeyPair() (keyPair, error) {
	_, secret, err := ed25519.GenerateKey(nil)
	if err != nil {
		return keyPair{}, err
	}
	block, err := ssh.MarshalPrivateKey(secret, "lab")
	if err != nil {
		return keyPair{}, err
	}
	public, err := ssh.NewPublicKey(secret.Public())
	if err != nil {
		return keyPair{}, err
	}
	return keyPair{secret, string(pem.EncodeToMemory(block)), string(ssh.MarshalAuthorizedKey(public))}, nil
}

// newKeys makes all keys and writes those of clients to files.
func newKeys(dir string, hosts int) (k keys, err error) {
	k.hosts = make([]keyPair, hosts)
	pairs := []*keyPair{&k.client, &k.other}
	for i := range k.hosts {
		pairs = append(pairs, &k.hosts[i])
	}
	for _, p := range pairs {
		if *p, err = newKeyPair(); err != nil {
			return k, err
		}
	}
	for name, content := range map[string]string{"key": k.client.private, "other": k.other.private} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return k, err
		}
	}
	return k, nil
}

// Key is the private key file of deploy, ops and nosudo.
func (l *Lab) Key() string { return filepath.Join(l.dir, "key") }

// EncryptedKey is the same key under KeyPassphrase. It is made when it is asked
// for, since that takes seconds under the race detector.
func (l *Lab) EncryptedKey() string {
	l.t.Helper()
	path := filepath.Join(l.dir, "encrypted")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(l.keys.client.secret, "lab", []byte(KeyPassphrase))
	l.check(err)
	l.check(os.WriteFile(path, pem.EncodeToMemory(block), 0o600))
	return path
}

// OtherKey is a private key file that no host accepts.
func (l *Lab) OtherKey() string { return filepath.Join(l.dir, "other") }

// KnownHosts is a known_hosts file with every host, by name and address.
func (l *Lab) KnownHosts() string { return filepath.Join(l.dir, "known_hosts") }

// SSHConfig is an ssh_config file for h1, h2 and so on, as the user deploy,
// with ProxyJump in a bastion lab.
func (l *Lab) SSHConfig() string { return filepath.Join(l.dir, "ssh_config") }

// HostKey is the key that host i shows, as in a known_hosts file without the
// host's name.
func (l *Lab) HostKey(i int) string {
	l.t.Helper()
	return strings.TrimSpace(l.keys.hosts[l.host(i).n-1].public)
}

// Trust adds to KnownHosts that the key of host i is shown at an address, such
// as that of a Proxy.
func (l *Lab) Trust(hostPort string, i int) {
	l.t.Helper()
	f, err := os.OpenFile(l.KnownHosts(), os.O_APPEND|os.O_WRONLY, 0)
	l.check(err)
	_, err = fmt.Fprintf(f, "%s %s\n", knownHostsName(hostPort), l.HostKey(i))
	l.check(err)
	l.check(f.Close())
}

// knownHostsName is how known_hosts writes an address: the port if it is not 22.
func knownHostsName(hostPort string) string {
	if host, port, ok := strings.Cut(hostPort, ":"); ok {
		return "[" + host + "]:" + port
	}
	return hostPort
}

// ChangeHostKey gives host i another key, as a host that was installed anew or
// an impostor has. KnownHosts keeps the old one. The host is off meanwhile.
func (l *Lab) ChangeHostKey(i int) {
	l.t.Helper()
	h := l.host(i)
	fresh, err := newKeyPair()
	l.check(err)
	l.Stop(i)
	l.WriteFile(i, "/etc/ssh/ssh_host_ed25519_key", fresh.private, 0o600)
	l.keys.hosts[h.n-1] = fresh
	l.Start(i)
}

// writeClientFiles writes KnownHosts and SSHConfig.
func (l *Lab) writeClientFiles() error {
	var known, config strings.Builder
	net := &network{id: l.id.n}
	for i := 1; i <= l.opts.Hosts; i++ {
		addr := net.outer(i)
		if l.opts.Bastion && i > 1 {
			addr = net.inner(i)
		}
		fmt.Fprintf(&known, "h%d,%s %s", i, addr, l.keys.hosts[i-1].public)
		fmt.Fprintf(&config, "Host h%d\n  HostName %s\n", i, addr)
		if l.opts.Bastion && i > 1 {
			config.WriteString("  ProxyJump h1\n")
		}
	}
	fmt.Fprintf(&config, `Host *
  User deploy
  IdentityFile %s
  IdentitiesOnly yes
  UserKnownHostsFile %s
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  UpdateHostKeys no
  LogLevel ERROR
`, l.Key(), l.KnownHosts())
	if err := os.WriteFile(l.KnownHosts(), []byte(known.String()), 0o600); err != nil {
		return err
	}
	return os.WriteFile(l.SSHConfig(), []byte(config.String()), 0o600)
}
