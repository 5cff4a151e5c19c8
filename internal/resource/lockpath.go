package resource

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// lockPlaces are the directories in which the lock of a machine may lie for a user.
type lockPlaces struct {
	uid     int
	machine []string // where only root writes; none for other users
	home    string   // from the account, not from the environment
	host    string   // name of the machine: a home may be shared by several
	runtime string   // of all users: /run/user
	temp    string
}

// placesOfLock returns the places for the user of this process. It does not look at the
// environment, because an agent that sudo started must find the same lock as one that
// sshd started.
func placesOfLock() lockPlaces {
	p := lockPlaces{uid: os.Geteuid(), runtime: "/run/user", temp: "/tmp"}
	if p.uid == 0 {
		p.machine = []string{"/run", "/var/run"}
	}
	if u, err := new(accounts).uid(int64(p.uid)); err == nil && u != nil {
		p.home = string(u.Home)
	}
	// A home may be reached through a link that root made.
	if real, err := filepath.EvalSymlinks(p.home); err == nil {
		p.home = real
	}
	p.host, _ = os.Hostname()
	return p
}

// LockPath returns the file whose lock is the lock of the machine. There is one for
// root, and one for each other user.
func LockPath() string { return placesOfLock().path() }

// path returns the first of these directories that exists: for root /run or /var/run,
// the directory in the home that agents are cached in, the directory that logind makes
// for the user, /tmp. Nobody else can write to any but the last. In /tmp another user can
// make the file first.
func (p lockPlaces) path() string {
	for _, dir := range p.machine {
		if st, err := os.Stat(dir); err == nil && st.IsDir() {
			return filepath.Join(dir, "mitoplan.lock")
		}
	}
	if dir := p.cache(); dir != "" {
		return filepath.Join(dir, "lock-"+fileName(p.host))
	}
	if dir := filepath.Join(p.runtime, fmt.Sprint(p.uid)); p.private(dir, true) {
		return filepath.Join(dir, "mitoplan.lock")
	}
	return filepath.Join(p.temp, fmt.Sprintf("mitoplan-%d.lock", p.uid))
}

// cache returns the user's directory for agents in the home, and makes it if it is
// missing. It returns "" if there is none that is safe from others.
func (p lockPlaces) cache() string {
	if !filepath.IsAbs(p.home) || !p.private(p.home, false) {
		return ""
	}
	cache := filepath.Join(p.home, ".cache")
	dir := filepath.Join(cache, fmt.Sprintf("mitoplan-%d", p.uid))
	for _, d := range []string{cache, dir} {
		// A directory that cannot be made is not private, either.
		if _ = unix.Mkdir(d, 0o700); !p.private(d, d == dir) {
			return ""
		}
	}
	if unix.Access(dir, unix.W_OK|unix.X_OK) != nil { // such as a read-only file system
		return ""
	}
	return dir
}

// private reports whether a directory belongs to the user and nobody else can write to
// it. If closed is set, nobody else may look into it, either.
func (p lockPlaces) private(dir string, closed bool) bool {
	var st unix.Stat_t
	if lstat(dir, &st) != nil || entryType(uint32(st.Mode)) != TypeDirectory || int(st.Uid) != p.uid {
		return false
	}
	others := uint32(0o022)
	if closed {
		others = 0o077
	}
	return uint32(st.Mode)&others == 0
}

// fileName is a text that can be the end of a file's name.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, s)
}
