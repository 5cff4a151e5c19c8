package ssh

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// programLogin is what the ssh program says with -v of the login that it is at. Of several,
// as with ProxyJump, that is the last one: they log in one after the other, and the host
// itself comes last.
type programLogin struct {
	dialled string // the host as it is dialled, "" before
	server  string // HOST:PORT, "" before it is connected
	user    string
	hostKey string // type and fingerprint, "" before it is shown
	banner  string // a line of the server that is not its version, "" for none
	offers  []*programOffer
	allowed string // the methods that the server accepts, with commas
	// programs counts the ssh programs that speak with -v: one for each jump host, and one
	// for the host. finished counts those that have logged in.
	programs, finished int
	exit               *transport.Exit // of what ran on the host, nil if it is not known
}

// programOffer is one key or certificate that the program has shown.
type programOffer struct {
	name string // the file, or the comment of a key of the ssh-agent
	key  string // type and fingerprint
	// held is true if an ssh-agent or a token has the key.
	held, accepted, signed bool
}

// offered is how the program says which key it shows: NAME TYPE FINGERPRINT, and where that
// is from.
var offered = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(.*) )?(\S+ (?:SHA256|MD5):\S+)(.*)$`)
})

// note takes a line that the program says with -v, without the mark of such lines.
func (l *programLogin) note(line string) {
	word := func(prefix string) string {
		rest, _ := strings.CutPrefix(line, prefix)
		return strings.TrimSpace(rest)
	}
	switch {
	case strings.HasPrefix(line, "Connecting to "):
		l.dialled, _, _ = strings.Cut(word("Connecting to "), " ")
	case strings.HasPrefix(line, "Authenticating to "):
		server, user, _ := strings.Cut(word("Authenticating to "), " as ")
		l.server, l.user, l.offers, l.allowed = server, strings.Trim(user, "'"), nil, ""
	case strings.HasPrefix(line, "Server host key: "):
		l.hostKey = word("Server host key: ")
	case strings.HasPrefix(line, "kex_exchange_identification: banner line "):
		_, text, _ := strings.Cut(word("kex_exchange_identification: banner line "), ": ")
		l.banner = firstOf(l.banner, text)
	case strings.HasPrefix(line, "Offering public key: "):
		l.offers = append(l.offers, newProgramOffer(word("Offering public key: ")))
	case strings.HasPrefix(line, "Server accepts key"):
		if o := l.lastOffer(); o != nil {
			o.accepted = true
		}
	case strings.HasPrefix(line, "Authentications that can continue: "):
		l.allowed = word("Authentications that can continue: ")
		if o := l.lastOffer(); o != nil {
			o.signed = o.accepted
		}
	case strings.HasPrefix(line, "Exit status "):
		if n, err := strconv.Atoi(word("Exit status ")); err == nil && n >= 0 {
			l.exit = &transport.Exit{Status: n}
		}
	}
}

// login says which keys the server accepted. Of a certificate the program does not say who
// signed it.
func (l *programLogin) login() *transport.Login {
	out := &transport.Login{}
	for _, o := range l.offers {
		typ, fingerprint, _ := strings.Cut(o.key, " ")
		if o.accepted {
			out.Keys, out.Unknown = append(out.Keys, fingerprint), out.Unknown || strings.HasSuffix(typ, "-CERT")
		}
	}
	return out
}

func newProgramOffer(text string) *programOffer {
	m := offered().FindStringSubmatch(text)
	if m == nil {
		return &programOffer{name: "a key", key: text}
	}
	return &programOffer{name: m[1], key: m[2], held: strings.HasSuffix(m[3], " agent") || strings.HasSuffix(m[3], " token")}
}

func (l *programLogin) lastOffer() *programOffer {
	if len(l.offers) == 0 {
		return nil
	}
	return l.offers[len(l.offers)-1]
}

// atJump reports whether the program has not come past a jump host.
func (l *programLogin) atJump() bool { return l.finished < l.programs-1 }

// loggedInto notes that one of the programs has logged in. The next is about another host.
func (l *programLogin) loggedInto() (last bool) {
	l.finished++
	if l.atJump() || l.finished < l.programs {
		l.dialled, l.server, l.hostKey, l.banner = "", "", "", ""
		return false
	}
	return true
}

// at names the server that the program is at. target is the host that it was given.
func (l *programLogin) at(target string) string {
	switch {
	case l.server != "":
		return l.server
	case l.atJump():
		return firstOf(l.dialled, "before it")
	}
	return target
}

// report lists what was tried and what the server accepts, as credentials.report does. cut
// is true if the server ended the connection.
func (l *programLogin) report(cut bool) (b kind.Wording) {
	for i, o := range l.offers {
		if i == reported {
			b.Add("\n  and %d more keys", len(l.offers)-i)
			break
		}
		from := o.name
		if from == "" && o.held {
			from = "ssh-agent"
		}
		b.Add("\n  %d. %s (%s): %s", i+1, o.key, clip(from), o.result(cut && i == len(l.offers)-1))
	}
	if l.allowed != "" {
		b.Add("\n  the server accepts: %s", strings.ReplaceAll(l.allowed, ",", ", "))
	}
	return b
}

// result is what came of the offer. cut is true if the server ended the connection then.
func (o *programOffer) result(cut bool) kind.Rule {
	switch {
	case o.accepted && !o.signed && !cut:
		return "known to the server, but it did not sign"
	case o.accepted:
		return "known to the server, but not enough"
	case cut:
		return "the server ended the connection"
	}
	return "refused"
}
