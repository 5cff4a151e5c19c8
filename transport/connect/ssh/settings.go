package ssh

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// settings are how one host is logged in to: from the arguments first, then from the ssh
// configuration, then what ssh itself would take.
type settings struct {
	args  SSH
	host  string // resolved name or address
	port  string
	user  string
	alias string // name in known_hosts, with its port
	// identities are key files. Only one that an argument names must exist.
	identities []string
	// usual is true if they are those that ssh uses unless it is told
	// otherwise.
	usual          bool
	identitiesOnly bool
	certificates   []string
	agentSocket    string   // of the ssh-agent, "" for none
	methods        []string // of authentication, best first
	knownHosts     []string // files
	acceptTo       string   // the file that new host keys are written to, "" for none
	hashKnownHosts bool
	revoked        string   // file of RevokedHostKeys, "" for none
	rsaBits        int      // that an RSA key must have at least
	jumps          []string // [user@]host[:port], in order
	command        string   // ProxyCommand with its tokens replaced, "" for none
	reach          reach
	algorithms     algorithms
	every          time.Duration // how often a silent connection is asked; 0 is never
	unanswered     int64         // unanswered requests that make it lost
	timeout        time.Duration // to connect; 0 if nothing says so
	home           string
	names          names // what tokens in the names of files stand for
	// notes are lines of the configuration that are not honoured.
	notes []note
	log   *transport.StartLog // set before the host is dialled
}

func (s *settings) addr() string { return net.JoinHostPort(s.host, s.port) }

// target names the host in a sentence.
func (s *settings) target() string { return s.user + " at " + s.addr() }

// resolve gathers the settings of one host. via is true if it is reached through
// another context, whatever the configuration says.
func (k SSH) resolve(ctx context.Context, via bool) (*settings, error) {
	s := &settings{args: k, home: homeDir()}
	o, err := k.options(ctx, s.home)
	if err != nil {
		return nil, configProblem(err)
	}
	for _, step := range []func(options) error{
		s.identify, s.findReach, s.findTrust, s.findLogin, s.keepAlive,
		func(o options) error { return s.proxy(o, via) },
	} {
		if err := step(o); err != nil {
			return nil, err
		}
	}
	if bad := k.besidePins(); bad != nil && len(s.jumps) == 0 {
		return nil, bad
	}
	s.notes = notesOf(o)
	return s, nil
}

// identify finds out which host and user are meant.
func (s *settings) identify(o options) error {
	if refused := o.where("refuseconnection"); refused.value() != "" {
		return attrProblem("ssh_config", kind.CodeSSHRefusedByConfig, "The ssh configuration refuses the connection",
			"%s: %s", refused.at, refused.value())
	}
	s.user = firstOf(s.args.User, o.first("user"), localUser())
	s.port = firstOf(portOf(s.args.Port), o.port(), "22")
	line := o.where("hostname")
	var err error
	if s.host, err = hostTokens(s.args.Host).expand(firstOf(line.value(), "%h")); err != nil {
		return lineProblem(line, err)
	}
	s.host = lowerHost(s.host)
	s.alias = s.addr()
	if a := o.first("hostkeyalias"); a != "" {
		s.alias = net.JoinHostPort(a, "22")
	}
	s.names = names{host: s.host, original: s.args.Host, alias: firstOf(o.first("hostkeyalias"), s.args.Host),
		user: s.user, port: s.port, home: s.home, jump: lastJump(o)}
	return nil
}

// lowerHost is the name that is looked up. It is in lower case, as ssh makes it
// after it has read the configuration. The zone of an address names an
// interface and stays as it is.
func lowerHost(name string) string {
	name, zone, _ := strings.Cut(name, "%")
	if zone != "" {
		zone = "%" + zone
	}
	return strings.ToLower(name) + zone
}

// findReach finds out from where and how the host is dialled.
func (s *settings) findReach(o options) error {
	networks := map[string]string{"inet": "tcp4", "inet6": "tcp6"}
	s.reach = reach{network: firstOf(networks[strings.ToLower(o.first("addressfamily"))], "tcp"), address: o.first("bindaddress"), device: o.first("bindinterface")}
	if s.args.ConnectTimeout == "" {
		s.timeout, _ = parseInterval(o.first("connecttimeout"))
	}
	var err error
	s.algorithms, err = o.algorithms()
	if err != nil {
		return configProblem(err)
	}
	return nil
}

// findTrust finds out which host keys are trusted.
func (s *settings) findTrust(o options) error {
	if s.args.HostKeyCheck == "" && strings.EqualFold(o.first("stricthostkeychecking"), "accept-new") {
		s.args.HostKeyCheck = checkAcceptNew
	}
	s.hashKnownHosts = yes(o.first("hashknownhosts"), false)
	s.rsaBits, _ = strconv.Atoi(o.first("requiredrsasize"))
	if line := o.where("revokedhostkeys"); isSet(line.value()) {
		file, err := s.file(line.value())
		if err != nil {
			return lineProblem(line, err)
		}
		s.revoked = file
	}
	return s.knownHostsFiles(o)
}

// findLogin finds out which keys and methods are tried.
func (s *settings) findLogin(o options) error {
	s.args.IdentitiesOnly = s.args.IdentitiesOnly || yes(o.first("identitiesonly"), false)
	s.identitiesOnly = s.args.IdentitiesOnly
	s.methods = s.methodsOf(o)
	if err := s.agentOf(o); err != nil {
		return err
	}
	return s.identityFiles(o)
}

// methodsOf are the methods that the configuration allows, in its order. What
// an argument gives is tried in any case.
func (s *settings) methodsOf(o options) []string {
	known := []string{"publickey", "password", "keyboard-interactive"}
	methods := known
	if list := o.first("preferredauthentications"); list != "" {
		methods = filter(unique(strings.Split(list, ",")), func(m string) bool { return slices.Contains(known, m) })
	}
	flags := map[string]string{"publickey": "pubkeyauthentication", "password": "passwordauthentication", "keyboard-interactive": "kbdinteractiveauthentication"}
	methods = filter(methods, func(m string) bool { return yes(o.first(flags[m]), true) })
	if s.args.PrivateKey != "" || s.args.IdentityFile != "" {
		methods = append(methods, "publickey")
	}
	if len(s.args.Answers) > 0 {
		// sshd gives PAM the password as the answer to every question, also to that
		// for a code.
		methods = append(filter(methods, func(m string) bool { return m != "password" }), "keyboard-interactive")
	}
	if s.args.Password != "" {
		methods = append(methods, "password", "keyboard-interactive")
	}
	return unique(methods)
}

// agentOf finds the ssh-agent. agent = true outweighs IdentityAgent none.
func (s *settings) agentOf(o options) error {
	s.agentSocket = os.Getenv("SSH_AUTH_SOCK")
	line := o.where("identityagent")
	value := line.value()
	switch name, variable := strings.CutPrefix(value, "$"); {
	case s.args.Agent != nil && !*s.args.Agent:
		s.agentSocket = ""
	case value == "", value == "SSH_AUTH_SOCK":
	case value == "none":
		if s.args.Agent == nil {
			s.agentSocket = ""
		}
	case variable && !strings.HasPrefix(name, "{"):
		s.agentSocket = os.Getenv(name)
	default:
		socket, err := s.file(value)
		if err != nil {
			return lineProblem(line, err)
		}
		s.agentSocket = socket
	}
	return nil
}

// identityFiles finds out which key files are tried.
func (s *settings) identityFiles(o options) error {
	files, certs := o["identityfile"], o["certificatefile"]
	switch {
	case s.args.PrivateKey != "":
		return nil
	case s.args.IdentityFile != "":
		s.identities = []string{s.expand(s.args.IdentityFile)}
		return nil
	case len(files) == 0:
		s.usual = true
		for _, f := range []string{"id_ed25519", "id_ed25519_sk", "id_ecdsa", "id_ecdsa_sk", "id_rsa"} {
			files = append(files, setting{args: []string{"~/.ssh/" + f}})
		}
	}
	var err error
	if s.identities, err = s.files(files); err != nil {
		return err
	}
	s.certificates, err = s.files(certs)
	return err
}

// files are the files that lines name. One in a home directory that is not
// known is left out.
func (s *settings) files(lines []setting) (out []string, err error) {
	for _, l := range lines {
		f, err := s.file(l.value())
		if err != nil {
			return nil, lineProblem(l, err)
		}
		if !strings.EqualFold(f, "none") && !strings.HasPrefix(f, "~") {
			out = append(out, f)
		}
	}
	return unique(out), nil
}

// knownHostsFiles finds out which files of known hosts are read, and which one
// new keys are written to.
func (s *settings) knownHostsFiles(o options) error {
	if s.args.KnownHosts != "" {
		s.knownHosts = []string{s.expand(s.args.KnownHosts)}
		s.acceptTo = s.knownHosts[0]
		return nil
	}
	usable := func(f string) bool { return !strings.EqualFold(f, "none") && !strings.HasPrefix(f, "~") }
	user, global := o.where("userknownhostsfile"), o.where("globalknownhostsfile")
	for _, f := range orElse(user.args, "~/.ssh/known_hosts", "~/.ssh/known_hosts2") {
		f, err := s.file(f)
		if err != nil {
			return lineProblem(user, err)
		}
		s.knownHosts = append(s.knownHosts, f)
	}
	s.knownHosts = filter(s.knownHosts, usable)
	s.acceptTo = firstOf(s.knownHosts...)
	for _, f := range orElse(global.args, "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2") {
		if f = expandHome(f, s.home); usable(f) {
			s.knownHosts = append(s.knownHosts, f)
		}
	}
	return nil
}

func orElse(list []string, otherwise ...string) []string {
	if len(list) == 0 {
		return otherwise
	}
	return list
}

// keepAlive finds out how often a silent connection is asked whether it is
// alive.
func (s *settings) keepAlive(o options) error {
	s.every, s.unanswered = defaultInterval, defaultCount
	if text := o.first("serveraliveinterval"); text != "" {
		s.every, _ = parseInterval(text)
	}
	if n, err := strconv.ParseInt(o.first("serveralivecountmax"), 10, 64); err == nil {
		s.unanswered = max(n, 1)
	}
	if d, err := time.ParseDuration(s.args.KeepaliveInterval); err == nil && d > 0 {
		s.every = d
	}
	s.unanswered = cmp.Or(s.args.KeepaliveCount, s.unanswered)
	return nil
}

const (
	defaultInterval = 15 * time.Second
	defaultCount    = 3
)

// proxy finds out through what the host is reached. If the context has a via,
// nothing of the configuration counts.
func (s *settings) proxy(o options, via bool) error {
	jump, command := o.where("proxyjump"), o.where("proxycommand")
	switch {
	case via:
	case isSet(jump.value()):
		text, err := proxyTokens(s.names).expand(strings.Join(jump.args, ""))
		if err != nil {
			return lineProblem(jump, err)
		}
		s.jumps = strings.Split(text, ",")
	case isSet(command.rest):
		if yes(o.first("proxyusefdpass"), false) {
			return lineProblem(o.where("proxyusefdpass"), fmt.Errorf("a ProxyCommand that hands over a descriptor cannot be used"))
		}
		text, err := proxyTokens(s.names).expand(command.rest)
		if err != nil {
			return lineProblem(command, err)
		}
		s.command = text
	}
	return nil
}

// lastJump is the last host of ProxyJump.
func lastJump(o options) string {
	jump := o.first("proxyjump")
	if jump == "" || jump == "none" {
		return ""
	}
	_, jump, _ = cutLast(","+jump, ",")
	if _, host, ok := cutLast(jump, "@"); ok {
		jump = host
	}
	if host, _, err := net.SplitHostPort(jump); err == nil {
		return host
	}
	return jump
}

// file is a file that the configuration names, with ~, tokens and variables
// replaced.
func (s *settings) file(p string) (string, error) {
	return allTokens(s.names).expandAll(expandHome(p, s.home))
}

// expand is the same for a file that an argument names. In that, what is no
// token stands for itself.
func (s *settings) expand(p string) string {
	if f, err := s.file(p); err == nil {
		return f
	}
	return expandHome(p, s.home)
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func portOf(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// homeDir is HOME, or what the user database says if HOME is empty. It may be
// "".
func homeDir() string {
	if h, err := os.UserHomeDir(); err == nil && h != "" {
		return h
	}
	if u, err := user.Current(); err == nil {
		return u.HomeDir
	}
	return ""
}

func localUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return firstOf(os.Getenv("USER"), os.Getenv("LOGNAME"))
}
