package function

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// PortIn are the arguments of port.
type PortIn struct {
	Port int64   `cbor:"port" mito:"required"`
	Host *string `cbor:"host,omitempty" mito:"default=127.0.0.1"`
	Wait *string `cbor:"connect_timeout,omitempty" mito:"default=3s"`
}

// Manual says the texts of these arguments.
func (PortIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Says whether something takes connections at a TCP port.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "port" "web" {
  on   = context.local.here
  port = 65000
}
output "web_is_up" {
  value = call.port.web.open
}
`,
			Reads:   "Whether a connection to the port can be made, from the context. It is closed again at once, and nothing is sent.",
			Ansible: "wait_for, which waits for a port, and fails if it is not open in time. This does not wait: it says how it is.",
			Pyinfra: "server.wait, which waits for a local port.",
			Limits:  "TCP alone. That something takes connections does not say that it works.",
		},
		Attrs: map[string]kind.Entry{
			"port":            {Doc: "The number of the port, 1 to 65535."},
			"host":            {Doc: "A name or address, as the context sees it. An IPv6 address has no brackets.", OtherNames: "address hostname name"},
			"connect_timeout": {Doc: "How long to wait for an answer, such as 3s; at most 10m."},
		},
	}
}

// PortOut are the results of port.
type PortOut struct {
	Open   bool   `cbor:"open" mito:"computed"`
	Reason string `cbor:"reason" mito:"computed"`
}

// Manual says the texts of these results.
func (PortOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"open":   {Doc: "Whether a connection was made.", OtherNames: "is_open listening"},
			"reason": {Doc: "Why none was: refused (nothing listens), timeout (no answer), unreachable (no way to that host), or unknown_host (the name has no address). Empty if one was."},
		},
	}
}

func portKind() kind.Kind {
	return reads("port", func() Function { return &PortIn{} }, PortOut{})
}

// longestWait bounds connect_timeout.
const longestWait = 10 * time.Minute

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *PortIn) Validate() (out []kind.Problem) {
	if in.Port < 1 || in.Port > 65535 {
		out = append(out, bad("port", "Bad port", "port is %d; it is a number from 1 to 65535.", in.Port)...)
	}
	if in.Host != nil && (*in.Host == "" || strings.ContainsAny(*in.Host, "[]/ ")) {
		out = append(out, bad("host", "Bad host", "host is %q; it is a name such as example.org, or an address without brackets, such as 127.0.0.1 or ::1.", *in.Host)...)
	}
	if d := in.wait(); d <= 0 || d > longestWait {
		out = append(out, bad("connect_timeout", "Bad duration", "connect_timeout is %q; it is a duration such as 3s, above 0 and at most 10m.", *in.Wait)...)
	}
	return out
}

func (in *PortIn) wait() time.Duration {
	if in.Wait == nil {
		return 3 * time.Second
	}
	return duration(*in.Wait)
}

func (in *PortIn) host() string {
	if in.Host == nil {
		return "127.0.0.1"
	}
	return *in.Host
}

// Call implements Function.
func (in *PortIn) Call(ctx context.Context, _ Call) (any, error) {
	d := net.Dialer{Timeout: in.wait()}
	c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(in.host(), strconv.FormatInt(in.Port, 10)))
	if err == nil {
		_ = c.Close()
		return PortOut{Open: true}, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	reason, ok := whyClosed(err)
	if !ok {
		return nil, kind.NewProblem("port", kind.CodeSystem, "The port cannot be tried", "Port %d of %s was not tried: %v.", in.Port, in.host(), err)
	}
	return PortOut{Reason: reason}, nil
}

// whyClosed is what an error says of a port. It is false if the error is one of this
// machine, such as too many open files.
func whyClosed(err error) (reason string, ok bool) {
	var name *net.DNSError
	var slow net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return "refused", true
	case errors.As(err, &name) && name.IsNotFound:
		return "unknown_host", true
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return "unreachable", true
	case errors.As(err, &slow) && slow.Timeout():
		return "timeout", true
	}
	return "", false
}
