//go:build linux

package lab

import (
	"context"
	"fmt"
	"net"
	"time"
)

const (
	labs      = 8               // that can run at once
	claimWait = 5 * time.Minute // for one of them to end
)

// claim reserves the addresses and names of one lab number. It is a listening abstract
// socket. The kernel closes it with the process, however that ends, and it is visible
// in exactly the network namespace that has the addresses.
type claim struct {
	n int
	l net.Listener
}

// claimID reserves a free lab number. It waits for one if all are taken.
func claimID() (*claim, error) {
	ctx, cancel := context.WithTimeout(context.Background(), claimWait)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		for n := range labs {
			if c := tryClaim(n); c != nil {
				return c, nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("all %d labs are in use for %s", labs, claimWait)
		}
	}
}

func tryClaim(n int) *claim {
	l, err := net.Listen("unix", fmt.Sprintf("@mitoplan-lab-%d", n))
	if err != nil {
		return nil
	}
	if addressesTaken(n) {
		l.Close()
		return nil
	}
	return &claim{n: n, l: l}
}

// addressesTaken reports whether something else on the machine uses the addresses of
// lab n.
func addressesTaken(n int) bool {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	_, ours, _ := net.ParseCIDR(fmt.Sprintf("10.77.%d.0/19", 32*n))
	for _, a := range addrs {
		if ip, ok := a.(*net.IPNet); ok && ours.Contains(ip.IP) {
			return true
		}
	}
	return false
}

func (c *claim) release() { c.l.Close() }
