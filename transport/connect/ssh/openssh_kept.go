package ssh

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// What the ssh program says of the key of a new host. It goes on with the login in either
// case, and it does not look whether what it wrote got onto the disk.
const (
	saysNotAdded = "Failed to add the host to the list of known hosts ("
	saysAdded    = "Warning: Permanently added '"
)

// addedName finds the name in the line that begins with saysAdded. An address may stand behind
// a comma.
var addedName = sync.OnceValue(func() *regexp.Regexp { return said(`^Warning: Permanently added '([^',]+)`) })

// readKnownHosts is the problem of a file that the argument known_hosts names and that cannot be
// read, nil if it can: to the program that is a file without lines.
func (k SSH) readKnownHosts() error {
	if k.KnownHosts == "" || k.HostKeyCheck == checkOff {
		return nil
	}
	if _, err := readHostFile(expandHome(k.KnownHosts, homeDir())); err != nil {
		return hostFileProblem(err)
	}
	return nil
}

// makeKeeper makes the directory of the file that the keys of new hosts are to be written to:
// the program makes none but ~/.ssh. If it cannot be made, the program says so.
func (k SSH) makeKeeper() {
	if k.HostKeyCheck == checkAcceptNew && k.KnownHosts != "" {
		_ = os.MkdirAll(filepath.Dir(expandHome(k.KnownHosts, homeDir())), 0o700)
	}
}

// trusted takes what the program says of the key of a new host. With accept_new one that is
// not remembered ends the start: at the next login any other key would be accepted as well.
// If the configuration says so, as with StrictHostKeyChecking no, that is a warning. What a
// ssh program says that is a jump host's, or in a ProxyCommand, is about another host: it
// comes before the key of this one. The caller holds mu.
func (p *programProgress) trusted(line string) {
	if p.hostKey == "" || p.atJump() || p.args.HostKeyCheck == checkOff || p.notKept != nil {
		return
	}
	file := firstOf(expandHome(p.args.KnownHosts, homeDir()), p.args.programKeeper())
	why := p.whyNotKept(line, file)
	if why == nil {
		return
	}
	found := p.keyNotKept(file, why)
	if p.args.HostKeyCheck != checkAcceptNew {
		p.start.Warn(*found)
		return
	}
	p.notKept = found
	if p.giveUp != nil {
		p.giveUp(found)
	}
}

// programKeeper is the file that the program writes the keys of new hosts to by its
// configuration, "" if that is not known.
func (k SSH) programKeeper() string {
	file, _, _ := strings.Cut(k.configured("userknownhostsfile"), " ")
	return expandHome(file, homeDir())
}

// whyNotKept is why the file does not have the key that the host shows, nil if it has, or if
// it is not known which file that is.
func (p *programProgress) whyNotKept(line, file string) error {
	name := addedName().FindStringSubmatch(line)
	if file == "" || file == os.DevNull || name != nil && p.isKept(file, strings.ToLower(name[1])) {
		return nil
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err == nil {
		f.Close()
	}
	switch {
	case err != nil:
		return reasonOf(err)
	case name != nil:
		return errors.New("the ssh program says that it has done so, and the line is not there, as if there were no space left on device")
	}
	return errors.New("the ssh program could not do so, and does not say why")
}

// isKept reports whether a file of known hosts has the key that the host shows, for a name.
func (p *programProgress) isKept(file, name string) bool {
	content, err := readUpTo(file, maxHostFile)
	if err != nil {
		return false
	}
	known := &knownHosts{files: []*hostFile{parseHostFile(file, content)}}
	for _, l := range known.keysOf(name, markNone) {
		if strings.HasSuffix(p.hostKey, " "+ssh.FingerprintSHA256(l.key)) || strings.HasSuffix(p.hostKey, " MD5:"+ssh.FingerprintLegacyMD5(l.key)) {
			return true
		}
	}
	return false
}

// keyNotKept is the problem of a new host whose key was not written to a file.
func (p *programProgress) keyNotKept(file string, why error) *kind.Problem {
	told := kind.Say("With host_key_check = \"accept_new\" the")
	if p.args.HostKeyCheck != checkAcceptNew {
		told = kind.Say("By the ssh configuration the")
	}
	return attrProblem("known_hosts", kind.CodeSSHKnownHosts, "File of known hosts cannot be written",
		"%s key %s of %s, which is new, is to be written to %s: %v. Name a file in known_hosts that can be written, or compare the key with the one on the host, and append there what this prints:\n  %s",
		told, p.hostKey, p.at(p.target), file, why, scanOf(p.at(p.target), p.hostKey))
}
