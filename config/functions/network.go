package functions

import (
	"fmt"
	"math/big"
	"net"
	"net/netip"

	"github.com/apparentlymart/go-cidr/cidr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// network parses the first argument of a function.
func network(v cty.Value) (*net.IPNet, error) {
	_, n, err := net.ParseCIDR(v.AsString())
	if err != nil {
		return nil, function.NewArgErrorf(0, "%q is not a network such as 10.0.0.0/8", v.AsString())
	}
	return n, nil
}

func wholeArg(v cty.Value, arg int) (*big.Int, error) {
	i, acc := v.AsBigFloat().Int(nil)
	if acc != big.Exact || i.BitLen() > 256 {
		return nil, function.NewArgErrorf(arg, "a whole number is required")
	}
	return i, nil
}

var cidrHostFunc = makeFunc(cty.String, func(args []cty.Value) (cty.Value, error) {
	n, err := network(args[0])
	if err != nil {
		return cty.NilVal, err
	}
	num, err := wholeArg(args[1], 1)
	if err != nil {
		return cty.NilVal, err
	}
	ip, err := cidr.HostBig(n, num)
	if err != nil {
		return cty.NilVal, function.NewArgError(1, err)
	}
	return cty.StringVal(ip.String()), nil
}, param("prefix", cty.String), param("hostnum", cty.Number))

var cidrNetmaskFunc = makeFunc(cty.String, func(args []cty.Value) (cty.Value, error) {
	n, err := network(args[0])
	if err != nil {
		return cty.NilVal, err
	}
	if n.IP.To4() == nil {
		return cty.NilVal, function.NewArgErrorf(0, "only an IPv4 network has a netmask")
	}
	return cty.StringVal(net.IP(n.Mask).String()), nil
}, param("prefix", cty.String))

var cidrSubnetFunc = makeFunc(cty.String, func(args []cty.Value) (cty.Value, error) {
	n, err := network(args[0])
	if err != nil {
		return cty.NilVal, err
	}
	bits, err := newBits(args[1], 1)
	if err != nil {
		return cty.NilVal, err
	}
	num, err := wholeArg(args[2], 2)
	if err != nil {
		return cty.NilVal, err
	}
	subnet, err := cidr.SubnetBig(n, bits, num)
	if err != nil {
		return cty.NilVal, err
	}
	return cty.StringVal(subnet.String()), nil
}, param("prefix", cty.String), param("newbits", cty.Number), param("netnum", cty.Number))

func newBits(v cty.Value, arg int) (int, error) {
	bits, err := wholeArg(v, arg)
	if err != nil {
		return 0, err
	}
	if !bits.IsInt64() || bits.Int64() < 0 || bits.Int64() > 128 {
		return 0, function.NewArgErrorf(arg, "a prefix grows by 0 to 128 bits")
	}
	return int(bits.Int64()), nil
}

// cidrSubnetsFunc places networks of the given sizes one after the other.
var cidrSubnetsFunc = function.New(&function.Spec{
	Params:       []function.Parameter{param("prefix", cty.String)},
	VarParam:     &function.Parameter{Name: "newbits", Type: cty.Number},
	Type:         function.StaticReturnType(cty.List(cty.String)),
	RefineResult: refineNonNull,
	Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
		n, err := network(args[0])
		if err != nil || len(args) == 1 {
			return cty.ListValEmpty(cty.String), err
		}
		out, err := subnets(n, args[1:])
		if err != nil {
			return cty.UnknownVal(ty), err
		}
		return cty.ListVal(out), nil
	},
})

func subnets(n *net.IPNet, sizes []cty.Value) ([]cty.Value, error) {
	ones, total := n.Mask.Size()
	var out []cty.Value
	var current *net.IPNet
	for i, size := range sizes {
		bits, err := newBits(size, i+1)
		if err != nil {
			return nil, err
		}
		length := ones + bits
		if bits < 1 || length > total {
			return nil, function.NewArgErrorf(i+1, "a prefix of %d bits cannot grow by %d to at most %d", ones, bits, total)
		}
		if current == nil {
			current = &net.IPNet{IP: n.IP, Mask: net.CIDRMask(length, total)}
		} else {
			next, rollover := cidr.NextSubnet(current, length)
			if rollover || !n.Contains(next.IP) {
				return nil, function.NewArgErrorf(i+1, "there is no room left in %s for a network of %d bits", n, length)
			}
			current = next
		}
		out = append(out, cty.StringVal(current.String()))
	}
	return out, nil
}

// cidrContainsFunc tells whether an address or a whole network lies within a
// network.
var cidrContainsFunc = makeFunc(cty.Bool, func(args []cty.Value) (cty.Value, error) {
	outer, err := netip.ParsePrefix(args[0].AsString())
	if err != nil {
		return cty.NilVal, function.NewArgErrorf(0, "%q is not a network such as 10.0.0.0/8", args[0].AsString())
	}
	inner, err := prefixOrAddress(args[1].AsString())
	if err != nil {
		return cty.NilVal, function.NewArgError(1, err)
	}
	if inner.Addr().Is4() != outer.Addr().Is4() {
		return cty.NilVal, function.NewArgErrorf(1, "one is of IPv4, the other of IPv6")
	}
	return cty.BoolVal(inner.Bits() >= outer.Bits() && outer.Contains(inner.Addr())), nil
}, param("containing_prefix", cty.String), param("contained", cty.String))

func prefixOrAddress(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p, nil
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a network", s)
	}
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}
