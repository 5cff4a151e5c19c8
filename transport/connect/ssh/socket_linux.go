package ssh

import (
	"time"

	"golang.org/x/sys/unix"
)

// roundTrip asks the kernel how long the handshake of TCP took. What this process
// measures would include how busy the machine is.
func roundTrip(fd int) time.Duration {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return 0
	}
	return time.Duration(info.Rtt) * time.Microsecond
}

// limitUnsent bounds how many bytes the kernel takes of what it cannot send yet: see
// TCP_NOTSENT_LOWAT in tcp(7).
func limitUnsent(fd, bytes int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, bytes)
}
