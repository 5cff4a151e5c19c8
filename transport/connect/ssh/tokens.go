package ssh

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// tokens are what % stands for in one argument, by the letter after it, as in
// TOKENS of ssh_config(5). "%%" is always one of them.
type tokens map[byte]string

// names are what tokens stand for.
type names struct {
	host     string // to dial
	original string // as asked for
	alias    string // HostKeyAlias, or the original
	user     string
	port     string
	home     string
	jump     string // ProxyJump
}

// hostTokens are those of Hostname.
func hostTokens(host string) tokens { return tokens{'h': host} }

// proxyTokens are those of ProxyCommand and ProxyJump.
func proxyTokens(n names) tokens {
	return tokens{'h': n.host, 'n': n.original, 'p': n.port, 'r': n.user}
}

// allTokens are those of files, of the ssh-agent's socket and of Match exec.
func allTokens(n names) tokens {
	long, _ := os.Hostname()
	short, _, _ := strings.Cut(long, ".")
	t := proxyTokens(n)
	t['d'], t['u'], t['i'] = n.home, localUser(), strconv.Itoa(os.Getuid())
	t['k'], t['j'] = n.alias, n.jump
	t['l'], t['L'] = long, short
	sum := sha1.Sum([]byte(long + n.host + n.port + n.user + n.jump))
	t['C'] = hex.EncodeToString(sum[:])
	return t
}

// expand replaces the tokens in s. A token that is not allowed there is an
// error, as for ssh.
func (t tokens) expand(s string) (string, error) { return t.replace(s, false) }

// expandAll also replaces ${NAME} by what the environment holds. A variable
// that is not set is an error, as for ssh.
func (t tokens) expandAll(s string) (string, error) { return t.replace(s, true) }

func (t tokens) replace(s string, variables bool) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '%':
			if i++; i >= len(s) {
				return "", fmt.Errorf("%q ends in %%: write %%%% for a percent sign", s)
			}
			value, ok := t[s[i]]
			if s[i] == '%' {
				value, ok = "%", true
			}
			if !ok {
				return "", fmt.Errorf("%%%c means nothing in %q: write %%%% for a percent sign", s[i], s)
			}
			b.WriteString(value)
		case variables && strings.HasPrefix(s[i:], "${"):
			name, _, closed := strings.Cut(s[i+2:], "}")
			if !closed || name == "" {
				return "", fmt.Errorf("%q has a ${ that names no variable", s)
			}
			value, set := os.LookupEnv(name)
			if !set {
				return "", fmt.Errorf("the variable %s of %q is not in the environment", name, s)
			}
			b.WriteString(value)
			i += len(name) + 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

// expandHome replaces ~ or ~user at the beginning.
func expandHome(p, home string) string {
	if !strings.HasPrefix(p, "~") {
		return p
	}
	name, rest, _ := strings.Cut(p[1:], "/")
	if name != "" {
		u, err := user.Lookup(name)
		if err != nil {
			return p
		}
		home = u.HomeDir
	}
	if home == "" {
		return p
	}
	return filepath.Join(home, rest)
}
