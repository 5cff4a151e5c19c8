package ssh

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// parsePort reads a port as a2port of OpenSSH's misc.c does: a number from 1 to
// 65535, or the name of a TCP service in services(5).
func parsePort(text string) (int, error) {
	// strtonum(3) passes over space before a number.
	if n, err := strconv.Atoi(strings.TrimLeft(text, " \t\n\v\f\r")); err == nil {
		if n < 1 || n > 65535 {
			return 0, fmt.Errorf("%q is not a port, which is a number from 1 to 65535", text)
		}
		return n, nil
	}
	// The look-up does not tell upper from lower case, but getservbyname(3)
	// does. It reads a file and asks nobody.
	n, err := (&net.Resolver{PreferGo: true}).LookupPort(context.Background(), "tcp", text)
	if err != nil || n < 1 || text != strings.ToLower(text) {
		return 0, fmt.Errorf("%q is neither a number nor a TCP service in /etc/services", text)
	}
	return n, nil
}

// port is the number that Port says, "" if nothing says it.
func (o options) port() string {
	n, err := parsePort(o.first("port"))
	if err != nil {
		return ""
	}
	return strconv.Itoa(n)
}
