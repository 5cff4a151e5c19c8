package ssh

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// credentials are what one login is tried with, and what came of it.
// All keys go into one publickey method, because the library uses only the
// first method of a kind.
type credentials struct {
	s     *settings
	agent *keyAgent
	// ask tells a person what to do: see transport.Start.
	ask func(what string) (answered func())
	// offers are the keys and certificates, in the order in which they are
	// shown to the server.
	offers []*offer
	// certified are configured files that hold a certificate instead of a key.
	certified []*identity
	// barred is how many keys the ssh configuration does not allow.
	barred int
	// skipped are keys that could not be used, each with the reason: clauses
	// that begin with what the key is called.
	skipped []string
	// locked is the problem of an encrypted key that an argument names. The
	// ssh-agent may hold that key, or another that will do.
	locked *kind.Problem

	mu      sync.Mutex
	allowed []string // methods that the server still accepts
	tried   []string
	halfway bool     // the server took a method, and asks for another one as well
	retry   []*offer // the keys that are left after one that did not sign
	// sent are the arguments that were sent last, password and answers, and that the server has
	// not answered to. They stay as they were when over is no nil any more:
	// the library goes through all methods on a connection that was closed.
	sent []string
	over func() error

	questions *questions
}

// gather reads the keys of a login. It fails if a key that an argument names
// cannot be used. Any other such key is skipped, and named in the report of a
// refusal.
//
// The order is that of pubkey_prepare in OpenSSH's sshconnect2.c, with one
// exception: configured keys that the ssh-agent does not hold come before the
// other keys of the agent, so that a server which counts keys is shown them.
func gather(ctx context.Context, s *settings) (*credentials, error) {
	c := &credentials{s: s, over: ctx.Err, agent: &keyAgent{}, questions: &questions{password: s.args.Password, answers: s.args.Answers}}
	if s.agentSocket != "" {
		c.agent = openAgent(ctx, s.agentSocket)
	}
	c.logAgent()
	if c.agent.note != "" {
		c.skipped = append(c.skipped, c.agent.note)
	}
	configured, err := c.identities()
	if err != nil {
		c.close()
		return nil, err
	}
	certified, err := c.certificates(configured)
	if err != nil {
		c.close()
		return nil, err
	}
	c.add(certified...)
	late := c.addConfigured(configured)
	if !s.identitiesOnly {
		for i := range c.agent.keys {
			k := &c.agent.keys[i]
			c.add(&offer{signer: k.signer, from: k.name(), cert: k.cert})
		}
	}
	c.add(late...)
	return c, nil
}

// addConfigured adds the configured keys. Of the usual files it adds only those
// that the ssh-agent holds, and returns the others, which come later.
func (c *credentials) addConfigured(configured []*offer) (late []*offer) {
	for _, o := range configured {
		if c.s.usual && c.agent.find(o.key()) == nil {
			late = append(late, o)
			continue
		}
		c.add(o)
	}
	return late
}

// close ends the connection to the ssh-agent. It is called when the login is
// over or given up.
func (c *credentials) close() { c.agent.close() }

// add appends the offers that are not there yet.
func (c *credentials) add(offers ...*offer) {
	for _, o := range offers {
		if !slices.ContainsFunc(c.offers, o.same) {
			c.offers = append(c.offers, o)
		}
	}
}

// skip notes a key that is not used, and why.
func (c *credentials) skip(clause string, args ...any) {
	c.skipped = append(c.skipped, fmt.Sprintf(clause, args...))
	c.s.log.Debug("key is left out", "why", c.skipped[len(c.skipped)-1])
}

// methods are the ways to log in, best first.
func (c *credentials) methods() []ssh.AuthMethod {
	var m []ssh.AuthMethod
	for _, name := range c.s.methods {
		switch {
		case name == "publickey" && len(c.offers) > 0:
			m = append(m, c.publicKeys(c.offers))
		case name == "password" && c.s.args.Password != "":
			m = append(m, ssh.PasswordCallback(c.password))
		case name == "keyboard-interactive" && c.s.canAnswer():
			m = append(m, ssh.KeyboardInteractive(c.challenge))
		}
	}
	return m
}

// password is called when the password is about to be sent.
func (c *credentials) password() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s.log.Debug("password is sent")
	c.sends("password")
	return c.s.args.Password, nil
}

// sends notes the arguments that are sent next. The caller holds mu.
func (c *credentials) sends(args ...string) {
	if c.over() == nil {
		c.sent = args
	}
}

// observe is called before each further method, with what the server accepts.
// If a key does not sign, the library gives up all keys; then those after it
// are tried, as ssh does.
func (c *credentials) observe(ctx *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.allowed, c.tried, c.halfway = ctx.AllowedMethods, ctx.TriedMethods, len(ctx.PartialSuccessMethods) > 0
	c.logObserved(ctx)
	rest := c.retry
	c.retry = nil
	c.sends()
	if len(rest) == 0 || !slices.Contains(c.allowed, "publickey") {
		return c.asksMore(), nil
	}
	return c.publicKeys(rest), nil
}

func attrProblem(attr string, code kind.Code, summary, detail string, args ...any) *kind.Problem {
	return kind.NewProblem(attr, code, summary, detail, args...)
}

// clip is the beginning of a text, as one line.
func clip(s string) string {
	s = strings.NewReplacer("\n", " ", "\r", " ").Replace(s)
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
