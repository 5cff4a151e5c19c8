package connect

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Names of hosts and users go into command lines: of sudo; of ssh, if a
// configuration has Match; and of whatever that runs, through a shell. So a
// name holds nothing that means something to a shell, as for OpenSSH itself:
// see ssh_valid_hostname and ssh_valid_ruser in readconf.c of OpenSSH 10 (ssh.c
// until 9).
const (
	notInHost = "'`\"$\\;&<>|(){},/@"
	notInUser = "'`\"$;&<>|(){}"
)

// CheckHost says what is wrong with the argument host. Names in any script,
// addresses, IPv6 zones and aliases of an ssh configuration are valid.
func CheckHost(host string) []kind.Problem {
	bad, instead := badName(host, notInHost), kind.Rule("")
	switch name, after, one := strings.Cut(host, ":"); {
	case strings.Contains(host, "://"):
		bad, instead = "it is a URL", " Write the name alone."
	case strings.Contains(host, "@"):
		bad, instead = "it holds '@'", " Write the user's name in the argument user."
	case one && name != "" && after != "" && strings.Trim(after, "0123456789") == "":
		bad, instead = "it holds a port", " Write that in the argument port."
	}
	if bad == "" {
		return nil
	}
	return []kind.Problem{*blame("host", kind.CodeSSHHostName, "Invalid host",
		"%q is neither a name nor an address of a host: %s.%s", host, kind.Rule(bad), instead)}
}

// CheckUser says what is wrong with the argument user. EXAMPLE\mary,
// mary@example.com and host$ are valid; so is #1000 for sudo. It is stricter
// than OpenSSH, which allows $ and spaces anywhere.
func CheckUser(code kind.Code, user string) []kind.Problem {
	name := strings.TrimSuffix(user, "$")
	bad := badName(name, notInUser)
	if strings.HasSuffix(name, `\`) {
		bad = `it ends in \`
	}
	if bad == "" {
		return nil
	}
	return []kind.Problem{*blame("user", code, "Invalid user", "%q is no name of a user: %s.", user, bad)}
}

// badName says what keeps s from being a name, "" if nothing does.
func badName(s, without string) string {
	switch {
	case s == "":
		return "it is empty"
	case s[0] == '-':
		return "it begins with -, as an option does"
	case !utf8.ValidString(s):
		return "it is not UTF-8"
	}
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			return "it holds white space"
		case !unicode.IsPrint(r):
			return "it holds a character that cannot be seen"
		case strings.ContainsRune(without, r):
			return "it holds " + strconv.QuoteRune(r)
		}
	}
	return ""
}

// selinuxName matches a role or a type of SELinux.
var selinuxName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`) })

func checkSELinux(attr, name string) []kind.Problem {
	if name == "" || selinuxName().MatchString(name) {
		return nil
	}
	return []kind.Problem{*blame(attr, kind.CodeSudoSELinux, "Invalid SELinux name",
		"%q is no %s: it is letters, digits, _, . and -.", name, attr)}
}

// checkProgram says what is wrong with the name of a program. It is a whole
// path, or a name that PATH is searched for.
func checkProgram(attr string, code kind.Code, path string) []kind.Problem {
	switch {
	case path == "":
		return nil
	case strings.HasPrefix(path, "-"):
		return []kind.Problem{*blame(attr, code, "Invalid program", "%q is no name of a program: it begins with -, as an option does.", path)}
	case strings.ContainsFunc(path, unicode.IsControl):
		return []kind.Problem{*blame(attr, code, "Invalid program", "%q is no name of a program: it holds a control character.", path)}
	case strings.Contains(path, "/"):
		return checkPath(attr, path)
	}
	return nil
}
