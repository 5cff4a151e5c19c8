//go:build linux

package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// network is a namespace with the switches of the lab. The machine and the hosts are on
// the switch outer; hosts behind a bastion are on the switch inner. The machine has one
// link into the namespace and no other trace of the lab, so everything goes with the
// namespace.
type network struct {
	id int
	th *thread
}

// outer returns the address of a host in the outer network. The addresses of lab n
// are 10.77.(32n).0/19: the lower half is the outer network, the upper half the inner
// one.
func (n *network) outer(host int) string { return fmt.Sprintf("10.77.%d.%d", 32*n.id+1, host) }

// inner returns the address of a host in the inner network.
func (n *network) inner(host int) string { return fmt.Sprintf("10.77.%d.%d", 32*n.id+17, host) }

func newNetwork(id int) (*network, error) {
	n := &network{id: id, th: newThread()}
	err := n.th.do(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("making a network namespace: %w", err)
		}
		noIPv6()
		return ip("link set lo up",
			"link add outer type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
			"link add inner type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
			"link set outer up", "link set inner up")
	})
	if err == nil {
		err = n.joinMachine()
	}
	if err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// joinMachine links the machine to the outer switch. The inner network gets a
// route on the same link, which no host there answers on: its addresses never
// leave the machine.
func (n *network) joinMachine() error {
	dev := n.device()
	err := ip(fmt.Sprintf("link add %s type veth peer name machine netns %d", dev, n.th.tid))
	if err != nil {
		return err
	}
	disableIPv6(dev)
	err = ip(fmt.Sprintf("addr add 10.77.%d.1/20 dev %s", 32*n.id, dev),
		"link set "+dev+" up",
		fmt.Sprintf("route add 10.77.%d.0/20 dev %s", 32*n.id+16, dev))
	if err != nil {
		return err
	}
	return n.th.do(func() error { return ip("link set machine master outer", "link set machine up") })
}

// device is the machine's link.
func (n *network) device() string { return fmt.Sprintf("mitolab%d", n.id) }

// close ends the namespace. The kernel removes the link of the machine later. Removing
// it first saves the next lab the wait.
func (n *network) close() {
	n.th.do(func() error { return ip("link del machine") })
	n.th.end()
}

// wire gives the host whose namespace the calling thread is in its links.
func (n *network) wire(h *host) error {
	noIPv6()
	cmds := []string{"link set lo up"}
	link := func(dev, port, addr string, mac int) {
		cmds = append(cmds,
			fmt.Sprintf("link add %s address 02:4d:%02x:%02x:00:%02x type veth peer name %s netns %d", dev, n.id, mac, h.n, port, n.th.tid),
			fmt.Sprintf("addr add %s/20 dev %s", addr, dev),
			"link set "+dev+" up")
	}
	link("eth0", h.name(), h.addr(), 0)
	if h.isBastion() {
		link("eth1", h.name()+"b", n.inner(h.n), 1)
	}
	return ip(cmds...)
}

// plug connects the hosts' links to the switches.
func (n *network) plug(o Options) error {
	var cmds []string
	for i := 1; i <= o.Hosts; i++ {
		port, bridge := fmt.Sprintf("h%d", i), "outer"
		if o.Bastion && i > 1 {
			bridge = "inner"
		}
		cmds = append(cmds, "link set "+port+" master "+bridge, "link set "+port+" up")
	}
	if o.Bastion {
		cmds = append(cmds, "link set h1b master inner", "link set h1b up")
	}
	return n.th.do(func() error { return ip(cmds...) })
}

// setLink cuts or heals all links of a host. It also clears the entries of neighbours
// that asked for the host in vain.
func (n *network) setLink(h *host, up bool) error {
	state := "down"
	if up {
		state = "up"
	}
	cmds := []string{"link set " + h.name() + " " + state}
	if h.isBastion() {
		cmds = append(cmds, "link set "+h.name()+"b "+state)
	}
	err := n.th.do(func() error { return ip(cmds...) })
	if err != nil || !up {
		return err
	}
	errs := []error{ip("neigh flush dev " + n.device())}
	for _, other := range h.lab.hosts {
		errs = append(errs, other.machine.do(other.forgetNeighbours))
	}
	return errors.Join(errs...)
}

// ip runs iproute2 commands in the network namespace of the calling thread.
func ip(cmds ...string) error {
	cmd := exec.Command(ipProgram, "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(cmds, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip %q: %w: %s", cmds, err, bytes.TrimSpace(out))
	}
	return nil
}

func noIPv6() {
	disableIPv6("all")
	disableIPv6("default")
}

// disableIPv6 does nothing on a kernel without IPv6.
func disableIPv6(dev string) {
	os.WriteFile("/proc/sys/net/ipv6/conf/"+dev+"/disable_ipv6", []byte("1"), 0o644)
}
