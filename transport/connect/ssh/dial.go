package ssh

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// reach says how the network is used for a host that is dialled from here.
type reach struct {
	network string // "tcp", "tcp4" or "tcp6": AddressFamily
	address string // BindAddress
	device  string // BindInterface
}

// dial reaches the host from this machine: through its ProxyCommand, or from the
// address that the configuration names.
func (s *settings) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if s.command != "" {
		return s.dialCommand()
	}
	var d net.Dialer
	from, err := s.reach.from(ctx)
	if err != nil {
		return nil, err
	}
	if s.log.IsDebug() {
		d.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
			s.log.Debug("address is tried", "address", address)
			return nil
		}
	}
	if from != nil {
		d.LocalAddr = &net.TCPAddr{IP: from.IP, Zone: from.Zone}
	}
	conn, err := d.DialContext(ctx, network, addr)
	if err == nil {
		onSocket(conn, func(fd int) { limitUnsent(fd, mostUnsent) })
	}
	return conn, err
}

// mostUnsent is how many bytes of a connection wait in the kernel that are not on their
// way yet. On a slow line the kernel would take megabytes, and a heartbeat behind them
// would come too late: an agent of a host behind this one may be sent through the
// same connection.
const mostUnsent = 32 << 10

// onSocket calls f with the descriptor of a connection of this machine.
func onSocket(conn net.Conn, f func(fd int)) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	if raw, err := tcp.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

// from is the address to dial from, nil for any.
func (r reach) from(ctx context.Context) (*net.IPAddr, error) {
	switch {
	case r.address != "" && r.address != "*":
		found, err := net.DefaultResolver.LookupIPAddr(ctx, r.address)
		for _, a := range found {
			if r.suits(a.IP) {
				return &a, nil
			}
		}
		return nil, r.unusable("BindAddress", r.address, err)
	case r.device != "":
		device, err := net.InterfaceByName(r.device)
		if err != nil {
			return nil, r.unusable("BindInterface", r.device, err)
		}
		addrs, err := device.Addrs()
		for _, a := range addrs {
			if own, ok := a.(*net.IPNet); ok && r.suits(own.IP) && !own.IP.IsLinkLocalUnicast() {
				return &net.IPAddr{IP: own.IP}, nil
			}
		}
		return nil, r.unusable("BindInterface", r.device, err)
	}
	return nil, nil
}

// suits reports whether an address is of the family that is dialled.
func (r reach) suits(ip net.IP) bool {
	return r.network == "tcp" || (r.network == "tcp4") == (ip.To4() != nil)
}

func (r reach) unusable(keyword, value string, err error) error {
	if err == nil {
		err = errors.New("it has no address of the kind that is dialled")
	}
	return attrProblem("ssh_config", kind.CodeSSHBind, "The address to dial from cannot be used",
		"%s %s of the ssh configuration: %v. Correct the line, or remove it.", keyword, strings.TrimSpace(value), err)
}
