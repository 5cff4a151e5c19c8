package webcall

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/function"
)

// Direct asks servers from this machine, for downloads. The proxies of its environment count.
type Direct struct {
	transport *http.Transport
	request   *request
}

// NewDirect returns a server for one download. server is what it is called in messages.
func NewDirect(w download.Want, server string) (*Direct, error) {
	r := &request{in: function.HTTPIn{CA: w.CA}, host: server, timeout: w.ConnectTimeout}
	trust, err := r.trust()
	if err != nil {
		return nil, err
	}
	return &Direct{request: r, transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: r.timeout}).DialContext,
		TLSClientConfig: trust, TLSHandshakeTimeout: r.timeout, ResponseHeaderTimeout: idleTime,
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 1 << 20,
	}}, nil
}

// idleTime is how long a server may send nothing of a download.
const idleTime = time.Minute

var errIdle = errors.New("nothing came for " + idleTime.String())

// Ask implements download.Server.
func (d *Direct) Ask(ctx context.Context, r download.Request) (*download.Answer, error) {
	asking, stop := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(asking, http.MethodGet, r.URL, nil)
	if err != nil {
		stop(nil)
		return nil, d.request.failed(ctx, err)
	}
	for name, value := range r.Headers {
		if strings.EqualFold(name, "Host") {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	answer, err := d.transport.RoundTrip(req)
	if err != nil {
		stop(nil)
		return nil, d.request.failed(ctx, err)
	}
	headers := map[string]string{}
	for name, values := range answer.Header {
		headers[strings.ToLower(name)] = values[0]
	}
	return &download.Answer{Status: answer.StatusCode, Headers: headers, Body: &idleBody{
		ReadCloser: answer.Body, stop: stop, timer: time.AfterFunc(idleTime, func() { stop(errIdle) }),
	}}, nil
}

// idleBody is a body that ends if nothing comes for long.
type idleBody struct {
	io.ReadCloser
	stop  context.CancelCauseFunc
	timer *time.Timer
}

func (b *idleBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.timer.Reset(idleTime)
	return n, err
}

func (b *idleBody) Close() error {
	b.timer.Stop()
	b.stop(nil)
	return b.ReadCloser.Close()
}
