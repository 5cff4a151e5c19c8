package ssh

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// complaint is something that the ssh program says when it gives up.
type complaint struct {
	says         *regexp.Regexp
	attr         string
	code         kind.Code
	summary      string
	advice       kind.Rule
	crowded, own bool // fewer at once may help; it is about the program's own side
	// more makes the problem, if what -v says tells more than the words; nil if not.
	more func(p *programProgress, words string) error
}

// complaints are in the order in which they count: what says more comes first. The words
// are those of OpenSSH 7.6 to 10. The expressions are made when one is needed.
var complaints = sync.OnceValue(func() []complaint {
	return []complaint{
		{says: said(`REMOTE HOST IDENTIFICATION HAS CHANGED`), more: (*programProgress).changedHost},
		{says: said(`(?i)REVOKED HOST KEY|host key .* (is )?revoked|revoked keys file`), more: (*programProgress).revokedHost},
		{says: said(`Certificate invalid: expired`), attr: "host", code: kind.CodeSSHHostCertExpired, summary: "Host certificate has expired", advice: "Have the host's key signed anew."},
		{says: said(`Certificate invalid: not yet valid`), attr: "host", code: kind.CodeSSHHostCertEarly, summary: "Host certificate is not valid yet", advice: "Set the clocks right, or have the host's key signed anew."},
		{says: said(`Certificate invalid: name is not a listed principal`), attr: "host", code: kind.CodeSSHHostCertPrincipal, summary: "Host certificate is for another name", advice: "Use a name that is in it, or set HostKeyAlias in the ssh configuration."},
		{says: said(`Host key verification failed`), more: (*programProgress).unknownHost},
		{says: said(`Bad configuration option|terminating, \d+ bad configuration options|Bad owner or permissions on|open user config file|^(command-line|\S+):? line \d+: `), attr: "ssh_config", code: kind.CodeSSHConfig, own: true,
			summary: "The ssh program does not accept its configuration", advice: "Correct that file, or name another in ssh_config."},
		{says: said(`Could not resolve hostname .*([Nn]ame or service not known|nodename nor servname|No address associated|Name does not resolve)`), attr: "host", code: kind.CodeSSHNameNotFound,
			summary: "Host name is not found", advice: "Correct host, or its HostName in the ssh configuration."},
		{says: said(`Could not resolve hostname`), attr: "host", code: kind.CodeSSHNameUnresolved, summary: "Host name cannot be looked up", advice: "Check the name servers of the machine that mitoplan runs on."},
		{says: said(`connect to (host|address) .*Connection refused`), attr: "port", code: kind.CodeSSHRefused, summary: "Connection refused", advice: "Start sshd there, or correct port."},
		{says: said(`connect to (host|address) .*timed out`), attr: "host", code: kind.CodeSSHTimeout, summary: "Host does not answer", advice: "The host is down, or a firewall drops what is sent to it."},
		{says: said(`connect to (host|address) .*(No route to host|unreachable)`), attr: "host", code: kind.CodeSSHNoRoute, summary: "No route to host", advice: "Check whether the host is up, and the route to it."},
		{says: said(`connect to (host|address) `), attr: "host", code: kind.CodeSSHDial, summary: "Host cannot be reached", advice: "Check whether its sshd can be reached from this machine."},
		{says: said(`Not allowed at this time`), attr: "host", code: kind.CodeSSHClosed, summary: "Server closed the connection",
			advice: "Its sshd keeps this address out for a while after logins that failed (PerSourcePenalties). Try again later."},
		{says: said(`Exceeded MaxStartups`), attr: "host", code: kind.CodeSSHClosed, summary: "Server closed the connection", advice: "Its sshd has too many connections (MaxStartups). Look at its log.", crowded: true},
		{says: said(`no matching (host key|key exchange|cipher|MAC)`), attr: "host", code: kind.CodeSSHHandshake, summary: "No common ground with the server", advice: "Allow an algorithm of the server in the ssh configuration, or update its sshd."},
		{says: said(`(?i)too many authentication failures`), attr: "identities_only", code: kind.CodeSSHTooManyKeys, summary: "Server cut the login off",
			advice: "The server accepts only a few keys. Set identity_file to the right one, and identities_only to true."},
		{says: said(`signing failed for|agent refused operation|device not found|incorrect passphrase supplied`), attr: "user", code: kind.CodeSSHKeyUnsigned, summary: "Key did not sign",
			advice: "The ssh-agent may be locked (ssh-add -X) or wait for somebody to confirm, the security key may not be there, or the key may need a passphrase."},
		{says: said(`(?m)Permission denied \(`), more: (*programProgress).refused},
		{says: said(`Protocol major versions differ: 2 vs. 1`), more: func(p *programProgress, _ string) error { return speaksVersion1(kind.Say("%s", p.at(p.target))) }},
		{says: said(`kex_exchange_identification: (banner line|client sent invalid)|Bad remote protocol version|invalid characters`), attr: "port", code: kind.CodeSSHNotSpoken, summary: "No ssh server answers", advice: "Correct port, or look at what listens there."},
		{says: said(`mux_client|muxclient|Control socket|ControlPath|ControlSocket`), attr: "ssh_config", code: kind.CodeSSHControlMaster, summary: "The ControlMaster gives no session", own: true,
			advice: "Close it with ssh -O exit, or correct ControlPath in the ssh configuration."},
		{says: said(`open failed: connect failed: .*([Nn]ame or service not known|nodename nor servname|No address associated|Name does not resolve)`), attr: "host", code: kind.CodeSSHNameNotFound,
			summary: "Host name is not found", advice: "The jump host looks it up, and does not find it. Correct host, or its HostName in the ssh configuration."},
		{says: said(`open failed: connect failed: .*name resolution`), attr: "host", code: kind.CodeSSHNameUnresolved, summary: "Host name cannot be looked up", advice: "The jump host looks it up. Check the name servers of that one, or write the address as host."},
		{says: said(`open failed: connect failed: .*refused`), attr: "port", code: kind.CodeSSHRefused, summary: "Connection refused", advice: "The jump host reaches it, and nothing listens there. Start sshd on it, or correct port."},
		{says: said(`open failed: connect failed: .*timed out`), attr: "host", code: kind.CodeSSHTimeout, summary: "Host does not answer", advice: "The jump host gets no answer from it. The host is down, or a firewall drops what is sent to it."},
		{says: said(`open failed: connect failed: .*(No route to host|unreachable)`), attr: "host", code: kind.CodeSSHNoRoute, summary: "No route to host", advice: "The jump host has no route to it. Check whether the host is up, and the route from there."},
		{says: said(`open failed: connect failed`), attr: "host", code: kind.CodeSSHDial, summary: "Host cannot be reached", advice: "The jump host could not connect to it. Check whether its sshd can be reached from there."},
		{says: said(`open failed`), attr: "host", code: kind.CodeSSHNoSession, summary: "Server opens no session", advice: "Look at MaxSessions in its sshd_config."},
	}
})

func said(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }

// explain is the problem of a login by the program, as far as its words or its silence
// tell; nil if the host's shell began and did not become an agent.
func (p *programProgress) explain(ctx context.Context, words string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.notKept != nil {
		return p.notKept
	}
	if p.loggedIn {
		return p.afterLogin(ctx, words)
	}
	err := p.failure(ctx, withoutFrames(words))
	var found *kind.Problem
	var crowded *transport.CrowdedError
	if !p.atJump() || !errors.As(err, &found) {
		return err
	}
	return crowdedUnless(!errors.As(err, &crowded), ofJump(found, p.at(""), p.target, p.args))
}

// failure is the problem of the login that the program is at.
func (p *programProgress) failure(ctx context.Context, words string) error {
	for _, c := range complaints() {
		if !c.says.MatchString(words + "\n" + p.banner) {
			continue
		}
		if c.more != nil {
			return c.more(p, words)
		}
		failed := "%s is not reached: the ssh program says of it"
		switch {
		case c.own:
			failed = "%s is not reached: the ssh program of this machine says"
		case !c.code.Away():
			failed = "The ssh program does not log in to %s, and says"
		}
		var report kind.Wording
		if c.code == kind.CodeSSHTooManyKeys {
			report = p.report(true)
		}
		return crowdedUnless(!c.crowded, attrProblem(c.attr, c.code, c.summary, failed+":\n  %s\n%s%s", p.at(p.target), below(firstOf(words, p.banner)), c.advice, report))
	}
	if ctx.Err() != nil {
		return p.late(ctx, words)
	}
	return p.closed(words)
}

// ofJump is the problem of a jump host, as one of the host that is reached through it. What
// is wrong with the jump is written in the ssh configuration.
func ofJump(found *kind.Problem, jump, host string, args SSH) *kind.Problem {
	more := *found
	switch more.Attr {
	case "host", "port", "user":
		more.Attr = "host"
		if args.SSHConfig != "" {
			more.Attr = "ssh_config"
		}
	}
	more.Detail, more.Own, more.Masked = "", "", ""
	more.Add("%s is reached through the jump host %s (ProxyJump of the ssh configuration). %s", host, jump, kind.DetailOf(found))
	return &more
}

// settings are those of the host, as far as the arguments tell.
func (p *programProgress) settings() *settings {
	return &settings{host: p.args.Host, port: firstOf(portOf(p.args.Port), "22")}
}

// late is the problem of a login that was not over in time.
func (p *programProgress) late(ctx context.Context, words string) error {
	var late *transport.TimeoutError
	if !errors.As(context.Cause(ctx), &late) {
		return nil
	}
	within := p.settings().within(ctx)
	if short := p.settings().tooShort(ctx); short != nil {
		return short
	}
	switch {
	case p.answered != nil:
		return attrProblem("user", kind.CodeSSHAgentWaits, "ssh-agent does not sign",
			"%s knows a key of the ssh program, which waited for its signature and got none within %s. Touch the security key when it blinks, or confirm the use of the key in the ssh-agent, or use another key.%s", p.target, transport.AskedFor, saying(words))
	case p.signing:
		return attrProblem("user", kind.CodeSSHAgentWaits, "ssh-agent does not sign",
			"%s knows a key of the ssh program, which waited for its signature and got none %s. The ssh-agent, or a security key, may wait for somebody to confirm or to touch it. Do that sooner, raise connect_timeout, or use another key.%s", p.target, within, saying(words))
	case p.phaseAt == transport.PhaseAuth:
		return attrProblem("host", kind.CodeSSHLoginTimeout, "Server does not finish the login",
			"%s showed its host key, but did not finish the login %s. Its sshd may wait for a name server (UseDNS), for PAM, or for a disk. See its log.%s", p.target, within, saying(words))
	case p.phaseAt == transport.PhaseHandshake && p.proxied:
		return attrProblem("host", kind.CodeSSHHandshakeTimeout, "Server does not finish the handshake",
			"The ProxyCommand or ProxyJump of the ssh program was started, but %s did not finish the handshake through it %s. Look at what is in between.%s", p.target, within, saying(words))
	case p.phaseAt == transport.PhaseHandshake:
		return attrProblem("host", kind.CodeSSHHandshakeTimeout, "Server does not finish the handshake",
			"%s accepted the connection but did not finish the handshake %s. Its sshd hangs, or something else listens there. Look at what listens on that port.%s", p.target, within, saying(words))
	}
	return attrProblem("host", kind.CodeSSHTimeout, "Host does not answer",
		"The ssh program did not reach %s %s. The host is down, a firewall drops what is sent to it, or its name is not looked up. Try ssh -v by hand.%s", p.target, within, saying(words))
}

// closed is the problem of a login that ended without a complaint that is known.
func (p *programProgress) closed(words string) error {
	switch {
	case p.phaseAt == transport.PhaseHandshake && p.proxied:
		return proxyEnded(kind.Say("The ProxyCommand or ProxyJump of the ssh program"), p.target, withoutProgram(words))
	case p.phaseAt == transport.PhaseHandshake && p.banner != "" && p.server == "":
		return notSpoken(p.target, p.banner)
	case p.phaseAt == transport.PhaseHandshake:
		return crowdedUnless(false, attrProblem("host", kind.CodeSSHClosed, "Server closed the connection",
			"%s ended the connection before it showed its host key. Its sshd refuses this address (hosts.deny, PerSourcePenalties), has too many connections (MaxStartups), or is no sshd. Look at the log of its sshd.%s", p.target, saying(words)))
	case p.phaseAt == transport.PhaseAuth && p.answered != nil:
		return attrProblem("user", kind.CodeSSHAgentWaits, "The key signed too late",
			"%s ended the connection before a key of the ssh program signed: its sshd waits as long for a login as its LoginGraceTime says. Confirm, or touch the security key, sooner.%s", p.at(p.target), saying(words))
	case p.phaseAt == transport.PhaseAuth && slices.ContainsFunc(p.offers, func(o *programOffer) bool { return o.accepted }):
		found := accountFault(p.at(p.target), firstOf(p.user, "the user"), words)
		if found == nil {
			found = keptOut(p.at(p.target), firstOf(p.user, "the user"))
		}
		found.Add("%s%s", p.report(true), also(words))
		return found
	case p.phaseAt == transport.PhaseAuth:
		return attrProblem("user", kind.CodeSSHLoginRefused, "Login refused", "%s did not let the ssh program in. Look at the log of its sshd.%s", p.target, saying(words))
	}
	return attrProblem("host", kind.CodeSSHDial, "Host cannot be reached", "The ssh program gave %s up before it was connected. Try ssh -v by hand.%s", p.target, saying(words))
}

// afterLogin is the problem of an account or a server that gives no shell; nil if nothing
// says so.
func (p *programProgress) afterLogin(ctx context.Context, words string) error {
	exit := p.exit
	if ctx.Err() != nil {
		exit = nil // what this side ended says nothing by its status
		if short := p.settings().tooShort(ctx); short != nil {
			return short
		}
	}
	switch {
	case strings.Contains(words, "open failed"):
		return attrProblem("host", kind.CodeSSHNoSession, "Server opens no session", "%s let the ssh program in but opens no session. Look at MaxSessions in its sshd_config.%s", p.target, saying(words))
	case noShell(words):
		return withoutShell(p.at(p.target), firstOf(p.user, "The user"), words)
	case strings.Contains(words, "client_loop:"), strings.Contains(words, "closed by remote host"):
		found := endedIt(p.at(p.target), firstOf(p.user, "the user"))
		found.Add("%s", saying(words))
		return found
	case strings.Contains(words, "exec request failed"):
		return runsNothing(p.at(p.target), firstOf(p.user, "the user"))
	case strings.Contains(words, "not responding"):
		return attrProblem("host", kind.CodeSSHLost, "Connection lost", "The connection to %s broke after the login, before an agent ran. Look at the log of its sshd.%s", p.target, saying(words))
	}
	return accountRefusal(p.at(p.target), firstOf(p.user, "the user"), exit, words)
}

// proxyEnded is the problem of a ProxyCommand that brought no connection. why is its status or
// its words, "" if it said nothing.
func proxyEnded(command kind.Wording, addr, why string) *kind.Problem {
	reason := kind.Say("%s", why)
	if why == "" {
		reason = kind.Say("it does not say why")
	}
	return attrProblem("ssh_config", kind.CodeSSHProxyCommand, "ProxyCommand did not reach the host",
		"%s ended before %s showed its host key: %s. Run the command by hand to find out more.", command, addr, reason)
}

// withoutProgram leaves out the lines in which the ssh program says that its connection ended.
func withoutProgram(words string) string {
	lines := strings.FieldsFunc(words, func(r rune) bool { return r == '\n' || r == '\r' })
	lines = slices.DeleteFunc(lines, func(line string) bool {
		return strings.Contains(line, "_exchange_identification: ") || strings.Contains(line, "banner exchange: ") || strings.Contains(line, "Connection closed by ") || strings.Contains(line, "Connection reset by ")
	})
	return strings.Join(lines, "; ")
}

// saying is a sentence with what the program said, "" if it said nothing.
func saying(words string) kind.Wording {
	switch {
	case words == "":
		return kind.Wording{}
	case strings.Contains(words, "\n"):
		return kind.Say(" It said:\n  %s", below(words))
	}
	return kind.Say(" It said: %s", words)
}

// also is what the program said, as a line of a report.
func also(words string) kind.Wording {
	if words == "" {
		return kind.Wording{}
	}
	return kind.Say("\n  the ssh program says: %s", strings.ReplaceAll(words, "\n", "\n      "))
}

// below is words as lines below a sentence.
func below(words string) string { return strings.ReplaceAll(words, "\n", "\n  ") }

// withoutFrames leaves out the lines of a warning that only draw a frame around it.
func withoutFrames(words string) string {
	var kept []string
	for line := range strings.SplitSeq(words, "\n") {
		framed := strings.HasPrefix(line, "@")
		if text := strings.Trim(line, "@ \r"); framed && text != "" {
			kept = append(kept, text)
		} else if !framed {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}
