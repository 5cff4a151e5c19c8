package webcall

import (
	"context"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/function"
)

// Direct asks servers from this machine, for downloads. The proxies of its environment count.
type Direct struct {
	want      download.Want
	transport *http.Transport
	request   request
}

// NewDirect returns a server for one download.
func NewDirect(w download.Want) (*Direct, error) {
	r := request{in: function.HTTPIn{CA: w.CA}, hidden: w.Hidden, timeout: w.ConnectTimeout}
	trust, err := r.trust()
	if err != nil {
		return nil, err
	}
	return &Direct{want: w, request: r, transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: r.timeout}).DialContext,
		TLSClientConfig: trust, TLSHandshakeTimeout: r.timeout,
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 1 << 20,
	}}, nil
}

// Ask implements download.Server. Once there is a connection, a server that sends nothing for long
// counts as gone.
func (d *Direct) Ask(ctx context.Context, r download.Request) (*download.Answer, error) {
	failed := d.request
	failed.host = d.want.Server(r.URL)
	asking, stop := context.WithCancelCause(ctx)
	body := &idleBody{asking: asking, stop: stop}
	body.timer = time.AfterFunc(math.MaxInt64, func() { stop(download.ErrIdle) })
	connected := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { body.timer.Reset(download.IdleTime) }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(asking, connected), http.MethodGet, r.URL, nil)
	if err != nil {
		body.end()
		return nil, failed.failed(ctx, err)
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
		if context.Cause(asking) == download.ErrIdle {
			err = download.ErrIdle
		}
		body.end()
		return nil, failed.failed(ctx, err)
	}
	headers := map[string]string{}
	for name, values := range answer.Header {
		headers[strings.ToLower(name)] = values[0]
	}
	body.ReadCloser = answer.Body
	return &download.Answer{Status: answer.StatusCode, Headers: headers, Body: body}, nil
}

// idleBody is a body that ends if nothing comes for long.
type idleBody struct {
	io.ReadCloser
	asking context.Context
	stop   context.CancelCauseFunc
	timer  *time.Timer
}

func (b *idleBody) Read(p []byte) (int, error) {
	b.timer.Reset(download.IdleTime)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop() // until the next one: what came may take its time here
	if err != nil && context.Cause(b.asking) == download.ErrIdle {
		err = download.ErrIdle
	}
	return n, err
}

func (b *idleBody) Close() error {
	b.end()
	return b.ReadCloser.Close()
}

func (b *idleBody) end() {
	b.timer.Stop()
	b.stop(nil)
}
