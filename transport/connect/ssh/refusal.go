package ssh

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// refusedLogin is the problem of a login that failed. It says why and what to
// do, and then what was tried, in order, and what came of it. A server gives
// the same answer for a user that it does not know and for one that may not log
// in, so both are named.
func (h *handshake) refusedLogin(err error) error {
	c := h.cred
	c.mu.Lock()
	defer c.mu.Unlock()
	var p *kind.Problem
	if isCut(err) { // as sshd does after it has said that: any other banner is for everybody
		p = accountFault(c.s.addr(), c.s.user, h.banner)
	}
	if p == nil {
		p = c.refusal(err)
	}
	p.Add("%s%s", c.report(err), h.afterBanner())
	return p
}

// refusal is that problem without the report.
func (c *credentials) refusal(err error) *kind.Problem {
	s := c.s
	takes := func(method string) bool { return slices.Contains(c.allowed, method) }
	takesPassword := takes("password") || takes("keyboard-interactive")
	asked := slices.Contains(c.tried, "keyboard-interactive")
	sentPassword := slices.Contains(c.tried, "password") || asked && c.questions.typed
	shown := slices.ContainsFunc(c.offers, func(o *offer) bool { return o.shown })
	if p := c.questionRefusal(); p != nil {
		return p
	}
	if p := c.keyRefusal(err); p != nil {
		return p
	}
	switch {
	case s.args.Password != "" && sentPassword:
		return attrProblem("password", kind.CodeSSHPasswordRefused, "Password refused",
			"%s does not accept the password of %s. %s", s.addr(), s.user, sameAnswer(s.user))
	case s.canAnswer() && asked && c.questions.rounds == 0:
		return attrProblem("user", kind.CodeSSHLoginRefused, "Login refused",
			"%s refused %s with the method keyboard-interactive without a question, so nothing was sent that could be wrong. An account that is locked or has expired, or a rule of PAM, may be why: the log of its sshd says. %s", s.addr(), s.user, sameAnswer(s.user))
	case len(c.offers) == 0 && s.args.Password == "":
		if c.locked != nil {
			return c.lockedProblem()
		}
		if c.barred > 0 {
			return attrProblem("user", kind.CodeSSHNothingToOffer, "Nothing to log in with",
				"The ssh configuration allows none of the keys for %s (see below), and there is no password. Set another key, or allow one there.", s.target())
		}
		return attrProblem("user", kind.CodeSSHNothingToOffer, "Nothing to log in with",
			"There is no key for %s and no password. Set identity_file, private_key or password, or start an ssh-agent.", s.target())
	case len(c.allowed) > 0 && !shown && !takes("publickey") && s.args.Password == "":
		return attrProblem("user", kind.CodeSSHNoKeysTaken, "Server takes no keys",
			"%s does not let %s in with a key (what it accepts is listed below), and no password is set. Set password, or allow PubkeyAuthentication in its sshd_config.", s.addr(), s.user)
	case len(c.allowed) > 0 && len(c.offers) == 0 && !takesPassword:
		return attrProblem("password", kind.CodeSSHNoPasswordsTaken, "Server takes no passwords",
			"%s does not let %s in with a password. Set identity_file or private_key.", s.addr(), s.user)
	case cutOff(err) && shown:
		return attrProblem("identities_only", kind.CodeSSHTooManyKeys, "Server cut the login off",
			"%s ended the connection before it was shown all keys for %s: it accepts only a few (MaxAuthTries in its sshd_config, six if nothing is set). Set identity_file to the right one, and identities_only to true.", s.addr(), s.user)
	case c.locked != nil:
		return c.lockedProblem()
	case shown:
		return keysRefused(s.addr(), s.user, takesPassword && s.args.Password == "")
	}
	return attrProblem("user", kind.CodeSSHLoginRefused, "Login refused",
		"%s did not let %s in: %s. Look at the log of its sshd.", s.addr(), s.user, ending(err))
}

// keysRefused is the problem of a user whom no key lets in. With password, one may.
func keysRefused(addr, user string, password bool) *kind.Problem {
	var or kind.Rule
	if password {
		or = ", or set password, which it takes as well"
	}
	return attrProblem("user", kind.CodeSSHKeyRefused, "Key refused",
		"%s accepts none of the keys that it was shown for %s. Put the public half of one into ~%s/.ssh/authorized_keys there, or set another%s. One that is there already may have been revoked (RevokedKeys in its sshd_config), or is passed over because others may write to that file, to ~%s/.ssh or to ~%s (StrictModes; chmod go-w): the log of the sshd says which. %s", addr, user, user, or, user, user, sameAnswer(user))
}

// unanswered is the problem of a password, or of answers, to which the server said nothing in
// time; nil if it was sent none since it said something. Whether they are wrong is not known.
func (c *credentials) unanswered(within kind.Wording) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sent) == 0 {
		return nil
	}
	what := kind.Rule(strings.Join(c.sent, " and "))
	return attrProblem(c.sent[0], kind.CodeSSHPasswordUnanswered, "Server does not answer to the password",
		"%s was sent the value of %s for %s, and did not answer %s. It may be wrong: PAM can take its time to say so (pam_faildelay). If it is right, the sshd may wait for a name server, for PAM, or for a disk: see its log. Correct %s, or raise connect_timeout.", c.s.addr(), what, c.s.user, within, what)
}

// sameAnswer says what a server does not tell apart.
func sameAnswer(user string) kind.Wording {
	return kind.Say("The server may not know the user %s, or not let it in: it gives the same answer for both.", user)
}

// ending is how a login ended, in words that do not depend on which side of the
// connection saw its end first.
func ending(err error) kind.Wording {
	if isCut(err) {
		return kind.Say("it ended the connection")
	}
	return kind.Say("%s", trim(err))
}

// keyRefusal is the problem of a key that the server knows, or of a certificate
// that it refused for a reason that can be seen from here; nil for any other.
func (c *credentials) keyRefusal(err error) *kind.Problem {
	s := c.s
	for _, o := range c.offers {
		switch {
		case o.fault != "" && o.locked != nil:
			p := *o.locked
			return &p
		case o.fault != "":
			return c.unsignedProblem(o)
		}
	}
	if i := slices.IndexFunc(c.offers, func(o *offer) bool { return o.accepted }); i >= 0 {
		return c.unprovenProblem(c.offers[i], err)
	}
	for _, o := range c.offers {
		if o.cert == nil || !o.shown {
			continue
		}
		return refusedCert(s.addr(), s.user, o.text(), o.cert)
	}
	return nil
}

// lockedProblem is the problem of the encrypted key that an argument names,
// once no other key has logged in.
func (c *credentials) lockedProblem() *kind.Problem {
	p := *c.locked
	return &p
}

// reported is how many keys a report lists.
const reported = 12

// report lists what was tried, what was not, and what the server accepts:
// indented lines below the sentences.
func (c *credentials) report(err error) (b kind.Wording) {
	line := func(format string, args ...any) { b.Add("\n  "+format, args...) }
	last := -1
	for i, o := range c.offers {
		if o.shown {
			last = i
		}
	}
	for i, o := range c.offers {
		if i == reported {
			line("and %d more keys", len(c.offers)-i)
			break
		}
		line("%d. %s: %s", i+1, o.text(), o.result(i == last && cutOff(err)))
	}
	for _, m := range c.tried {
		switch {
		case m == "keyboard-interactive" && c.questions.rounds == 0:
			line("%s: refused without a question", m)
		case m == "password" || m == "keyboard-interactive":
			line("%s: refused", m)
		}
	}
	if len(c.questions.open) > 0 {
		line("it asks: %s", clipList(c.questions.open))
	}
	for i, clause := range c.skipped {
		if i == reported {
			line("and %d others are not used", len(c.skipped)-i)
			break
		}
		line("not used: %s", kind.Unquoted(clause, nil))
	}
	if len(c.allowed) > 0 {
		line("the server accepts: %s", strings.Join(c.allowed, ", "))
	}
	return b
}

// result is what came of an offer. cut is true for the last one that was shown,
// if the server then ended the connection.
func (o *offer) result(cut bool) kind.Wording {
	switch {
	case o.fault != "":
		return kind.Say("known to the server, but it did not sign: %s", o.fault)
	case o.accepted:
		return kind.Say("known to the server, but not enough")
	case cut:
		return kind.Say("the server ended the connection")
	case o.shown:
		return kind.Say("refused")
	}
	return kind.Say("not tried")
}

// cutOff reports whether the server ended the connection, with or without what
// sshd says about too many keys.
func cutOff(err error) bool {
	return isCut(err) || strings.Contains(err.Error(), "oo many authentication failures")
}

func (h *handshake) afterBanner() kind.Wording {
	if b := strings.TrimSpace(h.banner); b != "" {
		return kind.Say("\n  the server says: %s", strings.ReplaceAll(b, "\n", "\n      "))
	}
	return kind.Wording{}
}
