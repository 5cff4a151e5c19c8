package download

import (
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Want is what is asked for.
type Want struct {
	URL            string
	Headers        map[string]string
	User, Password *string
	// CA are the certificates that are trusted, as PEM; nil are those of the machine.
	CA *string
	// ConnectTimeout is how long a connection may take.
	ConnectTimeout time.Duration
	// Checksum is what the content must have; one without a Sum is any.
	Checksum Checksum
	// Hidden is set if the URL may not be shown.
	Hidden bool
}

// Server is what the server of a URL is called in messages: that of w, or one that a redirect
// led to.
func (w Want) Server(at string) string {
	if at, err := url.Parse(at); err == nil && !w.Hidden {
		return at.Host
	}
	return "The server"
}

// refused is the problem of a status.
func (a *attempt) refused(status int) error {
	advice := "Look at url"
	switch {
	case status == 401 || status == 403:
		advice = "Look at user, password and headers"
	case status == 429 || status >= 500:
		advice = "Apply again later"
	}
	return kind.NewProblem("url", kind.CodeHTTP, "The server does not give it", "%s answers with status %d. Nothing was written. %s.", a.server(), status, kind.Rule(advice))
}

// Checksum is what a content must have.
type Checksum struct {
	Algorithm string // sha256 or sha512
	Sum       []byte
}

func (c Checksum) String() string {
	algorithm := c.Algorithm
	if algorithm == "" {
		algorithm = "sha256"
	}
	return algorithm + ":" + hex.EncodeToString(c.Sum)
}

// ParseChecksum reads a checksum as people write it: hexadecimal digits, with the algorithm and a
// colon before them or without.
func ParseChecksum(text string) (c Checksum, ok bool) {
	algorithm, digits, named := strings.Cut(text, ":")
	if !named {
		algorithm, digits = "", text
	}
	sum, err := hex.DecodeString(digits)
	is := map[int]string{32: "sha256", 64: "sha512"}[len(sum)]
	if err != nil || is == "" || named && algorithm != is {
		return Checksum{}, false
	}
	return Checksum{is, sum}, true
}

// CheckURL returns what is wrong with a URL, as far as that can be told without asking.
func CheckURL(attr, text string) []kind.Problem {
	problem := func(summary, detail string, words ...any) []kind.Problem {
		return []kind.Problem{*kind.NewProblem(attr, kind.CodeArgument, summary, detail, words...)}
	}
	plain, tls := strings.HasPrefix(text, "http://"), strings.HasPrefix(text, "https://")
	_, host, _ := strings.Cut(text, "://")
	if k := strings.IndexAny(host, "/?#"); k >= 0 {
		host = host[:k]
	}
	switch {
	case !plain && !tls || host == "":
		return problem("Bad URL", "%s has to begin with http:// or https:// and a host.", attr)
	case strings.Contains(host, "@"):
		return problem("A user in the URL", "%s has a user or a password before its host, which messages would show. Set user and password.", attr)
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return problem("Bad URL", "%s has a blank or a control character. Write a blank as %%20; urlencode() does.", attr)
	}
	return nil
}

// CheckHeaders returns what is wrong with the argument headers.
func CheckHeaders(headers map[string]string) (out []kind.Problem) {
	problem := func(summary, detail string, words ...any) {
		out = append(out, *kind.NewProblem("headers", kind.CodeArgument, summary, detail, words...))
	}
	seen := map[string]bool{}
	for name, value := range headers {
		if name := strings.ToLower(name); seen[name] {
			problem("The header is there twice", "%q is written in two ways that differ in capital letters alone, which are one header. Write one of them.", name)
		} else {
			seen[name] = true
		}
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("()<>@,;:\\\"/[]?={}", r) }) {
			problem("Bad name of a header", "%q cannot be the name of a header.", name)
		}
		if strings.ContainsAny(value, "\r\n\x00") {
			problem("Bad header", "The value of %q has a line end or a zero byte, which no header can have.", name)
		}
	}
	return out
}

// CheckLogin returns what is wrong with the arguments user and password.
func CheckLogin(user, password *string) (out []kind.Problem) {
	if password != nil && user == nil {
		out = append(out, *kind.NewProblem("password", kind.CodeArgument, "Argument without meaning", "password is set, and user is not. Set user, or remove password."))
	}
	if user != nil && strings.Contains(*user, ":") {
		out = append(out, *kind.NewProblem("user", kind.CodeArgument, "Bad user", "user has a colon, which ends a user in basic authentication."))
	}
	return out
}
