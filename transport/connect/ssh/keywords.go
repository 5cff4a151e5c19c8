package ssh

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// keyword is an entry of ssh_config(5).
type keyword struct {
	name string
	use  use
	// check says what is wrong with the arguments. It looks at nothing else.
	check func(args []string) error
	// off are the values, in lower case, with which a keyword that is not
	// honoured asks for nothing. without says what a person misses otherwise.
	off     []string
	without string
}

// key is the key of the keyword in options.
func (k keyword) key() string { return strings.ToLower(k.name) }

// use says what becomes of a keyword.
type use int

const (
	// honoured: it does what ssh_config(5) says.
	honoured use = iota
	// quiet: it is about what ssh does once it has logged in, or what it shows.
	quiet
	// warned: it would change where or how we log in, and does not.
	warned
	// fallback: it is one more way to log in. It is missed only if the others
	// fail.
	fallback
)

// keywords are all that OpenSSH 10 knows, by their names in lower case, and
// those that distributions add.
var keywords = func() map[string]keyword {
	m := map[string]keyword{}
	for _, k := range slices.Concat(honouredKeywords, otherKeywords) {
		m[k.key()] = k
	}
	for name := range strings.FieldsSeq(quietKeywords) {
		m[strings.ToLower(name)] = keyword{name: name, use: quiet}
	}
	return m
}()

// aliases are old names of keywords.
var aliases = map[string]string{
	"pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms", "hostbasedkeytypes": "hostbasedacceptedalgorithms",
	"challengeresponseauthentication": "kbdinteractiveauthentication", "skeyauthentication": "kbdinteractiveauthentication",
	"tisauthentication": "kbdinteractiveauthentication", "dsaauthentication": "pubkeyauthentication",
	"identityfile2": "identityfile", "keepalive": "tcpkeepalive", "smartcarddevice": "pkcs11provider",
}

func findKeyword(name string) (keyword, bool) {
	name = strings.ToLower(name)
	if real, ok := aliases[name]; ok {
		name = real
	}
	k, ok := keywords[name]
	return k, ok
}

var honouredKeywords = []keyword{
	{name: "Host"}, {name: "Match"}, {name: "Include"},
	{name: "IgnoreUnknown", check: one}, {name: "Tag", check: one},
	{name: "Hostname", check: one}, {name: "Port", check: portNumber}, {name: "User", check: one},
	{name: "AddressFamily", check: oneOf("any", "inet", "inet6")},
	{name: "BindAddress", check: one}, {name: "BindInterface", check: one},
	{name: "ConnectTimeout", check: interval}, {name: "ServerAliveInterval", check: interval}, {name: "ServerAliveCountMax", check: number},
	{name: "ProxyCommand"}, {name: "ProxyJump"}, {name: "ProxyUseFdpass", check: yesNo},
	{name: "CanonicalizeHostname", check: oneOf("yes", "no", "true", "false", "always", "none")},
	{name: "CanonicalDomains"}, {name: "CanonicalizeFallbackLocal", check: yesNo}, {name: "CanonicalizeMaxDots", check: number},
	{name: "CanonicalizePermittedCNAMEs"},
	{name: "RefuseConnection"},

	{name: "IdentityFile", check: one}, {name: "CertificateFile", check: one}, {name: "IdentitiesOnly", check: yesNo},
	{name: "IdentityAgent", check: one}, {name: "PubkeyAuthentication", check: oneOf("yes", "no", "true", "false", "unbound", "host-bound")},
	{name: "PasswordAuthentication", check: yesNo}, {name: "KbdInteractiveAuthentication", check: yesNo},
	{name: "PreferredAuthentications", check: one},

	{name: "UserKnownHostsFile"}, {name: "GlobalKnownHostsFile"}, {name: "HostKeyAlias", check: one},
	{name: "StrictHostKeyChecking", check: oneOf("yes", "no", "true", "false", "ask", "off", "accept-new")},
	{name: "HashKnownHosts", check: yesNo}, {name: "RevokedHostKeys"}, {name: "RequiredRSASize", check: number},

	{name: "Ciphers", check: algorithmList}, {name: "MACs", check: algorithmList}, {name: "KexAlgorithms", check: algorithmList},
	{name: "HostKeyAlgorithms", check: algorithmList}, {name: "PubkeyAcceptedAlgorithms", check: algorithmList},
	{name: "CASignatureAlgorithms", check: algorithmList},
}

var otherKeywords = []keyword{
	{name: "PKCS11Provider", use: warned, off: []string{"none"}, check: one,
		without: "mitoplan cannot use keys on a token by itself. Add them to an ssh-agent with ssh-add -s: it uses the keys that an agent holds"},
	{name: "SecurityKeyProvider", use: warned, off: []string{"internal", "none"}, check: one,
		without: "mitoplan cannot use a security key by itself. Add its keys to an ssh-agent with ssh-add: it uses the keys that an agent holds"},
	{name: "KnownHostsCommand", use: warned, off: []string{"none"},
		without: "mitoplan runs no command to learn host keys. Write what it prints to a file of UserKnownHostsFile, or set host_key"},
	{name: "VerifyHostKeyDNS", use: warned, off: []string{"no", "false"}, check: oneOf("yes", "no", "true", "false", "ask"),
		without: "mitoplan does not look up SSHFP records. The key of the host has to be in known_hosts, or in host_key"},
	{name: "NoHostAuthenticationForLocalhost", use: warned, off: []string{"no", "false"}, check: yesNo,
		without: `the key of this machine's own sshd is checked like any other. To trust any key, write host_key_check = "off"`},
	{name: "CheckHostIP", use: warned, off: []string{"no", "false"}, check: yesNo,
		without: "the host key is looked up by the name of the host only, and not by its address"},
	{name: "HostbasedAuthentication", use: fallback, off: []string{"no", "false"}, check: yesNo,
		without: "mitoplan does not log in with the host key of this machine"},
	{name: "GSSAPIAuthentication", use: fallback, off: []string{"no", "false"}, check: yesNo,
		without: "mitoplan does not log in with a Kerberos ticket"},
	{name: "ControlPath", use: fallback, off: []string{"none"}, check: one,
		without: "mitoplan makes a connection of its own, and uses none that a person has opened with ssh"},
	{name: "ConnectionAttempts", use: warned, off: []string{"1"}, check: number,
		without: "the host is dialled once"},
	{name: "SetEnv", use: warned, off: []string{"none"},
		without: "mitoplan sends no variables with a login. Set those that the agent and its programs are to have in env"},
	{name: "Compression", use: warned, off: []string{"no", "false"}, check: yesNo,
		without: "the connection is not compressed"},
}

// quietKeywords are about what ssh does after the login, about what it shows
// and asks, or about nothing any more.
const quietKeywords = `
AddKeysToAgent BatchMode
ChannelTimeout ClearAllForwardings ControlMaster ControlPersist DynamicForward EnableEscapeCommandline EnableSSHKeysign
EscapeChar ExitOnForwardFailure FingerprintHash ForkAfterAuthentication ForwardAgent ForwardX11 ForwardX11Timeout
ForwardX11Trusted GatewayPorts GSSAPIClientIdentity GSSAPIDelegateCredentials GSSAPIKexAlgorithms GSSAPIKeyExchange
GSSAPIRenewalForcesRekey GSSAPIServerIdentity GSSAPITrustDns HostbasedAcceptedAlgorithms IPQoS KbdInteractiveDevices
LocalCommand LocalForward LogLevel LogVerbose NumberOfPasswordPrompts ObscureKeystrokeTiming PermitLocalCommand
PermitRemoteOpen RekeyLimit RemoteCommand RemoteForward RequestTTY SendEnv SessionType StdinNull
StreamLocalBindMask StreamLocalBindUnlink SyslogFacility TCPKeepAlive Tunnel TunnelDevice UpdateHostKeys
VersionAddendum VisualHostKey WarnWeakCrypto XAuthLocation

AFSTokenPassing Cipher CompressionLevel FallBackToRsh GlobalKnownHostsFile2 KerberosAuthentication KerberosTGTPassing
Protocol RhostsAuthentication RhostsRSAAuthentication RSAAuthentication UseKeychain UsePrivilegedPort UserKnownHostsFile2
UseRoaming UseRsh`

func one(args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("extra arguments at the end of the line, after %q", args[0])
	}
	return nil
}

func oneOf(values ...string) func([]string) error {
	return func(args []string) error {
		if err := one(args); err != nil {
			return err
		}
		if !slices.Contains(values, strings.ToLower(args[0])) {
			return fmt.Errorf("%q is not one of %s", args[0], strings.Join(values, ", "))
		}
		return nil
	}
}

var yesNo = oneOf("yes", "no", "true", "false")

func number(args []string) error {
	if err := one(args); err != nil {
		return err
	}
	if n, err := strconv.Atoi(args[0]); err != nil || n < 0 {
		return fmt.Errorf("%q is not a number", args[0])
	}
	return nil
}

func portNumber(args []string) error {
	if err := one(args); err != nil {
		return err
	}
	_, err := parsePort(args[0])
	return err
}

func algorithmList(args []string) error {
	if err := one(args); err != nil {
		return err
	}
	if strings.Contains(args[0], "!") {
		return fmt.Errorf("a name in %q begins with !, which a list of algorithms cannot have", args[0])
	}
	return nil
}

func interval(args []string) error {
	if err := one(args); err != nil {
		return err
	}
	_, err := parseInterval(args[0])
	return err
}

// parseInterval reads a time as TIME FORMATS of sshd_config(5) says: 90, 1m30s,
// 2h. It is 0 for "none".
func parseInterval(s string) (time.Duration, error) {
	if s == "none" {
		return 0, nil
	}
	var total time.Duration
	for rest := s; rest != ""; {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseInt(rest[:digits], 10, 32)
		if err != nil {
			return 0, fmt.Errorf("%q is not a time, such as 90, 1m30s or 2h", s)
		}
		unit := time.Second
		if rest = rest[digits:]; rest != "" {
			u, ok := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[rest[0]|0x20]
			if !ok {
				return 0, fmt.Errorf("%q is not a time, such as 90, 1m30s or 2h", s)
			}
			unit, rest = u, rest[1:]
		}
		if total += time.Duration(n) * unit; total > 1<<31*time.Second {
			return 0, fmt.Errorf("%q is not a time, such as 90, 1m30s or 2h", s)
		}
	}
	return total, nil
}

// yes reads the value of a keyword that is on or off. Without a value the result is
// otherwise.
func yes(value string, otherwise bool) bool {
	switch strings.ToLower(value) {
	case "":
		return otherwise
	case "no", "false", "off", "none":
		return false
	}
	return true
}
