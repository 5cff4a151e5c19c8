package ssh

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentWait bounds how long an ssh-agent may take to say which keys it holds.
var agentWait = 3 * time.Second

// agentKey is one key that an ssh-agent holds.
type agentKey struct {
	signer  ssh.Signer
	key     ssh.PublicKey    // without its certificate
	cert    *ssh.Certificate // nil for a plain key
	comment string
}

// keyAgent is a connection to an ssh-agent. It stays open until the login is
// over: only the agent can sign with its keys.
type keyAgent struct {
	conn net.Conn
	keys []agentKey
	// note says why there are no keys; "" if there are some.
	note string
}

// openAgent asks the ssh-agent for its keys. If the agent does not answer,
// there are none, and the login goes on without them, as with ssh. The end of
// ctx ends the connection: an agent may ask a person before it signs.
func openAgent(ctx context.Context, socket string) *keyAgent {
	a := &keyAgent{}
	wait, cancel := context.WithTimeout(ctx, agentWait)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(wait, "unix", socket)
	if err != nil {
		a.note = fmt.Sprintf("the ssh-agent at %s cannot be reached: %s", socket, agentFault(err))
		return a
	}
	a.conn = conn
	conn.SetDeadline(time.Now().Add(agentWait))
	signers, err := agent.NewClient(conn).Signers()
	conn.SetDeadline(time.Time{})
	switch {
	case err != nil && strings.HasSuffix(err.Error(), "i/o timeout"): // the library wraps no errors
		a.note = fmt.Sprintf("the ssh-agent at %s did not say within %s which keys it holds", socket, agentWait)
	case err != nil:
		a.note = fmt.Sprintf("the ssh-agent at %s did not say which keys it holds: %v", socket, err)
	case len(signers) == 0:
		a.note = fmt.Sprintf("the ssh-agent at %s holds no key (ssh-add adds one), or is locked (ssh-add -X unlocks it)", socket)
	}
	for _, s := range signers {
		if k, ok := newAgentKey(s); ok {
			a.keys = append(a.keys, k)
		}
	}
	if len(a.keys) == 0 {
		a.close()
	}
	return a
}

func agentFault(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such socket. Start one, or set SSH_AUTH_SOCK to where it is"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there any more. Start one"
	case errors.Is(err, fs.ErrPermission):
		return "it belongs to another user"
	}
	return err.Error()
}

// newAgentKey is what an agent said of a key. ok is false if the key is of a
// type that is not known here.
func newAgentKey(s ssh.Signer) (k agentKey, ok bool) {
	shown, err := ssh.ParsePublicKey(s.PublicKey().Marshal())
	if err != nil {
		return k, false
	}
	k.signer = s
	k.cert, k.key = plainKey(shown)
	if said, ok := s.PublicKey().(*agent.Key); ok {
		k.comment = said.Comment
	}
	return k, true
}

// find is the plain key of the agent with that public half; nil if there is
// none.
func (a *keyAgent) find(key ssh.PublicKey) *agentKey {
	for i := range a.keys {
		if k := &a.keys[i]; key != nil && k.cert == nil && sameKey(k.key, key) {
			return k
		}
	}
	return nil
}

// findCert is the same for a certificate. ssh-add adds that beside its key.
func (a *keyAgent) findCert(cert *ssh.Certificate) *agentKey {
	for i := range a.keys {
		if k := &a.keys[i]; cert != nil && k.cert != nil && sameKey(k.cert, cert) {
			return k
		}
	}
	return nil
}

// holds reports whether the ssh-agent has the private half of an offer.
func (a *keyAgent) holds(o *offer) bool { return a.find(o.key()) != nil || a.findCert(o.cert) != nil }

// close ends the connection.
func (a *keyAgent) close() {
	if a.conn != nil {
		a.conn.Close()
	}
}

// name is how reports name a key of the agent.
func (k *agentKey) name() string {
	if k.comment == "" {
		return "ssh-agent"
	}
	return fmt.Sprintf("ssh-agent, %q", clip(k.comment))
}
