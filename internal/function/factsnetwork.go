package function

import (
	"encoding/hex"
	"net"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// FactsNetwork is how a host is connected.
type FactsNetwork struct {
	Interfaces []FactsInterface `cbor:"interfaces" mito:"computed"`
	Default4   string           `cbor:"default_interface" mito:"computed"`
	Gateway4   string           `cbor:"default_gateway" mito:"computed"`
	Address4   string           `cbor:"default_address" mito:"computed"`
	Servers    []string         `cbor:"nameservers" mito:"computed"`
	Search     []string         `cbor:"search_domains" mito:"computed"`
}

// Manual says the texts of these results.
func (FactsNetwork) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"interfaces":        {Doc: "The interfaces, in the order of their names.", OtherNames: "all_ipv4_addresses"},
			"default_interface": {Doc: "The interface of the default route of IPv4, the one with the least metric. Empty if there is none.", OtherNames: "default_ipv4"},
			"default_gateway":   {Doc: "The gateway of that route. Empty if it has none."},
			"default_address":   {Doc: "The first IPv4 address of that interface. Empty if there is none."},
			"nameservers":       {Doc: "Those of /etc/resolv.conf, in its order.", OtherNames: "dns"},
			"search_domains":    {Doc: "Those of its last line that begins with search or domain."},
		},
	}
}

// FactsInterface is one interface.
type FactsInterface struct {
	Name      string   `cbor:"name" mito:"computed"`
	MAC       string   `cbor:"mac" mito:"computed"`
	MTU       int64    `cbor:"mtu" mito:"computed"`
	Up        bool     `cbor:"up" mito:"computed"`
	Loopback  bool     `cbor:"loopback" mito:"computed"`
	Addresses []string `cbor:"addresses" mito:"computed"`
}

// Manual says the texts of these results.
func (FactsInterface) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"name":      {Doc: "Its name, such as eth0."},
			"mac":       {Doc: "Its hardware address, in lower case. Empty if it has none.", OtherNames: "macaddress"},
			"mtu":       {Doc: "The most bytes of a packet."},
			"up":        {Doc: "Whether it is up, as an administrator sets it."},
			"loopback":  {Doc: "Whether it leads back to the host itself."},
			"addresses": {Doc: "Its addresses with the length of their networks, such as 192.0.2.1/24, those of IPv4 first."},
		},
	}
}

func (h here) network() *FactsNetwork {
	out := &FactsNetwork{Interfaces: interfaces(), Servers: []string{}, Search: []string{}}
	out.Default4, out.Gateway4 = h.defaultRoute()
	for _, i := range out.Interfaces {
		if i.Name == out.Default4 && len(i.Addresses) > 0 && strings.Contains(i.Addresses[0], ".") { // those of IPv4 come first
			out.Address4, _, _ = strings.Cut(i.Addresses[0], "/")
		}
	}
	for _, line := range h.lines("etc/resolv.conf") {
		f := strings.Fields(line)
		switch {
		case len(f) > 1 && f[0] == "nameserver":
			out.Servers = append(out.Servers, f[1])
		case len(f) > 1 && (f[0] == "search" || f[0] == "domain"):
			out.Search = f[1:]
		}
	}
	return out
}

// interfaces are those of the network namespace of this process. What cannot be read is left
// out.
func interfaces() []FactsInterface {
	all, _ := net.Interfaces()
	var names []string
	byName := map[string]int{}
	for n, i := range all {
		names, byName[i.Name] = append(names, i.Name), n
	}
	slices.Sort(names)
	out := []FactsInterface{}
	for _, name := range names {
		i := all[byName[name]]
		out = append(out, FactsInterface{
			Name: name, MAC: i.HardwareAddr.String(), MTU: int64(i.MTU), Up: i.Flags&net.FlagUp != 0, Loopback: i.Flags&net.FlagLoopback != 0,
			Addresses: addresses(&i),
		})
	}
	return out
}

// addresses are those of an interface, of IPv4 first.
func addresses(i *net.Interface) []string {
	four, six := []string{}, []string{}
	all, _ := i.Addrs()
	for _, a := range all {
		switch n, ok := a.(*net.IPNet); {
		case !ok:
		case n.IP.To4() != nil:
			four = append(four, n.String())
		default:
			six = append(six, n.String())
		}
	}
	return append(four, six...)
}

// defaultRoute is the interface and the gateway of the default route of IPv4: of
// /proc/net/route, the line whose destination and mask are 0, with the least metric. Numbers
// are as the processor has them, which is the lowest byte first on all but a few.
func (h here) defaultRoute() (name, gateway string) {
	least := int64(-1)
	for _, line := range h.lines("proc/net/route") {
		f := strings.Fields(line)
		if len(f) < 8 || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		if metric := number(f[6]); least < 0 || metric < least {
			least, name, gateway = metric, f[0], routeAddress(f[2])
		}
	}
	return name, gateway
}

// routeAddress is an address of /proc/net/route, "" for none.
func routeAddress(text string) string {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 4 || text == "00000000" {
		return ""
	}
	if littleEndian {
		b[0], b[1], b[2], b[3] = b[3], b[2], b[1], b[0]
	}
	return net.IP(b).String()
}
