package ssh

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// refused is the problem of a login that a server refused to the program. What is wrong
// with a file that an argument names comes first: the program only says that it is
// refused. It says in the same words what mitoplan's own client would.
func (p *programProgress) refused(words string) error {
	found := p.refusal()
	found.Add("%s%s", p.report(false), also(words))
	return found
}

// refusal is that problem without the report.
func (p *programProgress) refusal() *kind.Problem {
	l := &p.programLogin
	addr, user := l.at(p.target), firstOf(l.user, "the user")
	if !l.atJump() {
		if fault := p.argumentFault(); fault != nil {
			return fault
		}
	}
	for _, o := range l.offers {
		switch {
		case o.accepted && !o.signed:
			return attrProblem("user", kind.CodeSSHKeyUnsigned, "Key did not sign",
				"%s knows the key %s of %s, but the ssh program did not sign with it. Its file needs a passphrase or holds the public half alone, or the ssh-agent is locked (ssh-add -X) or waits for somebody to confirm. Add the key to an ssh-agent (ssh-add).", addr, o.key, user)
		case o.accepted:
			return unproven(addr, user)
		}
	}
	if cert := p.certificate(); cert != nil {
		return refusedCert(addr, user, "certificate of "+keyText(cert.Key), cert)
	}
	switch {
	case len(l.offers) == 0 && l.allowed != "" && !slices.Contains(strings.Split(l.allowed, ","), "publickey"):
		return attrProblem("user", kind.CodeSSHNoKeysTaken, "Server takes no keys",
			"%s does not let %s in with a key, and the ssh program asks for no password. Allow PubkeyAuthentication in its sshd_config, or leave client out and set password.", addr, user)
	case len(l.offers) == 0:
		return attrProblem("user", kind.CodeSSHNothingToOffer, "Nothing to log in with",
			"The ssh program had no key for %s at %s that it may use without asking. Set identity_file, start an ssh-agent, or add the key to it.", user, addr)
	}
	found := keysRefused(addr, user, false)
	if takes := strings.Split(l.allowed, ","); slices.Contains(takes, "password") || slices.Contains(takes, "keyboard-interactive") {
		found.Add(" The server takes a password as well, and the ssh program does not ask for one: leave client out, and set password.")
	}
	return found
}

// argumentFault is what is wrong with the files that the arguments name, nil for nothing.
func (p *programProgress) argumentFault() *kind.Problem {
	k := p.args
	c := &credentials{s: &settings{args: k, home: homeDir()}, agent: &keyAgent{note: "the ssh program finds it in no ssh-agent"}}
	if k.IdentityFile != "" {
		id := newIdentity("identity_file", expandHome(k.IdentityFile, c.s.home))
		offered := func(so func(o *programOffer) bool) bool {
			return slices.ContainsFunc(p.offers, func(o *programOffer) bool { return o.name == id.path && so(o) })
		}
		held, unknown := offered(func(o *programOffer) bool { return o.held }), offered(func(o *programOffer) bool { return !o.accepted })
		if signer, fault := c.open(id); signer == nil && fault != nil && !held && !(fault.soft && unknown) {
			if remedy, ok := programRemedies[fault.code]; ok {
				fault.remedy = remedy
			}
			fault.attr = "identity_file"
			return fault.problem(id)
		}
	}
	if k.Certificate == "" {
		return nil
	}
	name := "certificate " + expandHome(k.Certificate, c.s.home)
	cert, err := c.readCertificate(k.Certificate)
	if err == nil && !slices.ContainsFunc(p.offers, func(o *programOffer) bool { return o.of(cert) }) {
		err = fmt.Errorf("is for the key %s, of which the ssh program has no private half", keyText(cert.Key))
	}
	if err != nil {
		return certificateProblem("certificate", name, err)
	}
	return nil
}

// programRemedies are those for files of keys that differ with the ssh program: it takes no
// passphrase and no key from an argument. FILE in one stands for the file.
var programRemedies = map[kind.Code]string{
	kind.CodeSSHKeyUnreadable: "Correct identity_file.",
	kind.CodeSSHKeyOpen:       "Run chmod 600 FILE.",
	kind.CodeSSHKeyEncrypted:  "Add the key to an ssh-agent: ssh-add FILE.",
}

// of reports whether a certificate was shown in this offer.
func (o *programOffer) of(cert *ssh.Certificate) bool {
	return strings.Contains(o.key, "-CERT ") && strings.HasSuffix(o.key, " "+ssh.FingerprintSHA256(cert.Key))
}

// certificate is the first certificate that was shown, if its file can be read; else nil.
func (p *programProgress) certificate() *ssh.Certificate {
	c := &credentials{s: &settings{args: p.args, home: homeDir()}}
	for _, o := range p.offers {
		if !strings.Contains(o.key, "-CERT ") {
			continue
		}
		for _, file := range []string{o.name, o.name + "-cert.pub", p.args.Certificate} {
			if cert, err := c.readCertificate(file); err == nil && o.of(cert) {
				return cert
			}
		}
	}
	return nil
}

// refusedCert is the problem of a certificate that a server refused. text names it.
func refusedCert(addr, user, text string, cert *ssh.Certificate) *kind.Problem {
	if code, summary, says := userCertFault(cert, user, time.Now()); code != "" {
		return attrProblem("certificate", code, summary,
			"%s does not let %s in with the %s: it %s. Have it signed anew (ssh-keygen -s AUTHORITY -I NAME -n %s KEY.pub), or use a key that the server knows.",
			addr, user, text, says, user)
	}
	return attrProblem("certificate", kind.CodeSSHCertRefused, "User certificate refused",
		"%s does not let %s in with the %s, signed by %s, and gives no reason. From here nothing is wrong with it. Its sshd does not trust that authority (TrustedUserCAKeys), has revoked the certificate, its key or the authority (RevokedKeys), or lets only others in with it (AuthorizedPrincipalsFile). The log of the sshd says which.",
		addr, user, text, keyText(cert.SignatureKey))
}

// changedHost is the problem of a host that shows another key than the program knows.
func (p *programProgress) changedHost(words string) error {
	name, lines := changedName().FindStringSubmatch(words), offendingLines().FindAllStringSubmatch(words, -1)
	if name == nil || lines == nil || p.hostKey == "" {
		return attrProblem("host", kind.CodeSSHHostKeyChanged, "Host key has changed", otherKeyKnown,
			p.at(p.target), firstOf(p.hostKey, "that is below"), keyFileWord(p.hostKey), also(words))
	}
	var removal kind.Wording
	for _, l := range lines {
		removal.Add("\n  %s:%s has a key of the type %s", l[2], l[3], l[1])
	}
	removal.Add("\n  ssh-keygen -R %s -f %s", prose.ShellWord(name[1]), prose.ShellWord(lines[0][2]))
	removal.Add("\n  to append to %s, what this prints: %s", lines[0][2], scanOf(p.at(p.target), p.hostKey))
	return attrProblem("host", kind.CodeSSHHostKeyChanged, "Host key has changed", otherKeyKnown, p.at(p.target), p.hostKey, keyFileWord(p.hostKey), removal)
}

// changedName and offendingLines find what the program says of a key that has changed: the
// name that it looked for, and the lines that know another key, each a type, a file and a
// number.
var (
	changedName    = sync.OnceValue(func() *regexp.Regexp { return said(`Host key for (\S+) has changed`) })
	offendingLines = sync.OnceValue(func() *regexp.Regexp { return said(`Offending (\S+) key in (.+):(\d+)`) })
)

// revokedHost is the problem of a host whose key the program does not accept, as it is revoked.
func (p *programProgress) revokedHost(words string) error {
	return attrProblem("host", kind.CodeSSHHostKeyRevoked, "Host key is revoked",
		"%s shows the key %s, which known_hosts or RevokedHostKeys revokes. Somebody else may have that key and pass for the host. Give the host a new key (there, remove the old files in /etc/ssh and run ssh-keygen -A), and make that one known. If the key should not be revoked, remove that line.%s",
		p.at(p.target), firstOf(p.hostKey, "that is below"), also(words))
}

// unknownHost is the problem of a host whose key the program does not know.
func (p *programProgress) unknownHost(words string) error {
	if p.hostKey == "" {
		return attrProblem("host", kind.CodeSSHHostKeyUnknown, "Unknown host key",
			"%s is not reached: the ssh program says of it:\n  %s\nCompare the key with the one on the host (there, ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub). If it is the same, add it to known_hosts.", p.at(p.target), below(words))
	}
	file := expandHome(p.args.KnownHosts, homeDir())
	if p.atJump() {
		file = "" // the argument is not about it
	}
	return attrProblem("host", kind.CodeSSHHostKeyUnknown, "Unknown host key",
		"%s shows the key %s, and nothing vouches for it. Compare it with the key on the host: run ssh-keygen -lf /etc/ssh/ssh_host_%s_key.pub there. If it is the same, append the line that the command below prints to %s. With host_key_check = \"accept_new\" the keys of new hosts are written without asking.\n  %s%s",
		p.at(p.target), p.hostKey, keyFileWord(p.hostKey), keeper(firstOf(file, "~/.ssh/known_hosts")), scanOf(p.at(p.target), p.hostKey), also(words))
}

// scanOf is the command that prints the line of known_hosts for the key of a server.
func scanOf(server, key string) string {
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		host, port = server, "22"
	}
	scan := "ssh-keyscan -t " + keyFileWord(key)
	if port != "22" {
		scan += " -p " + port
	}
	return scan + " " + prose.ShellWord(host)
}
