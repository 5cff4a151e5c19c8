package ssh

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// knownHosts is what several known_hosts files say, read as OpenSSH reads them:
// a line that is not valid is left out, and what any of the files says counts.
// Two things are stricter. If a line that revokes a key cannot be read, the
// hosts that it may be about are refused. A key that is revoked for a host is
// revoked on each of the host's ports.
type knownHosts struct {
	files []*hostFile
	// found are the lines about names that were looked up. To look a hashed
	// name up, it has to be hashed anew for each line.
	found map[string][]*hostLine
}

// lookup returns the lines about a name that can be used, in order. Only one
// login uses it at a time.
func (k *knownHosts) lookup(name string) []*hostLine {
	out, ok := k.found[name]
	if ok {
		return out
	}
	if k.found == nil {
		k.found = map[string][]*hostLine{}
	}
	defer func() { k.found[name] = out }()
	for _, f := range k.files {
		var at []int
		at = append(at, f.plain[name]...)
		for _, n := range f.rest {
			if f.lines[n].mayMatch(name) {
				at = append(at, n)
			}
		}
		slices.Sort(at)
		for _, n := range slices.Compact(at) {
			out = append(out, &f.lines[n])
		}
	}
	return out
}

// keysOf returns the lines about a name that have this mark.
func (k *knownHosts) keysOf(name string, m marker) []*hostLine {
	var out []*hostLine
	for _, l := range k.lookup(name) {
		if l.mark == m {
			out = append(out, l)
		}
	}
	return out
}

// unreadable is a line that revokes a key which cannot be read, for a host of
// one of these names; nil if there is none.
func (k *knownHosts) unreadable(names ...string) *hostLine {
	for _, f := range k.files {
		for _, n := range f.odd {
			if l := &f.lines[n]; l.mark == markRevoked && slices.ContainsFunc(names, l.mayMatch) {
				return l
			}
		}
	}
	return nil
}

// revoked is the line that revokes one of the keys, for a host of one of the
// names; nil if there is none.
func (k *knownHosts) revoked(keys []ssh.PublicKey, names ...string) *hostLine {
	for _, name := range names {
		for _, l := range k.keysOf(name, markRevoked) {
			if slices.ContainsFunc(keys, func(key ssh.PublicKey) bool { return sameKey(l.key, key) }) {
				return l
			}
		}
	}
	return nil
}

// otherName is a line that knows the key as that of another host; nil if there
// is none.
func (k *knownHosts) otherName(key ssh.PublicKey) *hostLine {
	for _, f := range k.files {
		for i := range f.lines {
			if l := &f.lines[i]; l.odd == "" && l.mark == markNone && sameKey(l.key, key) {
				return l
			}
		}
	}
	return nil
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// knownName is how known_hosts writes host:port: without the port if that is
// 22.
func knownName(hostPort string) string {
	host, port, err := net.SplitHostPort(hostPort)
	switch {
	case err != nil:
		return strings.ToLower(hostPort)
	case port == "22":
		return strings.ToLower(host)
	}
	return strings.ToLower("[" + host + "]:" + port)
}

// hostOf is the name in host:port.
func hostOf(hostPort string) string {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	return strings.ToLower(host)
}

// oddShown is how many of the lines that cannot be used a warning names.
const oddShown = 5

// warning names the lines of a file that were left out; nil if there are none.
// A line that may revoke a key is not among them: it refuses the host.
func (f *hostFile) warning() *kind.Problem {
	var said []string
	left := 0
	for _, n := range f.odd {
		switch l := &f.lines[n]; {
		case l.mark == markRevoked:
		case len(said) < oddShown:
			said = append(said, fmt.Sprintf("line %d %s", l.line, l.odd))
		default:
			left++
		}
	}
	if len(said) == 0 {
		return nil
	}
	if left > 0 {
		said = append(said, fmt.Sprintf("and %d more lines cannot be used either", left))
	}
	return attrProblem("known_hosts", kind.CodeSSHKnownHostsLine, "Line of known_hosts is left out",
		"In %s, %s. ssh leaves it out, too. Correct or remove it.", f.path, strings.Join(said, ", "))
}
