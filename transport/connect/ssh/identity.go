package ssh

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// identity is one private key that is configured: a file, or what the argument
// private_key holds. The file may hold only the public half of a key of the
// ssh-agent.
type identity struct {
	name string // as messages call it
	path string // "" for private_key
	// attr is the argument that names it, "" if none does. Only a key that an
	// argument names must exist.
	attr    string
	content []byte
	err     error // why there is no content
	// public is the public half, nil if nothing tells it. cert is set if the
	// file holds a certificate instead of a key.
	public ssh.PublicKey
	cert   *ssh.Certificate
}

// identities reads the configured keys, in order.
func (c *credentials) identities() ([]*offer, error) {
	var ids []*identity
	if text := c.s.args.PrivateKey; text != "" {
		id := &identity{name: "private_key", attr: "private_key", content: []byte(text)}
		id.look()
		ids = append(ids, id)
	}
	for _, f := range c.s.identities {
		attr := ""
		if c.s.args.IdentityFile != "" {
			attr = "identity_file"
		}
		ids = append(ids, newIdentity(attr, f))
	}
	var offers []*offer
	for _, id := range ids {
		if id.cert != nil {
			c.certified = append(c.certified, id)
		}
		o, err := c.identity(id)
		switch {
		case err != nil && id.attr != "":
			return nil, err
		case err != nil:
			c.skip("%s", err.Error())
		case o != nil:
			offers = append(offers, o)
		}
	}
	return offers, nil
}

// newIdentity reads a file. attr is the argument that names it, "" if none does.
func newIdentity(attr, file string) *identity {
	id := &identity{name: file, path: file, attr: attr}
	if attr != "" {
		id.name = attr + " " + file
	}
	id.content, id.err = readKeyFile(file)
	id.look()
	return id
}

// look finds the public half, and whether there is a certificate instead of a key.
func (id *identity) look() {
	id.public = id.publicHalf()
	id.cert, _ = parsePublic(id.content).(*ssh.Certificate)
}

// identity is what an identity is logged in with: the key in it, or the key of
// the ssh-agent that belongs to it. It is nil, without an error, for a usual
// file that does not exist. The error is a *kind.Problem if an argument names
// the key, else a clause for the report.
func (c *credentials) identity(id *identity) (*offer, error) {
	signer, fault := c.open(id)
	if signer != nil {
		return &offer{signer: signer, from: id.name}, nil
	}
	if k := c.agent.findCert(id.cert); k != nil {
		return &offer{signer: k.signer, from: id.name + ", through the ssh-agent", cert: k.cert}, nil
	}
	if k := c.agent.find(id.public); k != nil {
		return &offer{signer: k.signer, from: id.name + ", through the ssh-agent"}, nil
	}
	switch {
	case fault == nil:
		return nil, nil
	case id.attr == "":
		return nil, errors.New(id.name + " " + fault.clause)
	}
	p := fault.problem(id)
	if fault.soft && id.public != nil && c.s.args.Password == "" && len(c.s.args.Answers) == 0 && len(c.agent.keys) == 0 {
		return &offer{signer: lockedSigner{id.public}, from: id.name, locked: p}, nil
	}
	if fault.soft && !c.s.identitiesOnly && len(c.agent.keys) > 0 {
		c.locked = p
		c.skip("%s %s", id.name, fault.clause)
		return nil, nil
	}
	if fault.because != nil {
		return nil, p.Because(fault.because)
	}
	return nil, p
}

// lockedSigner shows the public half of an encrypted key, so that a server which refuses that
// is told as what it is. It signs nothing.
type lockedSigner struct{ public ssh.PublicKey }

func (s lockedSigner) PublicKey() ssh.PublicKey { return s.public }

func (lockedSigner) Sign(io.Reader, []byte) (*ssh.Signature, error) { return nil, lockedKey{} }

func (lockedSigner) SignWithAlgorithm(io.Reader, []byte, string) (*ssh.Signature, error) {
	return nil, lockedKey{}
}

// keyFault says why a private key cannot be used.
type keyFault struct {
	code    kind.Code
	summary string
	clause  string // completes a sentence that begins with the name of the key
	remedy  string // FILE in it stands for the file
	attr    string // the argument to blame, if it is not the one that names the key
	// soft is true if the ssh-agent may hold this key, or another that will do.
	soft bool
	// because is the error of reading it, nil if it could be read.
	because error
}

func (f *keyFault) problem(id *identity) *kind.Problem {
	attr, remedy := firstOf(f.attr, id.attr), f.remedy
	if id.path != "" {
		remedy = strings.ReplaceAll(remedy, "FILE", prose.ShellWord(id.path))
	}
	return attrProblem(attr, f.code, f.summary, "%s %s. %s", id.name, kind.Unquoted(f.clause, nil), kind.Rule(remedy))
}

// open reads the private key. Both results are nil for a file that does not exist
// and that no argument names.
func (c *credentials) open(id *identity) (ssh.Signer, *keyFault) {
	switch {
	case errors.Is(id.err, fs.ErrNotExist) && id.attr == "":
		return nil, nil
	case id.err != nil:
		return nil, &keyFault{code: kind.CodeSSHKeyUnreadable, summary: "Private key cannot be read", clause: "cannot be read: " + reasonOf(id.err).Error(), because: id.err,
			remedy: "Correct identity_file, or give the key itself as private_key."}
	}
	if key := parsePublic(id.content); key != nil {
		return nil, c.publicOnly(id)
	}
	if id.path != "" {
		if mode, ok := tooOpen(id.path); ok {
			return nil, &keyFault{code: kind.CodeSSHKeyOpen, summary: "Private key can be read by others",
				clause: fmt.Sprintf("has the mode %04o, and ssh takes no private key that others can read", mode), remedy: "Run chmod 600 FILE. If that cannot be done, give the key itself as private_key."}
		}
	}
	signer, err := parsePrivate(id.content, c.s.args.Passphrase)
	var form *keyForm
	switch {
	case err == nil:
		return signer, nil
	case errors.Is(err, lockedKey{}):
		return nil, c.lockedFault(id)
	case errors.As(err, &form):
		return nil, &keyFault{code: kind.CodeSSHKeyForm, summary: "Private key cannot be used", clause: form.says, remedy: form.remedy}
	}
	return nil, &keyFault{code: kind.CodeSSHWrongPassphrase, summary: "Wrong passphrase", attr: "passphrase",
		clause: "is not opened by the passphrase", remedy: "Correct the passphrase; to find out whether one is right: ssh-keygen -y -f FILE."}
}

// publicOnly is the fault of a file that holds a public key, if no agent has
// the private half of it.
func (c *credentials) publicOnly(id *identity) *keyFault {
	f := &keyFault{code: kind.CodeSSHKeyPublic, summary: "Private key is in no ssh-agent", clause: "is a public key, and " + c.lacks("it"),
		remedy: "Add the private key to the ssh-agent (ssh-add), or name its file."}
	private, ok := strings.CutSuffix(id.path, ".pub")
	if id.cert != nil {
		f.clause = "is a certificate, and " + c.lacks("its key")
		private, ok = strings.CutSuffix(id.path, "-cert.pub")
	}
	if ok {
		if _, err := os.Stat(private); err == nil {
			f.remedy = "Name the private key, which seems to be " + private + ", or add it to the ssh-agent: ssh-add " + prose.ShellWord(private) + "."
		}
	}
	return f
}

// lockedFault is the fault of an encrypted key without a passphrase.
func (c *credentials) lockedFault(id *identity) *keyFault {
	f := &keyFault{code: kind.CodeSSHKeyEncrypted, summary: "Private key is encrypted", attr: "passphrase", soft: true,
		clause: "needs a passphrase, and " + c.lacks("it"), remedy: "Set passphrase, from a sensitive variable, or add the key to the ssh-agent: ssh-add FILE."}
	if id.public == nil && len(c.agent.keys) > 0 {
		f.clause = "needs a passphrase, and nothing tells whether the ssh-agent holds it"
		f.remedy = "Set passphrase, from a sensitive variable. Or write its public half beside it, so that it can be found in the ssh-agent: ssh-keygen -y -f FILE > FILE.pub."
	}
	return f
}

// lacks is a clause that says that the ssh-agent does not hold what, or why
// there is no agent to ask.
func (c *credentials) lacks(what string) string {
	switch {
	case c.agent.note != "":
		return c.agent.note
	case len(c.agent.keys) > 0:
		return "the ssh-agent does not hold " + what
	case c.s.args.Agent != nil && !*c.s.args.Agent:
		return "no ssh-agent is used (agent is false)"
	case os.Getenv("SSH_AUTH_SOCK") != "":
		return "no ssh-agent is used (IdentityAgent of the ssh configuration)"
	}
	return "no ssh-agent is used (SSH_AUTH_SOCK is not set)"
}

// publicHalf is the public half of the key. It is found in the file itself, in
// FILE.pub, or in the envelope of a private key, as by sshkey_load_public of
// OpenSSH.
func (id *identity) publicHalf() ssh.PublicKey {
	if key := parsePublic(id.content); key != nil {
		_, key = plainKey(key)
		return key
	}
	if id.path != "" {
		if content, err := readKeyFile(id.path + ".pub"); err == nil {
			if key := parsePublic(content); key != nil {
				return key
			}
		}
	}
	if block, err := privateBlock(id.content); err == nil {
		return envelopePublic(block)
	}
	return nil
}

// maxKeyFile is MAX_KEY_FILE_SIZE of OpenSSH.
const maxKeyFile = 1 << 20

// readKeyFile reads a small regular file.
func readKeyFile(name string) ([]byte, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	return readUpTo(name, maxKeyFile)
}

// tooOpen reports whether others may read a private key, and its mode. As with
// ssh, that matters only for the user's own files.
func tooOpen(name string) (fs.FileMode, bool) {
	st, err := os.Stat(name)
	if err != nil {
		return 0, false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	return st.Mode().Perm(), ok && int(sys.Uid) == os.Getuid() && st.Mode().Perm()&0o077 != 0
}

// reasonOf is the error of a file without the file's name.
func reasonOf(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
