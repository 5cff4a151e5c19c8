package ssh

import (
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// keyText names a key by its type and its fingerprint.
func keyText(key ssh.PublicKey) string { return key.Type() + " " + ssh.FingerprintSHA256(key) }

func hostFileProblem(err error) error {
	return attrProblem("known_hosts", kind.CodeSSHKnownHosts, "File of known hosts cannot be read",
		"%v. Name a file that can be read.", err).Because(err)
}

// hostFileWarning is the warning about a file that no argument names.
func hostFileWarning(err error) *kind.Problem {
	return attrProblem("known_hosts", kind.CodeSSHKnownHosts, "File of known hosts cannot be read",
		"%v. It is left out, as ssh does: the keys in it are not known, and those that it revokes are not revoked.", err)
}

// unreadable is the problem of a line that may revoke the host's key and cannot
// be read.
func (t *trust) unreadable(l *hostLine) error {
	return attrProblem("known_hosts", kind.CodeSSHRevocationUnreadable, "Revoked key cannot be read",
		"%s revokes a key of %s, but it cannot be told which: the line %s. So no key of the host is trusted. Correct the line, or remove it if the key need not be revoked.",
		l.at(), t.s.addr(), l.odd)
}

// revoked is the problem of a key that a line revokes.
func (t *trust) revoked(shown ssh.PublicKey, l *hostLine) error {
	_, key := plainKey(shown)
	what := kind.Say("the key %s", keyText(key))
	if !sameKey(l.key, key) {
		what = kind.Say("a certificate signed by %s", keyText(l.key))
	}
	return attrProblem("host", kind.CodeSSHHostKeyRevoked, "Host key is revoked",
		"%s shows %s, which %s revokes. Somebody else may have that key and pass for the host. Give the host a new key (there, remove the old files in /etc/ssh and run ssh-keygen -A), and make that one known. If the key should not be revoked, remove that line.",
		t.s.addr(), what, l.at())
}

// notPinned is the problem of a key that the argument host_key does not allow.
func (t *trust) notPinned(key ssh.PublicKey) error {
	var pins []string
	for _, p := range t.pins {
		pins = append(pins, keyText(p))
	}
	return attrProblem("host_key", kind.CodeSSHHostKeyChanged, "Host key is not the expected one",
		"%s shows the key %s, but host_key allows only %s. If the host was reinstalled, set host_key to its new key. Otherwise somebody may be between you and the host.",
		t.s.addr(), keyText(key), strings.Join(pins, ", "))
}

// otherKeyKnown takes the server, its key, the word for that in the name of a file, and lines
// that say how to remove the old one, and what to append.
const otherKeyKnown = "%s shows the key %s, but another one is known for it. If the host was reinstalled, compare the key with the one on the host (there, ssh-keygen -lf /etc/ssh/ssh_host_%s_key.pub), remove the old one as shown below, and append the last line. Otherwise somebody may be between you and the host.%s"

// changed is the problem of a host that shows another key than before. It names
// every line that knows the old one, and the command that removes them.
func (t *trust) changed(key ssh.PublicKey, known []*hostLine) error {
	lines := t.removal(known)
	lines.Add("\n  to append to %s: %s", known[0].file, knownLine(t.names[0], key))
	return attrProblem("host", kind.CodeSSHHostKeyChanged, "Host key has changed",
		otherKeyKnown,
		t.s.addr(), keyText(key), keyFileWord(key.Type()), lines)
}

// removal lists lines and says how to remove them. ssh-keygen would remove a
// pattern together with all hosts that it is for.
func (t *trust) removal(known []*hostLine) kind.Wording {
	var text, commands kind.Wording
	var files []string
	for _, l := range known {
		text.Add("\n  %s has %s", l.at(), keyText(l.key))
		switch {
		case !l.exact():
			text.Add(", for %s: correct it by hand, because it is about other hosts, too", clip(l.hosts))
		case !slices.Contains(files, l.file):
			files = append(files, l.file)
			commands.Add("\n  ssh-keygen -R %s -f %s", prose.ShellWord(t.names[0]), prose.ShellWord(l.file))
		}
	}
	text.Add("%s", commands)
	return text
}

// unknown is the problem of a host that nothing vouches for. others are lines
// that know another key for it on port 22.
func (t *trust) unknown(key ssh.PublicKey, others []*hostLine) *kind.Problem {
	return attrProblem("host", kind.CodeSSHHostKeyUnknown, "Unknown host key",
		"%s shows the key %s, and nothing vouches for it.%s %s", t.s.addr(), keyText(key), t.hints(key, others), t.introduce(key))
}

// hints are what the files know that may help with an unknown key.
func (t *trust) hints(key ssh.PublicKey, others []*hostLine) (text kind.Wording) {
	if len(others) > 0 {
		text.Add(" %s has another key for %s without the port.", others[0].at(), t.principal)
	}
	if same := t.known.otherName(key); same != nil {
		name := clip(same.hosts)
		if same.hash != nil {
			name = "a host whose name is hashed"
		}
		text.Add(" %s has the same key for %s.", same.at(), name)
	}
	return text
}

// introduce says how a key becomes known.
func (t *trust) introduce(key ssh.PublicKey) kind.Wording {
	file := keeper(t.s.acceptTo)
	return kind.Say("Compare it with the key on the host: run ssh-keygen -lf /etc/ssh/ssh_host_%s_key.pub there. If it is the same, append this line to %s, or set host_key to the line without the name. With host_key_check = \"accept_new\" the keys of new hosts are written without asking.\n  %s",
		keyFileWord(key.Type()), file, knownLine(t.names[0], key))
}

// keeper is the file that is to hold a new host key, in a sentence.
func keeper(file string) string {
	switch _, err := os.Stat(file); {
	case file == "":
		return "a file that known_hosts names"
	case file == os.DevNull:
		return "a file, and name that in known_hosts in the place of " + os.DevNull + ", which keeps nothing"
	case err != nil && !strings.HasPrefix(file, "~"):
		return file + ", which does not exist yet"
	}
	return file
}

// keyFileWord is the part of the name of a key file that says which key it
// holds, as sshd names them. text begins with the type of the key.
func keyFileWord(text string) string {
	switch {
	case strings.HasPrefix(text, "ecdsa"), strings.HasPrefix(text, "sk-ecdsa"):
		return "ecdsa"
	case strings.HasPrefix(text, ssh.KeyAlgoRSA), strings.HasPrefix(text, "rsa-"):
		return "rsa"
	}
	return "ed25519"
}

// certRefused is the problem of a host whose certificate is not valid and whose
// key is not known either.
func (t *trust) certRefused(key ssh.PublicKey, f *certFault) error {
	by := kind.Say("%s", keyText(f.cert.SignatureKey))
	if f.authority != nil {
		by.Add(", which %s trusts", f.authority.at())
	}
	return attrProblem("host", f.code, f.summary, "%s shows the certificate %q (serial %d), signed by %s. %s. Its plain key %s is not known either. %s",
		t.s.addr(), clip(f.cert.KeyId), f.cert.Serial, by, f.says, keyText(key), f.remedy)
}

// trustAuthority says how the authority of a certificate becomes known.
func (t *trust) trustAuthority(cert *ssh.Certificate) kind.Wording {
	return kind.Say("If it is your authority, append this line, with the pattern of the hosts that it is for, to %s:\n  @cert-authority %s",
		firstOf(t.s.acceptTo, "a file that known_hosts names"), knownLine(t.names[0], cert.SignatureKey))
}
