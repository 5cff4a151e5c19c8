//go:build linux

package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// MaxHosts is the most hosts of one lab.
const MaxHosts = 200

// Passwords of the users ops (for sudo) and pwuser (for login), and the
// passphrase of EncryptedKey.
const (
	OpsPassword   = "opspass"
	LoginPassword = "pwpass"
	KeyPassphrase = "open sesame"
)

// Options say which hosts a lab has.
type Options struct {
	// Hosts is how many; 0 means 1.
	Hosts int
	// Bastion puts hosts 2 and up on a second network that only host 1 is on.
	Bastion bool
	// NoForwarding makes every sshd refuse to forward TCP connections.
	NoForwarding bool
	// MaxSessions is how many sessions sshd allows on a connection; 0 for as many as
	// anybody needs.
	MaxSessions int
	// OnDisk gives every host the directory Disk, for contents that do not fit into
	// memory, and for what a write to a disk costs.
	OnDisk bool
}

// Disk is a directory of every host of a lab with OnDisk: it is on the machine's disk,
// and anybody may write there. All other files of a host are in memory, 512 MB at most.
const Disk = "/disk"

// Lab is a set of running hosts. Its methods fail the test that the lab was made for,
// so they may only be called from the goroutine of that test, unless their comment says
// otherwise.
type Lab struct {
	t     testing.TB
	opts  Options
	id    *claim
	dir   string
	disk  string // empty without OnDisk
	keys  keys
	net   *network
	hosts []*host
}

// New starts hosts that end with the test. It skips the test if the machine cannot have
// a lab; see Available.
func New(t testing.TB, o Options) *Lab {
	t.Helper()
	if err := Available(); err != nil {
		t.Skipf("no lab: %v", err)
	}
	o.Hosts = max(o.Hosts, 1)
	l, err := start(t, o)
	if err != nil {
		t.Fatalf("lab: %v", err)
	}
	return l
}

func start(t testing.TB, o Options) (l *Lab, err error) {
	if o.Hosts > MaxHosts {
		return nil, fmt.Errorf("%d hosts are more than %d", o.Hosts, MaxHosts)
	}
	l = &Lab{t: t, opts: o}
	t.Cleanup(l.close)
	if l.id, err = claimID(); err != nil {
		return nil, err
	}
	if err := l.prepare(); err != nil {
		return nil, err
	}
	if l.net, err = newNetwork(l.id.n); err != nil {
		return nil, err
	}
	return l, l.bootAll()
}

// prepare makes the lab's directory with the keys and files that ssh clients use.
func (l *Lab) prepare() (err error) {
	l.dir = fmt.Sprintf("/run/mitoplan-lab-%d", l.id.n)
	if err := errors.Join(os.RemoveAll(l.dir), l.removeCgroups()); err != nil { // of a lab that was killed
		return err
	}
	if err := os.MkdirAll(filepath.Join(l.dir, "mnt"), 0o700); err != nil {
		return err
	}
	if err := l.makeDisk(); err != nil {
		return err
	}
	if l.keys, err = newKeys(l.dir, l.opts.Hosts); err != nil {
		return err
	}
	return l.writeClientFiles()
}

// makeDisk makes the directory that the hosts have theirs on a disk in.
func (l *Lab) makeDisk() error {
	disk := fmt.Sprintf("/var/tmp/mitoplan-lab-%d", l.id.n)
	if err := os.RemoveAll(disk); err != nil || !l.opts.OnDisk {
		return err
	}
	l.disk = disk
	return os.Mkdir(disk, 0o700)
}

// bootAll makes and boots all hosts side by side.
func (l *Lab) bootAll() error {
	errs := make([]error, l.opts.Hosts)
	l.hosts = make([]*host, l.opts.Hosts)
	var wg sync.WaitGroup
	for i := range l.hosts {
		l.hosts[i] = &host{n: i + 1, lab: l}
		wg.Go(func() { errs[i] = l.hosts[i].build() })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := l.net.plug(l.opts); err != nil {
		return err
	}
	for i, h := range l.hosts {
		wg.Go(func() { errs[i] = h.boot() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// close ends everything that was made for the lab, even if start failed halfway.
func (l *Lab) close() {
	var wg sync.WaitGroup
	for _, h := range l.hosts {
		wg.Go(h.destroy)
	}
	wg.Wait()
	if l.net != nil {
		l.net.close()
	}
	if l.id != nil {
		if err := l.removeCgroups(); err != nil {
			l.t.Errorf("lab: removing cgroups: %v", err)
		}
	}
	if l.dir != "" {
		os.RemoveAll(l.dir)
	}
	if l.disk != "" {
		os.RemoveAll(l.disk)
	}
	if l.id != nil {
		l.id.release()
	}
}

// host returns host i or fails the test.
func (l *Lab) host(i int) *host {
	l.t.Helper()
	if i < 1 || i > len(l.hosts) {
		l.t.Fatalf("lab: there is no host %d", i)
	}
	return l.hosts[i-1]
}

// For returns the same lab with methods that fail another test, such as a subtest.
func (l *Lab) For(t testing.TB) *Lab {
	of := *l
	of.t = t
	return &of
}

func (l *Lab) check(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatalf("lab: %v", err)
	}
}

// Hosts is the number of hosts.
func (l *Lab) Hosts() int { return len(l.hosts) }

// Dir is a directory of the machine that belongs to the lab and is removed with it.
func (l *Lab) Dir() string { return l.dir }

// Name is the host name of host i: h1, h2 and so on.
func (l *Lab) Name(i int) string { return l.host(i).name() }

// Addr is the address of host i. In a bastion lab, hosts other than host 1 can be
// reached only from host 1.
func (l *Lab) Addr(i int) string { return l.host(i).addr() }

// CutLink makes host i silent, as if its cable were pulled. Nothing that it sends
// arrives, nothing reaches it, and no connection ends with FIN or RST.
func (l *Lab) CutLink(i int) { l.t.Helper(); l.check(l.net.setLink(l.host(i), false)) }

// HealLink ends CutLink.
func (l *Lab) HealLink(i int) { l.t.Helper(); l.check(l.net.setLink(l.host(i), true)) }

// Stop turns host i off at once, as a power failure does. Its files stay.
func (l *Lab) Stop(i int) { l.t.Helper(); l.check(l.host(i).off()) }

// Start turns host i on again.
func (l *Lab) Start(i int) {
	l.t.Helper()
	l.check(l.host(i).boot())
	l.HealLink(i)
}
