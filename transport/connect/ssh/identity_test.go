package ssh

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/lab"
)

// identityCase is a login to a server that accepts the key "right" of the user me,
// and lets a client try three keys.
type identityCase struct {
	name string
	// files are in the home directory, by their names. In them {right} stands for a
	// private key, {right.pub} for its public half, {right!} for the encrypted key,
	// and {right!pem} for the encrypted key in a form that does not tell its public
	// half. The same goes for wrong and the others.
	files map[string]string
	// agent are the keys of the ssh-agent. If it is nil, there is no ssh-agent.
	agent []string
	// change sets arguments. It is given the home directory.
	change func(k *SSH, home string)
	code   kind.Code // "" for a login
	attr   string
	says   []string // in the problem; ~/ is the home directory
	denies []string // not in it
}

var identityCases = []identityCase{
	{name: "usual file", files: map[string]string{".ssh/id_ed25519": "{right}"}},
	{name: "public half in the agent", files: map[string]string{"k.pub": "{right.pub}"}, agent: []string{"wrong", "right"},
		change: func(k *SSH, home string) { k.IdentityFile, k.IdentitiesOnly = home+"/k.pub", true }},
	{name: "public half of a file that is gone", files: map[string]string{"k.pub": "{right.pub}"}, agent: []string{"right"},
		change: func(k *SSH, home string) { k.IdentityFile, k.IdentitiesOnly = home+"/k", true }},
	{name: "public half in no agent", files: map[string]string{"k.pub": "{right.pub}", "k": "{right}"}, agent: []string{"wrong"},
		change: func(k *SSH, home string) { k.IdentityFile = home + "/k.pub" }, code: "ssh_key_public", attr: "identity_file",
		says: []string{"is a public key, and the ssh-agent does not hold it", "which seems to be ~/k, or add it to the ssh-agent: ssh-add ~/k."}},
	{name: "public half without an agent", files: map[string]string{"k.pub": "{right.pub}"},
		change: func(k *SSH, home string) { k.IdentityFile = home + "/k.pub" }, code: "ssh_key_public", says: []string{"no ssh-agent is used"}},

	{name: "encrypted, in the agent", files: map[string]string{"k": "{right!}"}, agent: []string{"right"},
		change: func(k *SSH, home string) { k.IdentityFile, k.IdentitiesOnly = home+"/k", true }},
	{name: "encrypted PEM, in the agent", files: map[string]string{"k": "{right!pem}"}, agent: []string{"right"},
		change: func(k *SSH, home string) { k.IdentityFile = home + "/k" }},
	{name: "encrypted PEM with a public half, in the agent", files: map[string]string{"k": "{right!pem}", "k.pub": "{right.pub}"}, agent: []string{"right"},
		change: func(k *SSH, home string) { k.IdentityFile, k.IdentitiesOnly = home+"/k", true }},
	{name: "encrypted PEM, no other may be tried", files: map[string]string{"k": "{right!pem}"}, agent: []string{"right"},
		change: func(k *SSH, home string) { k.IdentityFile, k.IdentitiesOnly = home+"/k", true }, code: "ssh_key_encrypted", attr: "passphrase",
		says: []string{"nothing tells whether the ssh-agent holds it", "ssh-keygen -y -f ~/k > ~/k.pub"}, denies: []string{"does not hold it"}},
	{name: "encrypted PEM, another in the agent", files: map[string]string{"k": "{right!pem}"}, agent: []string{"wrong"},
		change: func(k *SSH, home string) { k.IdentityFile = home + "/k" }, code: "ssh_key_encrypted", attr: "passphrase",
		says: []string{"nothing tells whether", "1. ssh-ed25519 {wrong#} (ssh-agent, \"wrong\"): refused"}, denies: []string{"does not hold it"}},
	{name: "encrypted, another in the agent", files: map[string]string{"k": "{right!}"}, agent: []string{"wrong"},
		change: func(k *SSH, home string) { k.IdentityFile = home + "/k" }, code: "ssh_key_encrypted", attr: "passphrase",
		says: []string{"identity_file ~/k needs a passphrase, and the ssh-agent does not hold it", "ssh-add ~/k", "{wrong#}"}},
	{name: "encrypted, another in the agent that will do", files: map[string]string{"k": "{wrong!}"}, agent: []string{"right"},
		change: func(k *SSH, home string) { k.IdentityFile = home + "/k" }},
	{name: "encrypted, without an agent", files: map[string]string{"k": "{right!}"},
		change: func(k *SSH, home string) { k.IdentityFile = home + "/k" }, code: "ssh_key_encrypted", says: []string{"no ssh-agent is used"}},
	{name: "encrypted PEM, with the passphrase", files: map[string]string{"k": "{right!pem}"},
		change: func(k *SSH, home string) { k.IdentityFile, k.Passphrase = home+"/k", passphrase }},
	{name: "wrong passphrase", files: map[string]string{"k": "{right!pem}"},
		change: func(k *SSH, home string) { k.IdentityFile, k.Passphrase = home+"/k", "shut" }, code: "ssh_wrong_passphrase", attr: "passphrase",
		says: []string{"ssh-keygen -y -f ~/k"}, denies: []string{"shut"}},
	{name: "usual file, encrypted", files: map[string]string{".ssh/id_rsa": "{right!}"}, code: "ssh_nothing_to_offer",
		says: []string{"not used: ~/.ssh/id_rsa needs a passphrase, and no ssh-agent is used"}},

	{name: "missing", change: func(k *SSH, home string) { k.IdentityFile = home + "/k" }, code: "ssh_key_unreadable", attr: "identity_file", says: []string{"~/k cannot be read: no such file"}},
	{name: "a directory", change: func(k *SSH, home string) { k.IdentityFile = home }, code: "ssh_key_unreadable", says: []string{"not a regular file"}},
	{name: "others may read it", files: map[string]string{"k:0644": "{right}"}, change: func(k *SSH, home string) { k.IdentityFile = home + "/k" }, code: "ssh_key_open", attr: "identity_file",
		says: []string{"has the mode 0644", "chmod 600 ~/k"}},
	{name: "others may read it, but the agent holds it", files: map[string]string{"k:0644": "{right}"}, agent: []string{"right"},
		change: func(k *SSH, home string) { k.IdentityFile, k.IdentitiesOnly = home+"/k", true }},
	{name: "usual file that others may read", files: map[string]string{".ssh/id_rsa:0640": "{right}"}, code: "ssh_nothing_to_offer", says: []string{"not used: ~/.ssh/id_rsa has the mode 0640"}},
	{name: "PuTTY", files: map[string]string{"k": "PuTTY-User-Key-File-3: ssh-ed25519\r\n"}, change: func(k *SSH, home string) { k.IdentityFile = home + "/k" }, code: "ssh_key_form",
		says: []string{"~/k is a key in the form of PuTTY", "puttygen ~/k -O private-openssh -o ~/k.key"}},
	{name: "security key, in the agent", files: map[string]string{"k": "{token}"}, agent: []string{"token"},
		change: func(k *SSH, home string) { k.IdentityFile = home + "/k" }, code: "ssh_key_refused", says: []string{"sk-ssh-ed25519@openssh.com", "through the ssh-agent): refused"}},
	{name: "security key", files: map[string]string{"k": "{token}"}, change: func(k *SSH, home string) { k.IdentityFile = home + "/k" }, code: "ssh_key_form",
		says: []string{"which only an ssh-agent can ask", "ssh-add ~/k"}},
	{name: "private_key, indented", change: func(k *SSH, _ string) { k.PrivateKey = "  -----BEGIN X-----\n  A\n  -----END X-----\n" }, code: "ssh_key_form", attr: "private_key", says: []string{"private_key is indented"}},

	{name: "order of keys", files: map[string]string{".ssh/id_ed25519": "{a}", ".ssh/id_rsa": "{b}"}, agent: []string{"wrong", "b"}, code: "ssh_too_many_keys",
		says: []string{"1. ssh-ed25519 {b#} (~/.ssh/id_rsa): refused", "2. ssh-ed25519 {wrong#} (ssh-agent, \"wrong\"): refused", "3. ssh-ed25519 {a#} (~/.ssh/id_ed25519): the server ended the connection"}},
	{name: "configured before those of the agent", files: map[string]string{"k": "{right}"}, agent: []string{"a", "b", "wrong"},
		change: func(k *SSH, home string) { k.IdentityFile = home + "/k" }},
	{name: "too many in the agent", agent: []string{"a", "b", "wrong", "right"}, code: "ssh_too_many_keys", attr: "identities_only",
		says: []string{"MaxAuthTries", "3. ssh-ed25519 {wrong#} (ssh-agent, \"wrong\"): the server ended the connection", "4. ssh-ed25519 {right#} (ssh-agent, \"right\"): not tried"}},
	{name: "one that the agent does not sign with", agent: []string{"deny", "right"}},
	{name: "none that the agent signs with", agent: []string{"deny", "wrong"}, code: "ssh_key_unsigned",
		says: []string{"nothing was signed with it", "ssh-add -c", "known to the server, but it did not sign", "{wrong#} (ssh-agent, \"wrong\"): refused"}},
	{name: "no keys at all", code: "ssh_nothing_to_offer", says: []string{"identity_file, private_key or password", "the server accepts: publickey"}},
	{name: "only keys are taken", change: func(k *SSH, _ string) { k.Password = "p" }, code: "ssh_no_passwords_taken", attr: "password", says: []string{"the server accepts: publickey"}},
}

// identityKeys are the private keys of the cases.
func identityKeys(t *testing.T) map[string]ed25519.PrivateKey {
	keys := map[string]ed25519.PrivateKey{}
	for _, name := range []string{"right", "wrong", "a", "b", "deny", "token"} {
		_, keys[name] = newKey(t)
	}
	return keys
}

func publicOf(t testing.TB, key ed25519.PrivateKey) ssh.PublicKey {
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// Each state of a private key and of the ssh-agent is told as what it is, with what
// was tried and what to do.
func TestIdentities(t *testing.T) {
	needPrograms(t, "openssl")
	keys := identityKeys(t)
	s := newServer(t, func(s *server) {
		s.config.MaxAuthTries = 3
		s.config.PublicKeyCallback = func(_ ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
			if sameKey(k, publicOf(t, keys["right"])) || sameKey(k, publicOf(t, keys["deny"])) {
				return nil, nil
			}
			return nil, os.ErrPermission
		}
	})
	pem := encryptedPEM(t, keys["right"])
	for _, c := range identityCases {
		t.Run(c.name, func(t *testing.T) { c.run(t, s, keys, pem) })
	}
}

// encryptedPEM writes an encrypted key in a form that does not tell its public
// half.
func encryptedPEM(t *testing.T, key ed25519.PrivateKey) string {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "seed"), append([]byte("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20"), key.Seed()...), 0o600)
	return shellIn(t, dir, `openssl pkcs8 -topk8 -inform DER -in seed -passout env:P`, "P="+passphrase)
}

func (c identityCase) run(t *testing.T, s *server, keys map[string]ed25519.PrivateKey, rightPEM string) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	pairs := []string{"~/", home + "/", "{token}", tokenKey(), "{right!pem}", rightPEM}
	for name, key := range keys {
		public := publicOf(t, key)
		pairs = append(pairs, "{"+name+"}", pemOf(t, key, ""), "{"+name+".pub}", authorized(public), "{"+name+"#}", ssh.FingerprintSHA256(public))
	}
	if text := c.files["k"] + c.files[".ssh/id_rsa"]; strings.Contains(text, "!}") { // takes long
		pairs = append(pairs, "{right!}", pemOf(t, keys["right"], passphrase), "{wrong!}", pemOf(t, keys["wrong"], passphrase))
	}
	fill := strings.NewReplacer(pairs...).Replace
	for name, text := range c.files {
		name, mode, _ := strings.Cut(name, ":")
		name = filepath.Join(home, name)
		os.MkdirAll(filepath.Dir(name), 0o700)
		os.WriteFile(name, []byte(fill(text)), 0o600)
		switch mode {
		case "0644":
			os.Chmod(name, 0o644)
		case "0640":
			os.Chmod(name, 0o640)
		}
	}
	k := s.args()
	if c.agent != nil {
		k.Agent = nil
		t.Setenv("SSH_AUTH_SOCK", filepath.Join(home, "agent"))
		lab.ServeAgent(t, filepath.Join(home, "agent"), ringOf(t, keys, c.agent))
	}
	if c.change != nil {
		c.change(&k, home)
	}
	conn, err := k.open(t.Context(), start())
	if c.code == "" {
		if err != nil {
			t.Fatal(err)
		}
		conn.close()
		conn.wait()
		return
	}
	p := wantCode(t, err, c.code)
	for _, says := range c.says {
		if !strings.Contains(p.Detail, fill(says)) {
			t.Errorf("the problem lacks %q: %s", fill(says), p.Detail)
		}
	}
	for _, denied := range c.denies {
		if strings.Contains(p.Detail, denied) {
			t.Errorf("the problem must not have %q: %s", denied, p.Detail)
		}
	}
	if c.attr != "" && p.Attr != c.attr {
		t.Errorf("the problem is of %s, want %s", p.Attr, c.attr)
	}
	if testing.Verbose() {
		t.Log(p)
	}
}

// oddAgent is an ssh-agent that refuses to sign with some keys, and that has a key
// of a security key.
type oddAgent struct {
	agent.Agent
	deny  ssh.PublicKey
	token ed25519.PrivateKey
}

func ringOf(t *testing.T, keys map[string]ed25519.PrivateKey, names []string) agent.Agent {
	a := &oddAgent{Agent: agent.NewKeyring(), deny: publicOf(t, keys["deny"])}
	for _, name := range names {
		if name == "token" {
			a.token = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
			continue
		}
		if err := a.Add(agent.AddedKey{PrivateKey: keys[name], Comment: name}); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func (a *oddAgent) List() ([]*agent.Key, error) {
	list, err := a.Agent.List()
	if a.token != nil {
		list = append(list, &agent.Key{Format: ssh.KeyAlgoSKED25519, Blob: tokenPublic(make([]byte, 32)), Comment: "token"})
	}
	return list, err
}

func (a *oddAgent) Sign(key ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	if sameKey(key, a.deny) {
		return nil, errors.New("somebody said no")
	}
	return a.Agent.Sign(key, data)
}

// An ssh-agent that is gone, silent, empty or locked is told as that. A login that
// does not need it succeeds.
func TestAgentsThatDoNotAnswer(t *testing.T) {
	signer, key := newKey(t)
	s := newServer(t, func(s *server) { s.acceptKey(signer.PublicKey()) })
	file := writeFile(t, "k", pemOf(t, key, ""))
	agentWait = 20 * time.Millisecond
	defer func() { agentWait = 3 * time.Second }()
	dir := t.TempDir()
	socket := func(name string) (string, net.Listener) {
		l, err := net.Listen("unix", filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name), l
	}
	silent, l := socket("silent")
	defer l.Close()
	dead, gone := socket("dead")
	gone.(*net.UnixListener).SetUnlinkOnClose(false)
	gone.Close()
	locked := agent.NewKeyring()
	locked.Add(agent.AddedKey{PrivateKey: key})
	locked.Lock([]byte("x"))
	lab.ServeAgent(t, filepath.Join(dir, "locked"), locked)
	for _, c := range []struct{ name, socket, says string }{
		{"silent", silent, "did not say within 20ms which keys it holds"},
		{"dead", dead, "nothing listens there any more"},
		{"never there", filepath.Join(dir, "none"), "there is no such socket"},
		{"no socket", file, "nothing listens there any more"},
		{"locked", filepath.Join(dir, "locked"), "is locked (ssh-add -X unlocks it)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("HOME", dir)
			t.Setenv("SSH_AUTH_SOCK", c.socket)
			k := s.args()
			k.Agent = nil
			_, err := k.Start(t.Context(), start())
			wantCode(t, err, "ssh_nothing_to_offer", c.says, c.socket)
			k.IdentityFile = file
			conn, err := k.open(t.Context(), start())
			if err != nil {
				t.Fatal(err)
			}
			conn.close()
			conn.wait()
		})
	}
}

// waiting is an ssh-agent that asks a person before it signs. The person is not
// there.
type waiting struct {
	agent.Agent
	asked chan struct{}
	done  chan struct{}
}

func (w *waiting) Sign(ssh.PublicKey, []byte) (*ssh.Signature, error) {
	close(w.asked)
	<-w.done
	return nil, errors.New("too late")
}

// An ssh-agent that never signs holds up a login only until its time is over.
func TestAgentThatWaitsForAPerson(t *testing.T) {
	signer, key := newKey(t)
	s := newServer(t, func(s *server) { s.acceptKey(signer.PublicKey()) })
	w := &waiting{Agent: agent.NewKeyring(), asked: make(chan struct{}), done: make(chan struct{})}
	w.Add(agent.AddedKey{PrivateKey: key})
	socket := filepath.Join(t.TempDir(), "agent")
	lab.ServeAgent(t, socket, w)
	defer close(w.done)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("SSH_AUTH_SOCK", socket)
	k := s.args()
	k.Agent = nil
	ctx, cancel := context.WithCancelCause(t.Context())
	late := errors.New("the time is over")
	go func() { <-w.asked; cancel(late) }()
	if _, err := k.Start(ctx, start()); !errors.Is(err, late) {
		t.Errorf("the login ended with %v, want the end of its time", err)
	}
	w.asked = make(chan struct{})
	ctx, end := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer end()
	_, err := k.Start(ctx, start())
	wantCode(t, err, "ssh_agent_waits", "somebody to confirm", "connect_timeout")
}
