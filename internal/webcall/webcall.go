// Package webcall asks HTTP servers for calls of http, and for downloads. It is linked by the
// controller alone. For a call the agent of the host opens the connections, and what goes through
// them comes and goes over the pipe of the call; a download comes to the controller itself. So no
// agent has HTTP or TLS.
//
// Read the files in this order:
//
//	webcall.go        a request, its redirects, and its results
//	connection.go     connections that a host opens
//	direct.go         downloads, which the controller makes itself
package webcall

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// longestBody is how many bytes a body may have if max_body is not set.
const longestBody = 4 << 20

// Do asks the server, and returns the results of the call. pipe leads to the agent of the host,
// which opens connections. hidden is true if the URL may not be shown. An error is a
// kind.Problem, unless ctx or the pipe has ended.
func Do(ctx context.Context, in function.HTTPIn, pipe io.ReadWriter, hidden bool) (function.HTTPOut, error) {
	r := &request{in: in, began: time.Now(), host: "The server", hidden: hidden, timeout: 10 * time.Second}
	if in.ConnectTimeout != nil {
		r.timeout, _ = time.ParseDuration(*in.ConnectTimeout)
	}
	first, err := r.first(ctx)
	if err != nil {
		return function.HTTPOut{}, err
	}
	if !hidden {
		r.host = first.URL.Host
	}
	trust, err := r.trust()
	if err != nil {
		return function.HTTPOut{}, err
	}
	through := newConnections(pipe, r.timeout)
	dial := through.dial
	if in.From == "controller" {
		dial = (&net.Dialer{Timeout: r.timeout}).DialContext
	}
	if s := in.UnixSocket; s != nil {
		over := dial
		dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return over(ctx, "unix", string(*s)) }
	}
	t := &http.Transport{
		DialContext: dial, TLSClientConfig: trust, TLSHandshakeTimeout: r.timeout, DisableKeepAlives: true,
		// An answer is what it is. The library would unpack it, and say less than came.
		DisableCompression: true, MaxResponseHeaderBytes: 1 << 20,
	}
	defer through.wait(ctx)
	client := http.Client{Transport: t, CheckRedirect: r.redirect}
	answer, err := client.Do(first)
	if err != nil {
		return function.HTTPOut{}, r.failed(ctx, err)
	}
	defer answer.Body.Close()
	return r.results(ctx, answer)
}

// request is one call of http.
type request struct {
	in      function.HTTPIn
	began   time.Time
	host    string // what the server is called in messages
	hidden  bool   // its name and its address may not be shown
	timeout time.Duration
	refused *kind.Problem // why a redirect is not followed
}

func (r *request) first(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	if r.in.Body != nil {
		body = strings.NewReader(string(*r.in.Body))
	}
	method := r.in.Method
	if method == "" {
		method = http.MethodGet
	}
	out, err := http.NewRequestWithContext(ctx, method, r.in.URL, body)
	if err != nil || out.URL.Hostname() == "" {
		return nil, kind.NewProblem("url", kind.CodeArgument, "Bad URL", "url cannot be understood. It is http:// or https://, a host with a port or without, and a path, in which %% stands before two hexadecimal digits.")
	}
	out.Header.Set("User-Agent", "mitoplan")
	for name, value := range r.in.Headers {
		if strings.EqualFold(name, "Host") {
			out.Host = value
			continue
		}
		out.Header.Set(name, value)
	}
	if r.in.User != nil {
		password := ""
		if r.in.Password != nil {
			password = *r.in.Password
		}
		out.SetBasicAuth(*r.in.User, password)
	}
	return out, nil
}

// trust says whose certificates count.
func (r *request) trust() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: r.in.Insecure}
	if r.in.CA != nil {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM([]byte(*r.in.CA)) {
			return nil, kind.NewProblem("ca", kind.CodeArgument, "No certificate", "ca holds no certificate. It is PEM: lines between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----.")
		}
	}
	return c, nil
}

// redirect decides whether a redirect is followed. What is meant for one server is not said to
// another.
func (r *request) redirect(next *http.Request, before []*http.Request) error {
	if r.in.Follow != nil && !*r.in.Follow {
		return http.ErrUseLastResponse
	}
	elsewhere := slices.ContainsFunc(before, func(r *http.Request) bool {
		return next.URL.Scheme != r.URL.Scheme || next.URL.Host != r.URL.Host
	})
	why := download.Redirect(before[len(before)-1].URL, next.URL)
	switch {
	case len(before) >= download.MostRedirects:
		why = "again and again: 10 redirects were followed"
	case why == "" && elsewhere && next.Body != nil && next.Body != http.NoBody:
		why = "to another server, which would get the body"
	}
	if why != "" {
		r.refused = kind.NewProblem("url", kind.CodeHTTP, "The redirect is not followed", "%s redirects %s. Correct url, or set follow = false and accept the status.", r.host, kind.Rule(why))
		return r.refused
	}
	if elsewhere {
		next.Header = http.Header{"User-Agent": {"mitoplan"}}
	}
	next.Header.Del("Referer") // it is the URL before, which may be a secret
	return nil
}

// failed says why there is no answer. The errors of the library quote the URL, and so are not
// shown.
func (r *request) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if r.refused != nil {
		return r.refused
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var (
		known     *kind.Problem
		broken    *pipeError
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		alert     tls.AlertError
		noTLS     tls.RecordHeaderError
		slow      net.Error
	)
	problem := func(summary, detail string, words ...any) error {
		return kind.NewProblem("url", kind.CodeHTTP, summary, detail, words...)
	}
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &broken):
		return broken.err
	case errors.As(err, &authority):
		return problem("The certificate is not trusted", "%s has a certificate of somebody who is not trusted here. If it should be, set ca to the certificate of whoever signed it.", r.host)
	case errors.As(err, &name):
		return problem("The certificate is of another host", "%s has a certificate that does not name it. Write the name that the certificate has into url.", r.host)
	case errors.As(err, &invalid):
		return problem("The certificate is not valid", "%s has a certificate that does not count: %v.", r.host, invalid)
	case errors.As(err, &noTLS), errors.Is(err, http.ErrSchemeMismatch):
		return problem("No TLS", "What %s answers is no TLS. If it speaks plain http there, write http:// into url.", r.host)
	case errors.As(err, &alert):
		return problem("TLS refused", "%s refused the connection: %v.", r.host, alert)
	case err == download.ErrIdle:
		return problem("No answer", "%s %s after it was connected to. Look whether it hangs, or whether a firewall is between.", r.host, kind.Rule(download.ErrIdle))
	case errors.As(err, &slow) && slow.Timeout():
		return problem("No answer", "%s did not answer within %s. Look whether it runs, or raise connect_timeout.", r.host, r.timeout)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return problem("No answer", "%s ended the connection before it had answered.", r.host)
	}
	if r.hidden {
		return problem("The server cannot be asked", "The server cannot be asked. Why is not shown, as url is sensitive.")
	}
	return problem("The server cannot be asked", "%s cannot be asked: %v.", r.host, err)
}

// results reads the answer.
func (r *request) results(ctx context.Context, answer *http.Response) (out function.HTTPOut, err error) {
	most := int64(longestBody)
	if r.in.MaxBody != nil {
		most = *r.in.MaxBody
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	switch {
	case err != nil:
		return out, r.failed(ctx, err)
	case int64(len(body)) > most:
		return out, kind.NewProblem("max_body", kind.CodeTooLong, "The answer is too long", "The body of the answer has more than the %d bytes that max_body allows. Set max_body, to at most %d, or use the resource download.", most, function.MaxAnswer)
	}
	status := int64(answer.StatusCode)
	if !r.in.Accepts(status) {
		p := kind.NewProblem("status_codes", kind.CodeHTTP, "The server refused", "%s answered with the status %d.", r.host, status)
		p.Said = said(answer, body)
		return out, p
	}
	out = function.HTTPOut{Status: status, Body: kind.Text(body), Headers: map[string]string{}, URL: answer.Request.URL.String(), Duration: time.Since(r.began).Seconds()}
	for name, values := range answer.Header {
		out.Headers[strings.ToLower(name)] = strings.ToValidUTF8(strings.Join(values, ", "), "\uFFFD")
	}
	return out, nil
}

// said is the beginning of a body that is text.
func said(answer *http.Response, body []byte) string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(body[:min(len(body), 500)]), "\uFFFD"))
	if text == "" || strings.ContainsRune(text, 0) {
		return ""
	}
	return fmt.Sprintf("It said (%s): %s", strings.ToValidUTF8(answer.Header.Get("Content-Type"), "\uFFFD"), text)
}
