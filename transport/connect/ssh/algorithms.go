package ssh

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// algorithms are the algorithms that one login may use, in order of preference.
type algorithms struct {
	kex, ciphers, macs []string
	// publicKeys and authorities are nil if nothing is configured.
	hostKeys, publicKeys, authorities []string
	// ordered is true if the configuration says which kinds of host key to
	// prefer. Then known_hosts does not.
	ordered bool
	// limits are the lines that list algorithms, by what x/crypto/ssh calls
	// them when the two sides have none in common.
	limits map[string]limit
}

// limit is a line of the configuration that lists algorithms.
type limit struct {
	setting
	unable []string // names in it that this program does not know
}

// algorithms assembles the lists that a configuration asks for.
func (o options) algorithms() (algorithms, error) {
	safe, weak := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	a := algorithms{kex: safe.KeyExchanges, ciphers: safe.Ciphers, macs: safe.MACs, hostKeys: hostKeyAlgorithms(), limits: map[string]limit{}}
	keys := slices.Concat(safe.PublicKeyAuths, certificatesOf(safe.HostKeys))
	for _, l := range []struct {
		key         string
		to          *[]string
		usual, able []string
		what        []string
	}{
		{"kexalgorithms", &a.kex, safe.KeyExchanges, slices.Concat(safe.KeyExchanges, weak.KeyExchanges), []string{"key exchange"}},
		{"ciphers", &a.ciphers, safe.Ciphers, slices.Concat(safe.Ciphers, weak.Ciphers), []string{"client to server cipher", "server to client cipher"}},
		{"macs", &a.macs, safe.MACs, slices.Concat(safe.MACs, weak.MACs), []string{"client to server MAC", "server to client MAC"}},
		{"hostkeyalgorithms", &a.hostKeys, hostKeyAlgorithms(), slices.Concat(safe.HostKeys, weak.HostKeys), []string{"host key"}},
		{"pubkeyacceptedalgorithms", &a.publicKeys, keys, slices.Concat(keys, weak.PublicKeyAuths, certificatesOf(weak.HostKeys)), nil},
		{"casignaturealgorithms", &a.authorities, safe.PublicKeyAuths, slices.Concat(safe.PublicKeyAuths, weak.PublicKeyAuths), nil},
	} {
		line := o.where(l.key)
		if line.value() == "" {
			continue
		}
		use, unable := assemble(line.value(), l.usual, l.able)
		if len(use) == 0 {
			return a, &configError{line.at, fmt.Errorf("%s leaves no algorithm that mitoplan supports. It supports %s", line.keyword, strings.Join(l.able, ", "))}
		}
		*l.to = use
		for _, what := range l.what {
			a.limits[what] = limit{line, unable}
		}
	}
	first := o.first("hostkeyalgorithms")
	a.ordered = first != "" && first[0] != '+' && first[0] != '-'
	return a, nil
}

func certificatesOf(names []string) (out []string) {
	for _, n := range names {
		if strings.Contains(n, "-cert-") {
			out = append(out, n)
		}
	}
	return out
}

// sameAlgorithm are names of OpenSSH for algorithms that x/crypto/ssh knows by
// another name. It offers both.
var sameAlgorithm = map[string]string{"curve25519-sha256@libssh.org": "curve25519-sha256"}

// assemble applies a list of ssh_config(5) to the usual one: + appends to it, -
// removes from it, ^ puts in front, and anything else replaces it. Names may
// have wildcards. See kex_assemble_names of OpenSSH's kex.c. unable are the
// names that stand for nothing in able.
func assemble(list string, usual, able []string) (use, unable []string) {
	mode := list[0]
	if !strings.ContainsRune("+-^", rune(mode)) {
		mode = 0
	} else {
		list = list[1:]
	}
	var named []string
	for name := range strings.SplitSeq(list, ",") {
		if real, ok := sameAlgorithm[name]; ok {
			name = real
		}
		matching := filter(able, func(a string) bool { return globMatch(name, a) })
		if len(matching) == 0 && name != "" {
			unable = append(unable, name)
		}
		named = append(named, matching...)
	}
	switch mode {
	case '-':
		return filter(usual, func(a string) bool { return !slices.Contains(named, a) }), nil
	case '+':
		named = slices.Concat(usual, named)
	case '^':
		named = slices.Concat(named, usual)
	}
	return unique(named), unable
}

func filter(list []string, keep func(string) bool) (out []string) {
	for _, s := range list {
		if keep(s) {
			out = append(out, s)
		}
	}
	return out
}

func unique(list []string) (out []string) {
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// limit leaves out the keys that PubkeyAcceptedAlgorithms does not allow, and
// of the others the algorithms that it does not allow.
func (c *credentials) limit(a algorithms) {
	if a.publicKeys == nil {
		return
	}
	var offers []*offer
	for _, o := range c.offers {
		limited, ok := a.signer(o.signer)
		if !ok {
			c.barred++
			c.skip("%s: PubkeyAcceptedAlgorithms does not allow %s", o.from, o.signer.PublicKey().Type())
			continue
		}
		o.signer = limited
		offers = append(offers, o)
	}
	c.offers = offers
}

// signer is s with the algorithms that are allowed. ok is false if none of its
// algorithms is.
func (a algorithms) signer(s ssh.Signer) (ssh.Signer, bool) {
	format := s.PublicKey().Type()
	choice, isRSA := rsaAlgorithms[format]
	if !isRSA {
		return s, slices.Contains(a.publicKeys, format)
	}
	var use []string
	for _, name := range a.publicKeys {
		if plain, ok := choice[name]; ok {
			use = append(use, plain)
		}
	}
	able, ok := s.(ssh.AlgorithmSigner)
	if !ok || len(use) == 0 {
		return s, len(use) > 0
	}
	limited, err := ssh.NewSignerWithAlgorithms(able, use)
	return limited, err == nil
}

// rsaAlgorithms are the signature algorithms of RSA keys and of RSA
// certificates, by their names in a list.
var rsaAlgorithms = map[string]map[string]string{
	ssh.KeyAlgoRSA: {ssh.KeyAlgoRSASHA512: ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256: ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA: ssh.KeyAlgoRSA},
	ssh.CertAlgoRSAv01: {ssh.CertAlgoRSASHA512v01: ssh.KeyAlgoRSASHA512, ssh.CertAlgoRSASHA256v01: ssh.KeyAlgoRSASHA256,
		ssh.CertAlgoRSAv01: ssh.KeyAlgoRSA},
}

// disagreement is the problem of a handshake in which the two sides have no
// algorithm in common, nil if it failed for another reason.
func (s *settings) disagreement(err error) error {
	var no *ssh.AlgorithmNegotiationError
	if !errors.As(err, &no) {
		return nil
	}
	keyword := algorithmKeyword(no.What)
	detail := kind.Say("%s offers only this for %s: %s. ", s.addr(), no.What, strings.Join(no.RequestedAlgorithms, ", "))
	if l, ok := s.algorithms.limits[no.What]; ok {
		detail.Add("%s allows none of it. Add one of them to that line, or remove the line.", l.setting)
		if len(l.unable) > 0 {
			detail.Add(" Of what it lists, mitoplan does not support %s.", strings.Join(l.unable, ", "))
		}
		return attrProblem("ssh_config", kind.CodeSSHAlgorithms, "No common ground with the server", "%s", detail)
	}
	if weak := weakOf(no.RequestedAlgorithms); weak != "" && keyword != "" {
		return attrProblem("host", kind.CodeSSHHandshake, "No common ground with the server",
			"%sThat is not considered safe any more. Update its sshd. Until then, %s +%s in the ssh configuration allows it.", detail, keyword, weak)
	}
	return attrProblem("host", kind.CodeSSHHandshake, "No common ground with the server", "%smitoplan supports none of it. Update its sshd.", detail)
}

// algorithmKeyword is the keyword that lists what x/crypto/ssh calls what.
func algorithmKeyword(what string) string {
	switch {
	case what == "key exchange":
		return "KexAlgorithms"
	case what == "host key":
		return "HostKeyAlgorithms"
	case strings.HasSuffix(what, "cipher"):
		return "Ciphers"
	case strings.HasSuffix(what, "MAC"):
		return "MACs"
	}
	return ""
}

// weakOf is the first offered algorithm that this program leaves out because it
// is not safe.
func weakOf(offered []string) string {
	weak := ssh.InsecureAlgorithms()
	able := slices.Concat(weak.KeyExchanges, weak.HostKeys, weak.Ciphers, weak.MACs)
	if i := slices.IndexFunc(offered, func(o string) bool { return slices.Contains(able, o) }); i >= 0 {
		return offered[i]
	}
	return ""
}
