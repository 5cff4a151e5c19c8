package function

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// DNSIn are the arguments of dns.
type DNSIn struct {
	Name    string  `cbor:"name" mito:"required"`
	Type    string  `cbor:"type,omitempty" mito:"oneof=A|AAAA|CNAME|MX|NS|PTR|SRV|TXT,default=A"`
	Server  *string `cbor:"server,omitempty"`
	Timeout *string `cbor:"query_timeout,omitempty" mito:"default=5s"`
}

// Manual says the texts of these arguments.
func (DNSIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Looks a name up, as a host sees it.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "dns" "local" {
  on   = context.local.here
  name = "localhost"
}
output "addresses" {
  value = call.dns.local.records
}
`,
			Reads:   "What the resolvers of the host answer, those of its /etc/resolv.conf, and for A, AAAA and PTR what its /etc/hosts says, in the order of its /etc/nsswitch.conf. With server that server is asked, for what is not in /etc/hosts.",
			Ansible: "the lookup community.general.dig, which asks from the controller, and getent.",
			Pyinfra: "none of its own; there is server.Command with dig or getent.",
			Limits:  "What the host knows from other sources, such as LDAP, mDNS or systemd's own names, is not asked: a call of command with getent hosts sees it. No DNSSEC is checked, and how long an answer may be kept is not said.",
		},
		OtherNames: "dig resolve lookup nslookup host",
		Attrs: map[string]kind.Entry{
			"name":          {Doc: "The name; for PTR an address. One without a dot is completed as resolv.conf says.", OtherNames: "host hostname query record domain address"},
			"type":          {Doc: "What to ask for. CNAME gives the name at the end of all aliases.", OtherNames: "qtype record_type", Values: map[string]string{"A": "a ipv4", "AAAA": "aaaa ipv6", "PTR": "ptr reverse", "TXT": "txt", "MX": "mx", "CNAME": "cname", "SRV": "srv", "NS": "ns"}},
			"server":        {Doc: "The address of a server to ask, with its port after a colon if that is not 53.", OtherNames: "nameserver resolver"},
			"query_timeout": {Doc: "How long to wait for an answer; at most 10m.", OtherNames: "wait"},
		},
	}
}

// DNSOut are the results of dns.
type DNSOut struct {
	Found   bool     `cbor:"found" mito:"computed"`
	Records []string `cbor:"records" mito:"computed"`
}

// Manual says the texts of these results.
func (DNSOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"found":   {Doc: "Whether there is such a record. If no server answers, the call fails.", OtherNames: "exists"},
			"records": {Doc: "What was answered, sorted: addresses, names with a dot at their end, texts; of MX the preference and the name, and of SRV the priority, weight, port and name, with blanks between them. MX and SRV are in the order in which to use them.", OtherNames: "addresses answers result"},
		},
	}
}

func dnsKind() kind.Kind {
	return reads("dns", func() Function { return &DNSIn{} }, DNSOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *DNSIn) Validate() []kind.Problem {
	out := validDuration("query_timeout", in.Timeout, time.Millisecond, longestWait)
	_, err := netip.ParseAddr(in.Name)
	switch {
	case in.Name == "" || len(in.Name) > 254 || strings.ContainsAny(in.Name, " \t\r\n/@\x00"):
		out = append(out, bad("name", "Bad name", "name is %q, which no server can be asked for.", in.Name)...)
	case in.Type == "PTR" && err != nil:
		out = append(out, bad("name", "Not an address", "name is %q, and for PTR it is an address, such as 192.0.2.1.", in.Name)...)
	}
	if in.Server != nil {
		if _, err := netip.ParseAddrPort(serverPort(*in.Server)); err != nil {
			out = append(out, bad("server", "Bad server", "server is %q; it is an address such as 192.0.2.1 or 192.0.2.1:5353, and one of IPv6 with a port is in brackets.", *in.Server)...)
		}
	}
	return out
}

// serverPort is the address of a server with its port.
func serverPort(server string) string {
	if a, err := netip.ParseAddr(server); err == nil {
		return netip.AddrPortFrom(a, 53).String()
	}
	return server
}

// Call implements Function.
func (in *DNSIn) Call(ctx context.Context, _ Call) (any, error) {
	asking, cancel := context.WithTimeout(ctx, or(in.Timeout, 5*time.Second))
	defer cancel()
	// A look-up goes on behind its context, as others may wait for the same name. Without its
	// connection it ends.
	dial := func(_ context.Context, network, server string) (net.Conn, error) {
		if in.Server != nil {
			server = serverPort(*in.Server)
		}
		conn, err := new(net.Dialer).DialContext(asking, network, server)
		if err == nil {
			context.AfterFunc(asking, func() { conn.Close() })
		}
		return conn, err
	}
	r := net.Resolver{PreferGo: true, Dial: dial}
	records, err := in.ask(asking, &r)
	var none *net.DNSError
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.As(err, &none) && none.IsNotFound:
		return DNSOut{Records: []string{}}, nil
	case asking.Err() != nil || errors.As(err, &none) && none.IsTimeout:
		return nil, kind.NewProblem(in.asked(), kind.CodeTimeout, "No server answered", "No server answered for %s within %s. Look at %s, or raise query_timeout.", in.Name, shortly(or(in.Timeout, 5*time.Second)), kind.Rule(in.lookAt()))
	case err != nil:
		return nil, kind.NewProblem(in.asked(), kind.CodeSystem, "The name cannot be looked up", "%s was asked for, and there was an error: %s. Look at %s.", in.Name, lookupReason(err), kind.Rule(in.lookAt()))
	}
	if records == nil {
		records = []string{}
	}
	return DNSOut{Found: len(records) > 0, Records: records}, nil
}

// lookupReason is the text of an error without the addresses and the port that it names, which are
// those of this one question.
func lookupReason(err error) string {
	why := err.Error()
	if of := new(net.DNSError); errors.As(err, &of) {
		why = of.Err
	}
	return why[strings.LastIndex(": "+why, ": "):]
}

// asked is the argument that is to blame if no server answers.
func (in *DNSIn) asked() string {
	if in.Server != nil {
		return "server"
	}
	return "name"
}

// lookAt is where one finds out why none does.
func (in *DNSIn) lookAt() string {
	if in.Server != nil {
		return "the server, and whether the host reaches it"
	}
	return "/etc/resolv.conf of the host"
}

// ask asks for the records of the type that is wanted.
func (in *DNSIn) ask(ctx context.Context, r *net.Resolver) (out []string, err error) {
	switch in.Type {
	case "CNAME":
		name, err := r.LookupCNAME(ctx, in.Name)
		if err != nil || strings.EqualFold(strings.TrimSuffix(name, "."), strings.TrimSuffix(in.Name, ".")) {
			return nil, err // a name is its own alias
		}
		return []string{name}, nil
	case "MX":
		all, err := r.LookupMX(ctx, in.Name)
		slices.SortStableFunc(all, func(a, b *net.MX) int {
			return cmp.Or(cmp.Compare(a.Pref, b.Pref), strings.Compare(a.Host, b.Host))
		})
		for _, m := range all {
			out = append(out, strconv.Itoa(int(m.Pref))+" "+m.Host)
		}
		return out, err
	case "SRV":
		_, all, err := r.LookupSRV(ctx, "", "", in.Name)
		slices.SortStableFunc(all, func(a, b *net.SRV) int {
			return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(b.Weight, a.Weight), strings.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port))
		})
		for _, s := range all {
			out = append(out, strings.Join([]string{strconv.Itoa(int(s.Priority)), strconv.Itoa(int(s.Weight)), strconv.Itoa(int(s.Port)), s.Target}, " "))
		}
		return out, err
	case "NS":
		all, err := r.LookupNS(ctx, in.Name)
		for _, n := range all {
			out = append(out, n.Host)
		}
		slices.Sort(out)
		return out, err
	case "PTR":
		out, err = r.LookupAddr(ctx, in.Name)
	case "TXT":
		out, err = r.LookupTXT(ctx, in.Name)
	default:
		network := "ip4"
		if in.Type == "AAAA" {
			network = "ip6"
		}
		var all []netip.Addr
		all, err = r.LookupNetIP(ctx, network, in.Name)
		for _, a := range all {
			out = append(out, a.Unmap().String())
		}
	}
	slices.Sort(out)
	return slices.Compact(out), err
}
