package download

import (
	"context"
	"net/url"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// MostRedirects is how many redirects are followed.
const MostRedirects = 10

// ask asks for what is at the URL, and where redirects lead. What is meant for one server is not
// said to another.
func (a *attempt) ask(ctx context.Context, headers map[string]string) (*Answer, error) {
	at, err := url.Parse(a.want.URL)
	if err != nil || at.Hostname() == "" {
		return nil, kind.NewProblem("url", kind.CodeArgument, "Bad URL", "url cannot be understood. It is http:// or https://, a host with a port or without, and a path, in which %% stands before two hexadecimal digits.")
	}
	for range MostRedirects + 1 {
		at.Fragment, at.RawFragment = "", ""
		a.at = at.String()
		answer, err := a.asks.Ask(ctx, Request{URL: a.at, Headers: headers})
		if err != nil {
			return nil, err
		}
		switch answer.Status {
		case 301, 302, 303, 307, 308:
		default:
			return answer, nil
		}
		location := answer.Headers["location"]
		answer.Body.Close()
		next, why := follow(at, location)
		if why != "" {
			return nil, a.lost(why)
		}
		if next.Scheme != at.Scheme || next.Host != at.Host {
			headers = bare(headers)
		}
		at = next
	}
	return nil, a.lost("again and again: 10 redirects were followed")
}

// follow is where a redirect leads; why says why nobody goes there.
func follow(at *url.URL, location string) (next *url.URL, why string) {
	next, err := at.Parse(location)
	if err != nil || location == "" {
		return nil, "and does not say where to"
	}
	if why := Redirect(at, next); why != "" {
		return nil, why
	}
	return next, ""
}

// Redirect prepares the URL that a redirect leads to. why says why nobody goes there.
func Redirect(from, to *url.URL) (why string) {
	switch {
	case to.Scheme != "http" && to.Scheme != "https" || to.Hostname() == "":
		return "to what is neither http nor https"
	case from.Scheme == "https" && to.Scheme == "http":
		return "from https to http, where everybody could read along"
	}
	to.User = nil
	to.RawQuery = strings.ReplaceAll(to.RawQuery, " ", "%20") // it would end the URL in the request
	return ""
}

// bare are the headers for another server.
func bare(headers map[string]string) map[string]string {
	out := map[string]string{}
	for _, name := range []string{"Accept-Encoding", "Range", "If-Range"} {
		if v, ok := headers[name]; ok {
			out[name] = v
		}
	}
	out["User-Agent"] = "mitoplan"
	return out
}

// lost is the problem that a redirect is not followed.
func (a *attempt) lost(why string) error {
	return kind.NewProblem("url", kind.CodeHTTP, "The redirect is not followed", "%s redirects %s. Nothing was written. Correct url.", a.server(), kind.Rule(why))
}
