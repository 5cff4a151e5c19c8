package ssh

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// askAfter is how long an ssh-agent takes for a signature at most if it waits for nobody.
// Nothing in a public key tells whether its security key wants to be touched.
var askAfter = time.Second

// awaitSignature has a key of the ssh-agent sign. If that takes long, the agent waits for
// a person, who is then told what to do.
func (w *watcher) awaitSignature(sign func() (*ssh.Signature, error)) (*ssh.Signature, error) {
	if !w.c.agent.holds(w.o) {
		return sign()
	}
	type signed struct {
		signature *ssh.Signature
		err       error
	}
	done := make(chan signed, 1)
	go func() {
		signature, err := sign()
		done <- signed{signature, err}
	}()
	late := time.NewTimer(askAfter)
	defer late.Stop()
	select {
	case s := <-done:
		return s.signature, s.err
	case <-late.C:
	}
	w.c.mu.Lock()
	w.o.asked = true
	w.c.mu.Unlock()
	defer w.c.ask(w.c.wish(w.o))()
	s := <-done
	return s.signature, s.err
}

// wish says what a person has to do, so that a key signs.
func (c *credentials) wish(o *offer) string {
	to := fmt.Sprintf("to log in to %s as %s", c.s.addr(), c.s.user)
	if o.security() {
		return fmt.Sprintf("touch the security key %s, and give its PIN if it asks for one, %s", o.text(), to)
	}
	return fmt.Sprintf("confirm in the ssh-agent that %s may be used, %s", o.text(), to)
}

// security reports whether a security key keeps the private half.
func (o *offer) security() bool { return isSecurityKey(o.key().Type()) }

func isSecurityKey(algorithm string) bool { return strings.HasPrefix(algorithm, "sk-") }

// The flags of a signature of a security key: see PROTOCOL.u2f of OpenSSH. They and a
// counter come after the signature itself.
const (
	flagTouched  = 1
	flagVerified = 4
	flagsAndMore = 5 // bytes
)

// noteFlags keeps what a security key says of a person, along with its signature.
func (o *offer) noteFlags(signature *ssh.Signature) {
	if signature != nil && o.security() && len(signature.Rest) == flagsAndMore {
		o.touched, o.verified = signature.Rest[0]&flagTouched != 0, signature.Rest[0]&flagVerified != 0
	}
}

// unsignedProblem is the problem of a key that the server knows and that did not sign.
func (c *credentials) unsignedProblem(o *offer) *kind.Problem {
	s := c.s
	if o.security() {
		return attrProblem("user", kind.CodeSSHKeyUnsigned, "Security key did not sign",
			"%s knows a security key of %s, but nothing was signed with it: %s. It is not plugged in, nobody touched it in time, its PIN was wrong or is locked, or somebody refused: an ssh-agent gives the same answer for all of these. Plug the key in, and touch it when it blinks.",
			s.addr(), s.user, o.fault)
	}
	return attrProblem("user", kind.CodeSSHKeyUnsigned, "Key did not sign",
		"%s knows a key of %s, but nothing was signed with it: %s. An ssh-agent refuses if it is locked (ssh-add -X), if somebody has to confirm and did not (ssh-add -c), and for keys that are bound to hosts (ssh-add -h), which mitoplan cannot use.",
		s.addr(), s.user, o.fault)
}

// unprovenProblem is the problem of a key that the server knows, that signed, and with
// which it did not let the user in.
func (c *credentials) unprovenProblem(o *offer, err error) *kind.Problem {
	s := c.s
	switch {
	case o.asked && isCut(err):
		return attrProblem("user", kind.CodeSSHAgentWaits, "The key signed too late",
			"%s ended the connection before %s signed: its sshd waits as long for a login as its LoginGraceTime says. Confirm, or touch the security key, sooner.", s.addr(), o.text())
	case o.security() && !c.halfway && !o.touched:
		return attrProblem("user", kind.CodeSSHTouchRequired, "Server asks for a touch of the security key",
			"%s knows a security key of %s, which signed without being touched, as one does that was made with -O no-touch-required. The server asks for a touch. Use a key without that option, or write no-touch-required before this one in ~%s/.ssh/authorized_keys there. The latter does nothing if PubkeyAuthOptions of its sshd_config has touch-required.",
			s.addr(), s.user, s.user)
	case o.security() && !c.halfway && !o.verified:
		return attrProblem("user", kind.CodeSSHVerifyRequired, "Server does not take the signature of the security key",
			"%s knows a security key of %s, which was touched, but signed without a PIN or a fingerprint. The server seems to ask for one (verify-required, in PubkeyAuthOptions of its sshd_config or in authorized_keys). Make a key that asks for it (ssh-keygen -t %s -O verify-required), and let that one in.",
			s.addr(), s.user, securityKeyWord(o.key()))
	case isCut(err) && !c.halfway:
		return keptOut(s.addr(), s.user)
	}
	return unproven(s.addr(), s.user)
}

// unproven is the problem of a key that the server took, and that was not enough.
func unproven(addr, user string) *kind.Problem {
	return attrProblem("user", kind.CodeSSHKeyUnproven, "Login refused after the key was accepted",
		"%s knows a key of %s, but did not let it in: it asks for more than a key, such as a password, or the account is locked or has expired. Look at the log of its sshd.", addr, user)
}

// securityKeyWord is the type of a security key, as ssh-keygen calls it.
func securityKeyWord(key ssh.PublicKey) string {
	if strings.Contains(key.Type(), "ecdsa") {
		return "ecdsa-sk"
	}
	return "ed25519-sk"
}

// unsigned is the offer that a signature was asked for and did not come, nil if there is
// none. The end of the time of the start may be the reason: it ends the connection to the
// ssh-agent.
func (c *credentials) unsigned() *offer {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.offers {
		if o.signing || o.fault != "" {
			return o
		}
	}
	return nil
}

// waitedInVain is the problem of a signature that did not come in time. within says how
// long the start had.
func (c *credentials) waitedInVain(o *offer, within kind.Wording) *kind.Problem {
	s := c.s
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case o.asked && o.security():
		return attrProblem("user", kind.CodeSSHAgentWaits, "Nobody touched the security key",
			"%s knows the security key %s, but nobody touched it within %s. Touch it when it blinks, or use another key.", s.addr(), o.text(), transport.AskedFor)
	case o.asked:
		return attrProblem("user", kind.CodeSSHAgentWaits, "ssh-agent does not sign",
			"%s knows the key %s, and the ssh-agent was asked to sign with it, but did not within %s. It waits for somebody to confirm. Do that sooner, or use another key.", s.addr(), o.text(), transport.AskedFor)
	}
	return attrProblem("user", kind.CodeSSHAgentWaits, "ssh-agent does not sign",
		"%s knows a key of %s, and the ssh-agent was asked to sign with it, but did not %s. It may wait for somebody to confirm or to touch a security key. Do that sooner, raise connect_timeout, or use another key.", s.addr(), s.user, within)
}
